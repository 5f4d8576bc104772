"""Print answers on a terminal: quotes with their place and who speaks.

Control characters are shown as pictures (U+2400 …), so that no text of a source or user can move the cursor, colour
the screen or hide a word.
"""

from __future__ import annotations

import contextlib
import re
import shutil
import sys
from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.panel import Panel
from rich.text import Text

from b12assistant.display.labels import label
from b12assistant.display.markup import dotted
from b12assistant.display.presentation import ShownAnswer, ShownNotice, ShownPart
from b12assistant.display.quoted import Quoted, Sentence
from b12assistant.protocols import Progress
from b12assistant.types import FileEnd, IndexReport, MarkKind

_CONTROL = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff\U000e0000-\U000e007f]"
)
_BORDERS = {"emergency": "bold red", "caution": "yellow"}  # by ``Alarm``
WIDTH = 92
_INDENT = 4
_NARROW = 48  # columns; a narrower terminal gets no indents
_NAMED = 3  # files without source facts


def inert(text: str) -> str:
    """Make characters visible that control a terminal, change the text direction or cannot be shown."""
    return _CONTROL.sub(_picture, text)


def console() -> Console:
    """Return a console on standard output; a pipe gets no colours and a fixed width."""
    width = min(WIDTH, shutil.get_terminal_size().columns) if sys.stdout.isatty() else WIDTH
    return Console(highlight=False, markup=False, emoji=False, width=width)


@contextlib.contextmanager
def progress() -> Iterator[Progress]:
    """Show a progress bar on stderr; nothing if stderr is not a terminal."""
    from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    hidden = not sys.stderr.isatty()
    with Bars(*columns, console=Console(stderr=True), transient=True, disable=hidden) as bars:
        tasks: dict[str, TaskID] = {}

        def report(stage: str, done: int, of: int) -> None:
            if stage not in tasks:
                tasks[stage] = bars.add_task(stage, total=of)
            bars.update(tasks[stage], completed=done, total=of)

        yield report


def answer(shown: ShownAnswer, console: Console) -> None:
    """Print an answer, without an empty line above it."""
    first = shown.parts[0]
    for notice in shown.notices:
        _notice(notice, console)
    if read_as := shown.read_as:
        _user_words(read_as.label, read_as.text, console)
        if read_as.also:
            _print(Text(inert(read_as.also)), console, indent=_INDENT)
        _questions("ask.or_meant", read_as.others, console)
    begun = bool(shown.notices or read_as or first.headline)
    for part in shown.parts:
        _part(part, shown, console, begun=begun)
    for differ in shown.differences:
        console.print()
        _print(Text(inert(differ.headline), style="bold"), console)
        for quote in differ.quotes:
            console.print()
            _quote(quote, shown, console)
    if shown.has_summaries:
        console.print()
        _print(Text(label("origins.whose")), console)
        for number, basis in enumerate(shown.publications, start=1):
            _print(Text(f"[{number}] {inert(basis.cited)}"), console, indent=_INDENT)
    _questions("ask.further", shown.further, console)
    console.print()
    for notice in shown.advice:
        _notice(notice, console)
    _print(Text(shown.general), console)


def hits(notices: Sequence[ShownNotice], passages: Sequence[Quoted], console: Console) -> None:
    """Print the passages that a look-up found below its notices."""
    for notice in notices:
        _notice(notice, console)
    for quote in passages:
        if notices or quote is not passages[0]:
            console.print()
        _print(Text(f"{quote.number}. {inert(' › '.join(quote.place))}", style="bold"), console)
        _print(_running(quote), console, indent=_INDENT)
        _citation(quote, console)


def index_report(report: IndexReport, console: Console) -> None:
    """Print every file with a problem, the counts of all files, then the sources not described."""
    for file in report.files:
        if file.end is FileEnd.INDEXED:
            continue
        style = "red" if file.end is FileEnd.LEFT_OUT else "yellow"
        console.print(Text.assemble((f"{file.end}: ", style), inert(f"{file.file}: {'; '.join(file.reasons)}")))
    counts = ", ".join(f"{report.count(end)} {end}" for end in FileEnd)
    console.print(Text(f"{counted(len(report.files), 'file')}: {counts}."))
    if report.unchanged:
        console.print(Text(f"Nothing changed: generation {report.generation[:12]} stays in use."))
    else:
        passages = counted(sum(file.passages for file in report.files), "passage")
        embedded = counted(sum(file.embedded for file in report.files), "document")
        marked = f"at most {max((file.marked_share for file in report.files), default=0.0):.0%} of a file"
        console.print(Text(f"{passages}; {embedded} embedded; {marked} is marked as not quotable."))
        console.print(Text(f"Generation {report.generation[:12]} is in use."))
    if missing := report.undescribed:
        named = ", ".join([*missing[:_NAMED], *["..."] * (len(missing) > _NAMED)])
        says = "With neither kind nor commercial interest, so treated as a seller's"
        fix = "Say it once for all under [defaults] in sources.toml."
        _print(Text(inert(f"{says}: {counted(len(missing), 'document')} ({named}). {fix}")), console)


