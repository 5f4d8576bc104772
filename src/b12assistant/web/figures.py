"""Serve figures for Prometheus at a separate address, so that they work under load and readers cannot see them.

The figures are counts; they hold no question and no name.
"""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, start_http_server

from b12assistant.errors import ConfigError, ServerError
from b12assistant.web.questions import Questions

_SECONDS = (0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10)


class Figures:
    """Counts of questions and responses since the start, and of questions that wait now."""

    def __init__(self, questions: Questions) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._ends = Counter("b12assistant_questions", "Questions by how they ended.", ["end"], registry=self.registry)
        self._seconds = Histogram(
            "b12assistant_question_seconds", "From question to answer.", buckets=_SECONDS, registry=self.registry
        )
        self._statuses = Counter("b12assistant_responses", "Responses by status.", ["status"], registry=self.registry)
        waiting = Gauge("b12assistant_waiting", "Questions that wait for their turn.", registry=self.registry)
        waiting.set_function(lambda: questions.waiting)

    def ended(self, end: str, seconds: float) -> None:
        """Count a question; ``end``: the status of its answer, or the code of its error."""
        self._ends.labels(end).inc()
        self._seconds.observe(seconds)

    def responded(self, status: int) -> None:
        self._statuses.labels(str(status)).inc()

    def serve(self, address: str) -> None:
        """Serve the figures at HOST:PORT until the process ends. Raises ``ConfigError`` and ``ServerError``."""
        host, colon, port = address.rpartition(":")
        if not colon or not host or not port.isdecimal() or int(port) > 65535:
            raise ConfigError(f"web.metrics = {address!r} is not an address", hint="write it like 127.0.0.1:9464")
        try:
            start_http_server(int(port), host.strip("[]"), self.registry)
        except (OSError, UnicodeError) as error:  # UnicodeError: not a valid host name
            reason = getattr(error, "strerror", None) or "not a host name"
            raise ServerError(
                f"figures cannot be served at {address} ({reason})", hint="set another web.metrics"
            ) from error
