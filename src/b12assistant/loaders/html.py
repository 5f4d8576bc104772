"""Read HTML: the visible text in reading order, from the tree a browser would build. Nothing is loaded or run."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import version

from selectolax.lexbor import LexborHTMLParser, LexborNode

from b12assistant.loaders.decoding import Decoded, decode
from b12assistant.loaders.manuscript import Manuscript
from b12assistant.types import BlockKind, Extract, Role

# Never shown as text, or only where something else cannot be.
_MACHINERY = frozenset({"head", "map", "noembed", "noframes", "noscript", "script", "style", "template"})
_CHOICES = frozenset({"datalist", "optgroup", "option", "rp", "source", "title", "track"})
# Drawn, but not as text that could be quoted. Formulas too: their parts would run together.
_PICTURES = frozenset({"audio", "canvas", "embed", "iframe", "img", "math", "object", "svg", "video"})
_CONTROLS = frozenset({"input", "meter", "progress", "select", "textarea"})
_DRAWN = _PICTURES | _CONTROLS
_UNSEEN = _MACHINERY | _CHOICES | _DRAWN
_RAISING = {"sup": True, "rt": True, "sub": False}
_COUNTING = frozenset({"ol", "ul", "menu", "dir"})
_NUMBER = re.compile(r"-?\d{1,9}")
_ANCHORS = frozenset({"", "#", "¶", "§", "🔗"})
_STRIKING = frozenset({"del", "s", "strike"})
_STYLED_AWAY = re.compile(r"(?:^|;)\s*(?:display\s*:\s*none|visibility\s*:\s*(?:hidden|collapse))\s*(?:!|;|$)", re.I)

_PROSE = frozenset({"address", "blockquote", "caption", "center", "figcaption", "hr", "legend", "p", "pre", "summary"})
_BOXES = frozenset({"article", "aside", "body", "details", "dialog", "div", "fieldset", "figure", "footer", "form"})
_FRAMES = frozenset({"header", "hgroup", "main", "nav", "search", "section"})
_LISTS = frozenset({"dd", "dir", "dl", "dt", "menu", "ol", "ul", "table", "tbody", "tfoot", "thead"})
_BLOCKS = _PROSE | _BOXES | _FRAMES | _LISTS
_HEADINGS = frozenset({"h1", "h2", "h3", "h4", "h5", "h6"})
_CELLS = frozenset({"td", "th"})
_ROLES = {
    "nav": Role.NAVIGATION,
    "footer": Role.FOOTER,
    "aside": Role.ASIDE,
    "pre": Role.CODE,
    **dict.fromkeys(("form", "button", "select", "search"), Role.FORM),
}
_ARIA_ROLES = {
    "banner": Role.HEADER,
    "contentinfo": Role.FOOTER,
    "complementary": Role.ASIDE,
    **dict.fromkeys(("navigation", "menu", "menubar"), Role.NAVIGATION),
    **dict.fromkeys(("form", "search", "button"), Role.FORM),
}
# A header inside one of these introduces an article; it is not the banner of the site (HTML-ARIA).
_SECTIONING = frozenset({"article", "aside", "main", "nav", "section"})
_META = re.compile(rb"""<meta[^>]+?charset\s*=\s*["']?\s*([\w.:-]+)""", re.I)
_META_REACH = 4096  # bytes; browsers read 1,024, but some pages have long heads
# A row whose cells hold any of these is page layout, not data: its parts are separate blocks.
_LAYOUT = "table, h1, h2, h3, h4, h5, h6, ul, ol, p + p, div + div, article, section, form, blockquote, pre"


def load(data: bytes) -> Extract:
    """Read the text of a page: white space collapsed, menus and links as regions.

    What an attribute hides is left out: ``hidden``, ``aria-hidden`` or ``style``. Style sheets are not read.
    """
    meta = _META.search(data[:_META_REACH])
    return read(decode(data, declared=meta[1].decode("ascii") if meta else None))


