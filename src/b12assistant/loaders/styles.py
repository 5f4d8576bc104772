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
from math import inf
from urllib.parse import unquote

from selectolax.lexbor import LexborHTMLParser, LexborNode, SelectolaxError

from b12assistant.loaders.covers import (
    LITTLE,
    clears,
    contains,
    cuts,
    fills,
    heights,
    is_away,
    is_raised,
    is_small,
    is_stacked,
    least,
    outgrown,
    paints,
    reaches,
)
from b12assistant.loaders.looks import (
    EM,
    PAINTS,
    Look,
    graver,
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
_FINDS = re.compile(
    rf"(document\b.{{0,3}}?|(?<![\w.)\]]))({'|'.join(sorted(_FINDERS, reverse=True))})"
    r"[\"'`\]]*\(\s*([\"'`])([^\"'`]+)\3",
    re.I,
)
_OWN = re.compile(
    r"(?:(?<![\w.$])|\bwindow\.)([A-Za-z][\w-]*)(?:\[\d+\])?\.(?:remove\(\)|hidden|style\.|innerHTML|textContent|replaceWith)"
    r"|\bwith\s*\(\s*([A-Za-z][\w-]*)\s*\)"
)
_CALLS = re.compile(
    r"([\w$])\(\s*([\"'`])([^\"'`]+)\2\s*\)(?:\[\d+\])?\s*\.(?:remove\(|hide\(|hidden\b|style\b|(?:inner|outer)HTML|textContent|replaceWith)"
)
_SHEET = re.compile(
    r"createElement\(\s*[\"']style[\"'].{0,200}?[\"'`]([^\"'`{]+)\{[^}]{0,200}?(?:none|opacity|visib|color|size)", re.S
)
_LATER = re.compile(r"document\.(?:documentElement|body)\.class(?:Name|List)[^;\"'`]{0,20}[\"'`]([\w -]+)")
_OF_LATER = re.compile(r"(?:html|body)?\.([\w-]+)(?:\s+|$)")
_WRITES = re.compile(
    r"document\.(?:body|documentElement)\.(?:(?:(?:inner|outer)(?:HTML|Text)|textContent|hidden)\s*=|remove\(|replaceChildren\("
    r"|style\.(?:display|opacity|visib|color|font|transform|filter|clip|cssText))"
    r"|(?:(?:write(?:ln)?|insertAdjacentHTML)\([^;]{0,40}<style[^;]{0,200}|(?:insertRule|replace(?:Sync)?)\(\s*[\"'`][^\"'`{;]{0,200}\{[^}]{0,200})"
    r"(?:none|opacity|visib|color|size)"
    r"|(?:setTimeout|setInterval|requestAnimationFrame|\bonload\b|\bload[\"']|DOMContentLoaded)[^;]{0,40}"
    r"\blocation(?:(?:\.href)?\s*=(?!=)|\.(?:replace|assign)\()"
    r"|document\.(?:(?:all|scripts)\s*[\]\[]|(?:body|documentElement|currentScript)[^;]{0,20}(?:[cC]hild|Sibling|Node)\w*\b)[^;]{0,60}"
    r"(?:remove|hidden|HTML|textContent|replace|\.style)|removeChild\(document|designMode|execCommand\("
    r"|\A[\s(!+;]*(?:(?:window|document|top|self|parent)\.)*location(?:(?:\.href)?\s*=(?!=)|\.(?:replace|assign)\()"
    r"|\Adocument\.open\(\);"
)
_HIDING = re.compile(
    r"\.remove|hidden|(?:inner|outer)(?:HTML|Text)|textContent|replace(?:With|Child)|\.style\b|class(?:Name|List)|Attribute(?!\(\s*[\"'](?:title|href|src|alt|rel|data|aria|content))|\.data\b|nodeValue"
)
_NAMED = re.compile(r"([A-Za-z][\w-]*)\s*=\s*\Z")
_SOON, _NEAR = 120, 40  # characters
# What does not hold while a page is only read; what the parser does not know, or weighs in another way.
_STATES = re.compile(r"(?<!not\():(?:hover|active|focus(?:-visible|-within)?|target|visited|checked|disabled)\b", re.I)
_UNSURE = re.compile(
    r":(?:where|lang|dir|host|scope|has|target|hover|focus|checked|user|popover|open|modal|state)\b", re.I
)
_CLASS = re.compile(r":[a-z-]+(?:\((?:[^()]|\([^()]*\))*\))?", re.I)
_ELEMENT = re.compile(r"::?(before|after)$|::?(first-(?:letter|line))$|::[a-z-]+(?:\([^()]*\))?$", re.I)
_MAYBE = ("@media", "@container", "@scope", "@supports not", "<script>")  # rules that count for nothing but a doubt
_PAINTING = frozenset({"dialog", "hr"})
_PICTURES = frozenset(
    {"canvas", "embed", "iframe", "img", "object", "svg", "video", "hr", "input", "textarea", "select", "button"}
)
_MOST_COVERS, _MOST_STEPS = 200, 100_000
_BLOCKS = re.compile("[\u2580-\u259f]")  # letters that are boxes
_LEVELS = 3  # elements after a box that what it holds may lie over
_LINES = "br, dd, div, dt, h1, h2, h3, h4, li, p, tr"
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
        self._matched: dict[object, dict[str, tuple[_Weight, str, str]]] = {}
        self._doubts: dict[int, str] = {}  # of elements
        self._covers = self._steps = 0  # so far
        # By parent, in the order of the page: the floats that reach out of it, and the boxes with a size of their own.
        self._floats: dict[object, list[LexborNode]] = {}
        self._sized: dict[object, list[LexborNode]] = {}
        self._areas: dict[object, bool] = {}  # of grids, by parent: whether something painted is in it
        self._fonts: set[str] = {"wingdings", "webdings"}  # whose letters are others, or none
        self._generated: list[tuple[LexborNode, str]] = []
        self._generating: set[tuple[int, str]] = set()  # elements with "before" or "after"
        sheets = (sheet for sheet in tree.css("style") if sheet.parent is None or sheet.parent.tag != "noscript")
        media = ((sheet.text() or "", sheet.attributes.get("media") or "all") for sheet in sheets)
        rules = [rule for text, query in media for rule in rules_of(f"@media {query}{{{text}}}")]
        for selector, declarations, _ in rules:
            names = [(name, value) for name, value, _ in declarations if name.startswith("--")]
            if names and self._nodes(selector)[0]:
                for name, value in names:
                    self._variables.setdefault(name, set()).add(value)
            if selector == "@font-face":
                self._font({name: value for name, value, _ in declarations})
        later = {
            name for node in tree.css("script") for found in _LATER.findall(node.text() or "") for name in found.split()
        }
        for selectors, declarations, unsure in rules:
            kept = [one for one in declarations if matters(one[0])]
            for selector in split(selectors) if kept else ():
                self._match(selector, kept, unsure)
                if (above := _OF_LATER.match(selector)) and above[1] in later:
                    self._match(selector[above.end() :] or "body", kept, f"<script> that sets {above[1]}")
        self._look_for_covers(tree)
        self._look_for_the_rest(tree)

    def _look_for_the_rest(self, tree: LexborHTMLParser) -> None:
        """Make doubtful what columns of tables and scripts may hide."""
        for node in tree.css("col, colgroup"):
            table = node.parent
            while table is not None and table.tag != "table":
                table = table.parent
            if table is not None and any(name in PAINTS or name == "visibility" for name in self._plain(node)):
                self._doubt(table, f"<{node.tag}>")
        for node in tree.css("script, iframe, [onload], [onerror], [onfocus], [ontoggle]"):
            parts = [value or "" for name, value in node.attributes.items() if name.startswith(("on", "src"))]
            self._script(" ".join([node.text() or "" if node.tag == "script" else "", *map(unquote, parts)]))

    def _look_for_covers(self, tree: LexborHTMLParser) -> None:
        unread = {inner.mem_id for outer in tree.css("noscript, template") for inner in outer.traverse()}
        for node in tree.body.css("*") if tree.body is not None else ():  # "body *" takes long for deep pages
            if node.mem_id in unread or node.tag == "body":
                continue
            if node.mem_id in self._matched or "style" in node.attributes or node.tag in _PAINTING:
                values = self._plain(node)
                self._cover(node, values, node.parent)
                self._place(node, values)
        for node, where in self._generated:
            values = {name: self._resolved(value) for name, (_, value, _) in self._matched[node.mem_id, where].items()}
            if values.get("content", "none") not in ("none", "normal"):
                self._generating |= {(node.mem_id, where)} if draws(values["content"]) else set()
                self._cover(None, values, node)

    def _place(self, node: LexborNode, values: Mapping[str, str]) -> None:
        """Note what may reach out of its place, and make doubtful a grid in which something painted shares an area."""
        parent = node.parent
        if parent is None:
            return
        if not cuts(values) and (least(values, "height", "max-height") < inf or least(values, "width") < inf):
            self._sized.setdefault(parent.mem_id, []).append(node)
        for name in ("grid-area", "grid-row", "grid-column"):
            key, is_painted = (parent.mem_id, name, values.get(name)), paints(values, is_picture=False)
            if re.fullmatch(r"(?!auto|initial)[a-z_-][\w-]*", values.get(name, "auto")):
                if key in self._areas and (is_painted or self._areas[key]):
                    self._doubt(parent, f"{node.tag} {{ {name}: {values[name]} }}")
                self._areas[key] = is_painted or self._areas.get(key, False)
        if clears(node.tag, values):
            self._floats.pop(parent.mem_id, None)
        outer: LexborNode | None = parent if values.get("float", "none") != "none" else None
        while outer is not None and outer.tag != "html" and self._steps <= _MOST_STEPS:
            self._floats.setdefault(outer.mem_id, []).append(node)
            ends = (outer.mem_id, "after") in self._matched or contains(self._plain(outer))
            outer, self._steps = None if ends else outer.parent, self._steps + 1

    def _beside(self, node: LexborNode | None, values: Mapping[str, str], around: LexborNode) -> None:
        """Make doubtful what something painted covers in the flow of the page without a place of its own.

        That is what floats or reaches out of a box before it, and what follows a box that is too low for it.
        """
        path = [around] if node is None else [node, around]
        while path[-1].tag not in ("body", "html") and path[-1].parent is not None and self._steps <= _MOST_STEPS:
            path.append(path[-1].parent)
            self._steps += 1
        looks = [values if one is node else self._plain(one) for one in path]
        if any(map(is_away, looks)):
            return
        meets_floats = not contains(values)
        for above, parent, own in zip(path, path[1:], looks, strict=False):
            meets_floats = meets_floats and not clears(above.tag, own)
            floats = self._floats.pop(parent.mem_id, []) if meets_floats else []
            for floating in floats:
                if floating.mem_id != above.mem_id:
                    self._doubt(floating, f"{floating.tag} {{ float: {self._plain(floating)['float']} }}")
            for sized in self._sized.get(parent.mem_id, ()):
                if sized.mem_id != above.mem_id and (name := self._outgrown(sized)):
                    self._doubt(sized, f"{sized.tag} {{ {name}: {self._plain(sized)[name]} }}")
            self._sized[parent.mem_id] = [above] if above in self._sized.get(parent.mem_id, ()) else []
            if above is not node and not cuts(own) and least(own, "height", "max-height") < max(heights(values)):
                self._doubt_after(above, f"{above.tag} {{ height: {own.get('height', own.get('max-height'))} }}")
            meets_floats = meets_floats and not contains(own)

    def _doubt_after(self, node: LexborNode, reason: str) -> None:
        """Make the next elements doubtful."""
        following, left = node.next, _LEVELS
        while following is not None and left:
            if following.tag and not following.tag.startswith("-"):
                self._doubt(following, reason)
                left -= 1
            following = following.next

    def look(self, node: LexborNode, attributes: Mapping[str, str | None], around: Look) -> Look:
        """Return the look of an element inside one with the look ``around``."""
        found = self._values(node, attributes)
        doubt = graver(around.doubt, self._doubts.get(node.mem_id, ""))
        if not found:
            same = not around.shift and doubt == around.doubt
            return around if same else replace(around, shift=0.0, doubt=doubt)
        named = {name: f"{where} {{ {name}: {value} }}" for name, (_, value, where) in found.items()}
        values = {name: value for name, (_, value, _) in found.items()}
        for name in ("font-family", "font"):
            words = {part.strip("\"' ") for part in re.split(r"[,\"']|(?<=\d)[a-z%]+\s", values.get(name, ""))}
            doubt = doubt if self._fonts.isdisjoint(words) else graver(doubt, named[name])
        return look_of(values, replace(around, doubt=doubt), lambda name: named.get(name, ""))

    def generates(self, node: LexborNode, where: str) -> bool:
        """Check if the page draws words or signs of a style sheet ``before`` or ``after`` the text of an element."""
        return (node.mem_id, where) in self._generating

    def _values(self, node: LexborNode, attributes: Mapping[str, str | None]) -> dict[str, tuple[_Weight, str, str]]:
        """Return what counts for an element: the weight, value and selector of each property."""
        least: _Weight = (False, False, (), 0)
        values = {name: (least, hint, f"{key}=") for key, name in _HINTS.items() if (hint := attributes.get(key))}
        if node.tag in ("table", "td", "th") and (attributes.get("width") or "").isdecimal():
            values["min-width"] = (least, attributes["width"] or "", "width=")
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
            for node in nodes:
                key = (node.mem_id, (pseudo[1] or "").lower())
                self._generated += [(node, key[1])] if pseudo[1] and key not in self._matched else []
                for name, value, important in declarations:
                    place = self._matched.setdefault(key, {})
                    if not unsure:
                        _set(place, name, value, (important, False, (len(selector),), next(self._order)), selector)
                    else:
                        place.setdefault(name, ((False, False, (), 0), value, selector))
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

    def _outgrown(self, node: LexborNode) -> str:
        self._steps += (lines := len(node.css(_LINES)))
        return outgrown(self._plain(node), len(" ".join(node.text().split())), lines)

    def _cover(self, node: LexborNode | None, values: Mapping[str, str], around: LexborNode | None) -> None:
        """Make doubtful what lies under an element, or one of a style sheet, that is laid over others."""
        is_picture = node is not None and (
            (
                node.tag in _PICTURES
                and not is_small(node.attributes)
                and (px(values.get("width", "auto"), EM) or inf) > LITTLE
            )
            or _BLOCKS.search(node.text(deep=False)) is not None
        )
        values = {"position": "absolute", "background": "white", **values} if node and node.tag == "dialog" else values
        if around is None or not paints(values, is_picture=is_picture):
            return
        if is_stacked(values):
            self._beside(node, values, around)
        raised, values, around = self._raised(node, values, around)
        is_over = self._steps > _MOST_STEPS
        if not is_over and (around is None or not is_raised(values) or not reaches(values, is_picture=is_picture)):
            return
        self._covers += 1
        if around is None or is_over or self._covers > _MOST_COVERS:
            if self._tree.body is not None:
                self._doubt(self._tree.body, "more covers than are looked at")
            return
        place, is_within = values.get("position", "static"), raised is not node
        text = "" if raised is None or is_picture else "".join(raised.text().split())
        is_text = len(text) > _MOST_WORDS and (is_within or place in ("absolute", "fixed")) and not fills(values)
        sizes = (px(values.get(name, "auto"), EM) or inf for name in ("width", "height"))
        if is_text or (is_within and min(sizes) < 100):
            return
        holder = None if place in ("absolute", "fixed") else around if raised is not None else around.parent
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

    def _raised(
        self, node: LexborNode | None, values: Mapping[str, str], around: LexborNode
    ) -> tuple[LexborNode | None, Mapping[str, str], LexborNode | None]:
        """Return the element that raises another over the page, which may be itself, with its styles and parent."""
        parent: LexborNode | None = around
        while not is_raised(values) and node is not None and node.parent is not None and node.parent.tag != "body":
            node, self._steps = node.parent, self._steps + 1
            if self._steps > _MOST_STEPS:
                break
            values = {"width": "100%", "height": values.get("height", "auto")} | self._plain(node)
            parent = node.parent
        return node, values, parent

    def _script(self, text: str) -> None:
        """Make doubtful what a script finds and may hide."""
        own = {name for names in _OWN.findall(text) for name in names if name}
        found = [
            (_FINDERS[match[2].lower()] + match[4])
            for match in _FINDS.finditer(text)
            if _HIDING.search(text, match.end(), match.end() + (16 if "tag" in match[2].lower() else _SOON))
            or ((named := _NAMED.search(text, max(match.start() - _NEAR, 0), match.start())) and named[1] in own)
        ]
        found += [what for by, _, what in _CALLS.findall(text) if by in "$y" or what not in ("body", "html")]
        found += _SHEET.findall(text)
        found += [f"#{name}" for name in own] + ["body"] * bool(_WRITES.search(text))
        for selector in found:
            for node in self._nodes(selector)[0]:
                if selector == "body" or node.tag not in ("html", "body"):
                    self._doubt(node, f"<script> that finds {selector}")

    def _font(self, values: Mapping[str, str]) -> None:
        """Note a font that may draw other letters than the text has, or none."""
        size = px(values.get("size-adjust", "100%"), EM, whole=1.0) or 0.0
        if "data:" in values.get("src", "") or not 0.6 < size < 2:
            self._fonts.add(values.get("font-family", "").strip("\"' ").lower())

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
        return next(iter(values)) if len(values) == 1 and "initial" not in values else "unknown()"


def _set(values: dict[str, tuple[_Weight, str, str]], name: str, value: str, weight: _Weight, selector: str) -> None:
    if name not in values or values[name][0] <= weight:
        values[name] = (weight, value, selector)
