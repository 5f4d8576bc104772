"""Loading what answering needs behind a page that is already there, and telling how that ended."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from b12assistant.api import Workspace
from b12assistant.errors import AssistantError


@dataclass(eq=False)
class Warmup:
    """One attempt. An emergency is answered without it; any other question waits for the same parts."""

    space: Workspace
    _ended: threading.Event = field(default_factory=threading.Event)
    _problem: str | None = None

    def start(self) -> None:
        threading.Thread(target=self._run, name="warmup", daemon=True).start()

    @property
    def ended(self) -> bool:
        return self._ended.is_set()

    def problem(self, seconds: float | None = None) -> str | None:
        """Wait for the end; what went wrong, as a sentence. Every question would tell it again."""
        self._ended.wait(seconds)
        return self._problem

    def _run(self) -> None:
        try:
            self.space.opened  # noqa: B018 - opened here, or it raises
            self.space.ask("ready")
        except AssistantError as error:
            self._problem = str(error)
        finally:
            self._ended.set()
        if self._problem is None:
            self.space.suggestions  # noqa: B018 - nobody waits for these