def counted(number: int, noun: str) -> str:
    """Return "1 file" or "2 files"."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def passage(quote: Quoted, console: Console) -> None:
    """Print a passage with its citation."""
    _print(_running(quote), console)
    console.print()
    _citation(quote, console)


def document(quote: Quoted, console: Console) -> None:
    """Print the whole text of a document, with what is never quoted struck through, and its source facts."""
    text, last, written = Text(), 0, dotted(quote.text)  # `dotted` keeps every place, `inert` does not
    never = [mark.range for mark in quote.document.marks if mark.kind is MarkKind.NEVER]
    for start, end in sorted((each.start, each.end) for each in never):
        text.append(inert(written[last:start])).append(inert(written[max(start, last) : end]), "strike")
        last = max(last, end)
    text.append(inert(written[last:]))
    _print(text, console)
    console.print()
    _citation(quote, console)


def _part(part: ShownPart, shown: ShownAnswer, console: Console, *, begun: bool) -> None:
    """Print a question with what answers it. ``begun``: something is above it."""
    if part.question:
        console.print()
        _user_words(label("ask.asked"), part.question, console)
        if part.read_as:
            if part.read_as.text:
                _user_words(part.read_as.label, part.read_as.text, console, indent=_INDENT)
            _questions("ask.or_meant", part.read_as.others, console)
    if part.headline:
        _print(Text(part.headline, style="bold"), console)
    for quote in part.quotes:
        if begun or part.question or quote is not part.quotes[0]:
            console.print()
        _quote(quote, shown, console)
    for _ in part.also:
        _print(Text(label("ask.also"), style="bold"), console)
    if part.nearest:
        _print(Text(f"{label('ask.nearest')}:"), console)
    for near in part.nearest:
        _print(Text(inert(" › ".join(near.place))), console, indent=_INDENT)


def _user_words(label: str, words: str, console: Console, *, indent: int = 0) -> None:
    _print(Text.assemble(f"{label}: ", (inert(words), "italic")), console, indent=indent)


def _questions(name: str, questions: Sequence[str], console: Console) -> None:
    """Print questions, if there are any, under the label of this name."""
    if questions:
        _print(Text(label(name), style="bold"), console)
    for question in questions:
        _print(Text(inert(question), style="italic"), console, indent=_INDENT)


def _notice(notice: ShownNotice, console: Console) -> None:
    told = "\n" + inert(label("ask.because", words=notice.because)) if notice.because else ""
    for each in (*notice.translations, notice):
        if notice.alarm is None:
            console.print(Text.assemble(("! ", "bold yellow"), each.text, "\n"))
        else:
            border = _BORDERS[notice.alarm]
            console.print(Panel(Text(each.text + told), border_style=border, width=WIDTH, padding=(0, 1)))


def _quote(quote: Quoted, shown: ShownAnswer, console: Console) -> None:
    """Print a quote: our sentences with the numbers of what they rest on; other people's words with who they are."""
    drawn, before = Text(), None
    for each in quote.sentences:
        drawn.append(quote.between(before, each) if before else "")
        drawn.append(_marked(quote, each, shown.numbers_of(each)))
        before = each
    _print(Text(f"{quote.number}.", style="cyan"), console)
    _print(drawn, console, indent=_INDENT)
    _citation(quote, console, in_answer=True)


def _marked(quote: Quoted, sentence: Sentence, listed: Sequence[int]) -> Text:
    """Return a sentence with what answers in bold, and the numbers of its sources."""
    text, best = dotted(sentence.text), quote.best_in(sentence)
    start, end = (best.start, best.end) if best else (0, 0)
    numbers = "".join(f"[{number}]" for number in listed)
    parts = text[:start], text[start:end], text[end:]
    shown = Text.assemble(inert(parts[0]), (inert(parts[1]), "bold"), inert(parts[2]))
    return Text.assemble(shown, (f" {numbers}", "cyan")) if numbers else shown


def _citation(quote: Quoted, console: Console, *, in_answer: bool = False) -> None:
    """Print the place, who speaks, the notes, whether they sell, and the id that `show` takes.

    ``in_answer``: the publications that it rests on are listed below all quotes.
    """
    speaker = quote.speaker
    who = (*(speaker.own if in_answer else speaker.cited), *quote.notes)
    _print(Text(inert(f"— {quote.where}")), console, indent=_INDENT)
    lines = [Text(inert(" · ".join(part for part in who if part)))]
    if speaker.interest:
        lines.append(Text(speaker.interest, style="bold magenta" if speaker.sells else "bold yellow"))
    if quote.passage is not None:
        lines.append(Text(inert(f"{quote.document.id} {quote.passage[:8]}"), style="dim"))
    for text in lines:
        _print(text, console, indent=_INDENT + 2)


def _print(text: Text, console: Console, *, indent: int = 0) -> None:
    """Print wrapped text without blanks at line ends, so that a copy from the terminal is exact."""
    indent = indent if console.width >= _NARROW else 0
    for row in text.wrap(console, console.width - indent):
        row.rstrip()
        console.print(Text.assemble(" " * indent, row) if row.plain else "")


def _running(passage: Quoted) -> Text:
    """Return the sentences of a passage in one line, with a mark for what is left out between two."""
    return Text(inert(" ".join(dotted(passage.text).split())))


def _picture(match: re.Match[str]) -> str:
    code = ord(match.group())
    if code < 0x20:
        return chr(0x2400 + code)
    return "␡" if code == 0x7F else f"⟨U+{code:04X}⟩"
