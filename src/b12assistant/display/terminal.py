"""Answers on a terminal: quotes a person enjoys reading, each with where it stands and who says so.

Text of sources and users is data: control characters are shown as pictures (U+2400 …), so that nothing in a document
can move the cursor, colour the screen or hide a word.
"""

from __future__ import annotations

import contextlib
import re
import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from datetime import date

from rich.console import Console, RenderableType
from rich.panel import Panel
from rich.text import Text

from b12assistant.answers import Answer, Disagreement, FixedTexts, Interpretation, Level, Notice, NoticeKind, Quote
from b12assistant.display import labels
from b12assistant.types import GAP, Document, FileEnd, Hit, IndexReport, Interest, MarkKind, Passage, Span

Progress = Callable[[str, int, int], None]  # stage, done, of

_CONTROL = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\U000e0000-\U000e007f]"
)
_BORDERS = {Level.EMERGENCY: "bold red", Level.URGENT: "yellow", Level.MEDICAL_DECISION: "yellow"}
WIDTH = 92
_INDENT = 4
_NARROW = 48  # columns; below, nothing is indented
_said = labels.load_labels  # a terminal speaks English, as its commands do


def inert(text: str) -> str:
    """``text`` with characters that steer a terminal or the order of letters, or that none can show, made visible."""
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
    from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Bars(*columns, console=Console(stderr=True), transient=True) as bars:
        tasks: dict[str, TaskID] = {}

        def told(stage: str, done: int, of: int) -> None:
            if stage not in tasks:
                tasks[stage] = bars.add_task(stage, total=of)
            bars.update(tasks[stage], completed=done, total=of)

        yield told


def answer(
    answer: Answer,
    texts: FixedTexts,
    console: Console,
    *,
    today: date,
    changed: frozenset[str],
    partly_off: frozenset[str] = frozenset(),
) -> None:
    """Print an answer: notices that matter first, then quotes, the general notice last."""
    last = [notice for notice in answer.notices if notice.kind is NoticeKind.GENERAL]
    for notice in answer.notices:
        if notice not in last:
            console.print(_notice(notice, texts))
    if answer.interpretation is not None:
        _read_as(answer.interpretation, console)
    headline = _said().headline(answer.reason)
    if headline:
        _print(Text(headline, style="bold"), console)
    for number, quote in enumerate(answer.quotes, start=1):
        differ = next((each for each in answer.disagreements if (number,) in each.sides), None)
        console.print()
        if differ is not None:
            _side(number, differ, quote, console)
        told = {"ask.changed": quote.document.id in changed, "ask.partly_off": quote.document.id in partly_off}
        _quote(number, quote, console, today, [_said()(key) for key, holds in told.items() if holds])
    if answer.nearest:
        _print(Text("Nearest places:"), console)
        for passage in answer.nearest:
            _print(Text(inert(place(passage))), console, indent=_INDENT)
    for notice in last:
        console.print()
        _print(Text(texts[notice.text].text), console)


def hits(notices: tuple[Notice, ...], found: tuple[Hit, ...], texts: FixedTexts, console: Console) -> None:
    """Print what look-up found; notices stand above, nothing is withheld."""
    for notice in notices:
        console.print(_notice(notice, texts))
    for hit in found:
        console.print()
        _print(Text(f"{hit.rank}. {inert(place(hit.passage))}", style="bold"), console)
        _print(Text(inert(_running(hit.passage))), console, indent=_INDENT)
        _citation(hit.passage.span, hit.passage, console)


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
    _print(Text(inert(_running(passage))), console)
    console.print()
    _citation(passage.span, passage, console)


def document(document: Document, console: Console) -> None:
    """Print a document's text, what is never quoted struck through, with its source facts."""
    text = Text(inert(document.text))
    for mark in document.marks:
        if mark.kind is MarkKind.NEVER:
            # `inert` may lengthen the text before the mark
            text.stylize("strike", *(len(inert(document.text[:end])) for end in (mark.range.start, mark.range.end)))
    _print(text, console)
    console.print()
    _citation(document.span(0, len(document.text)), None, console)


def place(passage: Passage) -> str:
    """Title and section, in one line."""
    return " › ".join([passage.document.title, *labels.section(passage.document, passage.span.start)])


