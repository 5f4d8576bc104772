"""The log of a server: a line of JSON for each event, on standard error, without a word of what anybody asked.

Our own messages are made for it. Of a library's only the place is told, for its message may hold what it was given;
so may that of an exception, of which the type and the place are told.
"""

from __future__ import annotations

import json
import logging
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from b12assistant.errors import ConfigError

LEVELS = ("info", "warning", "error")
_OURS = ("b12assistant", "uvicorn.error")
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "color_message"}


class JsonLines(logging.Formatter):
    """A record as one line: time (UTC), level, logger, event, and what was given with it."""

    def format(self, record: logging.LogRecord) -> str:
        told: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
        }
        if record.name.startswith(_OURS):
            told["event"] = record.getMessage()
            told |= {name: value for name, value in vars(record).items() if name not in _STANDARD}
        else:
            told["event"] = f"said at {record.filename}:{record.lineno}"
        if record.exc_info and record.exc_info[0] is not None:
            told["error"] = _place(record.exc_info[0], record.exc_info[2])
        return json.dumps(told, ensure_ascii=False, default=str).encode("utf-8", "backslashreplace").decode()


def start(level: str) -> None:
    """Log to standard error from here on; ``level`` is that of our own events. Raises ``ConfigError``."""
    if level not in LEVELS:
        raise ConfigError(f"web.log = {level!r} is no level", hint=f"set one of {', '.join(LEVELS)}")
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger("b12assistant").setLevel(level.upper())


def _place(kind: type[BaseException], trace: Any) -> str:
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    where = f" at {Path(trace.tb_frame.f_code.co_filename).name}:{trace.tb_lineno}" if trace is not None else ""
    return f"{kind.__name__}{where}"
