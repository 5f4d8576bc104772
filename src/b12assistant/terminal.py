"""Answers on a terminal: quotes a person enjoys reading, each with where it stands and who says so.

Text of sources and users is data: control characters are shown as pictures (U+2400 …), so that nothing in a document
can
move the cursor, colour the screen or hide a word.
"""

from __future__ import annotations

import contextlib
import re
import shutil
import sys
from collections.abc import Callable, Iterator
from datetime import date

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.panel import Panel
from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bars
from rich.text import Text

from b12assistant import labels
from b12assistant.answers import Answer, FixedTexts, Level, Notice, NoticeKind, Quote, Reason, Status, Strength
from b12assistant.types import Document, FileEnd, Hit, IndexReport, Interest, MarkKind, Passage, Span

Progress = Callable[[str, int, int], None]  # stage, done, of

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
_BORDERS = {Level.EMERGENCY: "bold red", Level.URGENT: "yellow", Level.MEDICAL_DECISION: "yellow"}
_STRENGTH = {Strength.STRONG: "strong match", Strength.POSSIBLE: "possible match"}
_HEADLINES = {
    Reason.NOTHING_CLOSE: "The sources here hold no answer to this.",
    Reason.NO_KNOWN_WORD: "The sources here do not mention this.",
    Reason.WEAK_MATCH: "This may not answer the question.",
    Reason.ONLY_SELLERS: "Only sellers speak about this.",
}
WIDTH = 92


def inert(text: str) -> str:
    """``text`` with characters that steer a terminal, or the order of letters, made visible."""
    return _CONTROL.sub(_picture, text)


def console() -> Console:
    """Standard output; colours and width follow the terminal, and a pipe gets neither."""
    return Console(highlight=False, markup=False, emoji=False, width=_width())


def line(text: str) -> None:
    """One line to standard output, as it is."""
    sys.stdout.write(text + "\n")
    sys.stdout.flush()


@contextlib.contextmanager
def progress() -> Iterator[Progress]:
    """A progress bar on stderr while something long runs; nothing where stderr is no terminal."""
    if not sys.stderr.isatty():
        yield lambda stage, done, of: None
        return
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Bars(*columns, console=Console(stderr=True), transient=True) as bars:
        tasks: dict[str, TaskID] = {}

        def told(stage: str, done: int, of: int) -> None:
            if stage not in tasks:
                tasks[stage] = bars.add_task(stage, total=of)
            bars.update(tasks[stage], completed=done, total=of)

        yield told


def answer(answer: Answer, texts: FixedTexts, console: Console, *, today: date, changed: frozenset[str]) -> None:
    """Print an answer: notices that matter first, then quotes, the general notice last."""
    last = [notice for notice in answer.notices if notice.kind is NoticeKind.GENERAL]
    for notice in answer.notices:
        if notice not in last:
            console.print(_notice(notice, texts))
    if answer.interpretation is not None:
        console.print(Text.assemble(("Searched for: ", "dim"), (inert(answer.interpretation.text), "dim")))
    if answer.status in (Status.NO_ANSWER, Status.POSSIBLY) and answer.reason in _HEADLINES:
        console.print(Text(_HEADLINES[answer.reason], style="bold"))
    for number, quote in enumerate(answer.quotes, start=1):
        console.print()
        console.print(_quote(number, quote, today, changed))
    if answer.nearest:
        console.print(Text("Nearest places:", style="dim"))
        for passage in answer.nearest:
            console.print(Padding(Text(inert(place(passage)), style="dim"), (0, 0, 0, 2)))
    for notice in last:
        console.print()
        console.print(Text(texts[notice.text].text, style="dim"))


def hits(notices: tuple[Notice, ...], found: tuple[Hit, ...], texts: FixedTexts, console: Console) -> None:
    """Print what look-up found; notices stand above, nothing is withheld."""
    for notice in notices:
        console.print(_notice(notice, texts))
    for hit in found:
        console.print()
        console.print(Text(f"{hit.rank}. {inert(place(hit.passage))}", style="bold"))
        console.print(Padding(Text(inert(_running(hit.passage))), (0, 0, 0, 3)))
        console.print(Padding(_citation(hit.passage.span, None, None), (0, 0, 0, 3)))


