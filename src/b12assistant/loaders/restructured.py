"""Read reStructuredText: the text that a reader sees, with headings, lists, tables by row and code with its lines.

Written for documents as they are, not for the whole language: of a directive the text stays, what is in another file or
drawn by Sphinx does not.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise

from b12assistant.loaders.decoding import decode
from b12assistant.loaders.dialects import CODE, EMPTY, VERSIONS, role
from b12assistant.loaders.manuscript import Manuscript
from b12assistant.types import OBJECT, BlockKind, Extract

_DEEPEST = 30  # nested blocks; what is nested deeper is read as a paragraph
_RULE = re.compile(r"([!-/:-@\[-`{-~])\1{2,}\s*")
_DIRECTIVE = re.compile(r"\.\.[ \t]+(?:\|([^|]+)\|[ \t]+)?([\w:.-]+?)::(?:[ \t]+(.*))?")
_FOOTNOTE = re.compile(r"\.\.[ \t]+\[([^\]]+)\](?:[ \t]+(.*))?")
_TARGET = re.compile(r"\.\.[ \t]+_`?([^:`]+)`?:.*")
_COMMENT = re.compile(r"\.\.(?:[ \t].*)?")
_FIELD = re.compile(r":(?![: ])((?:[^:\\]|\\.)+):(?:[ \t]+(.*))?")
_ITEM = re.compile(r"(?:[-*+•‣⁃]|\(?(?:\d{1,4}|[A-Za-z]|[ivxlIVXL]{2,6}|#)[.)])(?:[ \t]+|$)")
_GRID = re.compile(r"\+(?:[-=]+\+)+\s*")
_SIMPLE = re.compile(r"=+(?:[ \t]+=+)+\s*")
_LINE_BLOCK = re.compile(r"\|(?:[ \t]+(.*))?")
_OPTION = re.compile(
    r"(?:--?|/)[\w?-]+(?:[ =][\w<>.=\[\]-]+)?(?:, (?:--?|/)[\w?-]+(?:[ =][\w<>.=\[\]-]+)?)*(?:[ \t]{2,}(.*))?"
)
# Directives that describe a function, option or other thing: their argument is what a reader sees first.
_DESCRIBES = re.compile(
    r"(?:[a-z]+:)?(?:function|method|class|module|data|attribute|exception|option|cmdoption|envvar"
    r"|confval|program|describe|object|type|macro|property|decorator|command|setting)"
)
_UNTITLED = frozenset(
    {"figure", "list-table", "csv-table", "container", "class", "table", "rst-class", "tabs", "epigraph", "glossary"}
)
_INLINE = re.compile(
    r"``(?P<code>.{1,2000}?)``(?!`)"
    r"|:(?P<name>[\w:.+-]+):`(?P<words>(?:[^`\\]|\\.)+)`"
    r"|`(?P<link>(?:[^`\\]|\\.)+)`(?P<end>__?|:[\w.+-]+:)?"
    r"|\*\*(?P<strong>\S(?:.{0,500}?\S)?)\*\*"
    r"|(?<![\w*])\*(?P<weak>[^\s*](?:[^*]*[^\s*])?)\*(?![\w*])"
    r"|\[(?P<note>[#\w*-]+)\]_(?!\w)"
    r"|(?<!\w)\|(?P<fill>[^\s|](?:[^|]{0,80}[^\s|])?)\|(?:__?)?(?!\w)"
    r"|(?P<target>(?<![\w_])[A-Za-z][\w.-]{0,60}?)__?(?![\w_])"
    r"|\\(?P<escaped>.)",
    re.S,
)  # fmt: skip


def load(data: bytes) -> Extract:
    """Read the text without markup, comments, targets and the options of directives."""
    decoded = decode(data)
    lines = [line.expandtabs(8).rstrip() for line in re.split(r"\r\n|[\n\r\v\f\x85\u2028\u2029]", decoded.text)]
    reader = _Reader(lines)
    reader.write(lines)
    return reader.manuscript.extract(
        f"reStructuredText ({decoded.encoding})", title=reader.manuscript.main_heading(), warnings=decoded.warnings
    )


class _Reader:
    """Writes blocks of lines. What the whole file says: titles of its places, its substitutions, its notes."""

    def __init__(self, lines: Sequence[str]) -> None:
        self.manuscript = Manuscript()
        self._styles: list[tuple[str, bool]] = []  # of headings, by level: the mark, and whether it is over it too
        self._titles = dict(_titles(lines))
        found = [match for line in lines if (match := _DIRECTIVE.fullmatch(line.strip())) and match[1]]
        self._substitutions = {match[1]: match[3] or "" for match in found if match[2] == "replace"}
        notes = dict.fromkeys(match[1] for line in lines if (match := _FOOTNOTE.match(line)))
        self._notes = {name: str(number) for number, name in enumerate(notes, 1)}

    def write(self, lines: Sequence[str], depth: int = 0) -> None:
        """Write blocks that begin at the margin; what is indented is a quotation."""
        at = 0
        while at < len(lines):
            if not lines[at]:
                at += 1
            elif depth > _DEEPEST:
                self._paragraph(lines[at:])
                return
            else:
                at = self._block(lines, at, depth)

    def _block(self, lines: Sequence[str], at: int, depth: int) -> int:
        """Write the block that begins at line ``at``; return the number of the line after it."""
        line = lines[at]
        if line[0] == " ":
            end = _end_of(lines, at)
            self.write(_dedented(lines[at:end]), depth + 1)
            return end
        if (end := self._heading(lines, at)) > at:
            return end
        if line.startswith(".."):
            end = _end_of(lines, at + 1)
            self._explicit(line, _dedented(lines[at + 1 : end]), depth)
            return end
        if _GRID.fullmatch(line) or _SIMPLE.fullmatch(line):
            return self._table(lines, at)
        if (item := _ITEM.match(line)) and not _RULE.fullmatch(line):
            return self._item(lines, at, item, depth)
        if field := _FIELD.fullmatch(line):
            end = _end_of(lines, at + 1)
            self._field(field, _dedented(lines[at + 1 : end]), depth)
            return end
        if _LINE_BLOCK.fullmatch(line):
            end = next((n for n in range(at, len(lines)) if not lines[n].startswith("|")), len(lines))
            for each in lines[at:end]:
                self._paragraph([each[1:]])
            return end
        if line == "::" or line.startswith(">>>"):
            end = _end_of(lines, at + 1) if line == "::" else _paragraph_end(lines, at)
            self._code(_dedented(lines[at + (line == "::") : end]))
            return end
        return self._text(lines, at)

    def _text(self, lines: Sequence[str], at: int) -> int:
        """Write a paragraph, with the code that it announces; or a term, with its definition."""
        end = next((n for n in range(at, len(lines)) if not lines[n] or (n > at and lines[n][0] == " ")), len(lines))
        body = list(lines[at:end])
        is_code = body[-1].endswith("::")
        if is_code:
            body[-1] = body[-1][:-2].rstrip() if body[-1][-3:-2].isspace() else body[-1][:-1]
        if option := _OPTION.fullmatch(body[0]) if len(body) == 1 else None:
            body = [re.sub(r"[ \t]{2,}", "  ", option[0])]
        elif end < len(lines) and lines[end] and end - at == 1 and not is_code:
            body = [*body[0].split(" : ")[:1]]  # a term, without its classifiers
        self._paragraph(body)
        if is_code and end < len(lines):
            end = _end_of(lines, end)
            self._code(_dedented(lines[at + len(body) : end]))
        return end

    def _heading(self, lines: Sequence[str], at: int) -> int:
        """Write a heading with its rules; return the number of the line after it, or ``at`` if there is none."""
        line, below, last = (lines[n] if n < len(lines) else "" for n in (at, at + 1, at + 2))
        is_over = _RULE.fullmatch(line) is not None
        if is_over and below and _RULE.fullmatch(last) and last[0] == line[0]:
            words, end = below.strip(), at + 3
        elif not is_over and below and _RULE.fullmatch(below) and len(below) >= min(len(line), 4):
            words, end = line, at + 2
        else:
            return at + 1 if is_over and not below and not (_GRID.fullmatch(line) or _SIMPLE.fullmatch(line)) else at
        style = (lines[end - 1][0], is_over)
        if style not in self._styles:
            self._styles.append(style)
        self.manuscript.open(BlockKind.HEADING, level=1 + self._styles.index(style))
        self._inline(words)
        self.manuscript.open(BlockKind.PARAGRAPH)
        return end

    def _explicit(self, line: str, body: Sequence[str], depth: int) -> None:
        if directive := _DIRECTIVE.fullmatch(line):
            if not directive[1]:
                self._directive(directive[2].lower(), directive[3] or "", body, depth)
        elif note := _FOOTNOTE.fullmatch(line):
            self.manuscript.open(BlockKind.LIST_ITEM)
            self.write([note[2] or "", *body], depth + 1)
        elif not _COMMENT.fullmatch(line):
            self._paragraph([line])

    def _directive(self, name: str, words: str, body: Sequence[str], depth: int) -> None:
        split = next((n for n, line in enumerate(body) if not _FIELD.fullmatch(line)), len(body))
        body = body[split:]
        if name in CODE or name == "productionlist":
            self._code(body)
        elif name in VERSIONS:
            rest = words.partition(" ")
            self._paragraph([f"{VERSIONS[name]} {rest[0]}:", rest[2], *body[: _paragraph_end(body, 0)]])
            self.write(body[_paragraph_end(body, 0) :], depth + 1)
        elif name == "list-table":
            self._list_table(body)
        elif name == "csv-table":
            for row in filter(None, body):
                self._row([cell.strip().strip('"') for cell in re.split(r",(?=(?:[^\"]*\"[^\"]*\")*[^\"]*$)", row)])
        elif name not in EMPTY:
            if words and _DESCRIBES.fullmatch(name):
                self.manuscript.open(BlockKind.PARAGRAPH)
                self.manuscript.flow(words)
            elif words and name not in _UNTITLED:
                self.write([words], depth + 1)
            self.write(body, depth + 1)

    def _item(self, lines: Sequence[str], at: int, item: re.Match[str], depth: int) -> int:
        indent = item.end()
        end = _end_of(lines, at + 1)
        inner = [lines[at][indent:], *_dedented(lines[at + 1 : end])]
        first = _paragraph_end(inner, 0)
        if _ITEM.match(inner[0]) or not inner[0]:
            first = 0
        self.manuscript.open(BlockKind.LIST_ITEM)
        announces = first and inner[first - 1].endswith("::")
        self._inline(" ".join(inner[:first]).removesuffix(":" if announces else ""))
        if announces:
            stop = _end_of(inner, first)
            self._code(_dedented(inner[first:stop]))
            first = stop
        self.write(inner[first:], depth + 1)
        if not (end < len(lines) and _ITEM.match(lines[end])):
            self.manuscript.open(BlockKind.PARAGRAPH)
        return end

    def _field(self, field: re.Match[str], body: Sequence[str], depth: int) -> None:
        name, words = field[1], field[2] or ""
        described = re.fullmatch(r"(?:param|parameter|arg|argument|key|keyword|ivar|var|raises?|option)\s+(.+)", name)
        label = described[1].split()[-1] if described else name[:1].upper() + name[1:]
        self._paragraph([f"{label}: {words}", *body[: _paragraph_end(body, 0)]])
        self.write(body[_paragraph_end(body, 0) :], depth + 1)

    def _table(self, lines: Sequence[str], at: int) -> int:
        end = next((n for n in range(at, len(lines)) if not lines[n]), len(lines))
        if _GRID.fullmatch(lines[at]):
            for rule, rows in groupby(lines[at:end], key=lambda line: line.startswith("+")):
                if not rule:
                    cells = [[cell.strip() for cell in row.strip().strip("|").split("|")] for row in rows]
                    width = max(map(len, cells))
                    filled = [row + [""] * (width - len(row)) for row in cells]
                    self._row([" ".join(filter(None, column)) for column in zip(*filled, strict=True)])
            return end
        columns = [match.span() for match in re.finditer(r"=+", lines[at])]
        ends = [start for start, _ in columns[1:]]
        last = max((n for n in range(at, len(lines)) if _SIMPLE.fullmatch(lines[n]) and n < at + 500), default=at)
        rules = [n for n in range(at, last + 1) if _SIMPLE.fullmatch(lines[n])]
        end = rules[min(2, len(rules) - 1)] + 1  # over it, under its head if it has one, and under it
        for line in lines[at:end]:
            if line and not _RULE.fullmatch(line.replace(" ", "")):
                edges = [0, *ends, len(line)]
                self._row([line[a:b].strip() for a, b in pairwise(edges)])
        return end

    def _list_table(self, body: Sequence[str]) -> None:
        row: list[str] = []
        for line in body:
            new = re.match(r"\*\s+-\s?(.*)", line)
            cell = re.match(r"\s+-\s?(.*)", line)
            if new:
                self._row(row)
                row = [new[1]]
            elif cell:
                row.append(cell[1])
            elif line and row:
                row[-1] += f" {line.strip()}"
        self._row(row)

    def _row(self, cells: Sequence[str]) -> None:
        if not any(cells):
            return
        self.manuscript.open(BlockKind.TABLE_ROW)
        for number, cell in enumerate(cells):
            if number:
                self.manuscript.cell()
            self._inline(cell)
        self.manuscript.open(BlockKind.PARAGRAPH)

    def _paragraph(self, lines: Sequence[str]) -> None:
        if not (self.manuscript.is_empty and self.manuscript.kind is BlockKind.LIST_ITEM):
            self.manuscript.open(BlockKind.PARAGRAPH)
        self._inline(" ".join(line.strip() for line in lines))

    def _code(self, lines: Sequence[str]) -> None:
        self.manuscript.open(BlockKind.PARAGRAPH)
        self.manuscript.write("\n".join(lines).strip("\n"))

    def _inline(self, text: str) -> None:
        at = 0
        for match in _INLINE.finditer(text):
            self.manuscript.flow(text[at : match.start()])
            self._marked(match)
            at = match.end()
        self.manuscript.flow(text[at:])

    def _marked(self, match: re.Match[str]) -> None:
        if match["name"] or (match["end"] or "").startswith(":"):
            name, words = match["name"] or match["end"].strip(":"), match["words"] or match["link"]
            if role(name, words, self._titles, self._write_role) == OBJECT:
                self.manuscript.draw()
        elif match["link"]:
            titled = re.fullmatch(r"(.*\S)\s*<[^<>]*>", match["link"], re.S)
            self.manuscript.flow(titled[1] if titled else match["link"])
        elif match["note"]:
            number = self._notes.get(match["note"])
            self.manuscript.shift(number or match["note"], raised=True)
        elif match["fill"]:
            self._fill(match["fill"])
        else:
            kept = ("code", "strong", "weak", "target", "escaped")
            self.manuscript.flow(next(match[kind] for kind in kept if match[kind] is not None))

    def _fill(self, name: str) -> None:
        words = self._substitutions.pop(name, None)  # not known while it is written: it may name itself
        if words is None:
            self.manuscript.draw()
            return
        self._inline(words)
        self._substitutions[name] = words

    def _write_role(self, shift: str, words: str) -> str:
        if shift:
            self.manuscript.shift(words, raised=shift == "sup")
        else:
            self.manuscript.flow(words)
        return words


def _titles(lines: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield each place of the file that stands over a heading, with the heading."""
    names: list[str] = []
    for number, line in enumerate(lines):
        if target := _TARGET.fullmatch(line):
            names.append(target[1].lower())
        elif line and not _RULE.fullmatch(line):
            below = lines[number + 1] if number + 1 < len(lines) else ""
            yield from ((name, line.strip()) for name in names if _RULE.fullmatch(below))
            names = []


def _end_of(lines: Sequence[str], at: int) -> int:
    """Return the number of the first line from ``at`` on that is neither blank nor indented."""
    return next((n for n in range(at, len(lines)) if lines[n] and lines[n][0] != " "), len(lines))


def _paragraph_end(lines: Sequence[str], at: int) -> int:
    return next((n for n in range(at, len(lines)) if not lines[n]), len(lines))


def _dedented(lines: Sequence[str]) -> list[str]:
    """Return lines without the indentation that all of them have."""
    least = min((len(line) - len(line.lstrip(" ")) for line in lines if line), default=0)
    return [line[least:] for line in lines]
