"""An address of this machine to listen on, and an application served there until it is stopped."""

from __future__ import annotations

import os
import socket
from collections.abc import Awaitable, Callable
from typing import Any

import uvicorn

from b12assistant.errors import ServerError

App = Callable[..., Awaitable[Any]]


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


def run(app: App, listener: socket.socket) -> None:
    """Serve ``app`` until it is stopped. No access log: it would hold who asked when."""
    config = uvicorn.Config(
        app, access_log=False, log_level="warning", server_header=False, timeout_graceful_shutdown=1
    )
    uvicorn.Server(config).run(sockets=[listener])
