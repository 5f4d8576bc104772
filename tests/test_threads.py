"""Loading behind a page that is already there: it says how it ended, and what no request waits for comes last."""

import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from serving import empty_space, small_space

from b12assistant.threads import NativeCalls, once
from b12assistant.web.questions import Warmup


class Part:
    def __init__(self, failures: int = 0) -> None:
        self.made, self.failures = 0, failures

    @once
    def whole(self) -> object:
        self.made += 1
        time.sleep(0.02)
        if self.made <= self.failures:
            raise OSError("not yet")
        return object()


def test_a_part_is_made_once_for_all_threads() -> None:
    part = Part()
    with ThreadPoolExecutor(20) as pool:
        found = list(pool.map(lambda _: part.whole, range(20)))
    assert (part.made, len({id(each) for each in found})) == (1, 1)


def test_a_failure_is_not_kept() -> None:
    part = Part(failures=1)
    with pytest.raises(OSError, match="not yet"):
        part.whole  # noqa: B018 - making it is what fails
    assert part.whole is part.whole


def test_closing_waits_for_threads_in_native_code_and_lets_no_other_in() -> None:
    native_calls, done = NativeCalls(), []
    entered = threading.Event()

    def computing() -> None:
        with native_calls:
            entered.set()
            while not native_calls._closed:
                time.sleep(0.001)
            time.sleep(0.05)
            done.append("inside")
        with native_calls:
            done.append("again")

    threading.Thread(target=computing, daemon=True).start()
    entered.wait()
    native_calls.close()
    assert done == ["inside"]
    with native_calls:  # the closing thread still may
        time.sleep(0.05)
    assert done == ["inside"]


_ENDING = """
import threading
from b12assistant.index.encoding import load_encoder

encoder, begun = load_encoder(threads=1), threading.Event()

def forever():
    while True:
        list(encoder.encode(["What is myelin?"] * 4))
        begun.set()

for _ in range(3):
    threading.Thread(target=forever, daemon=True).start()
begun.wait()
"""


@pytest.mark.slow
def test_a_process_ends_cleanly_while_its_threads_encode() -> None:
    for _ in range(3):
        ended = subprocess.run([sys.executable, "-c", _ENDING], capture_output=True, text=True, check=False)
        assert (ended.returncode, ended.stderr) == (0, "")


def loaded() -> None:
    """Wait for the thread of ``load_ahead``, if it began one."""
    for thread in threading.enumerate():
        if thread.name == "loading":
            thread.join()


def test_what_an_answer_needs_is_loaded_ahead(tmp_path: Path) -> None:
    space = small_space(tmp_path)
    space.load_ahead()
    loaded()
    assert space.is_open
    assert "ready" in space.encoder.encoded


ASKING = {"nerves.md": "# Nerves\n\n## What wraps a nerve?\n\nMyelin wraps a nerve.\n"}


def waited(warmup: Warmup) -> str | None:
    """Wait until loading is done; return what went wrong."""
    warmup.start()
    problem = warmup.problem(60)
    for thread in threading.enumerate():
        if thread.name == "warmup":
            thread.join(60)
    return problem


def test_what_cannot_be_loaded_is_reported_and_what_can_is_opened(tmp_path: Path) -> None:
    problem = waited(Warmup(empty_space(tmp_path / "empty")))
    assert problem is not None
    assert "b12assistant index" in problem
    space = small_space(tmp_path, ASKING)
    assert waited(Warmup(space)) is None
    assert "opened" in vars(space)
