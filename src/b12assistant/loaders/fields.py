"""Read the values of the form fields of a PDF page: pypdf gives them apart from the text."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

_MOST = 2_000  # fields of a page
_HIDDEN = 0b100010  # the flags Hidden and NoView of an annotation
_PASSWORD = 1 << 13  # the flag of a text field
_TICKED = "\N{BALLOT BOX WITH CHECK}"


@dataclass(frozen=True, slots=True)
class Field:
    """A filled field with its box in points, the origin at the bottom left."""

    text: str
    left: float
    bottom: float
    right: float
    top: float

    @property
    def is_tick(self) -> bool:
        """Check for a box to tick, whose words are right of it."""
        return self.text == _TICKED


def filled(page: Mapping[str, Any]) -> Iterator[Field]:
    """Yield the filled fields that a viewer shows; a damaged one is not shown."""
    listed = _value(page, "/Annots")
    for reference in listed[:_MOST] if isinstance(listed, list) else ():
        widget = _resolved(reference)
        try:
            if _value(widget, "/Subtype") != "/Widget" or int(_value(widget, "/F") or 0) & _HIDDEN:
                continue
            text = _text(widget)
            x, y, far, high = (float(edge) for edge in _value(widget, "/Rect") or ())
        except (ArithmeticError, TypeError, ValueError):
            continue
        if text:
            yield Field(text, min(x, far), min(y, high), max(x, far), max(y, high))


def _text(widget: Any) -> str:
    """Return what a field shows: its own value, or that of the field it is a part of; "" for an empty one."""
    kind = _inherited(widget, "/FT")
    if kind == "/Btn":
        return _TICKED if str(_value(widget, "/AS") or "/Off") != "/Off" else ""
    if kind not in ("/Tx", "/Ch") or int(_inherited(widget, "/Ff") or 0) & _PASSWORD:
        return ""
    value = _inherited(widget, "/V")
    chosen = [str(_resolved(each)) for each in (value if isinstance(value, list) else [value]) if each is not None]
    pairs = [_resolved(pair) for pair in _inherited(widget, "/Opt") or ()]  # of a value and the words for it
    shown = {str(_resolved(pair[0])): str(_resolved(pair[1])) for pair in pairs if isinstance(pair, list)}
    return " ".join(", ".join(shown.get(each, each) for each in chosen).split())


def _inherited(widget: Any, key: str) -> Any:
    value = _value(widget, key)
    return value if value is not None else _value(_value(widget, "/Parent"), key)


def _value(mapping: Any, key: str) -> Any:
    return _resolved(mapping.get(key)) if hasattr(mapping, "get") else None


def _resolved(value: Any) -> Any:
    return value.get_object() if hasattr(value, "get_object") else value
