"""Load what answering needs while the page is already shown, and report how that ended."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future

from b12assistant.application.live import prepare
from b12assistant.application.workspace import Workspace
from b12assistant.memory import give_back, spare_memory
from b12assistant.web.problems import problem_of


class Warmup:
    """One attempt to load. An emergency is answered without it; other questions wait for the same parts.

    ``then``: called after success; it must not raise.
    """

    def __init__(self, space: Workspace, then: Callable[[Workspace], None] = prepare) -> None:
        self._problem: Future[str | None] = Future()
        # Only the thread holds the workspace: it must be freed when a newer index replaces it.
        self._thread = threading.Thread(target=self._run, args=(space, then), name="warmup", daemon=True)

    def start(self) -> None:
        spare_memory()
        self._thread.start()

    @property
    def ended(self) -> bool:
        return self._problem.done()

    def problem(self, seconds: float | None = None) -> str | None:
        """Wait for the end; return what went wrong, as a sentence, or ``None``. Raises ``TimeoutError``."""
        return self._problem.result(seconds)

    def _run(self, space: Workspace, then: Callable[[Workspace], None]) -> None:
        try:
            space.opened  # noqa: B018 - opens the index or raises
            space.ask("ready")
            self._problem.set_result(None)
        except Exception as error:  # noqa: BLE001 - reported by `problem`
            self._problem.set_result(problem_of(error).sentence)
            return
        finally:  # whatever happens, no caller waits forever
            if not self._problem.done():
                self._problem.set_result("Something went wrong here.")
        then(space)
        give_back()
