"""Send prepared files between processes as JSON: the output of a parser of untrusted files is never unpickled."""

from __future__ import annotations

import json
import struct
from collections.abc import Callable
from contextlib import suppress
from dataclasses import fields
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


def pack(sent: Extract | Prepared | SourceError | Splitting | None) -> bytes:
    """Write what one process sends the other as JSON: one object, with the parts in it as lists of their fields."""
    return json.dumps(sent, separators=(",", ":"), default=_plain).encode("ascii")


def _plain(value: Any) -> object:
    if isinstance(value, SourceError):
        return {"error": value.message, "hint": value.hint}
    if isinstance(value, Path):
        return str(value)
    named = {field.name: getattr(value, field.name) for field in fields(value)}
    return named if isinstance(value, (Extract, Prepared, Splitting)) else list(named.values())


def unpack_splitting(message: bytes) -> Splitting | None:
    """Read how to split a file; ``None``: only its extract is asked for."""
    asked: dict[str, Any] | None = json.loads(message)
    if asked is None:
        return None
    return Splitting(**asked | {"tokenizer": Path(asked["tokenizer"]) if asked["tokenizer"] else None})


def unpack(message: bytes) -> Extract:
    """Read the extract that was packed, or raise the ``SourceError`` that was packed instead.

    Any other message, or one whose ranges do not fit the text, is a ``SourceError`` too: a fault of the worker costs
    one file, not the run.
    """
    return _unpacked(message, _extract)


def unpack_prepared(message: bytes) -> Prepared:
    """Read the prepared file that was packed. Raises what `unpack` does."""
    return _unpacked(message, _prepared)


def _unpacked(message: bytes, build: Callable[[dict[str, Any]], _Value]) -> _Value:
    with suppress(ValueError, KeyError, TypeError, RecursionError):
        answer: dict[str, Any] = json.loads(message)
        if "error" in answer:
            raise SourceError(answer["error"], hint=answer["hint"])
        return build(answer)
    raise SourceError("the reader's answer is not valid")


def _prepared(answer: dict[str, Any]) -> Prepared:
    extract = _extract(answer["extract"])
    parts = answer["parts"]
    prepared = Prepared(
        extract,
        marks=tuple(Mark(Range(*at), MarkKind(kind), rule) for at, kind, rule in answer["marks"]),
        sections=_sections(answer["sections"]),
        marked_share=float(answer["marked_share"]),
        parts=None
        if parts is None
        else tuple(Part(tuple(Range(*at) for at in ranges), reference=bool(reference)) for ranges, reference in parts),
    )
    length = len(extract.text)
    _check(length, [mark.range for mark in prepared.marks])
    _check(length, [range_ for part in prepared.parts or () for range_ in part.sentences])
    _check(length, [section.heading for section in prepared.sections])
    if not all(part.sentences for part in prepared.parts or ()):
        raise ValueError("a passage is empty")
    return prepared


def _extract(answer: dict[str, Any]) -> Extract:
    extract = Extract(
        text=answer["text"],
        extractor=answer["extractor"],
        title=answer["title"],
        page_starts=tuple(answer["page_starts"]),
        sections=_sections(answer["sections"]),
        blocks=tuple(Block(BlockKind(kind), Range(*at)) for kind, at in answer["blocks"]),
        regions=tuple(Region(Role(role), Range(*at)) for role, at in answer["regions"]),
        front=answer["front"],
        warnings=tuple(answer["warnings"]),
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


def _sections(rows: list[list[Any]]) -> tuple[Section, ...]:
    return tuple(Section(Range(*heading), level, start, end) for heading, level, start, end in rows)
