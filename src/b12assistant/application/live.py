"""Answer from the newest index: a running program follows what another process publishes."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass, field

from b12assistant.application.workspace import Workspace
from b12assistant.errors import AssistantError
from b12assistant.threads import give_back

_LOG = logging.getLogger("b12assistant.index")
_LONG = 50  # times the examples make a long message
_GERMAN = "Wie lange dauert das noch?"


def prepare(space: Workspace) -> None:
    """Load in advance what only some messages need: misspelt ones, long ones, with several questions, or in another
    language; and compile the patterns of triage: a second in all. Then give spare memory back."""
    try:
        words = space.page_words
        for text in (*words.examples, " ".join(words.examples * _LONG)):
            space.assistant.triaged(text)
        space.assistant.triaged(_GERMAN)
        space.rules.compile()
        space.ask(" ".join(words.examples))
        space.engine.query("Symtoms?")
    except Exception as error:  # noqa: BLE001 - answers do not need them, and the next request tries again
        _LOG.error("not prepared: %s", type(error).__name__)
    give_back()


@dataclass(eq=False)
class Live:
    """A callable that returns the current workspace. Call it once per request: an answer must be from one generation.

    The first call after another process published an index opens that and returns it, so call it where waiting is
    allowed, not in an event loop; calls in other threads meanwhile return the one in use. If the new one cannot be
    used, the previous one stays, with the reason among its problems.
    """

    _space: Workspace
    _renewing: threading.Lock = field(default_factory=threading.Lock)
    _seen: object = None  # the index on disk that was last opened or tried

    def __post_init__(self) -> None:
        self._seen = self._space.store.pointer()

    def __call__(self) -> Workspace:
        if self._space.is_open and self._published() and self._renewing.acquire(blocking=False):
            try:
                if published := self._published():  # else another thread tried it meanwhile
                    self._seen = published
                    self._follow()
            finally:
                self._renewing.release()
        return self._space

    def _published(self) -> object:
        """Return the index on disk, ``None`` if there is none or it was opened or tried already."""
        pointer = self._space.store.pointer()
        return None if pointer == self._seen else pointer

    def _follow(self) -> None:
        """Open the newest index and use it from now on."""
        try:
            fresh = self._space.renewed()
            fresh.opened  # noqa: B018 - opens the index or raises
            fresh.ask("ready")
        except Exception as error:  # noqa: BLE001 - the previous index still works
            why = str(error) if isinstance(error, AssistantError) else type(error).__name__
            problem = f"the newest index cannot be used: {why}"
            _LOG.error("%s", problem)
            self._space = self._space.with_problem(problem)
            return
        self._space = fresh
        for problem in fresh.opened.problems:
            _LOG.error("an index was passed over: %s", problem)
        _LOG.info("index", extra={"generation": fresh.opened.collection.generation})
        threading.Thread(target=prepare, args=(fresh,), name="renewing", daemon=True).start()
