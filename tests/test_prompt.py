"""The prompt as a person at a terminal sees it."""

import os
import re
import select
import sys
import termios
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
from shell import hearing_ctrl_c

pty = pytest.importorskip("pty", reason="needs a POSIX terminal")
pytestmark = pytest.mark.slow

EMERGENCY = "I cannot feel my legs and I cannot hold my urine"
COLOUR = re.compile(r"\x1b\[[0-9;?]*[a-zA-Z]")
PATIENCE = 90  # seconds


class Terminal:
    """A terminal with the program in it; ``status`` is set when it has ended."""

    def __init__(self, process: int, handle: int) -> None:
        self.process, self.handle, self.status = process, handle, -1

    def until(self, mark: str) -> str:
        """What is shown up to ``mark``; fails if it does not come."""
        shown = ""
        ends = time.monotonic() + PATIENCE
        while mark not in shown:
            assert time.monotonic() < ends, shown
            if select.select([self.handle], [], [], 1)[0]:
                shown += os.read(self.handle, 1).decode("latin-1")
        return self._plain(shown)

    def answer_to(self, typed: bytes) -> str:
        """What is shown after a line is typed, up to the next prompt."""
        os.write(self.handle, typed + b"\n")
        self.until("\n")  # the echo
        return self.until("\n> ")

    def settle(self) -> None:
        """Wait until `input` reads keys one by one, and nothing more is shown: it misses a key pressed before."""
        ends = time.monotonic() + PATIENCE
        while termios.tcgetattr(self.handle)[3] & termios.ICANON:
            assert time.monotonic() < ends
            time.sleep(0.02)
        while select.select([self.handle], [], [], 0.5)[0]:
            os.read(self.handle, 4096)

    def leave(self, typed: bytes) -> str:
        """What is shown after the last key."""
        os.write(self.handle, typed)
        shown = self.rest()
        self.status = os.waitstatus_to_exitcode(os.waitpid(self.process, 0)[1])
        return self._plain(shown.decode("latin-1"))

    def rest(self) -> bytes:
        """Everything until the program closes the terminal; fails if it does not."""
        shown = b""
        while select.select([self.handle], [], [], PATIENCE)[0]:
            try:
                data = os.read(self.handle, 4096)
            except OSError:  # how Linux says that the other side has closed
                return shown
            if not data:
                return shown
            shown += data
        raise AssertionError(shown)

    def _plain(self, shown: str) -> str:
        return COLOUR.sub("", shown.encode("latin-1").decode("utf-8", "replace")).replace("\r\n", "\n")


@contextmanager
def at(folder: Path, *arguments: str, **environment: str) -> Iterator[Terminal]:
    with hearing_ctrl_c():  # the child stays in it until it becomes the program
        process, handle = pty.fork()
        if process == 0:
            os.chdir(folder)
            variables: Mapping[str, str] = {**os.environ, "TERM": "xterm", "COLUMNS": "80", **environment}
            command = [sys.executable, "-m", "b12assistant", "ask", *arguments]
            os.execve(sys.executable, command, variables)  # noqa: S606
    terminal = Terminal(process, handle)
    try:
        yield terminal
    finally:
        if terminal.status == -1:
            os.kill(process, 9)
            os.waitpid(process, 0)
        os.close(handle)


def test_a_conversation(built: Path) -> None:
    with at(built) as terminal:
        greeting = terminal.until("\n> ")
        assert "q to quit" in greeting
        emergency = terminal.answer_to(EMERGENCY.encode())
        assert "Call 999 now." in emergency
        assert "1: It isn't happening now" in emergency
        assert "2: I'm only looking this up" in emergency
        assert "[1]" not in emergency
        cleared = terminal.answer_to(b"2")
        assert "Is it happening now?" in cleared
        assert "1: This is" not in cleared
        assert "New topic" in terminal.answer_to(b"")
        fresh = terminal.answer_to(b"What insulates a nerve fibre?")
        assert "fatty sheath" in fresh
        assert "happening now" not in fresh
        terminal.leave(b"q\n")
        assert terminal.status == 0


def test_the_last_words_can_be_searched_as_typed(built: Path) -> None:
    with at(built) as terminal:
        terminal.until("\n> ")
        terminal.answer_to(b"What insulates a nerve fibre?")
        read_with = "Read together with: What insulates a nerve fibre?"
        assert read_with in terminal.answer_to(b"and fat?")
        assert "Read together" not in terminal.answer_to(b"=")
        assert "More about: What insulates" in terminal.answer_to(b"tell me more")
        terminal.leave(b"q\n")


def test_an_emergency_is_answered_without_an_index(tmp_path: Path) -> None:
    (tmp_path / "corpus").mkdir()  # without one the packaged corpus answers
    with at(tmp_path) as terminal:
        assert "there is no index" in terminal.until("\n> ")
        assert "Call 999 now." in terminal.answer_to(EMERGENCY.encode())
        assert "there is no index" in terminal.answer_to(b"What is myelin?")


def test_a_key_exits_without_a_word(built: Path) -> None:
    with at(built) as terminal:
        terminal.until("\n> ")
        terminal.settle()
        shown = terminal.leave(b"\x03")
        assert terminal.status == 0
        assert shown.strip() in ("", "^C")


def test_no_line_is_wider_than_the_terminal(built: Path) -> None:
    columns = 40
    with at(built, "What insulates a nerve fibre?", COLUMNS=str(columns)) as terminal:
        lines = terminal.leave(b"").splitlines()
        assert terminal.status == 0
        assert max(map(len, lines)) <= columns
