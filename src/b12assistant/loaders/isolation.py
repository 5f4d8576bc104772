"""Read, mark and split files in a separate process, so that no file can hang, kill or bloat the program.

Prepared files cross between the processes as JSON: the output of a parser of untrusted files is never unpickled.
"""

from __future__ import annotations

import json
import os
import signal
import struct
import subprocess
import sys
from contextlib import suppress
from dataclasses import fields
from itertools import pairwise
from pathlib import Path
from threading import Thread
from typing import IO, Any, Self, cast

from b12assistant.errors import SourceError
from b12assistant.loaders.decoding import read_file
from b12assistant.loaders.passages import Part, Prepared, Splitting
from b12assistant.types import Block, BlockKind, Extract, Mark, MarkKind, Range, Region, Role, Section

_LENGTH = struct.Struct(">Q")
_LONGEST = 1 << 31  # bytes of a message


def send(stream: IO[bytes], message: bytes) -> None:
    """Write one message, its length in front."""
    stream.write(_LENGTH.pack(len(message)))
    stream.write(message)
    stream.flush()


def receive(stream: IO[bytes]) -> bytes | None:
    """Read the next message; ``None`` if the other side is gone, or sends something invalid."""
    head = stream.read(_LENGTH.size)
    if len(head) < _LENGTH.size:
        return None
    (length,) = _LENGTH.unpack(head)
    if length > _LONGEST:
        return None
    message = stream.read(length)
    return message if len(message) == length else None


def pack(sent: Prepared | SourceError | Splitting) -> bytes:
    """Write what one process sends the other as JSON: one object, with the parts in it as lists of their fields."""
    return json.dumps(sent, separators=(",", ":"), default=_plain).encode("ascii")


def _plain(value: Any) -> object:
    if isinstance(value, SourceError):
        return {"error": value.message, "hint": value.hint}
    if isinstance(value, Path):
        return str(value)
    named = {field.name: getattr(value, field.name) for field in fields(value)}
    return named if isinstance(value, (Extract, Prepared, Splitting)) else list(named.values())


def unpack_splitting(message: bytes) -> Splitting:
    """Read how to split a file."""
    asked: dict[str, Any] = json.loads(message)
    return Splitting(**asked | {"tokenizer": Path(asked["tokenizer"]) if asked["tokenizer"] else None})


def unpack(message: bytes) -> Prepared:
    """Read the prepared file that was packed, or raise the ``SourceError`` that was packed instead.

    Any other message, or one whose ranges do not fit the text, is a ``SourceError`` too: a fault of the worker costs
    one file, not the run.
    """
    with suppress(ValueError, KeyError, TypeError, RecursionError):
        answer: dict[str, Any] = json.loads(message)
        if "error" in answer:
            raise SourceError(answer["error"], hint=answer["hint"])
        return _prepared(answer)
    raise SourceError("the reader's answer is not valid")


def _prepared(answer: dict[str, Any]) -> Prepared:
    extract = _extract(answer["extract"])
    parts = answer["parts"]
    prepared = Prepared(
        extract,
        marks=tuple(Mark(Range(*at), MarkKind(kind), rule) for at, kind, rule in answer["marks"]),
        marked_share=float(answer["marked_share"]),
        parts=None
        if parts is None
        else tuple(Part(tuple(Range(*at) for at in ranges), reference=bool(reference)) for ranges, reference in parts),
    )
    length = len(extract.text)
    _check(length, [mark.range for mark in prepared.marks])
    _check(length, [range_ for part in prepared.parts or () for range_ in part.sentences])
    if not 0 <= prepared.marked_share <= 1 or not all(part.sentences for part in prepared.parts or ()):
        raise ValueError("a passage is empty, or the share is none")
    return prepared