def _read_as(read_as: Interpretation, console: Console) -> None:
    """What was searched, and each word that was read as another."""
    moved = _said()(f"moves.{read_as.move}")
    _print(Text.assemble(f"{moved}: ", (inert(read_as.text), "italic")), console)
    for each in read_as.replaced:
        told = ((inert(each.written.text), "italic"), f" {_said()('ask.read_as')} ", (inert(each.words), "italic"))
        _print(Text.assemble(*told), console, indent=_INDENT)


def _notice(notice: Notice, texts: FixedTexts) -> RenderableType:
    text = Text(texts[notice.text].text)
    if notice.flag is None and notice.kind is not NoticeKind.TRIAGE_FAILED:
        return Text.assemble(("! ", "bold yellow"), text, "\n")
    style = "bold red" if notice.flag is None else _BORDERS[notice.flag.level]
    return Panel(text, border_style=style, width=WIDTH, padding=(0, 1))


def _quote(number: int, quote: Quote, console: Console, today: date, told: Sequence[str]) -> None:
    """``told``: what else is to be said of its document."""
    body = Text()
    for i, span in enumerate(quote.spans):
        body.append(GAP if i else "")
        body.append_text(_marked(span, quote.best))
    notes = [_said()(f"strengths.{quote.strength}")]
    if labels.overdue(quote.document.source, today):
        notes.append(_said()("ask.overdue"))
    notes += told
    _print(Text(f"[{number}]", style="cyan"), console)
    _print(body, console, indent=_INDENT)
    whole = Span(quote.document, quote.spans[0].start, quote.spans[-1].end)
    _citation(whole, quote.passage, console, *notes)


def _side(number: int, differ: Disagreement, quote: Quote, console: Console) -> None:
    """Above a quote that stands against others: what they have in common, and who speaks."""
    others = " ".join(f"[{each}]" for side in differ.sides for each in side if each != number)
    source = quote.document.source
    who = "; ".join(part for part in (_said().whose_words(source), _said().interest(source)) if part)
    _print(Text(f"{_said().difference(differ)}: [{number}] beside {others}", style="bold"), console)
    _print(Text(inert(who)), console)


def _marked(span: Span, best: Span) -> Text:
    """The span's words, the best sentence in bold."""
    if not span.range.contains(best.range):
        return Text(inert(span.text))
    start, end = best.start - span.start, best.end - span.start
    return Text.assemble(inert(span.text[:start]), (inert(span.text[start:end]), "bold"), inert(span.text[end:]))


def _citation(span: Span, passage: Passage | None, console: Console, *notes: str) -> None:
    """Where it stands, who speaks, whether they sell, and the id that `show` takes: a line each."""
    source = span.document.source
    where = [span.document.title, *labels.section(span.document, span.start)]
    who = [_said().whose_words(source), source.published and source.published.isoformat(), *notes]
    pages = _said().pages(span.pages)
    _print(Text(inert("— " + " › ".join(where) + (f", {pages}" if pages else ""))), console, indent=_INDENT)
    lines = [Text(inert(" · ".join(part for part in who if part)))]
    sells = _said().interest(source)
    if sells:
        lines.append(Text(sells, style="bold magenta" if source.interest is Interest.SELLS else "bold yellow"))
    if passage is not None:
        lines.append(Text(inert(f"{passage.document.id} {passage.id[:8]}"), style="dim"))
    for each in lines:
        _print(each, console, indent=_INDENT + 2)


def _print(text: Text, console: Console, *, indent: int = 0) -> None:
    """Wrapped, without blanks at the ends of lines: what is copied from a terminal should be what was said."""
    indent = indent if console.width >= _NARROW else 0
    for row in text.wrap(console, console.width - indent):
        row.rstrip()
        console.print(Text.assemble(" " * indent, row) if row.plain else "")


def _running(passage: Passage) -> str:
    return " ".join(span.text for span in passage.sentences)


def _width() -> int | None:
    return min(WIDTH, shutil.get_terminal_size().columns) if sys.stdout.isatty() else WIDTH


def _picture(match: re.Match[str]) -> str:
    code = ord(match.group())
    if code < 0x20:
        return chr(0x2400 + code)
    return "␡" if code == 0x7F else f"⟨U+{code:04X}⟩"
