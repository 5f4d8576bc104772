"""A conversation as a file: JSON, Markdown or HTML. All are drawn from one set of data, which each carries."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from b12assistant import answers
from b12assistant.answers import Level, Reply, TextId, TopicId
from b12assistant.application import saved
from b12assistant.application.saved import Saved, SavedQuote, html_block, json_text, markdown_block
from b12assistant.display import json_form
from b12assistant.display.citation_formats import Form as CitationForm
from b12assistant.display.citation_formats import cite, markdown_text
from b12assistant.display.json_form import Form, Generation, Offsets, Text
from b12assistant.display.labels import Labels
from b12assistant.display.markup import UNSEEN, plain, revealed, style_sheets
from b12assistant.display.presentation import (
    Cited,
    Difference,
    FixedNotice,
    General,
    Headline,
    Nearest,
    Notice,
    Piece,
    Quoted,
    ReadAs,
    Setting,
    Shown,
    arrange,
    difference_heading,
    near,
    one_of_each_place,
)
from b12assistant.types import DocumentId, GenerationId, PassageId

KIND: Literal["b12assistant conversation"] = "b12assistant conversation"


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


class AnswerQuote(json_form.Quote, SavedQuote):
    """A quote of an answer, with its notes, its link and its citation in words."""

    passage: Text
    spans: Annotated[list[Offsets], Field(min_length=1, max_length=3)]
    citation: Text


class Answer(json_form.Answer):
    quotes: list[AnswerQuote]  # type: ignore[assignment]  # each says more than it must


class Turn(Form):
    answer: Answer


class SavedConversation(Saved):
    """All that a conversation was drawn from. ``topics``: the curators' words for what sources differ on, by id."""

    kind: Literal["b12assistant conversation"]
    topics: dict[Text, Text]
    turns: list[Turn]


@dataclass(frozen=True, slots=True)
class Conversation:
    """Replies in order, and what they are put in words with."""

    replies: Sequence[Reply]
    setting: Setting
    generation: GenerationId


def export(conversation: Conversation, format_: Format) -> str:
    """Write the file's text."""
    return render(data_of(conversation), format_)


def render(data: SavedConversation, format_: Format) -> str:
    """Draw the file from its data. Raises ``ValueError`` for data that cannot be of a conversation."""
    return _WRITERS[format_](data)


def data_of(conversation: Conversation) -> SavedConversation:
    """Gather what a file is drawn from."""
    setting = conversation.setting
    return SavedConversation(
        kind=KIND,
        made=setting.today.isoformat(),
        version=saved.this_version(),
        language=setting.said.language,
        base=setting.base,
        index=Generation(generation=conversation.generation),
        topics={str(name): topic for name, topic in setting.topics.items()},
        turns=[Turn(answer=_answer(reply, setting)) for reply in conversation.replies],
    )


def _answer(reply: Reply, setting: Setting) -> Answer:
    plain_ = json_form.Answer.of(reply, setting.texts, setting.today)
    quotes = []
    for quote, found in zip(plain_.quotes, reply.answer.quotes, strict=True):
        piece = Quoted.of(Cited.of_quote(found, reply, setting.base), setting.said, setting.today)
        more = {"notes": list(piece.notes), "link": piece.link, "citation": citation(piece, setting.said)}
        quotes.append(AnswerQuote.model_validate({**dict(quote), **more}))
    return Answer.model_validate({**dict(plain_), "quotes": quotes})


def citation(quote: Quoted, said: Labels) -> str:
    """Say where the words stand, who speaks, and all that is to know of them."""
    return cite(quote, CitationForm.PLAIN, said).removeprefix(f"{quote.text}\n\n— ")


def pieces_of(answer: Answer, data: SavedConversation) -> tuple[Piece, ...]:
    """Make the pieces that an answer was drawn from."""
    said, read_as = data.said, answer.interpretation
    topics = {TopicId(name): topic for name, topic in data.topics.items()}
    differences = (
        answers.Disagreement(TopicId(each.topic_id), each.how == "curated", tuple(map(tuple, each.sides)))
        for each in answer.disagreements
    )
    shown = Shown(
        tuple(
            FixedNotice(each.kind, TextId(each.text_id), each.text, each.rule is not None) for each in answer.notices
        ),
        answer.red_flag is not None and answer.red_flag.level is Level.EMERGENCY,
        (read_as.move, read_as.text, tuple((each.written, each.read_as) for each in read_as.replaced))
        if read_as
        else None,
        answer.reason,
        tuple(saved.read_quote(each, said, data.index.generation, each.strength) for each in answer.quotes),
        tuple((difference_heading(each, topics, said), each.sides) for each in differences),
        one_of_each_place(
            near(DocumentId(each.document), PassageId(each.passage), (each.title, *each.section), data.base)
            for each in answer.nearest
        ),
    )
    return arrange(shown, said)