def _extract(answer: dict[str, Any]) -> Extract:
    extract = Extract(
        text=answer["text"],
        extractor=answer["extractor"],
        title=answer["title"],
        page_starts=tuple(answer["page_starts"]),
        sections=tuple(Section(Range(*heading), *rest) for heading, *rest in answer["sections"]),
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


_GRACE = 2.0  # seconds a worker has to end by itself
_PATIENCE = 20  # a worker may take this many times its processor time by the clock, for busy machines


class IsolatedLoader:
    """A loader that reads files one by one in a worker process, replaced when it dies or takes too long.

    ``root``: the folder that files must be in once links are followed.
    ``seconds``: processor time for one file. ``memory``: address space of the worker, in bytes, where the system can
    limit it. ``size``: largest file that is read, in bytes. Not for use by several threads at once.
    """

    def __init__(self, *, root: Path, seconds: float = 60.0, memory: int = 2 * 2**30, size: int = 50_000_000) -> None:
        self._root = root
        self._seconds = seconds
        self._memory = memory
        self._size = size
        self._worker: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """End the worker, which ends by itself when its input does."""
        worker = self._worker
        if worker is not None and worker.stdin is not None and worker.poll() is None:
            with suppress(OSError):
                worker.stdin.close()
        self._kill(_GRACE)

    def read(self, path: Path) -> bytes:
        """Read the file's bytes. Raises ``SourceError`` with the reason if the file is left out."""
        data = read_file(path, root=self._root, limit=self._size)
        if not data:
            raise SourceError("empty file")
        return data

    def extract(self, data: bytes, name: str) -> Extract:
        """Extract ``data`` in the worker; ``name`` is only a hint. Raises ``SourceError`` with the reason."""
        return self.prepare(data, name, Splitting(most=0, passages=0)).extract

    def prepare(self, data: bytes, name: str, splitting: Splitting) -> Prepared:
        """Extract, mark and split ``data`` in the worker. Raises ``SourceError`` with the reason."""
        return unpack(self._ask(name, data, splitting))

    def _ask(self, name: str, data: bytes, splitting: Splitting) -> bytes:
        if self._worker is not None and self._worker.poll() is not None:
            self._kill(0)  # it died between two files; close its pipes
        worker = self._worker = self._worker or self._start()
        answers: list[bytes] = []
        # A thread, because not every system can wait for a pipe with a timeout; it ends when the worker does.
        exchange = Thread(target=_exchange, args=(worker, name, data, splitting, answers), daemon=True)
        exchange.start()
        try:
            exchange.join(self._seconds * _PATIENCE)
        except KeyboardInterrupt:
            worker.kill()  # or exiting would wait for a pipe that the exchange still holds
            raise
        late = exchange.is_alive()
        if answers and not late:
            return answers[0]
        status = self._kill(0 if late else _GRACE)
        exchange.join()
        if late or status == -signal.SIGPROF:
            raise SourceError(f"needs more than {self._seconds:g} s of processor time")
        if status == -signal.SIGABRT:  # how libraries end that get no more memory
            raise SourceError(f"the reader died; it may need more than {self._memory / 2**30:g} GiB")
        raise SourceError("the reader died")

    def _start(self) -> subprocess.Popen[bytes]:
        # Not multiprocessing: its children import the program's main module again, with all that it imports,
        # and a script without a `__main__` guard would start its work a second time.
        # -P: do not import from the working directory unless this process would.
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(part or str(Path.cwd()) for part in sys.path)}
        return subprocess.Popen(  # noqa: S603 - our own module, in this interpreter
            [sys.executable, "-P", "-m", "b12assistant.loaders.worker", str(self._memory), str(self._seconds)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
        )

    def _kill(self, grace: float) -> int | None:
        """End the worker, if there is one, after at most ``grace`` seconds. Return its exit status."""
        worker, self._worker = self._worker, None
        if worker is None:
            return None
        with suppress(subprocess.TimeoutExpired):
            worker.wait(grace)
        worker.kill()
        with suppress(OSError), worker:  # closes its pipes
            worker.wait()
        return worker.returncode


def _exchange(
    worker: subprocess.Popen[bytes], name: str, data: bytes, splitting: Splitting, answers: list[bytes]
) -> None:
    """Send one request to the worker; no answer is added if it dies."""
    requests, replies = cast("IO[bytes]", worker.stdin), cast("IO[bytes]", worker.stdout)  # pipes: see ``_start``
    with suppress(OSError, ValueError, MemoryError):  # a pipe that broke, or was closed at the timeout
        send(requests, name.encode())
        send(requests, data)
        send(requests, pack(splitting))
        answer = receive(replies)
        if answer is not None:
            answers.append(answer)
