"""Write a conversation as JSON, Markdown or HTML. Every file holds the data that it was drawn from."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from b12assistant.answers import Level, Quote, Reply, TextId
from b12assistant.application import saved
from b12assistant.application.saved import Saved, SavedQuote, html_block, json_text, markdown_block
from b12assistant.display import json_form
from b12assistant.display.citation_formats import Form as CitationForm
from b12assistant.display.citation_formats import cite, markdown_text
from b12assistant.display.json_form import Form, Generation, Offsets, Text
from b12assistant.display.labels import Labels
from b12assistant.display.markup import UNSEEN, dialled, plain, revealed, style_sheets
from b12assistant.display.presentation import (
    AnswerParts,
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
    arrange,
    near,
    one_of_each_place,
    way_of,
)
from b12assistant.types import DocumentId, GenerationId, PassageId

KIND: Literal["b12assistant conversation"] = "b12assistant conversation"


class Format(StrEnum):
    """The format of a saved conversation."""

    HTML = "html"
    MARKDOWN = "markdown"
    JSON = "json"


SUFFIXES: Mapping[Format, str] = {Format.HTML: "html", Format.MARKDOWN: "md", Format.JSON: "json"}
TYPES = {Format.HTML: "text/html", Format.MARKDOWN: "text/markdown", Format.JSON: "application/json"}


class AnswerQuote(json_form.Quote, SavedQuote):
    """A quote of an answer, with its notes, its link and its citation in words."""

    passage: Text
    spans: Annotated[list[Offsets], Field(min_length=1, max_length=3)]
    citation: Text


class Disagreement(json_form.Disagreement):
    sides: list[AnswerQuote]  # type: ignore[assignment]  # a subclass with more fields


class Answer(json_form.Answer):
    quotes: list[AnswerQuote]  # type: ignore[assignment]  # a subclass with more fields
    disagreements: list[Disagreement]  # type: ignore[assignment]  # the same


class Turn(Form):
    answer: Answer


class SavedConversation(Saved):
    """The data of a saved conversation."""

    kind: Literal["b12assistant conversation"]
    turns: list[Turn]


def export(replies: Sequence[Reply], setting: Setting, generation: GenerationId, format_: Format) -> str:
    """Return the text of the file: the replies in order, in the words of ``setting``."""
    return render(data_of(replies, setting, generation), format_)


def render(data: SavedConversation, format_: Format) -> str:
    """Draw the file from its data. Raises ``ValueError`` for data that is not of a conversation."""
    return _WRITERS[format_](data)


def data_of(replies: Sequence[Reply], setting: Setting, generation: GenerationId) -> SavedConversation:
    """Collect the data of a file."""
    data = SavedConversation(
        kind=KIND,
        made=setting.today.isoformat(),
        version=saved.this_version(),
        language=setting.labels.language,
        base=setting.base,
        index=Generation(generation=generation),
        turns=[Turn(answer=_answer(reply, setting)) for reply in replies],
    )
    return saved.sealed(data)


def _answer(reply: Reply, setting: Setting) -> Answer:
    plain_ = json_form.Answer.of(reply, setting.texts, setting.today)

    def with_words(fields: Sequence[json_form.Quote], quotes: Sequence[Quote]) -> list[AnswerQuote]:
        pieces = (
            Quoted.of(Cited.of_quote(quote, reply, setting.base), setting.labels, setting.today) for quote in quotes
        )
        return [
            AnswerQuote(**dict(one), notes=list(piece.notes), link=piece.link, citation=citation(piece, setting.labels))
            for one, piece in zip(fields, pieces, strict=True)
        ]

    quotes = with_words(plain_.quotes, reply.answer.quotes)
    differing = [
        Disagreement.model_validate({**dict(fields), "sides": with_words(fields.sides, differ.sides)})
        for fields, differ in zip(plain_.disagreements, reply.answer.disagreements, strict=True)
    ]
    return Answer.model_validate({**dict(plain_), "quotes": quotes, "disagreements": differing})


def citation(quote: Quoted, labels: Labels) -> str:
    """Return the citation of a quote: its place, who speaks, the notes and the link."""
    return cite(quote, CitationForm.PLAIN, labels).removeprefix(f"{quote.text}\n\n— ")


def pieces_of(answer: Answer, data: SavedConversation) -> tuple[Piece, ...]:
    """Rebuild the pieces of a saved answer."""
    labels, read_as = data.labels, answer.interpretation

    def read(quotes: Sequence[AnswerQuote]) -> tuple[Quoted, ...]:
        return tuple(saved.read_quote(quote, labels, data.index.generation, quote.strength) for quote in quotes)

    parts = AnswerParts(
        tuple(
            FixedNotice(notice.kind, TextId(notice.text_id), notice.text, notice.rule is not None)
            for notice in answer.notices
        ),
        answer.red_flag is not None and answer.red_flag.level is Level.EMERGENCY,
        (
            way_of(read_as.move, joined=len({part.turn for part in read_as.parts}) > 1),
            read_as.text,
            tuple((swap.written, swap.read_as) for swap in read_as.replaced),
        )
        if read_as
        else None,
        answer.reason,
        read(answer.quotes),
        tuple((differ.topic, read(differ.sides)) for differ in answer.disagreements),
        one_of_each_place(
            near(DocumentId(place.document), PassageId(place.passage), (place.title, *place.section), data.base)
            for place in answer.nearest
        ),
    )
    return arrange(parts, labels)


def _made(data: SavedConversation) -> str:
    return data.labels("keep.made", day=data.labels.day(data.day), generation=data.index.generation)


def _markdown(data: SavedConversation) -> str:
    labels = data.labels
    parts = [f"# {labels('keep.title')}", markdown_text(_made(data))]
    for turn in data.turns:
        parts.append(f"## {markdown_text(' '.join(turn.answer.question.split()))}")
        parts += (_markdown_piece(piece, labels) for piece in pieces_of(turn.answer, data))
    return "\n\n".join((*parts, f"---\n\n{labels('keep.verify')}", markdown_block(data))) + "\n"


def _markdown_piece(piece: Piece, labels: Labels) -> str:
    match piece:
        case Notice():
            lines = (_markdown_lines(text) for text in piece.texts)
            return "\n\n".join(f"**{line}**" if piece.alarm else line for line in lines)
        case ReadAs():
            swapped = "".join(f" · {written} {piece.between} {read}" for written, read in piece.replaced)
            return _markdown_lines(f"{piece.label}: {piece.text}{swapped}")
        case Headline():
            return f"### {_markdown_lines(piece.text)}"
        case Quoted():
            return cite(piece, CitationForm.MARKDOWN, labels)
        case Difference():
            sides = (cite(quote, CitationForm.MARKDOWN, labels) for quote in piece.sides)
            return "\n\n".join((f"### {markdown_text(' '.join(piece.heading.split()))}", *sides))
        case Nearest():
            places = (f"- [{markdown_text(_line(near_.place))}](<{near_.link}>)" for near_ in piece.places)
            return "\n\n".join((f"### {markdown_text(piece.heading)}", *places))
        case General():
            return f"*{_markdown_lines(piece.text)}*"


def _markdown_lines(text: str) -> str:
    return markdown_text(text).replace("\n", "\\\n")


def _html(data: SavedConversation) -> str:
    labels = data.labels
    turns = "".join(turn_html(turn.answer.question, pieces_of(turn.answer, data), labels) for turn in data.turns)
    title = plain(labels("keep.title"))
    policy = "default-src 'none'; style-src 'unsafe-inline'"
    return (
        f'<!doctype html>\n<html lang="{labels.language}"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}"><meta name="referrer" content="no-referrer">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><title>{title}</title>'
        f"<style>{style_sheets('export.css', UNSEEN)}</style></head>\n<body><main><h1>{title}</h1>"
        f'<p class="made">{plain(_made(data))}</p>\n{turns}'
        f'<p class="made">{plain(labels("keep.verify"))}</p></main>\n{html_block(data)}</body></html>\n'
    )


def turn_html(question: str, pieces: Sequence[Piece], labels: Labels) -> str:
    """Draw a question and its answer without scripts."""
    shown = "\n".join(_html_piece(piece, labels) for piece in pieces)
    return f'<section><h2 dir="auto">{revealed(question)}</h2>\n{shown}</section>\n'


def _html_piece(piece: Piece, labels: Labels) -> str:
    match piece:
        case Notice():
            kind = "alarm" if piece.alarm else "notice"
            return "\n".join(_html_line(kind, text, dialled) for text in piece.texts)
        case ReadAs():
            swapped = "".join(f" · {written} {piece.between} {read}" for written, read in piece.replaced)
            return _html_line("read-as", f"{piece.label}: {piece.text}{swapped}")
        case Headline():
            return _html_line("heading", piece.text)
        case Quoted():
            return cite(piece, CitationForm.HTML, labels)
        case Difference():
            sides = (cite(quote, CitationForm.HTML, labels) for quote in piece.sides)
            return "\n".join((_html_line("heading", piece.heading), *sides))
        case Nearest():
            links = (
                f'<p class="near"><a href="{plain(e.link)}">{revealed(_line(e.place))}</a></p>' for e in piece.places
            )
            return "\n".join((_html_line("heading", piece.heading), *links))
        case General():
            return _html_line("general", piece.text)


def _html_line(kind: str, text: str, write: Callable[[str], str] = revealed) -> str:
    tag = "h3" if kind == "heading" else "p"
    lines = write(text).replace("\n", "<br>")
    return f'<{tag} class="{kind}" dir="auto">{lines}</{tag}>'


def _line(place: Sequence[str]) -> str:
    return " › ".join(" ".join(part.split()) for part in place)


_WRITERS: Mapping[Format, Callable[[SavedConversation], str]] = {
    Format.HTML: _html,
    Format.MARKDOWN: _markdown,
    Format.JSON: json_text,
}
