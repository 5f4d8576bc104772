"""Find out which elements of a page its own styles hide, and of which that is not known.

Selectors are matched by the HTML parser. Only the properties that hide text are resolved; style sheets in other files
are not loaded. A rule inside ``@media`` counts on a wide, light screen. Elements under a declaration, selector or
at-rule that may hide text and is not understood are doubtful.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import replace
from itertools import count

from selectolax.lexbor import LexborHTMLParser, LexborNode, SelectolaxError

from b12assistant.loaders.doubts import cuts, graver, is_harmless, matters
from b12assistant.loaders.looks import EM, PLACES, Look, ground_of, look_of, overflow, px
from b12assistant.loaders.sheets import DEEPEST, Declaration, declarations_in, draws, is_on_screen, rules_of, split

_VARIABLE = re.compile(r"var\(\s*(--[\w-]+)\s*(?:,([^()]*))?\)")
_SIMPLE = (
    re.compile(r"#[\w-]+"),
    re.compile(r"\.[\w-]+|\[[^\]]*\]|(?<!:):(?!is|where|not)[a-z-]+", re.I),
    re.compile(r"(?:^|[\s>+~(,])[a-z][\w-]*", re.I),
)
_FINDS = re.compile(r"(getElementById|getElementsByClassName|querySelector(?:All)?)\(\s*([\"'`])([^\"'`]+)\2", re.I)
_HIDING = re.compile(
    r"display|hidden|visib|opacity|\.remove|innerHTML|outerHTML|textContent|replace|\.style|className", re.I
)
# What does not hold while a page is only read; what the parser does not know, or weighs in another way.
_STATES = re.compile(r"(?<!not\():(?:hover|active|focus(?:-visible|-within)?|target|visited|checked|disabled)\b", re.I)
_UNSURE = re.compile(
    r":(?:where|lang|dir|host|scope|has|target|hover|focus|checked|user|popover|open|modal|state)\b", re.I
)
_CLASS = re.compile(r":[a-z-]+(?:\((?:[^()]|\([^()]*\))*\))?", re.I)
_ELEMENT = re.compile(r"::[a-z-]+(?:\([^()]*\))?$|:(?:before|after|first-letter|first-line)$", re.I)
_PSEUDO = re.compile(r"::?(before|after)$", re.I)
_PAINTS = ("color", "-webkit-text-fill-color", "background", "background-color", "background-image")
_SIZES = ("height", "max-height", "width", "max-width")
_MAYBE = ("@media", "@container", "@scope", "@supports not")  # rules that count for nothing but a doubt
_REVEALED = ("opacity", "transform", "translate", "scale", "visibility", "filter", "clip-path")
_RELEVANT = frozenset(
    (
        *("display", "visibility", "content-visibility", "opacity", "filter", "transform", "scale", "translate"),
        *("font-size", "font", "color", "-webkit-text-fill-color", "background", "background-color"),
        *("background-image", "background-clip", "-webkit-background-clip", "position", "inset", *PLACES, "margin"),
        *("text-indent", "white-space", "clip", "clip-path", "overflow", "overflow-x", "overflow-y"),
        *("height", "width", "max-height", "max-width"),
        *("vertical-align", "text-decoration", "text-decoration-line"),
    )
)
# What the attributes of older pages say about colours.
_HINTS = {"color": "color", "text": "color", "bgcolor": "background-color"}
_Weight = tuple[bool, bool, tuple[int, ...], int]  # important, inline, specificity, order


class Styles:
    """The styles of one page. ``doubts``: the declarations under which text is doubtful, in order."""

    def __init__(self, tree: LexborHTMLParser) -> None:
        self._order = count()
        self._tree = tree
        self._variables: dict[str, set[str]] = {}
        self._matched: dict[int, dict[str, tuple[_Weight, str, str]]] = {}
        self._doubts: dict[int, str] = {}  # of elements
        self._generating: set[tuple[int, str]] = set()  # elements with "before" or "after"
        sheets = (sheet for sheet in tree.css("style") if sheet.parent is None or sheet.parent.tag != "noscript")
        shown = (sheet.text() for sheet in sheets if is_on_screen(sheet.attributes.get("media") or ""))
        rules = [rule for text in shown for rule in rules_of(text or "")]
        for selector, declarations, _ in rules:
            names = [(name, value) for name, value, _ in declarations if name.startswith("--")]
            if names and self._nodes(selector)[0]:
                for name, value in names:
                    self._variables.setdefault(name, set()).add(value)
        for selector, declarations, unsure in rules:
            kept = [declaration for declaration in declarations if _counts(declaration[0])]
            if any(name == "content" and draws(value) for name, value, _ in kept):
                self._generate(selector)
            if kept:
                self._match(selector, kept, unsure)
        self._cover()
        self._script()

    def look(self, node: LexborNode, attributes: Mapping[str, str | None], around: Look) -> Look:
        """Return the look of an element inside one with the look ``around``."""
        found = self._values(node, attributes)
        hints = {name: hint.strip().lower() for key, name in _HINTS.items() if (hint := attributes.get(key))}
        doubt = graver(around.doubt, self._doubts.get(node.mem_id, ""))
        if not found and not hints:
            same = not around.shift and doubt == around.doubt
            return around if same else replace(around, shift=0.0, doubt=doubt)
        values = hints | {name: value for name, (_, value, _) in found.items()}
        look = look_of(values, around)
        if look.gone and not around.gone and any(name.startswith(("transition", "animation")) for name in values):
            rest = {name: value for name, value in values.items() if name not in _REVEALED}
            look = replace(look_of(rest, around), doubt=graver(doubt, _named(found, _REVEALED)))
        unclear = [name for name, value in values.items() if not is_harmless(name, value)]
        is_cut = not {"hidden", "clip"}.isdisjoint(overflow(values))
        if is_cut or {"background", "background-color"} & values.keys():
            unclear += [name for name in _SIZES if cuts(values.get(name, "auto"))]
        if is_cut:
            wide = "nowrap" in values.get("white-space", "")
            unclear += [name for name in _SIZES[: 4 if wide else 2] if (px(values.get(name, ""), EM) or 0.0) > 0]
        paint = _named(found, _PAINTS) or ("an attribute" if hints else around.paint)
        return replace(
            look, doubt=graver(look.doubt, doubt, *(_named(found, (name,)) for name in unclear)), paint=paint
        )

    def generates(self, node: LexborNode, where: str) -> bool:
        """Check if the page draws words or signs of a style sheet ``before`` or ``after`` the text of an element."""
        return (node.mem_id, where) in self._generating

    def _values(self, node: LexborNode, attributes: Mapping[str, str | None]) -> dict[str, tuple[_Weight, str, str]]:
        """Return what counts for an element: the weight, value and selector of each property."""
        values = dict(self._matched.get(node.mem_id, {}))
        for name, value, important in declarations_in(attributes.get("style") or ""):
            if name.startswith("--"):
                self._variables.setdefault(name, set()).add(value)
            elif _counts(name):
                _set(values, name, value, (important, True, (), next(self._order)), "style=")
        return {name: (weight, self._resolved(value), at) for name, (weight, value, at) in values.items()}

    def _generate(self, selectors: str) -> None:
        for selector in split(selectors):
            if (pseudo := _PSEUDO.search(selector)) is not None:
                nodes, _ = self._nodes(selector[: pseudo.start()] or "*")
                self._generating.update((node.mem_id, pseudo[1].lower()) for node in nodes)

    def _nodes(self, selector: str) -> tuple[list[LexborNode], bool]:
        """Return the elements of a selector, and whether they are sure; more of them if a part is not understood."""
        bare = _STATES.sub(":not(*)", selector)
        try:
            return self._tree.css(bare), _UNSURE.search(bare) is None
        except SelectolaxError:
            pass
        with suppress(SelectolaxError):
            return self._tree.css(_CLASS.sub("", bare) or "*"), False
        return [], False

    def _match(self, selectors: str, declarations: list[Declaration], unsure: str) -> None:
        for selector in split(selectors):
            pseudo = _ELEMENT.search(selector)
            if pseudo is not None:
                self._cover_by(selector[: pseudo.start()] or "*", declarations)
                continue
            nodes, is_sure = self._nodes(selector)
            specificity = tuple(len(pattern.findall(selector)) for pattern in _SIMPLE)
            for name, value, important in declarations:
                weight = (important, False, specificity, next(self._order))
                is_risky = not is_harmless(name, self._resolved(value)) or _hides(name, value)
                if (unsure or not is_sure) and (is_risky or (name in _PAINTS and unsure != "@layer")):
                    doubt = f"{unsure or selector} {{ {name}: {value} }}"
                    for node in nodes:
                        self._doubt(node, doubt)
                if is_sure and not unsure.startswith(_MAYBE):
                    for node in nodes:
                        _set(self._matched.setdefault(node.mem_id, {}), name, value, weight, selector)

    def _cover(self) -> None:
        """Make doubtful what lies under elements that are placed over others and have a ground."""
        placed = [
            node for node in self._tree.css("body *") if node.mem_id in self._matched or "style" in node.attributes
        ]
        for node in placed:
            values = {name: value for name, (_, value, _) in self._values(node, node.attributes).items()}
            if _covers(values) and node.parent is not None:
                self._doubt_around(node.parent, values)

    def _cover_by(self, selector: str, declarations: list[Declaration]) -> None:
        values = {name: self._resolved(value) for name, value, _ in declarations}
        if _covers(values):
            for node in self._nodes(selector)[0]:
                self._doubt_around(node, values)

    def _script(self) -> None:
        """Make doubtful what a script in the page finds, if it has words that hide something."""
        for script in self._tree.css("script"):
            text = script.text() or ""
            for kind, _, name in _FINDS.findall(text) if _HIDING.search(text) else ():
                mark = {"getelementbyid": "#", "getelementsbyclassname": "."}.get(kind.lower(), "")
                for node in self._nodes(mark + name)[0]:
                    if node.tag not in ("html", "body"):
                        self._doubt(node, f"<script> that finds {mark}{name}")

    def _doubt(self, node: LexborNode, reason: str) -> None:
        self._doubts[node.mem_id] = graver(self._doubts.get(node.mem_id, ""), reason)

    def _doubt_around(self, node: LexborNode, values: Mapping[str, str]) -> None:
        body = self._tree.body
        own = self._values(node, node.attributes)
        is_placed = "position" in own and own["position"][1] != "static"
        holder = node if is_placed and values.get("position") != "fixed" else body
        for under in (holder or node, node):
            self._doubt(under, f"{node.tag} {{ position: {values.get('position', 'static')} }}")

    def _resolved(self, value: str) -> str:
        for _ in range(DEEPEST):
            if "var(" not in value:
                break
            value = _VARIABLE.sub(self._variable, value)[:1_000]
        return value.strip().lower()

    def _variable(self, match: re.Match[str]) -> str:
        """Return the value of a variable; one that has several is not known."""
        values = self._variables.get(match[1], {match[2] or ""})
        return next(iter(values)) if len(values) == 1 else "unknown()"


def _counts(name: str) -> bool:
    return name in _RELEVANT or name.startswith("transition") or matters(name)


def _named(found: Mapping[str, tuple[_Weight, str, str]], names: Iterable[str]) -> str:
    """Write the first of some declarations with its selector."""
    return next((f"{found[name][2]} {{ {name}: {found[name][1]} }}" for name in names if name in found), "")


def _hides(name: str, value: str) -> bool:
    return (name, value.lower()) in (("display", "none"), ("visibility", "hidden"), ("visibility", "collapse"))


def _covers(values: Mapping[str, str]) -> bool:
    """Check for a ground that may be laid over other text."""
    ground = ground_of(values, ())
    is_opaque = ground is None or bool(ground)
    if not is_opaque or values.get("display") == "none" or values.get("z-index", "").startswith("-"):
        return False
    top = values.get("margin-top") or values.get("margin", "").split(" ")[0]
    if (px(top, EM) or 0.0) <= -20:
        return True
    sides = [name for name in ("left", "top", "right", "bottom", "width", "height") if name in values]
    return values.get("position") in ("absolute", "fixed") and ("inset" in values or len(sides) >= 3)


def _set(values: dict[str, tuple[_Weight, str, str]], name: str, value: str, weight: _Weight, selector: str) -> None:
    if name not in values or values[name][0] <= weight:
        values[name] = (weight, value, selector)
