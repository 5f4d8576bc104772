"""Send prepared files between processes as JSON: the output of a parser of untrusted files is never unpickled."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable, Iterable
from contextlib import suppress
from itertools import pairwise
from pathlib import Path
from typing import IO, Any, TypeVar

from b12assistant.errors import SourceError
from b12assistant.loaders.passages import Part, Prepared, Splitting
from b12assistant.types import Block, BlockKind, Extract, Mark, MarkKind, Range, Region, Role, Section

_LENGTH = struct.Struct(">Q")
_LONGEST = 1 << 31  # bytes of a message
_Value = TypeVar("_Value")


def send(stream: IO[bytes], message: bytes) -> None:
    """Write one message, its length in front."""
    stream.write(_LENGTH.pack(len(message)))
    stream.write(message)
    stream.flush()


def receive(stream: IO[bytes]) -> bytes | None:
    """Read the next message; ``None`` if the other side has gone, or sends something invalid."""
    head = stream.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    (length,) = _LENGTH.unpack(head)
    if length > _LONGEST:
        return None
    message = stream.read(length)
    return message if len(message) == length else None


def pack(extract: Extract) -> bytes:
    """Write an extract as JSON; ranges are pairs of code points."""
    return _json(extract=_extracted(extract))


def pack_prepared(prepared: Prepared) -> bytes:
    """Write a prepared file as JSON."""
    return _json(
        extract=_extracted(prepared.extract),
        marks=[(*_pair(m.range), m.kind, m.rule) for m in prepared.marks],
        sections=_sections(prepared.sections),
        marked_share=prepared.marked_share,
        parts=None
        if prepared.parts is None
        else [(part.reference, [_pair(range_) for range_ in part.sentences]) for part in prepared.parts],
    )


def _extracted(extract: Extract) -> dict[str, object]:
    return {
        "text": extract.text,
        "extractor": extract.extractor,
        "title": extract.title,
        "page_starts": extract.page_starts,
        "sections": _sections(extract.sections),
        "blocks": [(b.kind, *_pair(b.range)) for b in extract.blocks],
        "regions": [(r.role, *_pair(r.range)) for r in extract.regions],
        "front": extract.front,
        "warnings": extract.warnings,
    }


def _sections(sections: Iterable[Section]) -> list[tuple[int, ...]]:
    return [(*_pair(s.heading), s.level, s.start, s.end) for s in sections]


def pack_error(error: SourceError) -> bytes:
    """Write the reason for leaving the file out, in place of an extract."""
    return _json(error=error.message, hint=error.hint)


def pack_splitting(splitting: Splitting | None) -> bytes:
    """Write how to split a file; ``None``: only its extract is asked for."""
    if splitting is None:
        return b""
    tokenizer = str(splitting.tokenizer) if splitting.tokenizer else None
    return _json(most=splitting.most, passages=splitting.passages, tokenizer=tokenizer)


def unpack_splitting(message: bytes) -> Splitting | None:
    """Read what `pack_splitting` wrote."""
    if not message:
        return None
    fields = json.loads(message)
    tokenizer = Path(fields["tokenizer"]) if fields["tokenizer"] else None
    return Splitting(fields["most"], fields["passages"], tokenizer)


def unpack(message: bytes) -> Extract:
    """Read the extract that was packed, or raise the ``SourceError`` that was packed instead.

    Any other message, or one whose ranges do not fit the text, is a ``SourceError`` too: a fault of the worker costs
    one file, not the run.
    """
    return _unpacked(message, lambda fields: _extract(fields["extract"]))


def unpack_prepared(message: bytes) -> Prepared:
    """Read the prepared file that was packed. Raises what `unpack` does."""
    return _unpacked(message, _prepared)


def _unpacked(message: bytes, build: Callable[[dict[str, Any]], _Value]) -> _Value:
    with suppress(ValueError, KeyError, TypeError, RecursionError):
        fields: dict[str, Any] = json.loads(message)
        if "error" in fields:
            raise SourceError(fields["error"], hint=fields["hint"])
        return build(fields)
    raise SourceError("the reader's answer is not valid")


def _prepared(fields: dict[str, Any]) -> Prepared:
    extract = _extract(fields["extract"])
    parts = fields["parts"]
    prepared = Prepared(
        extract,
        marks=_build_all(fields["marks"], lambda start, end, kind, rule: Mark(Range(start, end), MarkKind(kind), rule)),
        sections=_read_sections(fields["sections"]),
        marked_share=float(fields["marked_share"]),
        parts=None
        if parts is None
        else _build_all(parts, lambda reference, ranges: Part(_build_all(ranges, Range), reference=bool(reference))),
    )
    length = len(extract.text)
    _check(length, [mark.range for mark in prepared.marks])
    _check(length, [range_ for part in prepared.parts or () for range_ in part.sentences])
    _check(length, [section.heading for section in prepared.sections])
    if not all(part.sentences for part in prepared.parts or ()):
        raise ValueError("a passage is empty")
    return prepared


def _extract(fields: dict[str, Any]) -> Extract:
    extract = Extract(
        text=fields["text"],
        extractor=fields["extractor"],
        title=fields["title"],
        page_starts=tuple(fields["page_starts"]),
        sections=_read_sections(fields["sections"]),
        blocks=_build_all(fields["blocks"], lambda kind, start, end: Block(BlockKind(kind), Range(start, end))),
        regions=_build_all(fields["regions"], lambda role, start, end: Region(Role(role), Range(start, end))),
        front=fields["front"],
        warnings=tuple(fields["warnings"]),
    )
    length = len(extract.text)
    _check(length, [block.range for block in extract.blocks])
    if any(r.end > length for r in (*(s.heading for s in extract.sections), *(r.range for r in extract.regions))):
        raise ValueError("a range ends after the text")
    if not all(before <= after for before, after in pairwise((0, *extract.page_starts, length))):
        raise ValueError("pages are not in order")
    return extract


def _check(length: int, ranges: list[Range]) -> None:
    """Raise ``ValueError`` unless ranges are in a text of this length, in order and without overlap."""
    if ranges and ranges[-1].end > length:
        raise ValueError("a range ends after the text")
    if not all(before.end <= after.start for before, after in pairwise(ranges)):
        raise ValueError("ranges are not in order")


def _read_sections(rows: list[list[int]]) -> tuple[Section, ...]:
    return _build_all(rows, lambda a, b, level, start, end: Section(Range(a, b), level, start, end))


def _build_all(rows: list[list[Any]], build: Callable[..., _Value]) -> tuple[_Value, ...]:
    return tuple(build(*row) for row in rows)


def _pair(range_: Range) -> tuple[int, int]:
    return range_.start, range_.end


def _json(**fields: object) -> bytes:
    return json.dumps(fields, separators=(",", ":")).encode("ascii")
