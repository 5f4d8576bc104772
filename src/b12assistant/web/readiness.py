"""Whether a workspace can answer right now. Asking starts the loading, and never waits long for it."""

from __future__ import annotations

import threading
import weakref
from dataclasses import dataclass, field

from b12assistant.application.workspace import Workspace
from b12assistant.web.problems import LoadingError

_PATIENCE = 1.0  # seconds that a probe waits


@dataclass(eq=False)
class _Attempt:
    """One try to open the index and to run the encoder, in a thread of its own."""

    of: weakref.ref[Workspace]
    ended: threading.Event = field(default_factory=threading.Event)
    error: Exception | None = None

    def run(self, space: Workspace) -> None:
        try:
            space.engine.query("ready")
        except Exception as error:  # noqa: BLE001 - handed to whoever asks
            self.error = error
        finally:
            self.ended.set()


class Readiness:
    """One attempt at a time for all who ask; a failed one is told once, and the next to ask makes another."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._attempt: _Attempt | None = None

    def check(self, space: Workspace, *, patience: float = _PATIENCE) -> None:
        """Returns when ``space`` can answer. Raises what keeps it from that, ``LoadingError`` if it is only time."""
        with self._lock:
            attempt = self._attempt
            if attempt is None or attempt.of() is not space or attempt.error is not None:
                attempt = self._attempt = _Attempt(weakref.ref(space))
                threading.Thread(target=attempt.run, args=(space,), name="readiness", daemon=True).start()
        if not attempt.ended.wait(patience):
            raise LoadingError("still loading", hint="ask again in a few seconds")
        if attempt.error is not None:
            raise attempt.error
