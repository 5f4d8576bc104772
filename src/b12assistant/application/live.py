"""Hold the workspace that a running server answers from, and replace it when a newer index is published."""

from __future__ import annotations

import logging
import threading
from dataclasses import dataclass, field

from b12assistant.application.workspace import Workspace, written
from b12assistant.corpus.page_words import load_page_words
from b12assistant.corpus.switched_off import SWITCHED_OFF_FILE
from b12assistant.errors import AssistantError
from b12assistant.language.vocabulary import english_words
from b12assistant.memory import give_back

_LOG = logging.getLogger("b12assistant.index")
_LONG = 50  # times the examples make a long message


def prepare(space: Workspace) -> None:
    """Read the dictionary in advance, and compile the patterns of triage: for messages short and long, and of every
    language."""
    try:
        english_words(with_rare=False)
        words = space.page_words or load_page_words()
        for text in (*words.examples, " ".join(words.examples * _LONG)):
            space.assistant.triaged(text)
        space.rules.languages.compile()
    except Exception as error:  # noqa: BLE001 - answers do not need them, and the next request tries again
        _LOG.error("not prepared: %s", type(error).__name__)


def _settle(space: Workspace) -> None:
    give_back()
    prepare(space)


@dataclass(eq=False)
class Live:
    """A callable that returns the current workspace. Call it once per request: an answer must be from one generation.

    The first call after another process published an index opens that and returns it, so call it where waiting is
    allowed, not in an event loop; calls in other threads meanwhile return the one in use. An edit of
    `switched_off.toml` counts from the next call on. If either cannot be used, the previous one stays, with the reason
    among its problems.
    """

    _space: Workspace
    _renewing: threading.Lock = field(default_factory=threading.Lock)
    _switching: threading.RLock = field(default_factory=threading.RLock)
    _seen: object = None  # the index on disk that was last opened or tried
    _seen_off: object = None  # the state of `switched_off.toml` that was last read

    def __post_init__(self) -> None:
        self._seen, self._seen_off = self._space.store.pointer(), self._written()

    def __call__(self) -> Workspace:
        if self._space.is_open:
            if self._written() != self._seen_off:
                self._switch()
            if self._is_published() and self._renewing.acquire(blocking=False):
                try:
                    self._follow()
                finally:
                    self._renewing.release()
        return self._space

    def _is_published(self) -> bool:
        return self._space.store.pointer() not in (None, self._seen)

    def _written(self) -> object:
        """Return a value that changes when `switched_off.toml` is edited."""
        return written(self._space.corpus / SWITCHED_OFF_FILE)

    def _switch(self) -> None:
        """Switch off what the file now names, unless another thread has done so already."""
        with self._switching:
            state = self._written()
            if state == self._seen_off:
                return
            self._seen_off = state
            try:
                self._space = self._space.switched()
            except Exception as error:  # noqa: BLE001 - what was off before stays off
                self._keep(f"{SWITCHED_OFF_FILE} cannot be used", error)
                return
        threading.Thread(target=prepare, args=(self._space,), name="renewing", daemon=True).start()

    def _follow(self) -> None:
        """Open the newest index and use it from now on, unless it was tried already."""
        if not self._is_published():
            return
        self._seen = self._space.store.pointer()
        try:
            fresh = self._space.renewed()
            fresh.opened  # noqa: B018 - opens the index or raises
            fresh.ask("ready")
        except Exception as error:  # noqa: BLE001 - the previous index still works
            self._keep("the newest index cannot be used", error)
            return
        with self._switching:
            self._space, self._seen_off = fresh, None  # the file may have been edited since it was opened
        for problem in fresh.opened.problems:
            _LOG.error("an index was passed over: %s", problem)
        _LOG.info("index", extra={"generation": fresh.opened.collection.generation})
        threading.Thread(target=_settle, args=(fresh,), name="renewing", daemon=True).start()

    def _keep(self, what: str, error: Exception) -> None:
        """Keep the previous state, with what went wrong as its problem."""
        why = str(error) if isinstance(error, AssistantError) else type(error).__name__
        problem = f"{what}: {why}"
        _LOG.error("%s", problem)
        with self._switching:
            self._space = self._space.with_problem(problem)
