"""Answers on a terminal: quotes a person enjoys reading, each with where it stands and who says so.

Text of sources and users is data: control characters are shown as pictures (U+2400 …), so that nothing in a document
can move the cursor, colour the screen or hide a word.
"""

from __future__ import annotations

import contextlib
import re
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.panel import Panel
from rich.text import Text

from b12assistant.display.presentation import (
    Alarm,
    Difference,
    General,
    Headline,
    Nearest,
    Notice,
    Piece,
    Quoted,
    ReadAs,
)
from b12assistant.types import GAP, Document, FileEnd, Hit, IndexReport, MarkKind, Passage, Range

Progress = Callable[[str, int, int], None]  # stage, done, of

_CONTROL = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\U000e0000-\U000e007f]"
)
_BORDERS = {Alarm.EMERGENCY: "bold red", Alarm.CAUTION: "yellow"}
WIDTH = 92
_INDENT = 4
_NARROW = 48  # columns; below, nothing is indented


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


def answer(pieces: Sequence[Piece], console: Console) -> None:
    """Print an answer."""
    for piece in pieces:
        _PRINTERS[type(piece)](piece, console)


def hits(notices: Sequence[Notice], found: Sequence[tuple[Hit, Quoted]], console: Console) -> None:
    """Print what look-up found; notices stand above, nothing is withheld."""
    for notice in notices:
        _notice(notice, console)
    for hit, quote in found:
        console.print()
        _print(Text(f"{hit.rank}. {inert(' › '.join(quote.place))}", style="bold"), console)
        _print(Text(inert(_running(hit.passage))), console, indent=_INDENT)
        _citation(quote, console)


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


def passage(passage: Passage, quote: Quoted, console: Console) -> None:
    """Print a passage with where it stands."""
    _print(Text(inert(_running(passage))), console)
    console.print()
    _citation(quote, console)


def document(document: Document, quote: Quoted, console: Console) -> None:
    """Print a document's text, what is never quoted struck through, with its source facts: those of ``quote``."""
    text = Text(inert(document.text))
    for mark in document.marks:
        if mark.kind is MarkKind.NEVER:
            # `inert` may lengthen the text before the mark
            text.stylize("strike", *(len(inert(document.text[:end])) for end in (mark.range.start, mark.range.end)))
    _print(text, console)
    console.print()
    _citation(quote, console)


def _read_as(read_as: ReadAs, console: Console) -> None:
    _print(Text.assemble(f"{read_as.label}: ", (inert(read_as.text), "italic")), console)
    for written, read in read_as.replaced:
        told = ((inert(written), "italic"), f" {read_as.between} ", (inert(read), "italic"))
        _print(Text.assemble(*told), console, indent=_INDENT)


def _notice(notice: Notice, console: Console) -> None:
    for text in (notice.text, *(each.text for each in notice.translations)):
        if notice.alarm is None:
            console.print(Text.assemble(("! ", "bold yellow"), Text(text), "\n"))
        else:
            console.print(Panel(Text(text), border_style=_BORDERS[notice.alarm], width=WIDTH, padding=(0, 1)))


def _headline(headline: Headline, console: Console) -> None:
    _print(Text(headline.text, style="bold"), console)


def _quote(quote: Quoted, console: Console) -> None:
    console.print()
    body = Text()
    for i, (text, span) in enumerate(zip(quote.words, quote.spans, strict=True)):
        body.append(GAP if i else "")
        body.append_text(_marked(text, span, quote.best))
    _print(Text(f"[{quote.number}]", style="cyan"), console)
    _print(body, console, indent=_INDENT)
    _citation(quote, console)


def _difference(differ: Difference, console: Console) -> None:
    """Above each side stand what they differ on, and who speaks."""
    for quote in differ.quotes:
        others = " ".join(f"[{each.number}]" for each in differ.quotes if each is not quote)
        who = "; ".join(part for part in (quote.speaker.whose, quote.speaker.interest) if part)
        console.print()
        _print(Text(inert(f"{differ.heading}: [{quote.number}] beside {others}"), style="bold"), console)
        _print(Text(inert(who)), console)
        _quote(quote, console)


def _nearest(nearest: Nearest, console: Console) -> None:
    _print(Text(f"{nearest.heading}:"), console)
    for near in nearest.places:
        _print(Text(inert(" › ".join(near.place))), console, indent=_INDENT)


def _general(general: General, console: Console) -> None:
    console.print()
    _print(Text(general.text), console)


_PRINTERS: Mapping[type[Piece], Callable[[Any, Console], None]] = {
    Notice: _notice,
    ReadAs: _read_as,
    Headline: _headline,
    Quoted: _quote,
    Difference: _difference,
    Nearest: _nearest,
    General: _general,
}


def _marked(text: str, span: Range, best: Range | None) -> Text:
    """The span's words, the best sentence in bold."""
    if best is None or not span.contains(best):
        return Text(inert(text))
    start, end = best.start - span.start, best.end - span.start
    return Text.assemble(inert(text[:start]), (inert(text[start:end]), "bold"), inert(text[end:]))


def _citation(quote: Quoted, console: Console) -> None:
    """Where it stands, who speaks, what to know of it, whether they sell, and the id that `show` takes."""
    speaker = quote.speaker
    where = " › ".join(quote.place) + (f", {quote.pages}" if quote.pages else "")
    who = (speaker.whose, speaker.publisher, speaker.published, *quote.notes)
    _print(Text(inert(f"— {where}")), console, indent=_INDENT)
    lines = [Text(inert(" · ".join(part for part in who if part)))]
    if speaker.interest:
        lines.append(Text(speaker.interest, style="bold magenta" if speaker.sells else "bold yellow"))
    if quote.passage is not None:
        lines.append(Text(inert(f"{quote.document} {quote.passage[:8]}"), style="dim"))
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
