"""An audit as one page: readable by itself, light and dark, without a script and without a request to anywhere."""

from __future__ import annotations

from b12assistant.display.markup import plain
from b12assistant.display.style_sheets import style_sheets
from b12assistant.evaluation.red_flag_report import Figures, Table, heading, tables, verdict
from b12assistant.safety.explanation import lines

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
