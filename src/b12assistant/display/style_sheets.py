"""Style sheets as text, for a file that stands by itself."""

from __future__ import annotations

from importlib import resources

UNSEEN = "unseen.css"  # of whatever `markup.revealed` wrote


def style_sheets(*names: str) -> str:
    """Those of `static/`, one after another."""
    folder = resources.files("b12assistant").joinpath("static")
    return "\n".join(folder.joinpath(name).read_text("utf-8") for name in names)
