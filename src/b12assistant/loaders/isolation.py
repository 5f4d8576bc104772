"""Read, mark and split files in a separate process, so that no file can hang, kill or bloat the program.

The process may be killed at any moment without harm to anything else. It runs ``main``: a request on standard input is
a line of JSON, a file's name and its length, and then its bytes; the answer on standard output is a line of JSON, its
text with marks and sentences: the output of a parser of untrusted files is never unpickled.
"""

from __future__ import annotations

import json
import os
import resource
import signal
import subprocess
import sys
from contextlib import suppress
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from threading import Timer
from typing import IO, Any, Self, cast

from pydantic import TypeAdapter

from b12assistant.cleaning import mark
from b12assistant.errors import SourceError
from b12assistant.language.words import language, use_language
from b12assistant.loaders import load
from b12assistant.loaders.decoding import read_file
from b12assistant.loaders.passages import sentences_in
from b12assistant.types import Extract

_LONGEST = 1 << 31  # bytes of an answer
_EXTRACTS = TypeAdapter(Extract)


def pack(sent: Extract | SourceError) -> bytes:
    """Write an answer as JSON: one object."""
    if isinstance(sent, SourceError):
        return json.dumps({"error": sent.message, "hint": sent.hint}).encode()
    return _EXTRACTS.dump_json(sent)


def unpack(message: bytes) -> Extract:
    """Read the extract that was packed, or raise the ``SourceError`` that was packed instead.

    Any other message, or one whose ranges do not fit the text, is a ``SourceError`` too: a fault of the worker costs
    one file, not the run.
    """
    with suppress(ValueError, KeyError, TypeError, RecursionError):
        answer: dict[str, Any] = json.loads(message)
        if "error" in answer:
            raise SourceError(answer["error"], hint=answer["hint"])
        return _checked(_EXTRACTS.validate_python(answer))
    raise SourceError("the reader's answer is not valid")


def _checked(extract: Extract) -> Extract:
    """Raise ``ValueError`` if the ranges of an extract do not fit its text, or overlap where they must not."""
    length = len(extract.text)
    apart = ([block.range for block in extract.blocks], [each.range for each in extract.marks], extract.sentences)
    others = [*(section.heading for section in extract.sections), *(region.range for region in extract.regions)]
    if any(range_.end > length for ranges in (*apart, others) for range_ in ranges):
        raise ValueError("a range ends after the text")
    if any(before.end > after.start for ranges in apart for before, after in pairwise(ranges)):
        raise ValueError("ranges are not in order")
    if any(before > after for before, after in pairwise((0, *extract.page_starts, length))):
        raise ValueError("pages are not in order")
    return extract


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
        self._end(_GRACE)

    def read(self, path: Path) -> bytes:
        """Read the file's bytes. Raises ``SourceError`` with the reason if the file is left out."""
        return read_file(path, root=self._root, limit=self._size)

    def extract(self, data: bytes, name: str) -> Extract:
        """Extract, mark and split ``data`` in the worker; ``name`` is a hint. Raises ``SourceError``."""
        if self._worker is not None and self._worker.poll() is not None:
            self._end(0)  # it died between two files; close its pipes
        worker = self._worker = self._worker or self._start()
        requests, replies = cast("IO[bytes]", worker.stdin), cast("IO[bytes]", worker.stdout)  # pipes: see ``_start``
        # Processor time has a limit of its own. Not every system can wait for a pipe with a timeout.
        alarm = Timer(self._seconds * _PATIENCE, worker.kill)
        alarm.start()
        answer = b""
        try:
            with suppress(OSError, ValueError, MemoryError):  # a pipe that broke
                requests.write(json.dumps([name, len(data)]).encode() + b"\n" + data)
                requests.flush()
                answer = replies.readline(_LONGEST)
        finally:
            alarm.cancel()
        if answer.endswith(b"\n"):
            return unpack(answer)
        status = self._end(_GRACE)
        if status in (-signal.SIGPROF, -signal.SIGKILL):  # by its own clock, or by ours
            raise SourceError(f"needs more than {self._seconds:g} s of processor time")
        if status == -signal.SIGABRT:  # how libraries end that get no more memory
            raise SourceError(f"the reader died; it may need more than {self._memory / 2**30:g} GiB")
        raise SourceError("the reader died")

    def _start(self) -> subprocess.Popen[bytes]:
        # Not multiprocessing: its children import the program's main module again, with all that it imports,
        # and a script without a `__main__` guard would start its work a second time.
        # -P: do not import from the working directory unless this process would.
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(part or str(Path.cwd()) for part in sys.path)}
        module = (sys.executable, "-P", "-m", "b12assistant.loaders.isolation")
        return subprocess.Popen(  # noqa: S603 - our own module, in this interpreter
            [*module, str(self._memory), str(self._seconds), language()],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
        )

    def _end(self, grace: float) -> int | None:
        """End the worker, if there is one, after at most ``grace`` seconds. Return its exit status."""
        worker, self._worker = self._worker, None
        if worker is None:
            return None
        with suppress(OSError, subprocess.TimeoutExpired):
            cast("IO[bytes]", worker.stdin).close()  # it ends by itself when its input does
            worker.wait(grace)
        worker.kill()
        with suppress(OSError), worker:  # closes its pipes
            worker.wait()
        return worker.returncode


def main() -> None:
    """Answer requests until the input ends, as ``python -m b12assistant.loaders.isolation MEMORY SECONDS LANGUAGE``."""
    limit, seconds = int(sys.argv[1]), float(sys.argv[2])
    use_language(sys.argv[3])
    with suppress(ValueError, OSError):  # macOS refuses
        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    # Standard output is for answers: what a library prints goes to standard error.
    claimed = os.dup(sys.stdout.fileno())
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    with os.fdopen(claimed, "wb") as output:
        for request in sys.stdin.buffer:
            name, length = json.loads(request)
            data = sys.stdin.buffer.read(length)
            if len(data) < length:
                return
            signal.setitimer(signal.ITIMER_PROF, seconds)  # the system ends this process after so much processor time
            answer = _answer(data, name, limit)
            signal.setitimer(signal.ITIMER_PROF, 0)
            output.write(answer + b"\n")
            output.flush()


def _answer(data: bytes, name: str, limit: int) -> bytes:
    try:
        extract = load(data, name)
        marked = replace(extract, marks=mark(extract))
        return pack(replace(marked, sentences=sentences_in(marked)))
    except SourceError as error:
        return pack(error)
    except MemoryError:
        return pack(SourceError(f"needs more than {limit / 2**30:g} GiB of memory"))
    except Exception as error:  # noqa: BLE001 - a parser's bug costs one file, and its reason is reported
        return pack(SourceError(f"the reader failed ({type(error).__name__})"))


if __name__ == "__main__":
    main()
