"""Rewrite what Sphinx, MkDocs, Docusaurus, Hugo and Jekyll add to Markdown as the Markdown that a reader sees.

A directive leaves its text, a role its words. What the system would fill in, such as a variable, becomes the sign of
something drawn that has no text: its sentence is not quoted. Code is kept as it is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial

from b12assistant.types import OBJECT

CODE = frozenset(
    {"code", "code-block", "code-cell", "sourcecode", "highlight", "parsed-literal", "prompt", "literal", "doctest"}
)
# They show nothing, or something that is in another file.
EMPTY = frozenset(
    {
        *("contents", "default-role", "eval-rst", "graphviz", "image", "include", "index", "literalinclude", "math"),
        *("mermaid", "meta", "only", "plantuml", "program", "raw", "sectnum", "tableofcontents", "toctree", "youtube"),
        *("automodule", "autoclass", "autofunction", "autosummary", "bibliography", "currentmodule", "iframe", "video"),
    }
)
# Sphinx's own words, which a reader sees in front of the text.
VERSIONS = {
    "versionadded": "Added in version",
    "versionchanged": "Changed in version",
    "deprecated": "Deprecated since version",
    "versionremoved": "Removed in version",
}
_UNTITLED = frozenset({"figure", "epigraph", "glossary", "grid", "list-table", "csv-table", "tab-set", "container"})
_WITHOUT_WORDS = frozenset(
    {"math", "eval", "bib", "cite", "cite:p", "cite:t", "download-icon", "octicon", "fas", "fab"}
)
_SHIFTS = {"sub": "sub", "subscript": "sub", "sup": "sup", "superscript": "sup"}
_TITLED = re.compile(r"(.*\S)\s*<[^<>]*>\s*", re.S)
_LAST_NAME = re.compile(r"~(?=\w)(?:[\w.]+\.)?|!")

_FENCE = re.compile(r"( {0,3})(`{3,}|~{3,})[ \t]*(.*)")
_DIRECTIVE = re.compile(r"\{([\w:.-]+)\}[ \t]*(.*)")
_COLONS = re.compile(r" {0,8}(:{3,})[ \t]*(?:\{([\w:.-]+)\}|([a-z][\w-]*))?[ \t]*(.*)")
_BLOCK = re.compile(r"( *)(?:!!!|\?\?\?\+?|===[+!]?)[ \t]+(?:[a-z][\w -]*?)?[ \t]*(?:\"([^\"]*)\")?[ \t]*")
_CODE_INDENT = ("    ", "\t")
_ITEM = re.compile(r" *(?:[-*+]|\d+[.)])[ \t]")
_OPTION = re.compile(r"[ \t]*:[\w-]+:.*|---")
_LABEL = re.compile(r"\(([\w .:-]+)\)=")
_HEADING = re.compile(r"#{1,6}[ \t]+(.*?)[ \t]*(?:#+[ \t]*)?")
_MODULE = re.compile(r"""import\s+(?:[^'";]+\s+from\s+)?['"][^'"]+['"];?|export\s+(?:const|let|default)\s[^{]*;""")
_COMPONENT = re.compile(r"</?(?:Tabs|TabItem|Steps?|CodeGroup|Card(?:Group)?|Note|Tip|Warning|Info)\b[^<>]*>")
_HIGHLIGHT = re.compile(r"\{%-?[ \t]*(end)?highlight\b[^%]*%\}")
_COMMENTED = re.compile(r"\{%-?\s*comment\s*-?%\}.*?\{%-?\s*endcomment\s*-?%\}", re.S)
_LIQUID_LINE = re.compile(r"[ \t]*(?:\{%[^%]*%\}[ \t]*)+")
_ATTRIBUTE = r"""(?:[.#][\w:-]+|[\w-]+=(?:"[^"]*"|'[^']*'|[\w-]+))"""
_ATTRIBUTES = rf"\{{:?[ \t]*{_ATTRIBUTE}(?:[ \t]+{_ATTRIBUTE})*[ \t]*\}}"
_SHORTCODE = re.compile(r"\{\{[<%]\s*(/?)\s*([\w./-]+)[^{}]*?[>%]\}\}")
_NOTE = re.compile(r"\[\^([\w-]+)\]:[ \t]*(.*)")
_INLINE = re.compile(
    r"(?P<role>\{(?P<name>[\w:.+-]+)\}(?P<ticks>`+)(?P<words>[^`]+)(?P=ticks))"
    r"|(?P<code>(?P<fence>`+)(?!`).*?(?<!`)(?P=fence)(?!`))"
    r"|(?P<target>(?<=\]\()\{\{[^{}]*\}\}[^()\s]*(?=\)))"
    r"|(?P<short>\{\{[<%][^{}]*[>%]\}\})"
    r"|(?P<fill>\{\{[^{}\n]*\}\}|\{%[^%\n]*%\})"
    rf"|(?P<attributes>{_ATTRIBUTES})"
    r"|(?<![\w+])\+\+(?P<keys>[\w.\"-]+(?:\+[\w.\"-]+)*)\+\+(?![\w+])"
    r"|\[\^(?P<note>[\w-]+)\]"
)


def shown_markdown(text: str) -> str:
    """Return Markdown without the additions of other systems."""
    if not re.search(r"[{:!?=\[+]", text):
        return text
    lines = _COMMENTED.sub("", text).split("\n")
    return "\n".join(_Rewriting(lines).lines(lines))


class _Rewriting:
    """What the whole file says: names of its places, numbers of its notes, shortcodes that have an end."""

    def __init__(self, lines: Sequence[str]) -> None:
        self._titles = dict(_titles(lines))
        notes = dict.fromkeys(match[1] for line in lines if (match := _NOTE.match(line)))
        self._notes = {name: str(number) for number, name in enumerate(notes, 1)}
        found = [match for line in lines for match in _SHORTCODE.finditer(line)]
        self._paired = {match[2] for match in found if match[1]}
        self._is_myst = any(re.search(r"^\s*(?:`{3,}|:{3,})\{|\{[\w:-]+\}`|^\([\w .:-]+\)=$", line) for line in lines)

    def lines(self, lines: Sequence[str]) -> Iterator[str]:
        """Yield the lines as plain Markdown, with those of directives in their place."""
        at, in_list = 0, False
        while at < len(lines):
            line = lines[at]
            if line.strip() and not line.startswith(_CODE_INDENT):
                in_list = _ITEM.match(line) is not None or (in_list and line.startswith("  "))
            if fence := _FENCE.fullmatch(line.rstrip("\r")):
                end = _end_of_fence(lines, at, fence[2])
                yield from self._fenced(lines[at:end], fence)
                at = end
            elif (block := _BLOCK.fullmatch(line.rstrip())) and _is_indented(lines, at + 1, len(block[1]) + 4):
                end = _end_of_block(lines, at + 1, len(block[1]) + 4)
                yield from ("", block[1] + (block[2] or ""), "")
                yield from self.lines([block[1] + each[len(block[1]) + 4 :] for each in lines[at + 1 : end]])
                at = end
            elif _HIGHLIGHT.fullmatch(line.strip()):
                yield "```"
                at += 1
                while at < len(lines) and not _HIGHLIGHT.fullmatch(lines[at].strip()):
                    yield lines[at]
                    at += 1
                yield "```"
                at += 1
            else:
                yield from [line] if line.startswith(_CODE_INDENT) and not in_list else self._line(line)
                at += 1

    def _line(self, line: str) -> Iterator[str]:
        bare = line.strip()
        if colons := _COLONS.fullmatch(line.rstrip()):
            yield from ("", self._title(colons[2] or colons[3] or "", _unbracketed(colons[4])), "")
        elif self._is_myst and (bare == "+++" or _LABEL.fullmatch(bare) or bare.startswith("% ") or _is_option(bare)):
            yield ""
        elif _MODULE.fullmatch(bare) or _LIQUID_LINE.fullmatch(line):
            yield ""
        elif note := _NOTE.fullmatch(line):
            yield f"- {self._inline(note[2])}"
        else:
            yield self._inline(_COMPONENT.sub("\n\n", line))

    def _fenced(self, lines: Sequence[str], fence: re.Match[str]) -> Iterator[str]:
        directive = _DIRECTIVE.fullmatch(fence[3].strip())
        closed = len(lines) > 1 and lines[-1].strip().startswith(fence[2])
        if directive is None:
            yield from lines
            return
        name, inner = directive[1], lines[1 : -1 if closed else None]
        inner = inner[_options(inner) :]
        if name in CODE:
            yield from (f"{fence[1]}{fence[2]}", *inner, f"{fence[1]}{fence[2]}")
        elif name not in EMPTY:
            title = self._title(name, directive[2])
            if name in VERSIONS:
                yield from ("", *self.lines([f"{title} {each}" if not n else each for n, each in enumerate(inner)]), "")
            else:
                yield from ("", title, "", *self.lines(inner), "")

    def _title(self, name: str, words: str) -> str:
        if name in VERSIONS:
            return f"{VERSIONS[name]} {words}:"
        return "" if name in _UNTITLED or name in EMPTY else self._inline(words)

    def _inline(self, line: str) -> str:
        return _INLINE.sub(self._seen, line)

    def _seen(self, match: re.Match[str]) -> str:
        kind = match.lastgroup if match.lastgroup in ("keys", "note") else None
        if match["role"]:
            return role(match["name"], match["words"], self._titles, _as_markdown)
        if match["code"]:
            return match["code"]
        if match["target"]:
            return "x"
        if match["short"]:
            short = _SHORTCODE.fullmatch(match["short"])
            return "" if short and short[2] in self._paired else OBJECT
        if match["attributes"]:
            return ""
        if match["fill"]:
            return OBJECT
        if kind == "keys":
            return match["keys"]
        number = self._notes.get(match["note"])
        return match[0] if number is None else f"<sup>{number}</sup>"


def role(name: str, words: str, titles: Mapping[str, str], write: Callable[[str, str], str]) -> str:
    """Return what a reader sees of a role. ``titles``: of the places of the file; ``write``: words of a kind."""
    titled = _TITLED.fullmatch(words)
    if name in _WITHOUT_WORDS:
        return OBJECT
    if titled is not None:
        return write("", titled[1])
    if name in _SHIFTS:
        return write(_SHIFTS[name], words)
    bare = words[match.end() :] if (match := _LAST_NAME.match(words)) else words
    return write("", titles.get(words.lower(), bare))


def _as_markdown(shift: str, words: str) -> str:
    return f"<{shift}>{words}</{shift}>" if shift else f"`{words}`"


def _titles(lines: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield each label of the file that stands over a heading, with the heading."""
    labels: list[str] = []
    for line in lines:
        if label := _LABEL.fullmatch(line.strip()):
            labels.append(label[1].lower())
        elif line.strip():
            heading = _HEADING.fullmatch(line.strip())
            yield from ((label, heading[1]) for label in labels if heading is not None)
            labels = []


def _end_of_fence(lines: Sequence[str], at: int, ticks: str) -> int:
    """Return the number of the line after the fence that begins at line ``at``."""
    closing = partial(re.fullmatch, rf" {{0,3}}{re.escape(ticks[0])}{{{len(ticks)},}}[ \t\r]*")
    return next((n + 1 for n in range(at + 1, len(lines)) if closing(lines[n])), len(lines))


def _is_indented(lines: Sequence[str], at: int, indent: int) -> bool:
    following = next((line for line in lines[at : at + 3] if line.strip()), "")
    return following.startswith(" " * indent)


def _end_of_block(lines: Sequence[str], at: int, indent: int) -> int:
    """Return the number of the first line that is neither blank nor indented so far."""
    while at < len(lines) and (not lines[at].strip() or lines[at].startswith(" " * indent)):
        at += 1
    return at


def _options(lines: Sequence[str]) -> int:
    """Return how many lines of a directive are its options."""
    if lines and lines[0].strip() == "---":
        return next((n + 1 for n in range(1, len(lines)) if lines[n].strip() == "---"), 0)
    return next((n for n, line in enumerate(lines) if not _OPTION.fullmatch(line.rstrip("\r"))), len(lines))


def _is_option(line: str) -> bool:
    return re.fullmatch(r":(?:class|name|open|caption|icon|color|width|alt|align|sync)\b[\w-]*:.*", line) is not None


def _unbracketed(words: str) -> str:
    return words[1:-1] if words.startswith("[") and words.endswith("]") else words
