"""Extracts between two processes, as JSON: what a parser of strangers' files sends back is never unpickled."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from contextlib import suppress
from itertools import pairwise
from typing import IO, Any, TypeVar

from b12assistant.errors import SourceError
from b12assistant.types import Block, BlockKind, Extract, Range, Region, Role, Section

_LENGTH = struct.Struct(">Q")
_LONGEST = 1 << 31  # bytes of a message
_Value = TypeVar("_Value")


def send(stream: IO[bytes], message: bytes) -> None:
    """Write one message, its length in front."""
    stream.write(_LENGTH.pack(len(message)))
    stream.write(message)
    stream.flush()


def receive(stream: IO[bytes]) -> bytes | None:
    """The next message; ``None`` when the other side has gone, or sends what no reader sends."""
    head = stream.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    (length,) = _LENGTH.unpack(head)
    if length > _LONGEST:
        return None
    message = stream.read(length)
    return message if len(message) == length else None


def pack(extract: Extract) -> bytes:
    """The extract in JSON; ranges are pairs of code points."""
    return _json(
        text=extract.text,
        extractor=extract.extractor,
        title=extract.title,
        page_starts=extract.page_starts,
        sections=[(*_pair(s.heading), s.level, s.start, s.end) for s in extract.sections],
        blocks=[(b.kind, *_pair(b.range)) for b in extract.blocks],
        regions=[(r.role, *_pair(r.range)) for r in extract.regions],
        front=extract.front,
        warnings=extract.warnings,
    )


def pack_error(error: SourceError) -> bytes:
    """A reason for leaving the file out, in the place of an extract."""
    return _json(error=error.message, hint=error.hint)


def unpack(message: bytes) -> Extract:
    """The extract that was packed; the ``SourceError`` that was packed instead is raised.

    A message that is neither, or an extract whose ranges do not fit its text, is a ``SourceError`` too: what went wrong
    in the reader costs one file, not the run.
    """
    with suppress(ValueError, KeyError, TypeError, RecursionError):
        fields: dict[str, Any] = json.loads(message)
        if "error" in fields:
            raise SourceError(fields["error"], hint=fields["hint"])
        extract = _extract(fields)
        if _fits(extract):
            return extract
    raise SourceError("the reader's answer cannot be used")


def _extract(fields: dict[str, Any]) -> Extract:
    return Extract(
        text=fields["text"],
        extractor=fields["extractor"],
        title=fields["title"],
        page_starts=tuple(fields["page_starts"]),
        sections=_each(fields["sections"], lambda a, b, level, start, end: Section(Range(a, b), level, start, end)),
        blocks=_each(fields["blocks"], lambda kind, start, end: Block(BlockKind(kind), Range(start, end))),
        regions=_each(fields["regions"], lambda role, start, end: Region(Role(role), Range(start, end))),
        front=fields["front"],
        warnings=tuple(fields["warnings"]),
    )


def _fits(extract: Extract) -> bool:
    """Whether every range lies in the text, blocks are in order, and pages too."""
    length, blocks = len(extract.text), [block.range for block in extract.blocks]
    ranges = [*blocks, *(each.heading for each in extract.sections), *(each.range for each in extract.regions)]
    return (
        all(each.end <= length for each in ranges)
        and all(before.end <= after.start for before, after in pairwise(blocks))
        and all(before <= after for before, after in pairwise((0, *extract.page_starts, length)))
    )


def _each(rows: list[list[Any]], build: Callable[..., _Value]) -> tuple[_Value, ...]:
    return tuple(build(*row) for row in rows)


def _pair(range_: Range) -> tuple[int, int]:
    return range_.start, range_.end


def _json(**fields: object) -> bytes:
    return json.dumps(fields, separators=(",", ":")).encode("ascii")
