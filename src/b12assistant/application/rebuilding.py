"""Building the index anew behind a running page: one build at a time, and how far it is."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from b12assistant.application.live import Live, prepare
from b12assistant.errors import AssistantError
from b12assistant.types import FileEnd, IndexReport


class State(StrEnum):
    IDLE = "idle"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Told:
    """How far a build is. ``stage``: reading, embedding or opening; ``done`` of ``of`` of that stage."""

    state: State = State.IDLE
    stage: str = "reading"
    done: int = 0
    of: int = 0
    problem: str = ""
    counts: dict[str, int] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        return {
            "state": self.state,
            "stage": self.stage,
            "done": self.done,
            "of": self.of,
            "problem": self.problem,
            "counts": self.counts,
        }


@dataclass(eq=False)
class Rebuilding:
    """The index of ``live``, built anew on request; when it is published, ``live`` answers from it."""

    live: Live
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _told: Told = Told()

    @property
    def told(self) -> Told:
        return self._told

    def start(self) -> bool:
        """Begin, unless a build is under way; whether it was begun."""
        with self._lock:
            if self._told.state is State.RUNNING:
                return False
            self._told = Told(State.RUNNING)
        threading.Thread(target=self._run, name="rebuilding", daemon=True).start()
        return True

    def _run(self) -> None:
        try:
            report = self.live().index(progress=self._progress)
            self._progress("opening", 0, 1)
            fresh = self.live.renew()
        except AssistantError as error:
            self._told = Told(State.FAILED, problem=str(error))
        except Exception as error:  # noqa: BLE001 - a thread that dies silently would leave a bar that never ends
            self._told = Told(State.FAILED, problem=type(error).__name__)
        else:
            self._told = Told(State.DONE, counts=_counts(report))
            prepare(fresh)

    def _progress(self, stage: str, done: int, of: int) -> None:
        self._told = Told(State.RUNNING, stage, done, of)


def _counts(report: IndexReport) -> dict[str, int]:
    left_out = report.count(FileEnd.LEFT_OUT)
    return {
        "documents": len(report.files) - left_out,
        "left_out": left_out,
        "warnings": report.count(FileEnd.WARNINGS),
        "embedded": sum(each.embedded for each in report.files),
    }
