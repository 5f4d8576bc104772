"""Read Markdown: the visible text of a CommonMark parser, with tables. Front matter is returned, not shown."""

from __future__ import annotations

import re
from collections.abc import Iterable
from importlib.metadata import version

from markdown_it import MarkdownIt
from markdown_it.token import Token

from b12assistant.loaders.decoding import decode
from b12assistant.loaders.manuscript import Manuscript
from b12assistant.types import BlockKind, Extract, Role

# The parser leaves out what is nested deeper than this; its default of 20 is too low for quoted lists.
_DEEPEST = 100
# Two rules may also enclose prose: front matter begins with a key or a comment.
_FRONT = re.compile(
    r"---[ \t]*\r?\n((?:[ \t]*(?:#[^\n]*)?\r?\n)*[\w-]+[ \t]*:.*?)\r?\n(?:---|\.\.\.)[ \t]*(?:\r?\n|\Z)", re.S
)
_COMMENT = re.compile(r"<!--.*?-->", re.S)
_TAG = re.compile(r"<[^>]*>")


def load(data: bytes) -> Extract:
    """Read the text without markup, link targets, images, comments, raw HTML and list markers."""
    decoded = decode(data)
    front = _FRONT.match(decoded.text)
    body = decoded.text[front.end() :] if front else decoded.text
    tokens = MarkdownIt("commonmark", {"maxNesting": _DEEPEST}).enable("table").parse(body)
    manuscript = Manuscript()
    for token in tokens:
        _write_block(manuscript, token)
    return manuscript.extract(
        f"markdown-it-py {version('markdown-it-py')}",
        title=manuscript.main_heading(),
        front=front[1] if front else None,
        warnings=decoded.warnings + _losses(tokens),
    )


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
            _write_inline(manuscript, token.children or [])
        case "fence" | "code_block" | "paragraph_open" | "blockquote_open" | "hr":
            # The first paragraph in a list item is part of it.
            if not (manuscript.is_empty and manuscript.kind is BlockKind.LIST_ITEM):
                manuscript.open(BlockKind.PARAGRAPH)
            manuscript.write(token.content)  # only code has any here
        case "heading_close" | "list_item_close" | "tr_close" | "paragraph_close":
            manuscript.open(BlockKind.PARAGRAPH)


def _write_inline(manuscript: Manuscript, tokens: Iterable[Token]) -> None:
    """Write text and links, but not what emphasis, images and raw HTML add."""
    for token in tokens:
        match token.type:
            case "text" | "code_inline" | "text_special":
                manuscript.flow(token.content)  # collapses the two blanks around a dropped image
            case "softbreak":
                manuscript.join(" ")
            case "hardbreak":
                manuscript.join("\n")
            case "link_open":
                manuscript.enter(Role.LINK)
            case "link_close":
                manuscript.leave()


def _losses(tokens: list[Token]) -> tuple[str, ...]:
    """Warn of what a rendered page might show and the text lacks."""
    blocks = (_TAG.sub("", _COMMENT.sub("", token.content)) for token in tokens if token.type == "html_block")
    raw = sum(bool(block.strip()) for block in blocks)
    lost = [f"{raw} block(s) of raw HTML left out"] if raw else []
    if any(token.level >= _DEEPEST - 1 for token in tokens):
        lost.append(f"nested {_DEEPEST} levels deep: anything deeper is left out")
    return tuple(lost)
