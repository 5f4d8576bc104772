"""The workspace that a running server answers from, until a newer index takes its place."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from b12assistant.answers import FixedTexts, Reply
from b12assistant.api import Workspace
from b12assistant.config import Configuration

_KEPT = ("encoder", "projection")  # what a newer index is read with too


@dataclass(eq=False)
class Live:
    """Called, it gives the workspace of now. Whoever answers a request calls it once and holds on to what it gave, so
    that an answer is wholly from one generation. ``heard``: told of every question that is asked on the page."""

    _space: Workspace
    heard: Callable[[Reply, Sequence[str]], None] = lambda reply, history: None
    _renewing: threading.Lock = field(default_factory=threading.Lock)

    def __call__(self) -> Workspace:
        return self._space

    @property
    def configuration(self) -> Configuration:
        return self().configuration

    @property
    def texts(self) -> FixedTexts:
        return self().texts

    def ask(self, question: str, history: Sequence[str] = (), *, as_typed: bool = False) -> Reply:
        """What the workspace of now answers. Raises what it raises."""
        reply = self().ask(question, history, as_typed=as_typed)
        self.heard(reply, history)
        return reply

    def renew(self) -> Workspace:
        """Open the index that is current now, and what is switched off now, and answer from it from here on.

        Nobody waits for it: it takes its place when it has answered once. Raises what opening raises; then the former
        one goes on.
        """
        with self._renewing:
            fresh = replace(self._space)
            vars(fresh).update({name: part for name, part in vars(self._space).items() if name in _KEPT})
            fresh.opened  # noqa: B018 - opened here, or it raises
            fresh.ask("ready")
            self._space = fresh
        fresh.suggestions  # noqa: B018 - nobody waits for these
        return fresh
