"""Read HTML: the visible text in reading order, from the tree a browser would build. Nothing is loaded or run."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from importlib.metadata import version

from selectolax.lexbor import LexborHTMLParser, LexborNode

from b12assistant.loaders.decoding import decode
from b12assistant.loaders.manuscript import Manuscript
from b12assistant.loaders.styles import Look, Styles
from b12assistant.types import BlockKind, Extract, Role

# Never shown as text, or only where something else cannot be.
_MACHINERY = frozenset({"embed", "head", "iframe", "map", "noscript", "object", "script", "style", "svg", "template"})
_MEDIA = frozenset({"audio", "canvas", "meter", "noembed", "noframes", "progress", "source", "track", "video"})
_CHOICES = frozenset({"datalist", "optgroup", "option", "rp", "textarea", "title"})
_UNSEEN = _MACHINERY | _MEDIA | _CHOICES

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


def load(data: bytes) -> Extract:
    """Read what a visitor sees: white space collapsed, hidden parts dropped, menus and links as regions."""
    meta = _META.search(data[:_META_REACH])
    decoded = decode(data, declared=meta[1].decode("ascii") if meta else None)
    tree = LexborHTMLParser(decoded.text)
    title = tree.css_first("head > title")
    manuscript = Manuscript()
    walk = _Walk(manuscript, Styles(tree))
    if tree.root is not None:
        walk.run(tree.root)
    hidden = (f"{walk.hidden:,} letter(s) that the page hides left out",) if walk.hidden else ()
    return manuscript.extract(
        f"selectolax {version('selectolax')} (Lexbor)",
        title=(" ".join(title.text().split()) if title is not None else "") or manuscript.main_heading(),
        warnings=(*decoded.warnings, *hidden),
    )


class _Walk:
    """A walk through the tree without recursion: tables may be nested ten thousand deep."""

    def __init__(self, manuscript: Manuscript, styles: Styles) -> None:
        self._out = manuscript
        self._styles = styles
        # Tag and look of each open element, and whether it entered a region.
        self._path: list[tuple[str, bool, Look]] = []
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
        if not node.is_element_node or tag in _UNSEEN:
            return False
        if tag == "br":
            self._line_end()
            return False
        attributes = node.attributes
        look = self._styles.look(node, attributes, self._path[-1][2] if self._path else Look())
        if look.gone or _is_switched_off(tag, attributes):
            self.hidden += _letters(node)
            return False
        role = self._role(tag, attributes)
        if role is not None:
            self._out.enter(role)
        self._path.append((self._begin(tag, node), role is not None, look))
        return True

    def _leave(self) -> None:
        tag, has_role, _ = self._path.pop()
        self._open[tag] -= 1
        if tag in _BLOCKS or tag in _HEADINGS or tag in ("li", "tr"):
            self._part(BlockKind.PARAGRAPH)
        if has_role:
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

    def _text(self, text: str) -> None:
        if self._path[-1][2].is_hidden:
            self.hidden += len("".join(text.split()))
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


def _is_switched_off(tag: str, attributes: dict[str, str | None]) -> bool:
    return (
        "hidden" in attributes
        or (attributes.get("aria-hidden") or "").strip().lower() == "true"
        or (tag == "dialog" and "open" not in attributes)
    )
