"""Read Markdown, CommonMark with tables, footnotes and notes, as the page it becomes. Front matter is not shown."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from importlib.metadata import version

from markdown_it import MarkdownIt
from markdown_it.token import Token
from mdit_py_plugins.admon import admon_plugin
from mdit_py_plugins.colon_fence import colon_fence_plugin
from mdit_py_plugins.deflist import deflist_plugin
from mdit_py_plugins.footnote import footnote_plugin
from mdit_py_plugins.myst_blocks import myst_block_plugin

from b12assistant.loaders import html
from b12assistant.loaders.decoding import decode
from b12assistant.types import Extract

# The parser leaves out what is nested deeper than this; its default of 20 is too low for quoted lists.
_DEEPEST = 100
_MOST_OPEN = 20  # elements without an end that are read as text one by one
# Two rules may also enclose prose: front matter begins with a key or a comment.
_FRONT = re.compile(
    r"---[ \t]*\r?\n((?:[ \t]*(?:#[^\n]*)?\r?\n)*[\w-]+[ \t]*:.*?)\r?\n(?:---|\.\.\.)[ \t]*(?:\r?\n|\Z)", re.S
)
# Elements of HTML; what else stands between < and > is text, such as "pip install <package>".
_ELEMENTS = re.compile(
    r"a|abbr|address|area|article|aside|audio|b|base|bdi|bdo|big|blockquote|body|br|button|canvas|caption|center"
    r"|cite|code|col|colgroup|data|datalist|dd|del|details|dfn|dialog|dir|div|dl|dt|em|embed|fieldset|figcaption"
    r"|figure|font|footer|form|frame|frameset|h1|h2|h3|h4|h5|h6|head|header|hgroup|hr|html|i|iframe|img|input|ins"
    r"|kbd|label|legend|li|link|main|map|mark|math|menu|meta|meter|nav|noframes|noscript|object|ol|optgroup|option"
    r"|output|p|param|picture|pre|progress|q|rp|rt|ruby|s|samp|script|search|section|select|slot|small|source|span"
    r"|strike|strong|style|sub|summary|sup|svg|table|tbody|td|template|textarea|tfoot|th|thead|time|title|tr|track"
    r"|tt|u|ul|var|video|wbr",
    re.I,
)
_EMPTY = re.compile(r"area|base|br|col|embed|hr|img|input|link|meta|param|source|track|wbr", re.I)
_TAG = re.compile(r"</?([A-Za-z][A-Za-z0-9-]*)(?=[\s/>])")
# What a block of raw HTML may open that hides all that follows, and how it ends.
_ENDS = {"script": "</script", "style": "</style", "pre": "</pre", "textarea": "</textarea", "!--": "-->"}
_OPENS = re.compile(r"\s*<(script|style|pre|textarea|!--)", re.I)


@lru_cache(1)
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"maxNesting": _DEEPEST}).enable(["table", "strikethrough"])
    for plugin in (footnote_plugin, admon_plugin, colon_fence_plugin, deflist_plugin, myst_block_plugin):
        parser.use(plugin)
    parser.add_render_rule("footnote_anchor", lambda *_: "")  # the link back to where a note is named
    return parser


def load(data: bytes) -> Extract:
    """Read the text without markup, link targets, images and comments; raw HTML is read as HTML."""
    decoded = decode(data)
    front = _FRONT.match(decoded.text)
    parser = _parser()
    environment: dict[str, object] = {}
    tokens = parser.parse(decoded.text[front.end() :] if front else decoded.text, environment)
    deep = any(token.level >= _DEEPEST - 1 for token in tokens)
    page = parser.renderer.render(list(_shown(tokens, environment)), parser.options, environment)
    extract = html.read(replace(decoded, text=f"<!doctype html><html><body>{page}</body></html>"))
    return replace(
        extract,
        extractor=f"markdown-it-py {version('markdown-it-py')}",
        front=front[1] if front else None,
        warnings=extract.warnings + ((f"nested {_DEEPEST} levels deep: anything deeper is left out",) if deep else ()),
    )


def _shown(tokens: Sequence[Token], environment: dict[str, object], opened: int = 0) -> Iterator[Token]:
    """Yield tokens as a reader sees them: what only looks like HTML as text.

    ``opened``: how many elements without an end are around them.
    """
    parser = _parser()
    for token in tokens:
        if token.type == "html_block" and not _is_html(token.content):
            text = "\\" + token.content.lstrip() if opened < _MOST_OPEN else token.content.replace("<", "&lt;")
            yield from _shown(parser.parse(text, environment), environment, opened + 1)
        else:
            if token.children:
                _end_elements(token.children)
            yield token


def _end_elements(inline: list[Token]) -> None:
    """Make text of what is not HTML, and end what is open at the end of a paragraph: it would hide what follows."""
    opened: list[str] = []
    for token in inline:
        if token.type == "html_inline" and not _is_html(token.content):
            token.type = "text"
        tag = _TAG.match(token.content) if token.type == "html_inline" else None
        if tag is None or _EMPTY.fullmatch(tag[1]):
            continue
        name = tag[1].lower()
        if not tag[0].startswith("</"):
            opened.append(name)
        elif name in opened:
            del opened[len(opened) - 1 - opened[::-1].index(name) :]
    inline += [Token("html_inline", "", 0, content=f"</{name}>") for name in reversed(opened)]


def _is_html(text: str) -> bool:
    """Check if text between < and > is HTML: a known element, and one that ends where all that follows is hidden."""
    opens = _OPENS.match(text)
    if opens is not None:
        return _ENDS[opens[1].lower()] in text.lower()
    tag = _TAG.match(text.lstrip())
    return _ELEMENTS.fullmatch(tag[1]) is not None if tag is not None else text.lstrip().startswith(("<!", "<?"))