def index_report(report: IndexReport, console: Console) -> None:
    """Print what became of every file; the counts add up."""
    for each in report.files:
        if each.end is FileEnd.INDEXED:
            continue
        style = "red" if each.end is FileEnd.LEFT_OUT else "yellow"
        console.print(Text.assemble((f"{each.end}: ", style), inert(f"{each.file}: {'; '.join(each.reasons)}")))
    embedded = sum(each.embedded for each in report.files)
    counts = ", ".join(f"{report.count(end)} {end}" for end in FileEnd)
    marked = max((each.marked_share for each in report.files), default=0.0)
    console.print(Text(f"{len(report.files)} files: {counts}."))
    if report.unchanged:
        console.print(Text(f"Nothing changed: generation {report.generation[:12]} stays in use."))
        return
    passages = sum(each.passages for each in report.files)
    console.print(
        Text(
            f"{passages} passages; {embedded} documents embedded; "
            f"at most {marked:.0%} of a file is marked as not quotable."
        )
    )
    console.print(Text(f"Generation {report.generation[:12]} is in use."))


def passage(passage: Passage, console: Console) -> None:
    """Print a passage with where it stands."""
    console.print(Text(inert(place(passage)), style="bold"))
    console.print(Padding(Text(inert(_running(passage))), (1, 0, 1, 2)))
    console.print(_citation(passage.span, None, None))
    console.print(Text(f"passage {passage.id} of {inert(passage.document.id)}", style="dim"))


def document(document: Document, console: Console) -> None:
    """Print a document's text, what is never quoted dimmed, with its source facts."""
    console.print(Text(inert(document.title), style="bold"))
    text = Text(inert(document.text))
    for mark in document.marks:
        if mark.kind is MarkKind.NEVER:
            # `inert` may lengthen the text before the mark
            text.stylize(
                "dim strike", len(inert(document.text[: mark.range.start])), len(inert(document.text[: mark.range.end]))
            )
    console.print(Padding(text, (1, 0)))
    console.print(_citation(document.span(0, len(document.text)), None, None))


def place(passage: Passage) -> str:
    """Title and section, in one line."""
    return " › ".join([passage.document.title, *labels.section(passage.document, passage.span.start)])


def _notice(notice: Notice, texts: FixedTexts) -> RenderableType:
    text = Text(texts[notice.text].text)
    if notice.flag is None and notice.kind is not NoticeKind.TRIAGE_FAILED:
        return Text.assemble(("! ", "yellow"), text)
    style = "bold red" if notice.flag is None else _BORDERS[notice.flag.level]
    return Panel(text, border_style=style, width=WIDTH, padding=(0, 1))


def _quote(number: int, quote: Quote, today: date, changed: frozenset[str]) -> RenderableType:
    body = Text()
    for i, span in enumerate(quote.spans):
        body.append(" […] " if i else "")
        body.append_text(_marked(span, quote.best))
    first, last = quote.spans[0], quote.spans[-1]
    whole = Span(quote.document, first.start, last.end)
    notes = []
    if labels.overdue(quote.document.source, today):
        notes.append("its review is overdue")
    if quote.document.id in changed:
        notes.append("the source has changed since indexing")
    citation = _citation(whole, _STRENGTH[quote.strength], "; ".join(notes) or None)
    return Group(Text(f"[{number}]", style="bold cyan"), Padding(Group(body, citation), (0, 0, 0, 4)))


def _marked(span: Span, best: Span) -> Text:
    """The span's words, the best sentence in bold."""
    if not span.range.contains(best.range):
        return Text(inert(span.text))
    start, end = best.start - span.start, best.end - span.start
    return Text.assemble(inert(span.text[:start]), (inert(span.text[start:end]), "bold"), inert(span.text[end:]))


def _citation(span: Span, strength: str | None, notes: str | None) -> Text:
    source = span.document.source
    place_ = " › ".join([span.document.title, *labels.section(span.document, span.start)])
    parts = [
        place_,
        labels.pages(span.pages),
        labels.whose_words(source),
        source.published and source.published.isoformat(),
    ]
    text = Text("— " + inert(", ".join(part for part in parts if part)), style="dim")
    sells = labels.interest(source)
    if sells:
        text.append(f" · {sells}", style="magenta" if source.interest is Interest.SELLS else "yellow")
    for extra in (strength, notes):
        if extra:
            text.append(f" · {extra}", style="dim")
    return text


def _running(passage: Passage) -> str:
    return " ".join(span.text for span in passage.sentences)


def _width() -> int | None:
    return min(WIDTH, shutil.get_terminal_size().columns) if sys.stdout.isatty() else WIDTH


def _picture(match: re.Match[str]) -> str:
    code = ord(match.group())
    if code < 0x20:
        return chr(0x2400 + code)
    return "␡" if code == 0x7F else f"⟨U+{code:04X}⟩"
