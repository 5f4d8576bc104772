"""Read, mark and split files in a separate process, so that no file can hang, kill or bloat the program."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from threading import Thread
from typing import IO, Self, cast

from b12assistant.errors import SourceError
from b12assistant.loaders import wire
from b12assistant.loaders.decoding import read_file
from b12assistant.loaders.passages import Prepared, Splitting
from b12assistant.types import Extract

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
        return wire.unpack(self._ask(name, data, None))

    def prepare(self, data: bytes, name: str, splitting: Splitting) -> Prepared:
        """Extract, mark and split ``data`` in the worker. Raises ``SourceError`` with the reason."""
        return wire.unpack_prepared(self._ask(name, data, splitting))

    def _ask(self, name: str, data: bytes, splitting: Splitting | None) -> bytes:
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
    worker: subprocess.Popen[bytes], name: str, data: bytes, splitting: Splitting | None, answers: list[bytes]
) -> None:
    """Send one request to the worker; no answer is added if it dies."""
    requests, replies = cast("IO[bytes]", worker.stdin), cast("IO[bytes]", worker.stdout)  # pipes: see ``_start``
    with suppress(OSError, ValueError, MemoryError):  # a pipe that broke, or was closed at the timeout
        wire.send(requests, name.encode("utf-8", "surrogateescape"))
        wire.send(requests, data)
        wire.send(requests, wire.pack(splitting))
        answer = wire.receive(replies)
        if answer is not None:
            answers.append(answer)
