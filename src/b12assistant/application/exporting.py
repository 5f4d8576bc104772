"""Write a conversation as JSON, Markdown or HTML. Every file holds the data that it was drawn from."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from b12assistant.answers import Level, Quote, Reply, TextId
from b12assistant.application import saved
from b12assistant.application.saved import Saved, SavedQuote, json_text, markdown_block
from b12assistant.display import json_form, presentation
from b12assistant.display.citation_formats import Form as CitationForm
from b12assistant.display.citation_formats import cite, markdown_text
from b12assistant.display.json_form import Form, Offsets, Text
from b12assistant.display.labels import Labels
from b12assistant.display.markup import UNSEEN, dialled, plain, revealed, style_sheets
from b12assistant.display.presentation import (
    Difference,
    FixedNotice,
    General,
    Headline,
    Nearest,
    Notice,
    Piece,
    Quoted,
    ReadAs,
    arrange,
    near_places,
    read_as_piece,
)
from b12assistant.types import DocumentId, GenerationId, PassageId

KIND: Literal["b12assistant conversation"] = "b12assistant conversation"


class Format(StrEnum):
    """The format of a saved conversation."""

    HTML = "html"
    MARKDOWN = "markdown"
    JSON = "json"


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


def export(replies: Sequence[Reply], setting: presentation.Setting, generation: GenerationId, format_: Format) -> str:
    """Return the text of the file: the replies, in order, in the words of ``setting``."""
    return render(data_of(replies, setting, generation), format_)


def render(data: SavedConversation, format_: Format) -> str:
    """Draw the file from its data. Raises ``ValueError`` for data that is not of a conversation."""
    return _WRITERS[format_](data)


def data_of(replies: Sequence[Reply], setting: presentation.Setting, generation: GenerationId) -> SavedConversation:
    turns = [Turn(answer=_answer(reply, setting)) for reply in replies]
    return saved.sealed(SavedConversation, setting, generation, kind=KIND, turns=turns)


def _answer(reply: Reply, setting: presentation.Setting) -> Answer:
    plain_ = json_form.Answer.of(reply, setting.texts, setting.today)

    def with_words(fields: Sequence[json_form.Quote], quotes: Sequence[Quote]) -> list[AnswerQuote]:
        pieces = (
            Quoted.of(presentation.Cited.of_quote(quote, reply, setting.base), setting.labels, setting.today)
            for quote in quotes
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

    replaced = tuple((swap.written, swap.read_as) for swap in read_as.replaced) if read_as else ()
    turns = {part.turn for part in read_as.parts} if read_as else set()
    nearest = [(DocumentId(at.document), PassageId(at.passage), (at.title, *at.section)) for at in answer.nearest]
    return arrange(
        labels,
        [
            FixedNotice(notice.kind, TextId(notice.text_id), notice.text, notice.rule is not None)
            for notice in answer.notices
        ],
        read_as_piece(read_as.move, read_as.text, replaced, labels, joined=len(turns) > 1) if read_as else None,
        answer.reason,
        read(answer.quotes),
        [(differ.topic, read(differ.sides)) for differ in answer.disagreements],
        near_places(nearest, data.base),
        emergency=answer.red_flag is not None and answer.red_flag.level is Level.EMERGENCY,
    )


def _made(data: SavedConversation) -> str:
    return data.labels("keep.made", day=data.labels.day(data.day), generation=data.index.generation)


def _markdown(data: SavedConversation) -> str:
    labels = data.labels
    parts = [f"# {labels('keep.title')}", markdown_text(_made(data))]
    for turn in data.turns:
        parts.append(f"## {markdown_text(' '.join(turn.answer.question.split()))}")
        for piece in pieces_of(turn.answer, data):
            parts += _drawn(piece, CitationForm.MARKDOWN, labels)
    return "\n\n".join((*parts, f"---\n\n{labels('keep.verify')}", markdown_block(data))) + "\n"


def _html(data: SavedConversation) -> str:
    labels = data.labels
    turns = "".join(turn_html(turn.answer.question, pieces_of(turn.answer, data), labels) for turn in data.turns)
    verify = f'<p class="made">{plain(labels("keep.verify"))}</p>'
    body = f'<p class="made">{plain(_made(data))}</p>\n{turns}{verify}'
    style = style_sheets("export.css", UNSEEN)
    return f"<!doctype html>\n{saved.html_page(data, labels('keep.title'), style, body)}"


def turn_html(question: str, pieces: Sequence[Piece], labels: Labels) -> str:
    """Draw a question and its answer without scripts."""
    shown = "\n".join(part for piece in pieces for part in _drawn(piece, CitationForm.HTML, labels))
    return f'<section><h2 dir="auto">{revealed(question)}</h2>\n{shown}</section>\n'


def _drawn(piece: Piece, form: CitationForm, labels: Labels) -> Iterator[str]:
    """Draw a piece as HTML or Markdown, line by line."""
    is_html = form is CitationForm.HTML
    line = _html_line if is_html else _markdown_line
    match piece:
        case Notice():
            yield from (line("alarm" if piece.alarm else "notice", text) for text in piece.texts)
        case ReadAs():
            swapped = "".join(f" · {written} {piece.between} {read}" for written, read in piece.replaced)
            yield line("read-as", f"{piece.label}: {piece.text}{swapped}")
        case Headline():
            yield line("heading", piece.text)
        case Quoted():
            yield cite(piece, form, labels)
        case Difference():
            yield line("heading", piece.heading if is_html else " ".join(piece.heading.split()))
            yield from (cite(quote, form, labels) for quote in piece.sides)
        case Nearest():
            yield line("heading", piece.heading)
            for near in piece.places:
                place = " › ".join(" ".join(part.split()) for part in near.place)
                html = f'<p class="near"><a href="{plain(near.link)}">{revealed(place)}</a></p>'
                yield html if is_html else f"- [{markdown_text(place)}](<{near.link}>)"
        case General():
            yield line("general", piece.text)


def _markdown_line(kind: str, text: str) -> str:
    lines = markdown_text(text).replace("\n", "\\\n")
    return {"alarm": f"**{lines}**", "heading": f"### {lines}", "general": f"*{lines}*"}.get(kind, lines)


def _html_line(kind: str, text: str) -> str:
    tag = "h3" if kind == "heading" else "p"
    lines = (dialled if kind in ("alarm", "notice") else revealed)(text).replace("\n", "<br>")
    return f'<{tag} class="{kind}" dir="auto">{lines}</{tag}>'


_WRITERS: Mapping[Format, Callable[[SavedConversation], str]] = {
    Format.HTML: _html,
    Format.MARKDOWN: _markdown,
    Format.JSON: json_text,
}