def _made(data: SavedConversation) -> str:
    return data.said("keep.made", day=data.said.day(data.day), generation=data.index.generation)


def _markdown(data: SavedConversation) -> str:
    said = data.said
    parts = [f"# {said('keep.title')}", markdown_text(_made(data))]
    for turn in data.turns:
        parts.append(f"## {markdown_text(' '.join(turn.answer.question.split()))}")
        parts += (_markdown_piece(piece, said) for piece in pieces_of(turn.answer, data))
    return "\n\n".join((*parts, f"---\n\n{said('keep.verify')}", markdown_block(data))) + "\n"


def _markdown_piece(piece: Piece, said: Labels) -> str:
    match piece:
        case Notice():
            texts = (piece.text, *(each.text for each in piece.translations))
            lines = (_markdown_lines(text) for text in texts)
            return "\n\n".join(f"**{line}**" if piece.alarm else line for line in lines)
        case ReadAs():
            swapped = "".join(f" · {written} {piece.between} {read}" for written, read in piece.replaced)
            return _markdown_lines(f"{piece.label}: {piece.text}{swapped}")
        case Headline():
            return f"### {_markdown_lines(piece.text)}"
        case Quoted():
            return cite(piece, CitationForm.MARKDOWN, said)
        case Difference():
            sides = (cite(quote, CitationForm.MARKDOWN, said) for quote in piece.quotes)
            return "\n\n".join((f"### {markdown_text(' '.join(piece.heading.split()))}", *sides))
        case Nearest():
            places = (f"- [{markdown_text(_line(each.place))}](<{each.link}>)" for each in piece.places)
            return "\n\n".join((f"### {markdown_text(piece.heading)}", *places))
        case General():
            return f"*{_markdown_lines(piece.text)}*"


def _markdown_lines(text: str) -> str:
    return markdown_text(text).replace("\n", "\\\n")


def _html(data: SavedConversation) -> str:
    said = data.said
    turns = "".join(turn_html(turn.answer.question, pieces_of(turn.answer, data), said) for turn in data.turns)
    title = plain(said("keep.title"))
    policy = "default-src 'none'; style-src 'unsafe-inline'"
    return (
        f'<!doctype html>\n<html lang="{said.language}"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}"><meta name="referrer" content="no-referrer">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><title>{title}</title>'
        f"<style>{style_sheets('export.css', UNSEEN)}</style></head>\n<body><main><h1>{title}</h1>"
        f'<p class="made">{plain(_made(data))}</p>\n{turns}'
        f'<p class="made">{plain(said("keep.verify"))}</p></main>\n{html_block(data)}</body></html>\n'
    )


def turn_html(question: str, pieces: Sequence[Piece], said: Labels) -> str:
    """Draw a question and its answer, without anything that needs a script."""
    shown = "\n".join(_html_piece(piece, said) for piece in pieces)
    return f'<section><h2 dir="auto">{revealed(question)}</h2>\n{shown}</section>\n'


def _html_piece(piece: Piece, said: Labels) -> str:
    match piece:
        case Notice():
            kind = "alarm" if piece.alarm else "notice"
            return "\n".join(_html_line(kind, text) for text in (piece.text, *(t.text for t in piece.translations)))
        case ReadAs():
            swapped = "".join(f" · {written} {piece.between} {read}" for written, read in piece.replaced)
            return _html_line("read-as", f"{piece.label}: {piece.text}{swapped}")
        case Headline():
            return _html_line("heading", piece.text)
        case Quoted():
            return cite(piece, CitationForm.HTML, said)
        case Difference():
            sides = (cite(quote, CitationForm.HTML, said) for quote in piece.quotes)
            return "\n".join((_html_line("heading", piece.heading), *sides))
        case Nearest():
            links = (
                f'<p class="near"><a href="{plain(e.link)}">{revealed(_line(e.place))}</a></p>' for e in piece.places
            )
            return "\n".join((_html_line("heading", piece.heading), *links))
        case General():
            return _html_line("general", piece.text)


def _html_line(kind: str, text: str) -> str:
    tag = "h3" if kind == "heading" else "p"
    lines = revealed(text).replace("\n", "<br>")
    return f'<{tag} class="{kind}" dir="auto">{lines}</{tag}>'


def _line(place: Sequence[str]) -> str:
    return " › ".join(" ".join(part.split()) for part in place)


_WRITERS: Mapping[Format, Callable[[SavedConversation], str]] = {
    Format.HTML: _html,
    Format.MARKDOWN: _markdown,
    Format.JSON: json_text,
}
