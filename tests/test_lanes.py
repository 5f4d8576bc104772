from __future__ import annotations

import threading
from concurrent.futures import CancelledError, Future

import pytest

from b12assistant.web.problems import BusyError
from b12assistant.web.questions import Lane

SECONDS = 60  # a busy machine may take this long


def blocked(lane: Lane, number: int, gate: threading.Event) -> list[Future[bool]]:
    return [lane.submit(lambda: gate.wait(SECONDS)) for _ in range(number)]


def test_a_lane_takes_so_many_at_once_so_many_waiting_and_no_more() -> None:
    lane, gate = Lane("test", 2, 3), threading.Event()
    taken = blocked(lane, 5, gate)
    with pytest.raises(BusyError, match="ask again"):
        lane.submit(bool)
    gate.set()
    assert all(each.result(SECONDS) for each in taken)
    assert lane.submit(lambda: "free again").result(SECONDS) == "free again"


def test_a_lane_uses_no_more_threads_than_jobs_at_once() -> None:
    lane, seen, lock = Lane("test", 3, 100), set[int](), threading.Lock()
    barrier = threading.Barrier(3, timeout=SECONDS)

    def work() -> None:
        barrier.wait()
        with lock:
            seen.add(threading.get_ident())

    for each in [lane.submit(work) for _ in range(30)]:
        each.result(SECONDS)
    assert len(seen) == 3


def test_a_job_given_up_before_its_turn_is_never_started() -> None:
    lane, gate, begun = Lane("test", 1, 5), threading.Event(), list[str]()
    first = blocked(lane, 1, gate)
    given_up = lane.submit(lambda: begun.append("given up"))
    last = lane.submit(lambda: begun.append("last"))
    assert given_up.cancel()
    gate.set()
    last.result(SECONDS)
    assert first[0].result(SECONDS)
    assert begun == ["last"]
    with pytest.raises(CancelledError):
        given_up.result()


def test_an_error_goes_to_the_caller_and_the_thread_goes_on() -> None:
    lane = Lane("test", 1, 5)
    broken = lane.submit(lambda: int("three"))
    with pytest.raises(ValueError, match="three"):
        broken.result(SECONDS)
    assert lane.submit(lambda: 3).result(SECONDS) == 3


def test_a_thread_that_cannot_be_started_costs_one_question_and_no_place(monkeypatch: pytest.MonkeyPatch) -> None:
    lane = Lane("test", 1, 0)

    def refused(_: threading.Thread) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as without:
        without.setattr(threading.Thread, "start", refused)
        with pytest.raises(RuntimeError):
            lane.submit(bool)
    assert lane.submit(lambda: 3).result(SECONDS) == 3


def test_a_job_that_is_given_up_leaves_its_place_at_once() -> None:
    lane = Lane("test", 1, 2)
    gate, begun = threading.Event(), threading.Event()

    def wait() -> None:
        begun.set()
        gate.wait(SECONDS)

    lane.submit(wait)
    assert begun.wait(SECONDS)
    first, _ = lane.submit(bool), lane.submit(bool)
    assert first.cancel()
    assert lane.waiting == 1
    last = lane.submit(lambda: "in")
    gate.set()
    assert last.result(SECONDS) == "in"
