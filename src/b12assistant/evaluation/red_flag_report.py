"""The figures of an audit as tables: the same for a terminal, for the documentation and for a page."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from b12assistant.display.markup import plain, style_sheets
from b12assistant.evaluation.red_flag_audit import LEVELS
from b12assistant.safety.explanation import lines
from b12assistant.safety.explanation import lines as explained

Figures = Mapping[str, Any]
INTERVALS: Final = (
    "In brackets: how many of how many, and the 95 % interval (Wilson) in percent. It takes each message for \
a draw of its own; where several tell one situation the truth is wider."
)


class Table(NamedTuple):
    """Cells of words; the first row names the columns, the first column the rows."""

    title: str
    rows: tuple[tuple[str, ...], ...]


def tables(figures: Figures) -> Iterator[Table]:
    """Measures of every judge side by side, then what the last of them, the one in use, said of whom."""
    judges = figures["judges"]
    names = list(dict.fromkeys(name for judge in judges for name in judge["measures"]))
    measured = ((name, *(share(judge["measures"].get(name)) for judge in judges)) for name in names)
    yield Table("Measures", (("", *(judge["name"] for judge in judges)), *measured))
    if traffic := figures.get("traffic"):
        yield Table("Ordinary messages and withdrawals", (("", "in use"), *((n, share(f)) for n, f in traffic.items())))
    for judge in judges:
        table = judge["confusion"]
        counted = ((level, *(str(table[level][said]) for said in LEVELS)) for level in LEVELS)
        yield Table(f"Labelled (rows) and said (columns), {judge['name']}", (("", *LEVELS), *counted))
    used = judges[-1]
    for group, values in used["groups"].items():
        measures = list(next(iter(values.values())))
        shown = ((value, *(share(found[name]) for name in measures)) for value, found in values.items())
        yield Table(f"By {group}, {used['name']}", (("", *measures), *shown))


def share(found: Mapping[str, Any] | None) -> str:
    """``96.2 % (102 of 106; 90.7 to 98.5)``; a dash where there is nothing to share."""
    if found is None or not found["n"]:
        return "–"
    low, high = (f"{100 * found[end]:.1f}" for end in ("low", "high"))
    return f"{100 * found['share']:.1f} % ({found['hits']} of {found['n']}; {low} to {high})"


def heading(figures: Figures) -> tuple[str, ...]:
    """What was audited."""
    counts = ", ".join(f"{count} {level}" for level, count in figures["levels"].items())
    what = f"{figures['set']}: {figures['messages']} messages ({counts})."
    problems = (f"{problem[:1].upper()}{problem[1:]}." for problem in figures["problems"])
    return what, *problems, f"sha256 {figures['sha256']}", INTERVALS


def verdict(miss: Mapping[str, Any]) -> str:
    """What a missed message should have got and what it got."""
    wanted = " or ".join([miss["level"], *(level for level in miss["acceptable"] if level != miss["level"])])
    rule = f", by {miss['rule']}" if miss["rule"] else ""
    return f"labelled {wanted}, said {miss['said']}{rule}; {miss['category']}; trap: {miss['trap']}"


def as_text(figures: Figures) -> Iterator[str]:
    """Lines for a terminal; every miss with its trace."""
    yield from heading(figures)
    for table in tables(figures):
        yield from ("", table.title, *_aligned(table.rows))
    yield from ("", f"Misses: {len(figures['misses'])}")
    for miss in figures["misses"]:
        yield from ("", f"{miss['id']}: {verdict(miss)}", *(f"  {line}" for line in explained(miss["explanation"])))


def _aligned(rows: Sequence[Sequence[str]]) -> Iterator[str]:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


_STYLES = ("tokens.css", "audit.css")
_TITLE = "Audit of the red flags"


def page(figures: Figures) -> str:
    """The page, whole: its styles are in it."""
    styles = style_sheets(*_STYLES)
    head = "".join(f"<p>{plain(line)}</p>" for line in heading(figures))
    body = "".join(_table(table) for table in tables(figures))
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{_TITLE} · {plain(figures['set'])}</title><style>{styles}</style></head>"
        f'<body><main><header class="facts"><h1>{_TITLE}</h1>{head}</header>{body}{_misses(figures)}</main></body>'
        "</html>"
    )


def _table(table: Table) -> str:
    first, *others = table.rows
    columns = "".join(f'<th scope="col">{plain(cell)}</th>' for cell in first[1:])
    rows = "".join(
        f'<tr><th scope="row">{plain(name)}</th>{"".join(f"<td>{plain(cell)}</td>" for cell in cells)}</tr>'
        for name, *cells in others
    )
    caption = plain(table.title)
    return (
        f'<section><h2>{caption}</h2><div class="wide" role="region" aria-label="{caption}" tabindex="0"><table>'
        f"<thead><tr><td></td>{columns}</tr></thead><tbody>{rows}</tbody></table></div></section>"
    )


def _misses(figures: Figures) -> str:
    misses = figures["misses"]
    shown = "".join(
        f"<details><summary><b>{plain(miss['id'])}</b> {plain(verdict(miss))}</summary>"
        f'<pre dir="auto">{plain(chr(10).join(lines(miss["explanation"])))}</pre></details>'
        for miss in misses
    )
    return f"<section><h2>Misses: {len(misses)}</h2>{shown or '<p>None.</p>'}</section>"
