"""Read style sheets: the rules of a sheet with their declarations, on a wide, light screen."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import unquote

_SCREEN, _EM = 1280.0, 16.0  # px
_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)", re.S)
_STRING = re.compile(r"\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*'", re.S)
_PART = re.compile(r"[{};]|\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*'|\((?:[^()\"'{}]|\([^()]*\))*\)", re.S)
_IMPORTANT = re.compile(r"\s*!\s*important\s*$", re.I)
_WIDTH = re.compile(r"\(\s*(min|max)-width\s*:\s*([\d.]+)(px|em|rem)\s*\)", re.I)
DEEPEST = 8  # levels of nested rules
_MEDIA_PART = (
    r"(?:(?:only\s+)?(?:screen|all|print|speech|aural|braille)|\(\s*(?:min|max)-width\s*:\s*[\d.]+(?:px|em|rem)\s*\)"
    r"|\(\s*prefers-color-scheme\s*:\s*dark\s*\)|\(\s*prefers-reduced-motion[^()]*\))"
)
_KNOWN_MEDIA = re.compile(rf"{_MEDIA_PART}(?:\s*(?:,|and)\s*{_MEDIA_PART})*")
_IMPORT = re.compile(r"@import\s+(?:url\(\s*)?[\"']?data:text/css[^,]*,([^\"')]*)[\"']?\s*\)?\s*;?", re.I)
_ESCAPE = re.compile(r"\\([0-9a-f]{1,6})\s?", re.I)
_ORNAMENTS = " \t\n\u00a0\u200b•·▪■□►▸→›»«‹|/,“”„‘’\"\\'"  # drawn by a style sheet, they change no sentence
_LOGICAL = {
    "block-size": "height",
    "inline-size": "width",
    "max-block-size": "max-height",
    "max-inline-size": "max-width",
}
_LOGICAL |= {
    f"{name}{start}": f"{to}{side}"
    for name, to in (("inset-", ""), ("margin-", "margin-"))
    for start, side in (
        ("inline-start", "left"),
        ("inline-end", "right"),
        ("block-start", "top"),
        ("block-end", "bottom"),
    )
}
_LOGICAL |= {"inset-inline": "left", "inset-block": "top", "margin-inline": "margin-left", "margin-block": "margin-top"}
Declaration = tuple[str, str, bool]  # name, value and importance
Rule = tuple[str, list[Declaration], str]  # the selector, and the at-rule or selector that may or may not hold


def draws(content: str) -> bool:
    """Check if the `content` of a style sheet draws more than bullets, arrows, quotation marks or numbers of a list."""
    if "attr(" in content or "url(" in content:
        return True
    strings = (match[0][1:-1] for match in _STRING.finditer(content))
    text = "".join(_ESCAPE.sub(lambda match: chr(min(int(match[1], 16), 0x10FFFF)), string) for string in strings)
    return bool(text.strip(_ORNAMENTS))


def is_on_screen(query: str) -> bool:
    """Check if any part of a media query may hold on a wide, light screen."""
    return not query.strip() or any(_holds(part.strip().lower()) for part in query.split(","))


def _holds(part: str) -> bool:
    if re.match(r"(?:only\s+)?(?:print|speech|aural|braille)\b", part) or re.search(r"scheme\s*:\s*dark", part):
        return False
    for side, number, unit in _WIDTH.findall(part):
        width = float(number) * (1 if unit.lower() == "px" else _EM) if number.replace(".", "", 1).isdigit() else 0.0
        if width > _SCREEN if side.lower() == "min" else width < _SCREEN:
            return False
    return True


def rules_of(sheet: str) -> Iterator[Rule]:
    """Yield the selector and declarations of each rule of a style sheet, those inside at-rules and other rules too."""
    text = _COMMENT.sub(" ", sheet).replace("<!--", " ").replace("-->", " ")
    text = _IMPORT.sub(lambda match: unquote(match[1]), text)
    stack: list[tuple[str | None, list[str], str]] = [("", [], "")]  # the selector, declarations, doubt of open blocks
    start = 0
    for match in _PART.finditer(text):
        mark = match[0]
        if mark not in ("{", "}", ";"):
            continue
        words = _unescaped(text[start : match.start()].strip())
        start = match.end()
        if mark == "{":
            outer, unsure = stack[-1][0], stack[-1][2]
            stack.append((_nested(outer, words) if len(stack) <= DEEPEST else None, [], unsure or _unsure(words)))
            continue
        if words:
            stack[-1][1].append(words)
        if mark == "}" and len(stack) > 1:
            selector, declarations, unsure = stack.pop()
            if selector:
                yield selector, list(declarations_in(";".join(declarations))), unsure
    for selector, declarations, unsure in reversed(stack):  # browsers close what is left open
        if selector:
            yield selector, list(declarations_in(";".join((*declarations, _unescaped(text[start:]))))), unsure


def _unescaped(words: str) -> str:
    if "\\" not in words or '"' in words or "'" in words:
        return words
    return re.sub(r"\\(\W)", r"\1", _ESCAPE.sub(lambda match: chr(min(int(match[1], 16), 0x10FFFF)), words))


def _at(words: str) -> str:
    """Return the name of an at-rule, "" if it is none."""
    match = re.match(r"@[\w-]*", words)
    return match[0].lower() if match else ""


def _unsure(words: str) -> str:
    """Return an at-rule of which it is not known whether, or with what weight, it holds."""
    name = _at(words)
    if name == "@media":
        return "" if _KNOWN_MEDIA.fullmatch(words[len(name) :].strip().lower()) else words[:60]
    return "@layer" if name == "@layer" else words[:60] if name in ("@supports", "@container", "@scope") else ""


def _nested(outer: str | None, words: str) -> str | None:
    """Return the selector of a block inside another; ``None`` if the block does not count."""
    if outer is None:
        return None
    name = _at(words)
    if name == "@media":
        return outer if is_on_screen(words[len(name) :]) else None
    if name.startswith("@"):
        return outer if name in ("@supports", "@layer", "@container", "@scope") else None
    if not outer:
        return words
    return words.replace("&", f":is({outer})") if "&" in words else f":is({outer}) {words}"


def declarations_in(text: str) -> Iterator[Declaration]:
    """Yield the declarations in order."""
    for part in split(_COMMENT.sub(" ", text), ";"):
        name, colon, value = (side.strip() for side in part.partition(":"))
        if colon:
            bare = _IMPORTANT.sub("", value)
            name = name if name.startswith("--") else name.lower()
            yield _LOGICAL.get(name, name), bare, bare != value


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
