"""Read Markdown: the visible text of a CommonMark parser, with tables. Front matter is returned, not shown."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import replace
from functools import lru_cache
from importlib.metadata import version

from markdown_it import MarkdownIt
from markdown_it.rules_inline import StateInline, image, link
from markdown_it.token import Token

from b12assistant.loaders import html
from b12assistant.loaders.decoding import decode
from b12assistant.loaders.dialects import shown_markdown
from b12assistant.loaders.manuscript import Manuscript
from b12assistant.types import BlockKind, Extract, Role

# The parser leaves out what is nested deeper than this; its default of 20 is too low for quoted lists.
_DEEPEST = 100
_MOST_BRACKETS = 20  # levels of brackets in the words of a link
_BRACKET = re.compile(r"\\.|[\[\]]", re.S)
# Two rules may also enclose prose: front matter begins with a key or a comment.
_FRONT = re.compile(
    r"---[ \t]*\r?\n((?:[ \t]*(?:#[^\n]*)?\r?\n)*[\w-]+[ \t]*:.*?)\r?\n(?:---|\.\.\.)[ \t]*(?:\r?\n|\Z)", re.S
)
# The same in TOML, as Hugo writes it; passed on with its first line, which tells the two apart.
_TOML = re.compile(
    r"(\+\+\+[ \t]*\r?\n(?:[ \t]*(?:#[^\n]*)?\r?\n)*[\w\"'.-]+[ \t]*=.*?)\r?\n\+\+\+[ \t]*(?:\r?\n|\Z)", re.S
)
_COMMENT = re.compile(r"<!--.*?-->", re.S)
_TAG = re.compile(r"<[^>]*>")
_SHIFT = re.compile(r"<(/?)(sup|sub)\s*>", re.I)
_STRIKE = re.compile(r"<(/?)(?:del|s|strike)\s*>", re.I)
_FOOTNOTE = re.compile(r"\^[\w-]+")
# Raw HTML without attributes that changes no word.
_PLAIN = re.compile(
    r"</?(?:a|abbr|b|big|cite|code|dfn|em|i|ins|kbd|mark|q|samp|small|span|strong|tt|u|var)\s*>|<!--", re.I
)
# Raw HTML that shows what is in it: other elements, and other attributes, may hide text.
_OPENING = re.compile(r"<(/?)([a-z][\w-]*)((?:[^<>\"']|\"[^\"]*\"|'[^']*')*)>", re.I)
_SHOWN = re.compile(
    r"a|abbr|article|aside|b|big|blockquote|center|cite|code|dd|del|dfn|div|dl|dt|em|figcaption|figure|h[1-6]|i|ins|kbd|li"
    r"|main|mark|ol|p|picture|pre|q|s|samp|section|small|span|strike|strong|sub|sup|table|t(?:body|d|foot|h|head|r|t)|u|ul|var",
    re.I,
)
_EMPTY = re.compile(r"area|base|br|col|embed|hr|img|input|link|meta|source|track|wbr", re.I)
_SHOWN_ATTRIBUTES = re.compile(
    r"(?:\s+(?:align|alt|cite|colspan|height|href|id|lang|name|rel|rowspan|scope|src|start|target|title|type|valign|width)"
    r"(?:\s*=\s*(?:\"[^\"]*\"|'[^']*'|[^\s\"'>]+))?)*\s*/?",
    re.I,
)
_SHEETS = re.compile(r"<(?:style|link|script)\b", re.I)
_BREAK = re.compile(r"<w?br\s*/?>", re.I)


def load(data: bytes, *, rendered: bool = False) -> Extract:
    """Read the text without markup, link targets, images, comments, raw HTML and list markers.

    ``rendered``: a file whose raw HTML may hide text is drawn by a browser, and read as the page that it becomes.
    """
    decoded = decode(data)
    front = _FRONT.match(decoded.text) or _TOML.match(decoded.text)
    body = shown_markdown(decoded.text[front.end() :] if front else decoded.text)
    parser = MarkdownIt("commonmark", {"maxNesting": _DEEPEST}).enable(["table", "strikethrough"])
    for name, rule in (("link", link), ("image", image)):
        parser.inline.ruler.at(name, _shallow(rule))
    tokens = parser.parse(body)
    if rendered and any(map(_Raw(tokens).may_hide, tokens)):
        page = parser.renderer.render(tokens, parser.options, {})
        text = f"<!doctype html><html><body>{page}</body></html>"
        return replace(html.read(replace(decoded, text=text), rendered=True), front=front[1] if front else None)
    manuscript = Manuscript()
    raw = _Raw(tokens)
    for token in tokens:
        is_doubtful = raw.may_hide(token)
        if is_doubtful:
            manuscript.enter(Role.DOUBTFUL)
        _write_block(manuscript, token)
        if is_doubtful:
            manuscript.leave()
    return manuscript.extract(
        f"markdown-it-py {version('markdown-it-py')}",
        title=manuscript.main_heading(),
        front=front[1] if front else None,
        warnings=decoded.warnings + _losses(tokens),
    )


def _shallow(rule: Callable[[StateInline, bool], bool]) -> Callable[[StateInline, bool], bool]:
    """Let a rule pass over brackets too deep for a link: for each, it would read to the end of the paragraph."""

    def read(state: StateInline, silent: bool) -> bool:  # noqa: FBT001 - the parser's own form
        return {state.pos, state.pos + 1}.isdisjoint(_too_deep(state.src)) and rule(state, silent)

    return read


@lru_cache(maxsize=4)
def _too_deep(text: str) -> frozenset[int]:
    """Return the places of the opening brackets with too many levels of others in them, whether they end or not."""
    found: set[int] = set()
    opened: list[tuple[int, int]] = []  # the place, and the levels in it so far
    for match in (*_BRACKET.finditer(text), *[None] * text.count("[")):
        if match is not None and match[0] == "[":
            opened.append((match.start(), 0))
        elif opened and (match is None or match[0] == "]"):
            place, levels = opened.pop()
            found |= {place} if levels > _MOST_BRACKETS else set()
            if opened:
                opened[-1] = (opened[-1][0], max(opened[-1][1], levels + 1))
    return frozenset(found)


def _write_block(manuscript: Manuscript, token: Token) -> None:
    match token.type:
        case "heading_open":
            manuscript.open(BlockKind.HEADING, level=int(token.tag[1]))
        case "list_item_open":
            manuscript.open(BlockKind.LIST_ITEM)
        case "tr_open":
            manuscript.open(BlockKind.TABLE_ROW)
        case "td_open" | "th_open":
            manuscript.cell()
        case "inline":
            _Inline(manuscript).write(token.children or [])
        case "fence" | "code_block" | "paragraph_open" | "blockquote_open" | "hr":
            # The first paragraph in a list item is part of it.
            if not (manuscript.is_empty and manuscript.kind is BlockKind.LIST_ITEM):
                manuscript.open(BlockKind.PARAGRAPH)
            manuscript.write(token.content)  # only code has any here
        case "heading_close" | "list_item_close" | "tr_close" | "paragraph_close":
            manuscript.open(BlockKind.PARAGRAPH)


class _Raw:
    """The elements of raw HTML that are open, and whether each shows what is in it."""

    def __init__(self, tokens: Iterable[Token]) -> None:
        parts = (part for token in tokens for part in (token, *(token.children or ())))
        self._open: list[tuple[str, bool]] = []
        self._has_sheets = any(part.type.startswith("html_") and _SHEETS.search(part.content) for part in parts)

    def may_hide(self, token: Token) -> bool:
        """Check if the text of a block may be hidden, and take in the elements that it opens or ends."""
        found = self._has_sheets or any(not shows for _, shows in self._open)
        for part in (token, *(token.children or ())):
            if part.type.startswith("html_"):
                for closes, name, attributes in _OPENING.findall(_COMMENT.sub("", part.content)):
                    self._take(name.lower(), attributes, closes=bool(closes))
                    found = found or any(not shows for _, shows in self._open[-1:])
        return found

    def _take(self, name: str, attributes: str, *, closes: bool) -> None:
        if closes:
            last = next((i for i in range(len(self._open) - 1, -1, -1) if self._open[i][0] == name), len(self._open))
            del self._open[last:]
        elif not _EMPTY.fullmatch(name):
            shows = _SHOWN.fullmatch(name) is not None and _SHOWN_ATTRIBUTES.fullmatch(attributes) is not None
            self._open.append((name, shows))


class _Inline:
    """Writes text and links, but not what emphasis adds; for images and unknown raw HTML, that something is drawn."""

    def __init__(self, manuscript: Manuscript) -> None:
        self._out = manuscript
        self._shifting: list[bool] = []  # the open raised (true) and lowered (false) elements
        self._shifted = ""  # their text so far, with marks for what is shifted inside it
        self._struck = 0  # open elements of raw HTML
        self._in_link = False  # at its beginning

    def write(self, tokens: Iterable[Token]) -> None:
        for token in tokens:
            if token.type == "html_inline":
                self._tag(token.content)
            elif token.content and token.type in ("text", "code_inline", "text_special"):
                self._text(token.content)
            else:
                self._mark(token)
            self._in_link = token.type == "link_open"
        self._end_shift()
        for _ in range(self._struck):
            self._out.leave()

    def _text(self, text: str) -> None:
        if self._shifting:
            self._shifted += text
        elif self._in_link and _FOOTNOTE.fullmatch(text):
            self._out.shift(text[1:], raised=True)
        else:
            self._out.flow(text)

    def _mark(self, token: Token) -> None:
        match token.type:
            case "softbreak":
                self._out.join(" ")
            case "hardbreak":
                self._out.join("\n")
            case "link_open":
                self._out.enter(Role.LINK)
            case "s_open":
                self._out.enter(Role.STRUCK)
            case "link_close" | "s_close":
                self._out.leave()
            case "image":
                self._out.draw()

    def _tag(self, tag: str) -> None:
        if (match := _SHIFT.fullmatch(tag)) is not None:
            self._shift(closes=bool(match[1]), raised=match[2].lower() == "sup")
        elif (match := _STRIKE.fullmatch(tag)) is not None:
            if not match[1]:
                self._out.enter(Role.STRUCK)
                self._struck += 1
            elif self._struck:
                self._out.leave()
                self._struck -= 1
        elif _BREAK.fullmatch(tag):
            self._out.join(" ")
        elif not _PLAIN.match(tag):
            self._out.draw()

    def _shift(self, *, closes: bool, raised: bool) -> None:
        if not closes:
            self._shifted += ("^" if raised else "_") if self._shifting else ""
            self._shifting.append(raised)
        elif len(self._shifting) > 1:
            self._shifting.pop()
        else:
            self._end_shift()

    def _end_shift(self) -> None:
        if self._shifting:
            self._out.shift(self._shifted, raised=self._shifting[0])
        self._shifting, self._shifted = [], ""


def _losses(tokens: list[Token]) -> tuple[str, ...]:
    """Warn of what a rendered page might show and the text lacks."""
    blocks = (_TAG.sub("", _COMMENT.sub("", token.content)) for token in tokens if token.type == "html_block")
    raw = sum(bool(block.strip()) for block in blocks)
    lost = [f"{raw} block(s) of raw HTML left out"] if raw else []
    if any(token.level >= _DEEPEST - 1 for token in tokens):
        lost.append(f"nested {_DEEPEST} levels deep: anything deeper is left out")
    return tuple(lost)