def read(decoded: Decoded) -> Extract:
    """Read a page that is decoded."""
    tree = LexborHTMLParser(decoded.text)
    title = tree.css_first("head > title")
    manuscript = Manuscript()
    walk = _Walk(manuscript)
    if tree.root is not None:
        walk.run(tree.root)
    hidden = (f"{walk.hidden:,} letter(s) that the page hides left out",) if walk.hidden else ()
    styled = ("styles not read",) if tree.css_first("style, link[rel~=stylesheet i]") is not None else ()
    return manuscript.extract(
        f"selectolax {version('selectolax')} (Lexbor)",
        title=(" ".join(title.text().split()) if title is not None else "") or manuscript.main_heading(),
        warnings=(*decoded.warnings, *hidden, *styled),
    )


@dataclass(frozen=True, slots=True)
class _Open:
    """An element that is open. ``roles``: how many it entered; ``shifts``: raised (true) or lowered (false)."""

    tag: str
    roles: int = 0
    struck: bool = False
    shifts: bool | None = None
    within_shift: bool = False


class _Walk:
    """A walk through the tree without recursion: tables may be nested ten thousand deep."""

    def __init__(self, manuscript: Manuscript) -> None:
        self._out = manuscript
        self._path: list[_Open] = []
        self._shifted: list[str] = []  # the raised or lowered text so far, with marks for what is shifted inside it
        self._numbers: list[int | None] = []  # the next number of each open list; none in one without numbers
        self.hidden = 0  # letters, without blanks
        # Tags of open elements, so that none has to search the path. Inside a data row, blocks do not split the text.
        self._open: Counter[str] = Counter()

    def run(self, root: LexborNode) -> None:
        levels: list[Iterator[LexborNode]] = [iter((root,))]  # what is left to visit in each open element
        while levels:
            node = next(levels[-1], None)
            if node is None:
                levels.pop()
                if levels:
                    self._leave()
            elif self._enter(node):
                levels.append(node.iter(include_text=True))

    def _enter(self, node: LexborNode) -> bool:
        """Enter a node; return whether to visit its children."""
        if node.is_text_node:
            self._text(node.text_content or "")
            return False
        tag = node.tag or ""
        if not node.is_element_node or (tag in _UNSEEN and tag not in _DRAWN):
            return False
        if tag == "br":
            self._line_end()
            return False
        attributes = node.attributes
        if _is_hidden(node, tag, attributes):
            self.hidden += _letters(node)
            return False
        if tag in _DRAWN:
            if not _is_nothing(tag, attributes):
                self._out.draw()
            return False
        around = self._path[-1] if self._path else _Open("")
        struck = around.struck or tag in _STRIKING
        roles = [role for role in (self._role(tag, attributes),) if role is not None]
        roles += [Role.STRUCK] if struck and not around.struck else []
        for role in roles:
            self._out.enter(role)
        opened = self._begin(tag, node)
        shifts = _RAISING.get(tag)
        if shifts is not None and (self._shifted or around.within_shift):
            self._shifted.append("^" if shifts else "_")
        self._path.append(_Open(opened, len(roles), struck, shifts, around.within_shift or shifts is not None))
        return True

    def _leave(self) -> None:
        left = self._path.pop()
        if left.shifts is not None and not (self._path and self._path[-1].within_shift):
            self._out.shift("".join(self._shifted), raised=left.shifts)
            self._shifted = []
        self._open[left.tag] -= 1
        if left.tag in _COUNTING:
            self._numbers.pop()
        if left.tag in _BLOCKS or left.tag in _HEADINGS or left.tag in ("li", "tr"):
            self._part(BlockKind.PARAGRAPH)
        for _ in range(left.roles):
            self._out.leave()

    def _begin(self, tag: str, node: LexborNode) -> str:
        """Open an element; return the tag to close: "div" for a row that is only layout."""
        if tag == "tr" and (self._open["tr"] or node.css_first(_LAYOUT) is not None):
            tag = "div"
        if tag in _HEADINGS:
            self._part(BlockKind.HEADING, level=int(tag[1]))
        elif tag == "li":
            self._part(BlockKind.LIST_ITEM)
            self._count(node.attributes)
        elif tag == "tr":
            self._part(BlockKind.TABLE_ROW)
        elif tag == "dt":
            self._part(BlockKind.TERM)
        elif tag in _CELLS and self._open["tr"]:
            self._out.cell()
        elif tag in _BLOCKS or tag in _CELLS:
            self._block()
        if tag in _COUNTING:
            self._numbers.append(_number(node.attributes.get("start"), 1) if tag == "ol" else None)
        self._open[tag] += 1
        return tag

    def _part(self, kind: BlockKind, *, level: int = 0) -> None:
        if self._open["tr"]:
            self._out.join(" ")
        else:
            self._out.open(kind, level=level)

    def _block(self) -> None:
        """Open a paragraph, except for the first block in a list item or heading, which is part of it."""
        if self._open["tr"] or not self._out.is_empty or self._out.kind is BlockKind.PARAGRAPH:
            self._part(BlockKind.PARAGRAPH)

    def _count(self, attributes: dict[str, str | None]) -> None:
        """Write the number of an item, if it is in an ordered list."""
        if self._numbers and self._numbers[-1] is not None:
            number = _number(attributes.get("value"), self._numbers[-1])
            self._numbers[-1] = number + 1
            if not self._open["tr"]:
                self._out.number(number)

    def _text(self, text: str) -> None:
        if self._path[-1].within_shift:
            self._shifted.append(text)
        elif self._open["pre"]:
            self._out.write(text)
        else:
            self._out.flow(text)

    def _line_end(self) -> None:
        """End a line at one <br>, a paragraph at two, as old pages mean it."""
        if self._open["tr"]:
            self._out.join(" ")
        elif self._out.ends_line and self._out.kind is BlockKind.PARAGRAPH:
            self._out.open(BlockKind.PARAGRAPH)
        elif not self._out.is_empty:
            self._out.join("\n")

    def _role(self, tag: str, attributes: dict[str, str | None]) -> Role | None:
        if tag == "a":
            return Role.LINK if attributes.get("href") is not None else None
        named = _ARIA_ROLES.get((attributes.get("role") or "").strip().lower())
        if named is not None:
            return named
        if tag not in ("header", "ul", "ol", "menu"):
            return _ROLES.get(tag)
        if any(self._open[around] for around in _SECTIONING):
            return None
        if tag == "header":
            return Role.HEADER
        return Role.NAVIGATION if self._open["header"] else None


