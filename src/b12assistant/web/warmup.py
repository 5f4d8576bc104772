"""Load what answering needs while the page is already shown, and report how that ended."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Callable
from dataclasses import InitVar, dataclass, field

from b12assistant.application.live import give_back, prepare, share_heaps
from b12assistant.application.workspace import Workspace
from b12assistant.web.problems import LoadingError, logged


@dataclass(eq=False)
class Warmup:
    """One attempt to load. An emergency is answered without it; other questions wait for the same parts.

    ``then``: called after success; it must not raise.
    """

    space: InitVar[Workspace]  # not stored: it must be freed when a newer index replaces it
    then: InitVar[Callable[[Workspace], None]] = prepare
    _thread: threading.Thread = field(init=False)
    _ended: threading.Event = field(default_factory=threading.Event, init=False)
    _problem: str | None = field(default=None, init=False)

    def __post_init__(self, space: Workspace, then: Callable[[Workspace], None]) -> None:
        self._thread = threading.Thread(target=self._run, args=(space, then), name="warmup", daemon=True)

    def start(self) -> None:
        share_heaps()
        self._thread.start()

    @property
    def ended(self) -> bool:
        return self._ended.is_set()

    def problem(self, seconds: float | None = None) -> str | None:
        """Wait for the end; return what went wrong, as a sentence, or ``None``."""
        self._ended.wait(seconds)
        return self._problem

    def _run(self, space: Workspace, then: Callable[[Workspace], None]) -> None:
        try:
            space.opened  # noqa: B018 - opens the index or raises
            space.ask("ready")
        except Exception as error:  # noqa: BLE001 - reported by `problem`
            self._problem = logged(error).sentence
        finally:
            self._ended.set()
        if self._problem is None:
            then(space)
            give_back()


_PATIENCE = 1.0  # seconds that a probe waits


@dataclass(eq=False)
class _Attempt:
    """An attempt to open the index and run the encoder, in its own thread."""

    of: weakref.ref[Workspace]
    ended: threading.Event = field(default_factory=threading.Event)
    error: Exception | None = None

    def run(self, space: Workspace) -> None:
        try:
            space.engine.query("ready")
        except Exception as error:  # noqa: BLE001 - raised by `check`
            self.error = error
        finally:
            self.ended.set()


class Readiness:
    """Checks whether questions can be answered, with one attempt at a time; after a failure the next check retries."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._attempt: _Attempt | None = None

    def check(self, space: Workspace, *, patience: float = _PATIENCE) -> None:
        """Return when ``space`` can answer. Raises what prevents it, or ``LoadingError`` while loading."""
        with self._lock:
            attempt = self._attempt
            if attempt is None or attempt.of() is not space or attempt.error is not None:
                attempt = self._attempt = _Attempt(weakref.ref(space))
                threading.Thread(target=attempt.run, args=(space,), name="readiness", daemon=True).start()
        if not attempt.ended.wait(patience):
            raise LoadingError("still loading", hint="ask again in a few seconds")
        if attempt.error is not None:
            raise attempt.error
