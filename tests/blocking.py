"""A workspace whose searches wait for a gate, and limits for asking it."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from fakes import FakeWorkspace

from b12assistant.answers import Reply
from b12assistant.web.questions import Lane, Questions

ASKED = "What wraps every nerve: myelin?"
SERIOUS = "My legs have been getting weaker for weeks, what wraps every nerve?"


@dataclass(frozen=True)
class Blocking(FakeWorkspace):
    """Its searches wait for the gate; the safety check is the real one."""

    gate: threading.Event = field(default_factory=threading.Event)

    def ask(self, question: str, history: Sequence[str] = (), **how: Any) -> Reply:
        self.gate.wait(60)
        return super().ask(question, history, **how)


def blocking_space(built: FakeWorkspace) -> Blocking:
    """``built``, with its gate closed."""
    space = Blocking(built.configuration)
    vars(space).update(vars(built))
    vars(space)["gate"] = threading.Event()
    return space


def questions(*, seconds: float = 20.0, waiting: int = 8) -> Questions:
    return Questions(seconds, Lane("check", 4, waiting), Lane("search", 1, waiting))
