"""The workspace that a running server answers from, until a newer index takes its place."""

from __future__ import annotations

import logging
import threading
import time
from copy import copy
from dataclasses import dataclass, field, replace
from pathlib import Path

from b12assistant.answers import FixedTexts
from b12assistant.application.workspace import Workspace
from b12assistant.config import Configuration
from b12assistant.corpus.switched_off import SWITCHED_OFF_FILE
from b12assistant.errors import AssistantError

_KEPT = ("encoder", "projection", "search_server")  # what a newer index is read with too
_LOOKED = 1.0  # seconds between two looks at the index on disk
_LOG = logging.getLogger("b12assistant.index")


def prepare(space: Workspace) -> None:
    """What is good to have and nobody waits for: suggestions and, by reading them, what triage compiles at need."""
    try:
        for text in space.suggestions.texts:
            space.assistant.triaged(text)
    except Exception as error:  # noqa: BLE001 - answers go on without them, and the next to ask tries again
        _LOG.error("no suggestions: %s", type(error).__name__)


@dataclass(eq=False)
class Live:
    """Called, it gives the workspace of now. Whoever answers a request calls it once and holds on to what it gave, so
    that an answer is wholly from one generation.

    An index that another process publishes, or an edited list of what is switched off, is opened beside the one in use
    and then takes its place. One that cannot be used leaves the previous one in its place, with what is wrong among its
    problems.
    """

    _space: Workspace
    _renewing: threading.Lock = field(default_factory=threading.Lock)
    _seen: object = None  # the state on disk that was opened last, or could not be
    _looked: float = 0.0

    def __post_init__(self) -> None:
        self._seen = self._state()

    def __call__(self) -> Workspace:
        now = time.monotonic()
        if now - self._looked >= _LOOKED:
            self._looked = now
            if "opened" in vars(self._space) and self._state() not in (None, self._seen):
                threading.Thread(target=self._follow, name="renewing", daemon=True).start()
        return self._space

    @property
    def configuration(self) -> Configuration:
        return self._space.configuration

    @property
    def texts(self) -> FixedTexts:
        return self._space.texts

    def _state(self) -> tuple[object, object] | None:
        """What changes when an index is published or `switched_off.toml` is edited; ``None`` without an index."""
        pointer = self._space.store.pointer()
        return None if pointer is None else (pointer, _edited(self._space.corpus / SWITCHED_OFF_FILE))

    def _renew(self) -> Workspace:
        """Open the index that is current now, without what is switched off now, and answer from it from here on.

        Raises what opening raises; then the previous one stays in use, and its problems say why.
        """
        self._seen = self._state()
        try:
            fresh = replace(self._space)
            held = vars(self._space)
            vars(fresh).update({name: held[name] for name in _KEPT if name in held})
            fresh.opened  # noqa: B018 - opened here, or it raises
            fresh.ask("ready")
        except Exception as error:
            self._keep(error)
            raise
        self._space = fresh
        return fresh

    def _follow(self) -> None:
        """Take over what was published or switched off elsewhere, unless it has been meanwhile."""
        with self._renewing:
            if self._state() in (None, self._seen):
                return
            try:
                fresh = self._renew()
            except Exception:  # noqa: BLE001 - whatever it is, the former index is still good, and it was told
                return
        for problem in fresh.opened.problems:
            _LOG.error("an index was passed over: %s", problem)
        _LOG.info("index", extra={"generation": fresh.opened.collection.generation})
        prepare(fresh)

    def _keep(self, error: Exception) -> None:
        """Go on with the former index, if there is one, and let whoever asks after it know why."""
        why = str(error) if isinstance(error, AssistantError) else type(error).__name__
        problem = f"the newest index cannot be used: {why}"
        _LOG.error("%s", problem)
        if "opened" in vars(self._space):
            kept = copy(self._space)  # not made anew: what a curator wrote may be what is wrong
            vars(kept)["opened"] = replace(self._space.opened, problems=(problem,))
            self._space = kept


def _edited(file: Path) -> tuple[int, int] | None:
    """What differs once ``file`` was written; ``None`` if it is not there."""
    try:
        found = file.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns
