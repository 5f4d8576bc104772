"""Listen on an address of this machine and serve an application until it is stopped."""

from __future__ import annotations

import ipaddress
import json
import logging
import signal
import socket
import sys
import traceback
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import uvicorn

from b12assistant.errors import ServerError
from b12assistant.web.questions import Questions

PORT = 7860
_OURS = ("b12assistant", "uvicorn.error")
_STANDARD = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName", "color_message"}


class JsonLines(logging.Formatter):
    """Formats a record as one line of JSON: time (UTC), level, logger, event, and extra values."""

    def format(self, record: logging.LogRecord) -> str:
        entry: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
        }
        if record.name.startswith(_OURS):
            entry["event"] = record.getMessage()
            entry |= {name: value for name, value in vars(record).items() if name not in _STANDARD}
        else:
            entry["event"] = f"said at {record.filename}:{record.lineno}"
        if record.exc_info and record.exc_info[0] is not None:
            frames = traceback.extract_tb(record.exc_info[2], limit=-1)
            places = (f"{Path(frame.filename).name}:{frame.lineno}" for frame in frames)
            entry["error"] = " at ".join([record.exc_info[0].__name__, *places])
        return json.dumps(entry, ensure_ascii=False, default=str).encode("utf-8", "backslashreplace").decode()


def start(level: str) -> None:
    """Start logging to standard error; ``level``: of our own events."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines())
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)
    logging.getLogger("b12assistant").setLevel(level.upper())


App = Callable[..., Awaitable[Any]]
MOST_CONNECTIONS = 900  # more are refused at once; a process may have 1,024 files open by default


class _StoppingServer(uvicorn.Server):
    """A server that finishes its work before it stops, unless Ctrl+C is pressed twice."""

    def __init__(self, config: uvicorn.Config, work: Questions) -> None:
        super().__init__(config)
        self._work = work

    async def on_tick(self, counter: int) -> bool:
        if not await super().on_tick(counter):
            return False
        # Every open page keeps a stream, which is cut off now: that is not an error.
        logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
        self._work.close()  # refuses new questions
        return self._work.is_idle or self.force_exit


def is_loopback(host: str) -> bool:
    """Check whether only this machine can reach ``host``."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def listen(host: str, port: int) -> socket.socket:
    """Open a listening socket; port 0 takes any. Raises ``ServerError``, which suggests another port."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # Without the protocol, asyncio does not turn Nagle off.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(128)
    except OSError as error:
        listener.close()
        raise ServerError(
            f"cannot listen on {host}, port {port} ({error.strerror})",
            hint=f"try --port {port + 1 if port < 65535 else PORT}",
        ) from error
    return listener


def address(host: str, listener: socket.socket) -> str:
    """Return the address, such as "http://127.0.0.1:7860"."""
    shown = f"[{host}]" if ":" in host else host
    return f"http://{shown}:{listener.getsockname()[1]}"


def run(app: App, listener: socket.socket, work: Questions, *, behind_proxy: bool = False) -> None:
    """Serve ``app`` until SIGTERM, then exit with status 0 when ``work`` is done; or until Ctrl+C.

    ``behind_proxy``: trust ``X-Forwarded-Proto`` from any client; otherwise only from this machine. There is no access
    log, because it would hold addresses.
    """
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))  # uvicorn raises it again after stopping
    server(app, work, behind_proxy=behind_proxy).run(sockets=[listener])


def server(app: App, work: Questions, *, behind_proxy: bool = False) -> uvicorn.Server:
    """Return the server of ``app``, not yet running."""
    config = uvicorn.Config(
        app,
        ws="none",
        access_log=False,
        forwarded_allow_ips="*" if behind_proxy else "127.0.0.1,::1",
        log_config=None,
        log_level="warning",
        server_header=False,
        limit_concurrency=MOST_CONNECTIONS,
        timeout_graceful_shutdown=1,
    )
    return _StoppingServer(config, work)