def _letters(node: LexborNode) -> int:
    """Count the letters that an element would show, without blanks."""
    texts = (inner for inner in node.traverse(include_text=True) if inner.is_text_node)
    shown = (text for text in texts if text.parent is None or text.parent.tag not in _UNSEEN)
    return sum(len("".join((text.text_content or "").split())) for text in shown)


def _number(written: str | None, otherwise: int) -> int:
    return int(written) if written is not None and _NUMBER.fullmatch(written.strip()) else otherwise


def _is_nothing(tag: str, attributes: dict[str, str | None]) -> bool:
    """Check for a hidden field, a sound without its controls, or a picture of one point that counts visitors."""
    if tag == "input":
        return (attributes.get("type") or "").strip().lower() == "hidden"
    if tag == "audio":
        return "controls" not in attributes
    return any((attributes.get(side) or "").strip() in ("0", "1") for side in ("width", "height"))


def _is_hidden(node: LexborNode, tag: str, attributes: dict[str, str | None]) -> bool:
    """Check for what an attribute hides. ``aria-hidden`` hides blocks, pictures, and the signs of links to a place."""
    if (attributes.get("aria-hidden") or "").strip().lower() == "true":
        is_block = tag in _BLOCKS or tag in _HEADINGS or tag in _CELLS or tag in ("li", "tr")
        return is_block or tag in _DRAWN or node.text(deep=True).strip() in _ANCHORS
    return (
        "hidden" in attributes
        or "popover" in attributes
        or (tag == "dialog" and "open" not in attributes)
        or _STYLED_AWAY.search(attributes.get("style") or "") is not None
    )
