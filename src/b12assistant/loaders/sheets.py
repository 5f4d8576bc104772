"""Read style sheets: the rules of a sheet with their declarations, on a wide, light screen."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import unquote

_SCREEN, _EM = 1280.0, 16.0  # px
_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)", re.S)
_STRING = re.compile(r"\"(?:[^\"\\\n]|\\.)*\"?|'(?:[^'\\\n]|\\.)*'?", re.S)  # a line's end ends it too
_PART = re.compile(rf"[{{}};]|{_STRING.pattern}|\((?:[^()\"'{{}}]|\([^()]*\))*\)", re.S)
_IMPORTANT = re.compile(r"\s*!\s*important\s*$", re.I)
_WIDTH = re.compile(r"\(\s*(min|max)-width\s*:\s*(\d*\.?\d+)(px|em|rem)\s*\)")
_IMPORT = re.compile(r"@import\s+(?:url\(\s*)?[\"']?data:text/css[^,]*,([^\"')]*)[\"']?\s*\)?\s*;?", re.I)
_ESCAPE = re.compile(r"\\([0-9a-f]{1,6})\s?", re.I)
_ORNAMENTS = " \t\n\u00a0\u200b•·▪■□►▸→›»«‹|/,“”„‘’\"\\'"  # drawn by a style sheet, they change no sentence
_GROUPS = ("@supports", "@layer", "@container", "@scope")  # it is not known whether, or with what weight, they hold
DEEPEST = 8  # levels of nested rules
# In English, from left to right.
_LOGICAL = (
    *(("inline-start", "left"), ("inline-end", "right"), ("block-start", "top"), ("block-end", "bottom")),
    *(("inline-size", "width"), ("block-size", "height"), ("margin-inline", "margin-left")),
    *(("padding-inline", "padding-left"), ("padding-block", "padding-top")),
    *(("margin-block", "margin-top"), ("inset-inline", "left"), ("inset-block", "top"), ("inset-", "")),
)
_NAME = re.compile(r"-?[a-z][a-z-]*")
Declaration = tuple[str, str, bool]  # name, value and importance
Rule = tuple[str, list[Declaration], str]  # the selector, and the at-rule or selector that may or may not hold


def draws(content: str) -> bool:
    """Check if the `content` of a style sheet draws more than bullets, arrows, quotation marks or numbers of a list."""
    strings = "".join(match[0][1:-1] for match in _STRING.finditer(content))
    return "attr(" in content or "url(" in content or bool(_decoded(strings).strip(_ORNAMENTS))


def _decoded(text: str) -> str:
    return _ESCAPE.sub(lambda match: chr(min(int(match[1], 16), 0x10FFFF)), text)


def on_screen(query: str) -> bool | None:
    """Check if a media query holds on a wide, light screen; ``None`` if that is not known."""
    parts = [part.strip() for part in query.lower().split(",")]
    all_terms = [[_holds(term.strip()) for term in part.split(" and ")] for part in parts]
    found = [
        None if part.startswith("not") else False if False in terms else None if None in terms else True
        for part, terms in zip(parts, all_terms, strict=True)
    ]
    return True if True in found else None if None in found else False


def _holds(term: str) -> bool | None:
    if term in ("", "screen", "only screen", "all", "only all") or "reduced-motion" in term:
        return True
    if re.match(r"(?:only )?(?:print|speech|aural|braille)$|\(\s*prefers-color-scheme\s*:\s*dark", term):
        return False
    if (match := _WIDTH.fullmatch(term)) is None:
        return None
    width = float(match[2]) * (1 if match[3] == "px" else _EM)
    return width <= _SCREEN if match[1] == "min" else width >= _SCREEN


def rules_of(sheet: str) -> Iterator[Rule]:
    """Yield the selector and declarations of each rule of a style sheet, those inside at-rules and other rules too."""
    text = _COMMENT.sub(" ", sheet).replace("<!--", " ").replace("-->", " ")
    text = _IMPORT.sub(lambda match: unquote(match[1]), text)
    stack: list[tuple[str | None, list[str], str]] = [("", [], "")]  # the selector, declarations, doubt of open blocks
    start = 0
    for match in _PART.finditer(text + "}" * DEEPEST):  # browsers close what is left open
        mark = match[0]
        if mark not in ("{", "}", ";"):
            continue
        if mark == ";" and stack[-1][0] == "" and not text[start:].lstrip().startswith("@"):
            continue  # a part of a selector, which is invalid with it
        words = _unescaped(text[start : match.start()].strip())
        start = match.end()
        if mark == "{":
            outer, _, unsure = stack[-1]
            inner, doubt = _nested(outer, words) if outer is not None and len(stack) <= DEEPEST else (None, "")
            stack.append((inner, [], unsure or doubt))
            continue
        if words:
            stack[-1][1].append(words)
        if mark == "}" and len(stack) > 1:
            selector, declarations, unsure = stack.pop()
            if selector:
                yield selector, list(declarations_in(";".join(declarations))), unsure


def _unescaped(words: str) -> str:
    return words if '"' in words or "'" in words else re.sub(r"\\(\W)", r"\1", _decoded(words))


def _nested(outer: str, words: str) -> tuple[str | None, str]:
    """Return the selector of a block inside another, ``None`` if it does not count, and what is not known to hold."""
    name = re.match(r"@?[\w-]*", words)[0].lower()  # type: ignore[index]  # it matches nothing too
    if name == "@media":
        holds = on_screen(words[len(name) :])
        return (None if holds is False else outer), (words[:60] if holds is None else "")
    if name.startswith("@"):
        inner = name if name == "@font-face" else outer if name in _GROUPS else None
        return inner, ("@layer" if name == "@layer" else words[:60])
    if not outer:
        return words, ""
    return words.replace("&", f":is({outer})") if "&" in words else f":is({outer}) {words}", ""


def declarations_in(text: str) -> Iterator[Declaration]:
    """Yield the declarations in order; those of all sides, and of directions of writing, as sides of the page."""
    for part in split(_COMMENT.sub(" ", text), ";"):
        name, _, value = (side.strip() for side in part.partition(":"))
        bare = _IMPORTANT.sub("", value)
        if name.startswith("--"):
            yield name, bare, bare != value
            continue
        name = name.lower()
        for logical, side in _LOGICAL:
            name = name.replace(logical, side)
        if name in ("margin", "inset", "padding") and bare:
            parts = list(split(bare, " "))
            parts += [parts[0], parts[0], parts[min(1, len(parts) - 1)]][len(parts) - 1 :]
            for side, length in zip(("top", "right", "bottom", "left"), parts, strict=False):
                yield side if name == "inset" else f"{name}-{side}", length, bare != value
        elif bare and _NAME.fullmatch(name):
            yield name, bare, bare != value


def split(text: str, at: str = ",") -> Iterator[str]:
    """Yield the parts between separators that are not inside brackets or strings."""
    depth = start = 0
    bare = _STRING.sub(lambda match: "_" * len(match[0]), text)
    for place, letter in enumerate(bare):
        depth += (letter in "([") - (letter in ")]" and depth > 0)
        if letter == at and not depth:
            yield text[start:place].strip()
            start = place + 1
    if text[start:].strip():
        yield text[start:].strip()
