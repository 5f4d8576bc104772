"""Read HTML: the visible text in reading order, from the tree a browser would build. Nothing is loaded or run."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from importlib.metadata import version

from selectolax.lexbor import LexborHTMLParser, LexborNode

from b12assistant.errors import SourceError
from b12assistant.loaders.decoding import Decoded, decode
from b12assistant.loaders.looks import Look, graver, is_grave
from b12assistant.loaders.manuscript import Manuscript
from b12assistant.loaders.rendering import BROWSER, SKIPPED
from b12assistant.loaders.styles import Styles
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
_STRIKING = frozenset({"del", "s", "strike"})
_MOST_NAMED = 5  # doubts
_GAP = re.compile(r"[^\S\n]{20}")
_SCREEN = Look().room
_LEAST_SHIFT = 0.2  # times the size of the letters

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


def load(data: bytes, *, rendered: bool = False) -> Extract:
    """Read what a visitor sees: white space collapsed, hidden parts dropped, menus and links as regions.

    ``rendered``: let a browser decide what is seen where the page's styles alone do not tell.
    """
    meta = _META.search(data[:_META_REACH])
    return read(decode(data, declared=meta[1].decode("ascii") if meta else None), rendered=rendered)


def read(decoded: Decoded, *, rendered: bool) -> Extract:
    """Read a page that is decoded."""
    tree = LexborHTMLParser(decoded.text)
    title = tree.css_first("head > title")
    styles = Styles(tree)
    manuscript, walk = _walked(tree, styles, frozenset())
    failed: tuple[str, ...] = ()
    if rendered and walk.unclear:
        try:
            manuscript, walk = _walked(tree, styles, _seen(tree, decoded.text, walk.unclear))
        except SourceError as error:
            failed = (f"read without a browser: {error.message}",)
    hidden = (f"{walk.hidden:,} letter(s) that the page hides left out",) if walk.hidden else ()
    doubts = [f"not quoted, because a style may hide it: {reason[:120]}" for reason in walk.doubts[:_MOST_NAMED]]
    if len(walk.doubts) > _MOST_NAMED:
        doubts.append(f"not quoted, because of {len(walk.doubts) - _MOST_NAMED} more styles that may hide text")
    return manuscript.extract(
        f"selectolax {version('selectolax')} (Lexbor)",
        title=(" ".join(title.text().split()) if title is not None else "") or manuscript.main_heading(),
        warnings=(*decoded.warnings, *failed, *hidden, *doubts),
    )


def _walked(tree: LexborHTMLParser, styles: Styles, seen: frozenset[int]) -> tuple[Manuscript, _Walk]:
    manuscript = Manuscript()
    walk = _Walk(manuscript, styles, seen)
    if tree.root is not None:
        walk.run(tree.root)
    return manuscript, walk


def _seen(tree: LexborHTMLParser, page: str, unclear: Collection[int]) -> frozenset[int]:
    """Return those of the unclear text nodes that a browser shows. Raises ``SourceError`` if it does not draw it."""
    nodes = list(_texts(tree.body)) if tree.body is not None else []
    wanted = [number for number, node in enumerate(nodes) if node.mem_id in unclear]
    seen = BROWSER.seen(page, [node.text_content or "" for node in nodes], wanted)
    return frozenset(nodes[number].mem_id for number in seen)


def _texts(body: LexborNode) -> Iterator[LexborNode]:
    """Yield the text nodes that a browser has too."""
    levels: list[Iterator[LexborNode]] = [body.iter(include_text=True)]
    while levels:
        node = next(levels[-1], None)
        if node is None:
            levels.pop()
        elif node.is_text_node:
            if (node.text_content or "").strip(" \t\n\f\r"):
                yield node
        elif node.tag not in SKIPPED:
            levels.append(node.iter(include_text=True))


@dataclass(frozen=True, slots=True)
class _Open:
    """An element that is open: its tag and look, the roles it entered, and how its text is drawn.

    ``shifts``: raised (true) or lowered (false) by itself. ``generates``: a style sheet draws something after it.
    """

    tag: str
    look: Look
    roles: int = 0
    struck: bool = False
    shifts: bool | None = None
    within_shift: bool = False
    generates: bool = False


class _Walk:
    """A walk through the tree without recursion: tables may be nested ten thousand deep."""

    def __init__(self, manuscript: Manuscript, styles: Styles, seen: frozenset[int]) -> None:
        self._out = manuscript
        self._styles = styles
        self._seen = seen  # text nodes that a browser shows
        self._path: list[_Open] = []
        self._shifted: list[str] = []  # the raised or lowered text so far, with marks for what is shifted inside it
        self.hidden = 0  # letters, without blanks
        self.doubts: list[str] = []  # why text is not quoted, each once
        self.unclear: set[int] = set()  # text nodes of which a browser may tell
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
            self._text(node.mem_id, node.text_content or "")
            return False
        tag = node.tag or ""
        if not node.is_element_node or (tag in _UNSEEN and tag not in _DRAWN):
            return False
        if tag == "br":
            self._line_end()
            return False
        attributes = node.attributes
        around = self._path[-1] if self._path else _Open("", Look())
        look = self._styles.look(node, attributes, around.look)
        if look.gone or _is_switched_off(tag, attributes):
            self.hidden += _letters(node)
            if _is_for_eyes_only(node, attributes) and not look.gone:
                self._out.draw()
            return False
        if tag in _DRAWN:
            if not look.is_hidden and not _is_nothing(tag, attributes):
                self._out.draw()
            return False
        struck = around.struck or look.struck or tag in _STRIKING
        roles = [role for role in (self._role(tag, attributes),) if role is not None]
        roles += [Role.STRUCK] if struck and not around.struck else []
        if reason := _may_be_shut(node, tag, attributes):
            look = replace(look, doubt=graver(look.doubt, reason))
        for role in roles:
            self._out.enter(role)
        opened = self._begin(tag, node)
        shifts = self._shifts(tag, look)
        if shifts is not None and (self._shifted or around.within_shift):
            self._shifted.append("^" if shifts else "_")
        generates = self._styles.generates(node, "after")
        self._path.append(
            _Open(opened, look, len(roles), struck, shifts, around.within_shift or shifts is not None, generates)
        )
        if self._styles.generates(node, "before"):
            self._out.draw()
        return True

    def _shifts(self, tag: str, look: Look) -> bool | None:
        """Check if an element is raised (true) or lowered (false); ``None`` if it is neither."""
        if tag in _RAISING:
            return _RAISING[tag]
        is_block = tag in _BLOCKS or tag in _HEADINGS or tag in _CELLS or tag in ("li", "tr")
        return None if is_block or abs(look.shift) < _LEAST_SHIFT else look.shift > 0

    def _leave(self) -> None:
        left = self._path.pop()
        if left.shifts is not None and not (self._path and self._path[-1].within_shift):
            self._out.shift("".join(self._shifted), raised=left.shifts)
            self._shifted = []
        if left.generates:
            self._out.draw()
        self._open[left.tag] -= 1
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
        elif tag == "tr":
            self._part(BlockKind.TABLE_ROW)
        elif tag in _CELLS and self._open["tr"]:
            self._out.cell()
        elif tag in _BLOCKS or tag in _CELLS:
            self._block()
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

    def _text(self, node: int, text: str) -> None:
        look = self._path[-1].look
        if look.is_hidden:
            self.hidden += len("".join(text.split()))
            return
        reason = look.doubt or (look.paint if look.is_doubtful else "")
        if self._open["pre"] and look.room < _SCREEN and _GAP.search(text):
            reason = "<pre> that is wider than its box"
        is_doubtful = bool(reason and text.strip()) and node not in self._seen
        if is_doubtful:
            self._out.enter(Role.DOUBTFUL)
            self.doubts += [reason] if reason not in self.doubts else []
            self.unclear |= set() if is_grave(reason) else {node}
        if self._path[-1].within_shift:
            self._shifted.append(text)
        elif self._open["pre"]:
            self._out.write(text)
        else:
            self._out.flow(text)
        if is_doubtful:
            self._out.leave()

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


def _is_for_eyes_only(node: LexborNode, attributes: dict[str, str | None]) -> bool:
    """Check for something that is drawn, though programs that read a page aloud are to leave it out."""
    shown = "hidden" not in attributes and node.tag != "dialog"
    return shown and (node.tag in _DRAWN or _letters(node) > 0 or node.css_first("img, svg") is not None)


def _is_nothing(tag: str, attributes: dict[str, str | None]) -> bool:
    """Check for a hidden field, a sound without its controls, or a picture of one point that counts visitors."""
    if tag == "input":
        return (attributes.get("type") or "").strip().lower() == "hidden"
    if tag == "audio":
        return "controls" not in attributes
    return any((attributes.get(side) or "").strip() in ("0", "1") for side in ("width", "height"))


def _may_be_shut(node: LexborNode, tag: str, attributes: dict[str, str | None]) -> str:
    """Return why an element may show nothing of what is in it; "" if it does."""
    if tag in ("bdo", "marquee"):
        return f"<{tag}>"
    if tag == "details" and "open" not in attributes:
        return "<details> that is shut"
    if tag == "html" and node.css_first("link[href^='data:' i]") is not None:
        return "<link> to a style sheet in its own address"
    children = node.iter() if tag not in ("html", "head") else ()
    if any(child.tag == "template" and "shadowrootmode" in child.attributes for child in children):
        return "<template> that replaces what is in its parent"
    return ""


def _is_switched_off(tag: str, attributes: dict[str, str | None]) -> bool:
    return (
        "hidden" in attributes
        or "popover" in attributes
        or (attributes.get("aria-hidden") or "").strip().lower() == "true"
        or (tag == "dialog" and "open" not in attributes)
    )
