"""An address of this machine to listen on, and an application served there until it is stopped."""

from __future__ import annotations

import ipaddress
import logging
import os
import signal
import socket
import threading
from collections.abc import Awaitable, Callable
from typing import Any, NoReturn, Protocol

import uvicorn

from b12assistant.errors import ServerError

App = Callable[..., Awaitable[Any]]


class Work(Protocol):
    """What is being answered while the server is asked to stop."""

    @property
    def is_idle(self) -> bool: ...

    def close(self) -> None:
        """Begin nothing more."""


class _Server(uvicorn.Server):
    """Asked to stop, it first waits for the work; Ctrl+C pressed a second time does not."""

    def __init__(self, config: uvicorn.Config, work: Work | None) -> None:
        super().__init__(config)
        self._work = work

    async def on_tick(self, counter: int) -> bool:
        if not await super().on_tick(counter):
            return False
        # Every open page keeps a stream, which is cut off now: no error.
        logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
        if self._work is None:
            return True
        self._work.close()
        return self._work.is_idle or self.force_exit


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach ``host``."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def listen(host: str, port: int, *, otherwise: int) -> socket.socket:
    """A socket that listens; port 0 takes any. Raises ``ServerError``, which names ``otherwise`` at the last port."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)  # named, or asyncio leaves Nagle on
    if os.name == "posix":
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
        listener.listen(128)
    except OSError as error:
        listener.close()
        raise ServerError(
            f"cannot listen on {host}, port {port} ({error.strerror})",
            hint=f"try --port {port + 1 if port < 65535 else otherwise}",
        ) from error
    return listener


def address(host: str, listener: socket.socket) -> str:
    """As in "http://127.0.0.1:7860"."""
    shown = f"[{host}]" if ":" in host else host
    return f"http://{shown}:{listener.getsockname()[1]}"


def run(app: App, listener: socket.socket, work: Work | None = None, *, behind_proxy: bool = False) -> None:
    """Serve ``app`` until it is stopped: by SIGTERM, with exit status 0 when ``work`` is done, or with Ctrl+C.

    ``behind_proxy``: whoever connects is the proxy, and its ``X-Forwarded-Proto`` is believed; otherwise only one on
    this machine is. No access log of the server's own: it would hold addresses.
    """
    config = uvicorn.Config(
        app,
        access_log=False,
        forwarded_allow_ips="*" if behind_proxy else "127.0.0.1,::1",
        log_config=None,
        log_level="warning",
        server_header=False,
        timeout_graceful_shutdown=1,
    )
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, _stopped)  # the server raises it again when it has stopped
    _Server(config, work).run(sockets=[listener])


def _stopped(*_: object) -> NoReturn:
    raise SystemExit(0)
