"""Save a conversation as a file, with what all saved files share. A file holds the data that it was drawn from.

`verify` draws it again and compares. HTML holds the data in a block that browsers do not run, Markdown in a comment; a
JSON file is the data.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from enum import StrEnum
from importlib.metadata import version
from typing import Annotated, Literal, TypeVar

from pydantic import Field

from b12assistant.answers import Level, Quote, Reply, Strength, TextId
from b12assistant.display import json_form
from b12assistant.display.addresses import words_by_span
from b12assistant.display.answer_html import notice_box
from b12assistant.display.citation_formats import CitationForm, cite, markdown_text, said_by
from b12assistant.display.json_form import Day, Form, Generation, Json, Offsets, Pages, SourceFields, Text
from b12assistant.display.labels import Labels, load_labels
from b12assistant.display.markup import UNSEEN, plain, revealed, style_sheets
from b12assistant.display.presentation import (
    Also,
    AskedHeading,
    AskedPart,
    FixedNotice,
    Further,
    General,
    Headline,
    Near,
    Nearest,
    Piece,
    ReadAs,
    Setting,
    ShownDifference,
    ShownNotice,
    arrange,
    near_places,
    read_as_piece,
)
from b12assistant.display.quoted import Basis, Cited, Quoted, Speaker
from b12assistant.types import DocumentId, GenerationId, Interest, OriginId, PassageId, Range, Source, SourceKind, Words

KIND: Literal["b12assistant conversation"] = "b12assistant conversation"
_IN_HTML = ('<script type="application/json" id="data">', "</script>")
_IN_MARKDOWN = ("\n<!-- data\n", "\n-->")
FILES = {  # by format: the suffix of a file, and its media type
    "html": ("html", "text/html"),
    "markdown": ("md", "text/markdown"),
    "json": ("json", "application/json"),
    "csv": ("csv", "text/csv"),
}
MOST_SHARED = 12  # quotes of a shared answer
_ESCAPES = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026"}


class Saved(Form):
    """The head of every saved file: all that its content follows from, but the questions or addresses themselves.

    ``base``: where the page was served, for its links.
    """

    kind: Text
    made: Day
    version: Annotated[str, Field(description="Of b12assistant; another one may draw the same data otherwise.")]
    language: str
    base: str
    index: Generation
    settings: Annotated[dict[str, str | int | float | bool], Field(description="Those that an answer depends on.")]
    holds: Annotated[int, Field(ge=0, description="How many answers, or passages with the missing ones.")]

    @property
    def day(self) -> date:
        return date.fromisoformat(self.made or "")

    @property
    def labels(self) -> Labels:
        return load_labels(self.language)


class SavedQuote(SourceFields):
    """A quote in a saved file; ``notes`` are shown with it."""

    number: Annotated[int, Field(ge=1)]
    text: Text
    document: Text
    passage: Text | None
    spans: Annotated[list[Offsets], Field(min_length=1)]
    best: Offsets
    title: Text
    section: list[Text]
    pages: Pages
    notes: list[Text]
    link: Text


SavedFile = TypeVar("SavedFile", bound=Saved)


def made(form: type[SavedFile], setting: Setting, generation: GenerationId, **content: object) -> SavedFile:
    """Make the data of a file: its head and its ``content``."""
    return form.model_validate(
        {
            "made": setting.today.isoformat(),
            "version": this_version(),
            "language": setting.labels.language,
            "base": setting.base,
            "index": Generation(generation=generation),
            "settings": dict(setting.chosen),
            **content,
        }
    )


def parse(text: str) -> object:
    """Read JSON. Raises ``ValueError`` if it is not JSON or gives a key twice, which parsers read differently."""
    return json.loads(text, object_pairs_hook=_unique)


def _unique(pairs: list[tuple[str, object]]) -> Json:
    values = dict(pairs)
    if len(values) < len(pairs):
        raise ValueError("a key is given twice")
    return values


def this_version() -> str:
    return version("b12assistant")


def read_quote(quote: SavedQuote, labels: Labels, generation: str | None, strength: Strength | None = None) -> Quoted:
    """Rebuild the piece of a saved quote. Raises ``ValueError`` for invalid offsets."""
    spans = tuple(Range(start, end) for start, end in quote.spans)
    words = words_by_span(spans, quote.text) or [quote.text]
    source = source_of(quote)
    return Quoted(
        quote.number,
        DocumentId(quote.document),
        PassageId(quote.passage) if quote.passage is not None else None,
        spans,
        tuple(words),
        Range(*quote.best),
        (quote.title, *quote.section),
        quote.pages,
        labels.pages(quote.pages) or "",
        source,
        Speaker.of(
            source,
            labels,
            [Basis(OriginId(origin.id), **dict(list(origin)[1:])) for origin in quote.origins],
            quote.title,
        ),
        tuple(quote.notes),
        quote.link,
        strength,
        generation=GenerationId(generation) if generation is not None else None,
    )


def source_of(fields: SourceFields) -> Source:
    """Rebuild the source facts that JSON holds. Raises ``ValueError`` for an invalid date."""
    sells: bool | Literal["unknown"] = fields.commercial_interest
    return Source(
        kind=SourceKind(fields.source_kind) if fields.source_kind else None,
        words=Words(fields.words),
        based_on=fields.based_on,
        interest=Interest.UNKNOWN if sells == "unknown" else Interest.SELLS if sells else Interest.NONE,
        publisher=fields.publisher,
        url=fields.url,
        published=date.fromisoformat(fields.published) if fields.published else None,
    )


def markdown_block(data: Form) -> str:
    return f"<!-- data\n{_escaped(data.as_json())}\n-->"


def html_page(data: Saved, title: str, style: str, body: str) -> str:
    """Draw a page that runs nothing and fetches nothing, from `<html` on, with its data at the end."""
    policy, name = "default-src 'none'; style-src 'unsafe-inline'", plain(title)
    return (
        f'<html lang="{data.labels.language}"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}"><meta name="referrer" content="no-referrer">'
        f'<meta name="viewport" content="width=device-width, initial-scale=1"><title>{name}</title>'
        f"<style>{style}</style></head>\n<body><main><h1>{name}</h1>{body}</main>\n"
        f'<script type="application/json" id="data">{_escaped(data.as_json())}</script></body></html>\n'
    )


def json_text(data: Form) -> str:
    return json.dumps(data.as_json(), ensure_ascii=False, indent=1) + "\n"


def embedded(text: str, *, html: bool) -> Json | None:
    """Read the data of a saved file; ``None`` if it has none. Raises ``ValueError`` for data that is not JSON."""
    begin, end = _IN_HTML if html else _IN_MARKDOWN
    written, closed, _ = f"\n{text}".partition(begin)[2].partition(end)
    data = parse(written) if closed else None
    return data if isinstance(data, dict) else None


def _escaped(data: Json) -> str:
    """Write ASCII JSON without tags, entities or ends of comments, so that it cannot close the block around it."""
    text = json.dumps(data, separators=(",", ":"))
    return re.sub("[<>&]", lambda match: _ESCAPES[match[0]], text).replace("--", "-\\u002d")


class SavedFormat(StrEnum):
    """The format of a saved conversation."""

    HTML = "html"
    MARKDOWN = "markdown"
    JSON = "json"


class AnswerQuote(json_form.Quote, SavedQuote):
    """A quote of an answer, with its notes, its link and its citation in words."""

    passage: Text
    spans: Annotated[list[Offsets], Field(min_length=1, max_length=3)]
    citation: Text


class SavedDisagreement(json_form.Disagreement):
    sides: list[AnswerQuote]  # type: ignore[assignment]  # a subclass with more fields


class SavedAnswer(json_form.Answer):
    quotes: list[AnswerQuote]  # type: ignore[assignment]  # a subclass with more fields
    disagreements: list[SavedDisagreement]  # type: ignore[assignment]  # the same


class SavedTurn(Form):
    """An answer, and how it was asked besides its question and those before. ``quotes``: addresses, of a shared one."""

    answer: SavedAnswer
    as_typed: bool
    quotes: Annotated[list[Text], Field(max_length=MOST_SHARED)]

    @property
    def question(self) -> str:
        return self.answer.question


class SavedConversation(Saved):
    """The data of a saved conversation."""

    kind: Literal["b12assistant conversation"]
    turns: list[SavedTurn]


def export(
    replies: Sequence[Reply],
    setting: Setting,
    generation: GenerationId,
    format_: SavedFormat,
    shared: Sequence[Sequence[str]] = (),
) -> str:
    """Return the text of the file: the replies, in order, in the words of ``setting``.

    ``shared``: as in ``data_of``.
    """
    return render(data_of(replies, setting, generation, shared), format_)


def render(data: SavedConversation, format_: SavedFormat) -> str:
    """Draw the file from its data. Raises ``ValueError`` for data that is not of a conversation."""
    return _WRITERS[format_](data)


def data_of(
    replies: Sequence[Reply], setting: Setting, generation: GenerationId, shared: Sequence[Sequence[str]] = ()
) -> SavedConversation:
    """Return the data of a conversation. ``shared``: for each reply the addresses, if it shows a shared answer."""
    turns = [
        SavedTurn(answer=_answer(reply, setting), as_typed=reply.as_typed, quotes=list(quotes))
        for reply, quotes in zip(replies, shared or [()] * len(replies), strict=True)
    ]
    return made(SavedConversation, setting, generation, kind=KIND, turns=turns, holds=len(turns))


def _answer(reply: Reply, setting: Setting) -> SavedAnswer:
    plain_ = json_form.Answer.of(reply, setting.texts, setting.today)

    def with_words(fields: Sequence[json_form.Quote], quotes: Sequence[Quote]) -> list[AnswerQuote]:
        pieces = (
            Quoted.of(Cited.of_quote(quote, reply, setting.base), setting.labels, setting.today) for quote in quotes
        )
        return [
            AnswerQuote(
                **dict(one), notes=list(piece.notes), link=piece.link, citation=f"{said_by(piece)}\n{piece.link}"
            )
            for one, piece in zip(fields, pieces, strict=True)
        ]

    quotes = with_words(plain_.quotes, reply.answer.quotes)
    differing = [
        SavedDisagreement.model_validate({**dict(fields), "sides": with_words(fields.sides, differ.sides)})
        for fields, differ in zip(plain_.disagreements, reply.answer.disagreements, strict=True)
    ]
    return SavedAnswer.model_validate({**dict(plain_), "quotes": quotes, "disagreements": differing})


def pieces_of(answer: SavedAnswer, data: SavedConversation) -> tuple[Piece, ...]:
    """Rebuild the pieces of a saved answer."""
    labels, read_as = data.labels, answer.interpretation

    def read(quotes: Sequence[AnswerQuote]) -> tuple[Quoted, ...]:
        return tuple(read_quote(quote, labels, data.index.generation, quote.strength) for quote in quotes)

    replaced = [swap.read_as for swap in read_as.replaced] if read_as else []
    words = [part.text for part in read_as.parts] if read_as else []

    def places(nearest: Sequence[json_form.Place]) -> tuple[Near, ...]:
        at = ((DocumentId(each.document), PassageId(each.passage), (each.title, *each.section)) for each in nearest)
        return near_places(at, data.base)

    parts = [
        AskedPart(
            each.text,
            tuple(answer.question[one.start : one.end] for one in each.context),
            each.reason,
            tuple(each.quotes),
            places(each.nearest),
        )
        for each in answer.asked
        if len(answer.asked) > 1 or each.text != answer.question.strip()
    ]
    return arrange(
        labels,
        [
            FixedNotice(notice.kind, TextId(notice.text_id), notice.text, notice.rule is not None)
            for notice in answer.notices
        ],
        read_as_piece(read_as.move, words, replaced, labels) if read_as else None,
        answer.reason,
        read(answer.quotes),
        [(differ.topic, read(differ.sides)) for differ in answer.disagreements],
        places(answer.nearest),
        parts,
        [words.text for words in answer.further],
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
    return "\n\n".join((*parts, markdown_block(data))) + "\n"


def _html(data: SavedConversation) -> str:
    labels = data.labels
    turns = "".join(turn_html(turn.answer.question, pieces_of(turn.answer, data), labels) for turn in data.turns)
    body = f'<p class="made">{plain(_made(data))}</p>\n{turns}'
    style = style_sheets("export.css", UNSEEN)
    return f"<!doctype html>\n{html_page(data, labels('keep.title'), style, body)}"


def turn_html(question: str, pieces: Sequence[Piece], labels: Labels) -> str:
    """Draw a question and its answer without scripts."""
    shown = "\n".join(part for piece in pieces for part in _drawn(piece, CitationForm.HTML, labels))
    return f'<section><h2 dir="auto">{revealed(question)}</h2>\n{shown}</section>\n'


def _drawn(piece: Piece, form: CitationForm, labels: Labels) -> Iterator[str]:
    """Draw a piece as HTML or Markdown, line by line."""
    is_html = form is CitationForm.HTML
    line = _html_line if is_html else _markdown_line
    match piece:
        case ShownNotice():
            if is_html:
                yield notice_box(piece, plain)
            else:
                yield from (line("alarm" if piece.alarm else "notice", text) for text in piece.texts)
        case ReadAs():
            yield line("read-as", " · ".join(filter(None, (f"{piece.label}: {piece.text}", piece.also))))
        case AskedHeading():
            with_ = "".join(f" · {piece.between} “{each}”" for each in piece.read_with)
            yield line("heading", f"{piece.label}: {piece.text}{with_}")
        case Further():
            yield line("heading", piece.heading)
            yield from (line("further", each) for each in piece.questions)
        case Headline() | Also():
            yield line("heading", piece.text)
        case Quoted():
            yield cite(piece, form, labels)
        case ShownDifference():
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
    lines = revealed(text).replace("\n", "<br>")
    return f'<{tag} class="{kind}" dir="auto">{lines}</{tag}>'


_WRITERS: Mapping[SavedFormat, Callable[[SavedConversation], str]] = {
    SavedFormat.HTML: _html,
    SavedFormat.MARKDOWN: _markdown,
    SavedFormat.JSON: json_text,
}
