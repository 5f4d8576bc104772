"""Find out which elements of a page its own styles hide, and of which that is not known.

Selectors are matched by the HTML parser. Style sheets in other files are not loaded. A rule inside ``@media`` counts on
a wide, light screen. Elements under a declaration, selector or at-rule that may hide text and is not understood are
doubtful, and so is what a cover or a script in the page may take away.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import replace
from itertools import count

from selectolax.lexbor import LexborHTMLParser, LexborNode, SelectolaxError

from b12assistant.loaders.looks import (
    EDGES,
    EM,
    MOVES,
    PADDINGS,
    PAINTS,
    SIDES,
    Look,
    graver,
    ground_of,
    look_of,
    matters,
    px,
)
from b12assistant.loaders.sheets import DEEPEST, Declaration, declarations_in, draws, rules_of, split

_VARIABLE = re.compile(r"var\(\s*(--[\w-]+)\s*(?:,([^()]*))?\)")
_SIMPLE = (
    re.compile(r"#[\w-]+"),
    re.compile(r"\.[\w-]+|\[[^\]]*\]|(?<!:):(?!is|where|not)[a-z-]+", re.I),
    re.compile(r"(?:^|[\s>+~(,])[a-z][\w-]*", re.I),
)
_DATA = re.compile(r"url\(\s*[\"']?data:[^)]*")
_LONGEST = 1_000  # characters of a value
# A script that finds an element and, soon after, does something that may hide it; or changes the page as a whole.
_FINDERS = {"getelementbyid": "#", "getelementsbyclassname": ".", "getelementsbytagname": ""}
_FINDERS |= dict.fromkeys(("queryselector", "queryselectorall"), "")
_FINDS = re.compile(rf"({'|'.join(sorted(_FINDERS, reverse=True))})\(\s*([\"'`])([^\"'`]+)\2", re.I)
_OWN = re.compile(r"(?<![\w.$])([A-Za-z][\w-]*)\.(?:remove\(\)|hidden|style\.|innerHTML|textContent|replaceWith)")
_WRITES = re.compile(
    r"document\.body\.(?:(?:inner|outer)HTML|textContent)\s*=|write(?:ln)?\([^;]{0,40}<style[^;]{0,200}(?:none|opacity|visib|color|size)"
    r"|document\.body\.(?:children|childNodes|(?:first|last)ElementChild)[^;]{0,20}\.(?:remove|hidden|style)"
)
_HIDING = re.compile(
    r"\.remove|hidden|(?:inner|outer)(?:HTML|Text)|textContent|replace|\.style\b|class(?:Name|List)|Attribute|\.data\b|nodeValue"
)
_SOON = 120  # characters
# What does not hold while a page is only read; what the parser does not know, or weighs in another way.
_STATES = re.compile(r"(?<!not\():(?:hover|active|focus(?:-visible|-within)?|target|visited|checked|disabled)\b", re.I)
_UNSURE = re.compile(
    r":(?:where|lang|dir|host|scope|has|target|hover|focus|checked|user|popover|open|modal|state)\b", re.I
)
_CLASS = re.compile(r":[a-z-]+(?:\((?:[^()]|\([^()]*\))*\))?", re.I)
_ELEMENT = re.compile(r"::?(before|after)$|::?(first-(?:letter|line))$|::[a-z-]+(?:\([^()]*\))?$", re.I)
_MAYBE = ("@media", "@container", "@scope", "@supports not")  # rules that count for nothing but a doubt
_PICTURES = ("canvas", "embed", "iframe", "img", "object", "svg", "video")
_MOST_COVERS = 200
_THICK = 60.0  # px
_MOST_WORDS = 20  # letters in a cover: more is a part of the page with a place of its own
# What the attributes of older pages say about colours.
_HINTS = {"color": "color", "text": "color", "bgcolor": "background-color"}
_Weight = tuple[bool, bool, tuple[int, ...], int]  # important, inline, specificity, order


class Styles:
    """The styles of one page."""

    def __init__(self, tree: LexborHTMLParser) -> None:
        self._order = count()
        self._tree = tree
        self._variables: dict[str, set[str]] = {}
        self._matched: dict[int, dict[str, tuple[_Weight, str, str]]] = {}
        self._doubts: dict[int, str] = {}  # of elements
        self._covers = 0  # so far
        self._generating: set[tuple[int, str]] = set()  # elements with "before" or "after"
        sheets = (sheet for sheet in tree.css("style") if sheet.parent is None or sheet.parent.tag != "noscript")
        media = ((sheet.text() or "", sheet.attributes.get("media") or "all") for sheet in sheets)
        rules = [rule for text, query in media for rule in rules_of(f"@media {query}{{{text}}}")]
        for selector, declarations, _ in rules:
            names = [(name, value) for name, value, _ in declarations if name.startswith("--")]
            if names and self._nodes(selector)[0]:
                for name, value in names:
                    self._variables.setdefault(name, set()).add(value)
        for selectors, declarations, unsure in rules:
            kept = [one for one in declarations if matters(one[0])]
            for selector in split(selectors) if kept else ():
                self._match(selector, kept, unsure)
        for node in tree.css("body *"):
            if node.mem_id in self._matched or "style" in node.attributes:
                self._cover(node, self._plain(node), node.parent)
        for script in tree.css("script"):
            self._script(script.text() or "")
        for node in tree.css("[onload], [onerror]"):
            self._script(" ".join(node.attributes.get(name) or "" for name in ("onload", "onerror")))

    def look(self, node: LexborNode, attributes: Mapping[str, str | None], around: Look) -> Look:
        """Return the look of an element inside one with the look ``around``."""
        found = self._values(node, attributes)
        doubt = graver(around.doubt, self._doubts.get(node.mem_id, ""))
        if not found:
            same = not around.shift and doubt == around.doubt
            return around if same else replace(around, shift=0.0, doubt=doubt)
        named = {name: f"{where} {{ {name}: {value} }}" for name, (_, value, where) in found.items()}
        values = {name: value for name, (_, value, _) in found.items()}
        return look_of(values, replace(around, doubt=doubt), lambda name: named.get(name, ""))

    def generates(self, node: LexborNode, where: str) -> bool:
        """Check if the page draws words or signs of a style sheet ``before`` or ``after`` the text of an element."""
        return (node.mem_id, where) in self._generating

    def _values(self, node: LexborNode, attributes: Mapping[str, str | None]) -> dict[str, tuple[_Weight, str, str]]:
        """Return what counts for an element: the weight, value and selector of each property."""
        least: _Weight = (False, False, (), 0)
        values = {name: (least, hint, f"{key}=") for key, name in _HINTS.items() if (hint := attributes.get(key))}
        values |= self._matched.get(node.mem_id, {})
        for name, value, important in declarations_in(attributes.get("style") or ""):
            if name.startswith("--"):
                self._variables.setdefault(name, set()).add(value)
            elif matters(name):
                _set(values, name, value, (important, True, (), next(self._order)), "style=")
        return {name: (weight, self._resolved(value), at) for name, (weight, value, at) in values.items()}

    def _plain(self, node: LexborNode) -> dict[str, str]:
        return {name: value for name, (_, value, _) in self._values(node, node.attributes).items()}

    def _nodes(self, selector: str) -> tuple[list[LexborNode], bool]:
        """Return the elements of a selector, and whether they are sure; more of them if a part is not understood."""
        bare = _STATES.sub(":not(*)", selector)
        with suppress(SelectolaxError):
            return self._tree.css(bare), _UNSURE.search(bare) is None
        with suppress(SelectolaxError):
            return self._tree.css(_CLASS.sub("", bare) or "*"), False
        return [], False

    def _match(self, selector: str, declarations: list[Declaration], unsure: str) -> None:
        pseudo = _ELEMENT.search(selector)
        nodes, is_sure = self._nodes(selector[: pseudo.start()] or "*" if pseudo else selector)
        values = {name: self._resolved(value) for name, value, _ in declarations}
        if pseudo is not None and not pseudo[2]:
            if pseudo[1] and draws(values.get("content", "")):
                self._generating.update((node.mem_id, pseudo[1].lower()) for node in nodes)
            for node in nodes:
                self._cover(None, values, node)
            return
        if unsure or not is_sure or pseudo:
            look = look_of({name: value for name, value in values.items() if pseudo or name not in PAINTS}, Look(), str)
            is_painted = not pseudo and unsure != "@layer" and not values.keys().isdisjoint(PAINTS)
            if look.is_hidden or look.doubt or look.is_doubtful or is_painted:
                reason = "; ".join(f"{name}: {value}" for name, value, _ in declarations)
                for node in nodes:
                    self._doubt(node, f"{unsure or selector} {{ {reason} }}")
        if is_sure and not pseudo and not unsure.startswith(_MAYBE):
            specificity = tuple(len(pattern.findall(selector)) for pattern in _SIMPLE)
            for name, value, important in declarations:
                weight = (important, False, specificity, next(self._order))
                for node in nodes:
                    _set(self._matched.setdefault(node.mem_id, {}), name, value, weight, selector)

    def _cover(self, node: LexborNode | None, values: Mapping[str, str], around: LexborNode | None) -> None:
        """Make doubtful what lies under an element, or one of a style sheet, that is laid over others."""
        if around is None or not _covers(values, is_picture=node is not None and node.tag in _PICTURES):
            return
        self._covers += 1
        if self._covers > _MOST_COVERS:
            self._doubt(self._tree.body or around, "more covers than are looked at")
            return
        has_content = node is not None and (
            len("".join(node.text().split())) > _MOST_WORDS or node.css_first("img, input")
        )
        if has_content and not _fills(values):
            return
        place = values.get("position", "static")
        holder = None if place in ("absolute", "fixed") else around if node is not None else around.parent
        above: LexborNode | None = around
        while above is not None and above.tag != "html":
            own = self._plain(above)
            look = look_of(own, Look(), str)
            if look.gone or not look.visible:
                return
            if holder is None and place == "absolute" and own.get("position", "static") != "static":
                holder = above
            above = above.parent
        for under in (holder or self._tree.body or around, around):
            self._doubt(under, f"{around.tag} {{ position: {place} }}")

    def _script(self, text: str) -> None:
        """Make doubtful what a script finds and may hide."""
        found = [
            (_FINDERS[match[1].lower()] + match[3])
            for match in _FINDS.finditer(text)
            if _HIDING.search(text, match.end(), match.end() + (16 if "tag" in match[1].lower() else _SOON))
        ]
        found += [f"#{name}" for name in set(_OWN.findall(text))] + ["body"] * bool(_WRITES.search(text))
        for selector in found:
            for node in self._nodes(selector)[0]:
                if selector == "body" or node.tag not in ("html", "body"):
                    self._doubt(node, f"<script> that finds {selector}")

    def _doubt(self, node: LexborNode, reason: str) -> None:
        self._doubts[node.mem_id] = graver(self._doubts.get(node.mem_id, ""), reason)

    def _resolved(self, value: str) -> str:
        value = _DATA.sub("url(data:", value)
        for _ in range(DEEPEST):
            if "var(" not in value or len(value) > _LONGEST:
                break
            value = _VARIABLE.sub(self._variable, value)
        return value.strip().lower() if len(value) <= _LONGEST else "unknown()"

    def _variable(self, match: re.Match[str]) -> str:
        """Return the value of a variable; one that has several is not known."""
        values = self._variables.get(match[1], {match[2] or ""})
        return next(iter(values)) if len(values) == 1 else "unknown()"


def _covers(values: Mapping[str, str], *, is_picture: bool) -> bool:
    """Check for a ground, or edge, that may be laid over other text."""
    look = look_of({name: value for name, value in values.items() if not name.startswith(MOVES)}, Look(), str)
    edges = (value for name, value in values.items() if name.startswith(EDGES) and "radius" not in name)
    is_edged = any((px(word, EM) or 0.0) > _THICK for value in edges for word in value.split())
    is_clear = ground_of(values, ()) == () and not (is_picture or any("url(" in value for value in values.values()))
    if (is_clear and not is_edged) or look.gone or not look.visible or values.get("z-index", "").startswith("-"):
        return False
    lengths = {
        name: px(value, EM, whole=100.0) for name, value in values.items() if name in (*SIDES, "width", "height")
    }
    for side, size in (("left", "width"), ("top", "height")):
        at = lengths.get(side)
        if at is not None and (at + (lengths.get(size) or 0.0) <= 0 > at or at == 100):
            return False  # it waits beside the page
    is_placed, transform = values.get("position") in ("absolute", "fixed"), values.get("transform", "")
    if not is_placed:
        raised = ("margin-top", "margin-bottom", *(("top",) if values.get("position") == "relative" else ()))
        is_moved = "-" in values.get("translate", "") or re.search(r"translate(?:y|3d)?\([^)]*-", transform)
        return bool(is_moved) or any((lengths.get(name) or 0.0) <= -20 for name in raised)
    if re.search(r"translate[xy]?\(-?100%", transform):
        return False
    wide = "width" in values or {"left", "right"} <= values.keys()
    padded = any((px(word, EM) or 0.0) > 20 for name in PADDINGS for word in values.get(name, "").split())
    high = padded or {"top", "bottom"} <= values.keys() or "height" in values or "min-height" in values
    return is_edged or (wide and high)


def _fills(values: Mapping[str, str]) -> bool:
    """Check for a box as large as much of a page."""
    axes = (("left", "right", "width"), ("top", "bottom", "height"))
    return all(
        (one in values and other in values) or (px(values.get(size, ""), EM, whole=600.0) or 0.0) >= 300
        for one, other, size in axes
    )


def _set(values: dict[str, tuple[_Weight, str, str]], name: str, value: str, weight: _Weight, selector: str) -> None:
    if name not in values or values[name][0] <= weight:
        values[name] = (weight, value, selector)
