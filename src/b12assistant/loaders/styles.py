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

from b12assistant.loaders.looks import (
    EDGES,
    EM,
    PADDINGS,
    PAINTS,
    SIDES,
    Effect,
    Look,
    cut_by,
    effect,
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
_FINDS = re.compile(
    rf"(document\b.{{0,3}}?|(?<![\w.)\]]))({'|'.join(sorted(_FINDERS, reverse=True))})"
    r"[\"'`\]]*\(\s*([\"'`])([^\"'`]+)\3",
    re.I,
)
_OWN = re.compile(
    r"(?:(?<![\w.$])|\bwindow\.)([A-Za-z][\w-]*)\.(?:remove\(\)|hidden|style\.|innerHTML|textContent|replaceWith)"
    r"|\bwith\s*\(\s*([A-Za-z][\w-]*)\s*\)"
)
_CALLS = re.compile(
    r"([\w$])\(\s*([\"'`])([^\"'`]+)\2\s*\)(?:\[\d+\])?\s*\.(?:remove\(|hide\(|hidden\b|style\b|(?:inner|outer)HTML|textContent|replaceWith)"
)
_SHEET = re.compile(
    r"createElement\(\s*[\"']style[\"'].{0,200}?[\"'`]([^\"'`{]+)\{[^}]{0,200}?(?:none|opacity|visib|color|size)", re.S
)
_LATER = re.compile(r"document\.(?:documentElement|body)\.class(?:Name|List)[^;\"'`]{0,20}[\"'`]([\w -]+)")
_OF_LATER = re.compile(r"(?:html|body)?\.([\w-]+)\s+")
_WRITES = re.compile(
    r"document\.body\.(?:(?:inner|outer)HTML|textContent)\s*=|write(?:ln)?\([^;]{0,40}<style[^;]{0,200}(?:none|opacity|visib|color|size)"
    r"|document\.(?:(?:all|scripts)\s*[\]\[]|(?:body|documentElement|currentScript)[^;]{0,20}(?:[cC]hild|Sibling|Node)\w*\b)[^;]{0,60}"
    r"(?:remove|hidden|HTML|textContent|replace|\.style)|removeChild\(document|designMode|execCommand\("
    r"|\A[\s(!+;]*(?:(?:window|document|top|self|parent)\.)*location(?:(?:\.href)?\s*=(?!=)|\.(?:replace|assign)\()"
    r"|\Adocument\.open\(\);"
)
_HIDING = re.compile(
    r"\.remove|hidden|(?:inner|outer)(?:HTML|Text)|textContent|replace(?:With|Child)|\.style\b|class(?:Name|List)|Attribute(?!\(\s*[\"'](?:title|href|src|alt|rel|data|aria|content))|\.data\b|nodeValue"
)
_SOON = 120  # characters
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
_AWAY = ("display", "opacity", "content-visibility")
_MOVING = ("transform", "translate", "rotate", "scale", "offset", "offset-path", "filter", "border-image")
_THICK, _LITTLE = 20.0, 60.0  # px
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
                    self._match(selector[above.end() :], kept, f"<script> that sets {above[1]}")
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
        for node, where in self._generated:
            values = {name: self._resolved(value) for name, (_, value, _) in self._matched[node.mem_id, where].items()}
            if values.get("content", "none") not in ("none", "normal"):
                self._generating |= {(node.mem_id, where)} if draws(values["content"]) else set()
                self._cover(None, values, node)
        unread = {inner.mem_id for outer in tree.css("noscript, template") for inner in outer.traverse()}
        if (body := tree.body) is None:
            return
        for node in body.css("*"):  # "body *" of the tree takes long for deep pages
            if node.mem_id in unread or node.mem_id == body.mem_id:
                continue
            if node.mem_id in self._matched or "style" in node.attributes or node.tag in _PAINTING:
                self._cover(node, self._plain(node), node.parent)

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

    def _cover(self, node: LexborNode | None, values: Mapping[str, str], around: LexborNode | None) -> None:
        """Make doubtful what lies under an element, or one of a style sheet, that is laid over others."""
        is_picture = node is not None and (
            (node.tag in _PICTURES and not _is_small(node) and (px(values.get("width", "auto"), EM) or inf) > _LITTLE)
            or _BLOCKS.search(node.text(deep=False)) is not None
        )
        values = {"position": "absolute", "background": "white", **values} if node and node.tag == "dialog" else values
        if around is None or not _paints(values, is_picture=is_picture):
            return
        raised = node
        while (
            not _is_raised(values) and raised is not None and raised.parent is not None and raised.parent.tag != "body"
        ):
            raised, self._steps = raised.parent, self._steps + 1
            if self._steps > _MOST_STEPS:
                break
            values = {"width": "100%", "height": values.get("height", "auto")} | self._plain(raised)
            around = raised.parent
        is_over = self._steps > _MOST_STEPS
        if not is_over and (around is None or not _is_raised(values) or not _reaches(values, is_picture=is_picture)):
            return
        self._covers += 1
        if around is None or is_over or self._covers > _MOST_COVERS:
            if self._tree.body is not None:
                self._doubt(self._tree.body, "more covers than are looked at")
            return
        place, is_within = values.get("position", "static"), raised is not node
        text = "" if raised is None or is_picture else "".join(raised.text().split())
        is_text = len(text) > _MOST_WORDS and (is_within or place in ("absolute", "fixed")) and not _fills(values)
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

    def _script(self, text: str) -> None:
        """Make doubtful what a script finds and may hide."""
        found = [
            (_FINDERS[match[2].lower()] + match[4])
            for match in _FINDS.finditer(text)
            if _HIDING.search(text, match.end(), match.end() + (16 if "tag" in match[2].lower() else _SOON))
        ]
        found += [what for by, _, what in _CALLS.findall(text) if by in "$y" or what not in ("body", "html")]
        found += _SHEET.findall(text)
        found += [f"#{name}" for names in set(_OWN.findall(text)) for name in filter(None, names)] + ["body"] * bool(
            _WRITES.search(text)
        )
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


def _is_small(node: LexborNode) -> bool:
    """Check for a picture that its attributes make small."""
    return any((px(node.attributes.get(name) or "auto", EM) or inf) <= _LITTLE for name in ("width", "height"))


def _paints(values: Mapping[str, str], *, is_picture: bool) -> bool:
    """Check for a picture, a ground or a thick edge."""
    is_clear = ground_of(values, ()) == () and not any("url(" in value for value in values.values())
    is_filter = any(
        name.startswith(("filter", "backdrop", "border-image")) and re.search("\\(", value)
        for name, value in values.items()
    )
    return is_picture or not is_clear or is_filter or _is_edged(values)


def _is_edged(values: Mapping[str, str], names: tuple[str, ...] = EDGES) -> bool:
    """Check for a border, outline or shadow that reaches far."""
    for name, value in values.items():
        for part in split(value) if name.startswith(names) and "radius" not in name else ():
            lengths = [length for word in part.split() if (length := px(word, EM)) is not None]
            blur = 2 if name == "box-shadow" else -1
            if any(abs(length) > _THICK for place, length in enumerate(lengths) if place != blur):
                return True
    return False


def _is_raised(values: Mapping[str, str]) -> bool:
    """Check for a place of its own, by which something may be laid over other text."""
    if values.get("position") in ("absolute", "fixed"):
        return True
    sides = (*SIDES[4:], *(("top", "left") if values.get("position") == "relative" else ()))
    moves = "".join(f"{name}({value})" for name, value in values.items() if name.endswith(_MOVING) and value != "none")
    return (
        re.search(
            r"-\d\d|-\.?\d+(?:%|r?em|v)|rotate|skew|matrix|scale|path|drop-shadow|border-image|backdrop|\d\d\d", moves
        )
        is not None
        or _is_edged(values, ("outline", "box-shadow", "text-shadow"))
        or any((px(values.get(name, ""), EM, whole=600.0) or 0.0) <= -_THICK for name in sides)
        or any(re.search(r"\d", values.get(name, "")) for name in ("grid-area", "grid-row", "grid-column"))
    )


def _reaches(values: Mapping[str, str], *, is_picture: bool) -> bool:
    """Check if something raised may lie over much."""
    is_away = any(name in _AWAY and effect(name, value) is Effect.HIDES for name, value in values.items())
    if is_away or cut_by(values, EM)[0] is Effect.HIDES or values.get("visibility") == "hidden":
        return False
    if values.get("position") not in ("absolute", "fixed"):
        return True
    if values.get("z-index", "").startswith("-"):
        return False
    lengths = {
        name: px(value, EM, whole=100.0) for name, value in values.items() if name in (*SIDES, "width", "height")
    }
    for side, size in (("left", "width"), ("top", "height")):
        at = lengths.get(side)
        if at is not None and (at + (lengths.get(size) or 0.0) <= 0 > at or at == 100):
            return False  # it waits beside the page
    if re.search(r"translate[xy]?\(-?100%", values.get("transform", "")):
        return False
    wide = is_picture or "width" in values or {"left", "right"} <= values.keys()
    high = is_picture or {"top", "bottom"} <= values.keys() or "height" in values or "min-height" in values
    high = high or max(_heights(values)) >= _THICK
    return _is_edged(values, (*EDGES, "padding")) or (wide and high)


def _fills(values: Mapping[str, str]) -> bool:
    """Check for a box that is wide and, beside its text, high."""
    wide = {"left", "right"} <= values.keys() or (px(values.get("width", ""), EM, whole=600.0) or 0.0) >= 300
    least = _LITTLE if values.get("position") == "fixed" else _THICK  # pages leave room for a bar at their top
    return wide and ({"top", "bottom"} <= values.keys() or max(_heights(values)) >= least)


def _heights(values: Mapping[str, str]) -> list[float]:
    """Return what makes a box high, in px."""
    return [px(values.get(name, ""), EM, whole=600.0) or 0.0 for name in ("height", "min-height", *PADDINGS)]


def _set(values: dict[str, tuple[_Weight, str, str]], name: str, value: str, weight: _Weight, selector: str) -> None:
    if name not in values or values[name][0] <= weight:
        values[name] = (weight, value, selector)
