"""The corpus and index of this folder, served in a process of its own, for the benchmarks that ask a server."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

ROOT = Path(__file__).parent.parent
_PATIENCE = 300.0  # seconds until the server says where it is: it opens the index before


@dataclass(frozen=True, slots=True)
class Served:
    """``process``: its id."""

    process: int
    address: str


@contextmanager
def served() -> Iterator[Served]:
    """A server that has said where it is, stopped in the end. Raises ``SystemExit`` with what it said instead.

    What it says goes to a file: a pipe that nobody reads would fill, and then the server would wait.
    """
    command = [sys.executable, "-m", "b12assistant", "serve", "--port", "0"]
    with tempfile.TemporaryFile() as said:
        server = subprocess.Popen(command, cwd=ROOT, stdout=said, stderr=subprocess.STDOUT)  # noqa: S603 - this program
        try:
            yield Served(server.pid, _address(server, said))
        finally:
            server.terminate()
            print(f"the server ended with status {server.wait(30)}", flush=True)


def _address(server: subprocess.Popen[bytes], said: IO[bytes]) -> str:
    end = time.monotonic() + _PATIENCE
    while True:
        ended = server.poll() is not None or time.monotonic() > end
        begun = os.pread(said.fileno(), 10_000, 0)  # and not `read`: the place in the file is the server's too
        text = begun.decode("utf-8", "replace")
        if found := re.search(r"answers at (http://\S+)\s", text):
            return found[1]
        if ended:
            raise SystemExit(f"nothing is served: {text.strip() or 'see b12assistant serve'}")
        time.sleep(0.05)
