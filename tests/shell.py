"""The program as a shell runs it: a process of its own, on a corpus of three small files."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

ANSWERS = {
    "myelin.md": "# Myelin\n\n## What it is\n\nMyelin is a fatty sheath that insulates a nerve fibre.\n\n"
    "Vitamin B12 keeps myelin in good repair.\n",
    "medicines.md": "# Medicines\n\n## What lowers vitamin B12\n\nMetformin lowers vitamin B12 in some people.\n\n"
    "Acid reducers lower the absorption of vitamin B12 when they are taken for years.\n",
    "folate.txt": "Folic acid hides the anæmia of vitamin B12 deficiency.\n\nThe nerves are not protected by it.\n",
}
LEFT = {"B12_SHARED", "LC_ALL", "LANG", "COLUMNS", "NO_COLOR"}  # not passed on to the tested process


@dataclass(frozen=True)
class Done:
    """How a command ended; ``err`` is what a person reads."""

    status: int
    out: str
    err: str

    @property
    def complaint(self) -> str:
        """The one line that says what is wrong; fails if it is anything else, such as a traceback."""
        lines = self.err.strip().splitlines()  # after ^C click first ends the line
        assert len(lines) == 1, self.err
        assert lines[0].startswith("b12assistant: "), self.err
        return lines[0].removeprefix("b12assistant: ")


Call = Callable[..., Done]


@contextmanager
def hearing_ctrl_c() -> Iterator[None]:
    """Background jobs and what they start ignore Ctrl-C; programs started within this do not."""
    previous = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, previous)


def start(
    *arguments: str,
    cwd: Path,
    env: Mapping[str, str] | None = None,
    stdin: int = subprocess.DEVNULL,
    stdout: int | IO[bytes] = subprocess.PIPE,
) -> subprocess.Popen[bytes]:
    """Start the command. ``env``: variables in addition to those of this process."""
    environment = {key: value for key, value in os.environ.items() if key not in LEFT} | dict(env or {})
    command = [sys.executable, "-m", "b12assistant", *arguments]
    return subprocess.Popen(command, cwd=cwd, env=environment, stdin=stdin, stdout=stdout, stderr=subprocess.PIPE)


def b12(*arguments: str, cwd: Path, typed: bytes | None = None, env: Mapping[str, str] | None = None) -> Done:
    """Run the command to its end; ``typed``: its standard input."""
    with start(*arguments, cwd=cwd, env=env, stdin=subprocess.PIPE) as process:
        out, err = process.communicate(typed or b"", timeout=180)
    return Done(process.returncode, out.decode(), err.decode())


def stop(process: subprocess.Popen[bytes], how: signal.Signals, *, when: Path, pattern: str) -> Done:
    """Send a signal as soon as ``when`` contains a file that matches ``pattern``."""
    for _ in range(1200):
        if process.poll() is not None or any(when.glob(pattern)):
            break
        time.sleep(0.05)
    assert process.poll() is None, process.communicate()
    process.send_signal(how)
    out, err = process.communicate(timeout=60)
    return Done(process.returncode, out.decode(), err.decode())
