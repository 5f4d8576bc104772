"""A server in a process of its own: it switches to a newer index, and when told to stop it finishes its work first."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx2 as httpx
import pytest
from fakes import FakeWorkspace
from serving import small_space

pytestmark = pytest.mark.slow

ASKED = "What wraps every nerve: myelin?"
SERVER = """
import sys, time
from fakes import FakeWorkspace, fake_workspace
from pathlib import Path
from b12assistant.web import site
class Slow(FakeWorkspace):
    def ask(self, question, history=(), **how):
        if "wait" in question:
            (self.corpus.parent / "begun").touch()
            while not (self.corpus.parent / "go on").exists():
                time.sleep(0.02)
        return super().ask(question, history, **how)
flags = {"web.log": "info", "web.seconds": float(sys.argv[3])}
site.serve(Slow(fake_workspace(Path(sys.argv[1]), Path(sys.argv[2]), flags=flags).configuration), port=0)
"""


@dataclass(frozen=True)
class Server:
    process: subprocess.Popen[str]
    address: str
    folder: Path

    def has_begun(self) -> bool:
        """Whether a question that waits is being answered."""
        return (self.folder / "begun").exists()

    def go_on(self) -> None:
        """Let the waiting questions go on."""
        (self.folder / "go on").touch()

    def ask(self, question: str) -> tuple[int, dict[str, Any]]:
        answer = httpx.post(f"{self.address}/api/v1/ask", json={"question": question}, timeout=100)
        return answer.status_code, answer.json()

    def ended(self) -> tuple[int, list[dict[str, Any]]]:
        """The exit status, and the lines of the log."""
        _, err = self.process.communicate(timeout=100)
        return self.process.returncode, [json.loads(line) for line in err.splitlines()]


def until(happened: Callable[[], bool]) -> None:
    end = time.monotonic() + 100
    while not happened():
        assert time.monotonic() < end
        time.sleep(0.02)


@contextmanager
def serving(space: FakeWorkspace, seconds: float = 100.0) -> Iterator[Server]:
    places = [str(space.corpus), str(space.store.root), str(seconds)]
    paths = {"PYTHONPATH": str(Path(__file__).parent)}
    with subprocess.Popen(
        [sys.executable, "-c", SERVER, *places],
        env=os.environ | paths,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            found = re.search(r"http://\S+", process.stdout.readline())
            assert found, process.stderr and process.stderr.read()
            server = Server(process, found[0], space.corpus.parent)
            until(lambda: server.ask(ASKED)[0] == 200)  # loading may take longer than the deadline
            yield server
        finally:
            process.kill()


@pytest.fixture
def space(tmp_path: Path) -> FakeWorkspace:
    return small_space(tmp_path)


def test_on_sigterm_it_answers_what_was_begun_and_refuses_what_is_new(space: FakeWorkspace) -> None:
    with serving(space) as server, ThreadPoolExecutor(1) as pool:
        begun = pool.submit(server.ask, "What wraps every nerve: myelin? wait")
        until(server.has_begun)
        server.process.send_signal(signal.SIGTERM)
        told = [server.ask(ASKED)]
        while told[-1][0] == 200:  # it has not yet noticed
            told.append(server.ask(ASKED))
        status, refused = told.pop()
        assert (status, refused["code"]) == (503, "stopping")
        server.go_on()
        status, answer = begun.result(60)
        assert status == 200
        begun_as = answer["answer"]["status"]
        status, lines = server.ended()
    assert status == 0
    ends = [line["end"] for line in lines if line["event"] == "question"]
    assert ends == ["answered", *("answered" for _ in told), begun_as]
    assert "myelin" not in str(lines)


def test_a_question_that_never_ends_keeps_it_no_longer_than_its_deadline(space: FakeWorkspace) -> None:
    with serving(space, seconds=3.0) as server, ThreadPoolExecutor(1) as pool:
        begun = pool.submit(server.ask, "What wraps every nerve? wait")
        until(lambda: server.has_begun() or begun.done())
        server.process.send_signal(signal.SIGTERM)
        status, late = begun.result(60)
        assert (status, late["code"]) == (503, "late")
        assert server.ended()[0] == 0
