"""Documents whose digits are raised or lowered, and sentences in which something is drawn that has no text."""

import re
from collections.abc import Callable

from builders_pdf import assemble

Part = tuple[str, str]  # "" on the line, "^" raised, "_" lowered, and the text
_UP, _DOWN = "⁰¹²³⁴⁵⁶⁷⁸⁹", "₀₁₂₃₄₅₆₇₈₉"
# Helvetica, in thousandths of its size.
_WIDTHS = dict.fromkeys("abdeghnopu0123456789", 556) | dict.fromkeys("ckvxyszJ", 500) | dict.fromkeys(" t/,.f", 278)
_WIDTHS |= {"i": 222, "l": 222, "m": 833, "r": 333, "w": 722, "T": 611, "A": 667}
SMALL, SIZE = 6.5, 11.0


def groups(text: str) -> list[Part]:
    """The groups of digits in a quote, each with how it is drawn."""
    found = []
    for match in re.finditer(rf"([\^_]\([^)]*\))|([{_UP}]+)|([{_DOWN}]+)|([0-9]+)", text):
        marked, up, down, level = match.groups()
        if marked:
            found += [(marked[0], digits) for digits in re.findall(r"[0-9]+", marked)]
        elif up or down:
            table = str.maketrans(_UP + _DOWN, 2 * "0123456789")
            found.append(("^" if up else "_", (up or down).translate(table)))
        else:
            found.append(("", level))
    return found


def as_html(parts: list[Part]) -> bytes:
    tags = {"": "{}", "^": "<sup>{}</sup>", "_": "<sub>{}</sub>"}
    return f"<body><p>{''.join(tags[how].format(text) for how, text in parts)}</p>".encode()


def as_markdown(parts: list[Part]) -> bytes:
    tags = {"": "{}", "^": "<sup>{}</sup>", "_": "<sub>{}</sub>"}
    return "".join(tags[how].format(text) for how, text in parts).encode()


def _width(text: str, size: float) -> float:
    return sum(_WIDTHS[letter] for letter in text) * size / 1000


def _in_pdf(show: Callable[[str, float, float, float], str]) -> Callable[[list[Part]], bytes]:
    """``show``: writes a text at a place (x, and how far it is raised) in a size."""

    def write(parts: list[Part]) -> bytes:
        x, out = 72.0, []
        for how, text in parts:
            size = SIZE if how == "" else SMALL
            out.append(show(text, x, {"": 0.0, "^": 4.0, "_": -2.0}[how], size))
            x += _width(text, size)
        return assemble(["\n".join(["BT", *out, "ET"]).encode()])

    return write


def _by_matrix(text: str, x: float, rise: float, size: float) -> str:
    return f"/F1 1 Tf {size} 0 0 {size} {x:.2f} {700 + rise} Tm ({text}) Tj"


def _by_rise(text: str, x: float, rise: float, size: float) -> str:
    return f"{'1 0 0 1 72 700 Tm' if x == 72 else ''} /F1 {size} Tf {rise} Ts ({text}) Tj"


RENDERERS: dict[str, tuple[str, Callable[[list[Part]], bytes]]] = {
    "html": ("a.html", as_html),
    "markdown": ("a.md", as_markdown),
    "pdf, by matrix": ("a.pdf", _in_pdf(_by_matrix)),
    "pdf, by rise": ("a.pdf", _in_pdf(_by_rise)),
}

DRAWN_HTML = {
    "picture": "Tablets are <img src=x alt=not> safe.",
    "drawing": "Tablets are <svg><text>not</text></svg> safe.",
    "field": "Tablets are <input value=not> safe.",
    "choice": "Tablets are <select><option>not<option>quite</select> safe.",
    "box of text": "Tablets are <textarea>not</textarea> safe.",
    "formula": "Take 1<math><mfrac><mn>1</mn><mn>2</mn></mfrac></math> tablets.",
    "del": "Take <del>10</del> 5 tablets.",
    "s": "Take <s>10</s> 5 tablets.",
    "letter of a font's own": "Take 5\ue001 tablets.",
}


def shown(parts: list[Part]) -> list[Part]:
    """The groups of digits that a page draws."""
    return [(level, digits) for level, text in parts for digits in re.findall("[0-9]+", text)]


def with_drawn(what: str) -> bytes:
    """A page with such a sentence between two others."""
    sentences = f"Numb feet tingle. {DRAWN_HTML[what]} See a doctor."
    return f"<head><meta charset=utf-8></head><body><p>{sentences}</p>".encode()
