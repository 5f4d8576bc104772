"""A conversation as a file: JSON, Markdown or HTML, each quote with its citation, and the index it came from.

The words of a quote are the source's own in each of them, so that `verify` can hold them against it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any

from b12assistant.answers import Answer, FixedTexts, NoticeKind, Quote, Reply
from b12assistant.display import addresses
from b12assistant.display.citation_formats import Cited, Form, cite, markdown_text
from b12assistant.display.labels import Labels, section
from b12assistant.display.markup import plain, revealed
from b12assistant.display.render import answer_json
from b12assistant.types import GenerationId


class Format(StrEnum):
    """What a conversation can be kept as."""

    HTML = "html"
    MARKDOWN = "markdown"
    JSON = "json"


SUFFIXES: Mapping[Format, str] = {Format.HTML: "html", Format.MARKDOWN: "md", Format.JSON: "json"}
TYPES: Mapping[Format, str] = {
    Format.HTML: "text/html",
    Format.MARKDOWN: "text/markdown",
    Format.JSON: "application/json",
}


@dataclass(frozen=True, slots=True)
class Conversation:
    """Replies in order, and what is said around them. ``style``: a style sheet; ``base``: where the page is served."""

    replies: Sequence[Reply]
    texts: FixedTexts
    said: Labels
    today: date
    generation: GenerationId
    base: str
    style: str = ""

    def cited(self, quote: Quote) -> Cited:
        return Cited.of_quote(quote, self.generation, self.base)

    @property
    def made(self) -> str:
        return self.said("keep.made", day=self.said.day(self.today), generation=self.generation)


@dataclass(frozen=True, slots=True)
class Line:
    """Something an answer says besides its quotes: ``kind`` is how it looks. ``link``: a link is on it."""

    kind: str
    text: str
    link: str = ""


def export(conversation: Conversation, format_: Format) -> str:
    """The file's text."""
    return _WRITERS[format_](conversation)


def _json(conversation: Conversation) -> str:
    turns = [_turn_json(reply, conversation) for reply in conversation.replies]
    content = {
        "kind": "b12assistant conversation",
        "made": conversation.today.isoformat(),
        "index": {"generation": conversation.generation},
        "turns": turns,
    }
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"


def _turn_json(reply: Reply, conversation: Conversation) -> dict[str, Any]:
    answer = answer_json(reply.answer, conversation.texts, today=conversation.today, changed=reply.source_changed)
    for found, quote in zip(answer["quotes"], reply.answer.quotes, strict=True):
        cited = conversation.cited(quote)
        found["link"] = cited.link
        found["citation"] = cite(cited, Form.PLAIN, conversation.said).removeprefix(f"{cited.words}\n\n— ")
    return {"answer": answer}


def _markdown(conversation: Conversation) -> str:
    said = conversation.said
    parts = [f"# {said('keep.title')}", markdown_text(conversation.made)]
    for reply in conversation.replies:
        parts.append(f"## {markdown_text(' '.join(reply.answer.question.text.split()))}")
        for piece in pieces(reply.answer, conversation):
            parts.append(_markdown_line(piece) if isinstance(piece, Line) else cite(piece, Form.MARKDOWN, said))
    return "\n\n".join((*parts, f"---\n\n{said('keep.verify')}")) + "\n"


def _markdown_line(line: Line) -> str:
    text = markdown_text(line.text).replace("\n", "\\\n")
    if line.link:
        return f"- [{text}](<{line.link}>)"
    return {"heading": f"### {text}", "alarm": f"**{text}**", "general": f"*{text}*"}.get(line.kind, text)


def _html(conversation: Conversation) -> str:
    said = conversation.said
    turns = "".join(turn_html(reply, conversation) for reply in conversation.replies)
    title = plain(said("keep.title"))
    policy = "default-src 'none'; style-src 'unsafe-inline'"
    return (
        f'<!doctype html>\n<html lang="{said.language}"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}"><meta name="referrer" content="no-referrer">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><title>{title}</title>'
        f"<style>{conversation.style}</style></head>\n<body><main><h1>{title}</h1>"
        f'<p class="made">{plain(conversation.made)}</p>\n{turns}'
        f'<p class="made">{plain(said("keep.verify"))}</p></main></body></html>\n'
    )


def turn_html(reply: Reply, conversation: Conversation) -> str:
    """A question and its answer, without anything that needs a script."""
    asked = revealed(reply.answer.question.text)
    shown = "\n".join(
        _html_line(piece) if isinstance(piece, Line) else cite(piece, Form.HTML, conversation.said)
        for piece in pieces(reply.answer, conversation)
    )
    return f'<section><h2 dir="auto">{asked}</h2>\n{shown}</section>\n'


def _html_line(line: Line) -> str:
    text = revealed(line.text).replace("\n", "<br>")
    if line.link:
        return f'<p class="{line.kind}"><a href="{plain(line.link)}">{text}</a></p>'
    tag = "h3" if line.kind == "heading" else "p"
    return f'<{tag} class="{line.kind}" dir="auto">{text}</{tag}>'


def pieces(answer: Answer, conversation: Conversation) -> Iterator[Line | Cited]:
    """Everything an answer says, in the order of the page."""
    said, texts = conversation.said, conversation.texts
    for notice in answer.notices:
        if notice.kind is not NoticeKind.GENERAL:
            is_alarm = notice.flag is not None or notice.kind is NoticeKind.TRIAGE_FAILED
            yield Line("alarm" if is_alarm else "notice", texts[notice.text].text)
    if answer.interpretation is not None:
        yield Line("read-as", f"{said(f'moves.{answer.interpretation.move}')}: {answer.interpretation.text}")
    headline = said.headline(answer.reason)
    if headline:
        yield Line("heading", headline)
    yield from _quotes(answer, conversation)
    if answer.nearest:
        yield Line("heading", said("ask.nearest"))
    for passage in answer.nearest:
        path = (passage.document.title, *section(passage.document, passage.span.start))
        yield Line(
            "near",
            " › ".join(" ".join(part.split()) for part in path),
            conversation.base + addresses.of_passage(passage),
        )
    for notice in answer.notices:
        if notice.kind is NoticeKind.GENERAL:
            yield Line("general", texts[notice.text].text)


def _quotes(answer: Answer, conversation: Conversation) -> Iterator[Line | Cited]:
    """By number; those that stand against each other together, under what says so."""
    shown = set[int]()
    for number in range(1, len(answer.quotes) + 1):
        differ = next((each for each in answer.disagreements if (number,) in each.sides), None)
        together = [each for side in differ.sides for each in side] if differ else [number]
        if number in shown:
            continue
        if differ:
            yield Line("heading", conversation.said.difference(differ))
        yield from (conversation.cited(answer.quotes[each - 1]) for each in together)
        shown.update(together)


_WRITERS: Mapping[Format, Callable[[Conversation], str]] = {
    Format.HTML: _html,
    Format.MARKDOWN: _markdown,
    Format.JSON: _json,
}
