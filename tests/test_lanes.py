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
