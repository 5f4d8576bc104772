"""The guard in conftest.py: a test that reaches outside fails, one that talks to itself does not."""

import asyncio
import socket
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

OUTSIDE = "192.0.2.1"  # TEST-NET-1: never anybody's address
OUTSIDE_6 = "2001:db8::1"  # the same for IPv6


def _connect() -> None:
    socket.create_connection((OUTSIDE, 80), timeout=0.1)


def _connect_ex() -> None:
    with socket.socket() as client:
        client.connect_ex((OUTSIDE, 80))


def _connect_6() -> None:
    with socket.socket(socket.AF_INET6) as client:
        client.connect((OUTSIDE_6, 80))


def _datagram() -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as client:
        client.sendto(b"?", (OUTSIDE, 53))


def _in_an_event_loop() -> None:
    asyncio.run(asyncio.wait_for(asyncio.open_connection(OUTSIDE, 80), timeout=0.1))


@pytest.mark.parametrize("reach", [_connect, _connect_ex, _connect_6, _datagram, _in_an_event_loop])
def test_an_outside_address_is_refused(reach: Callable[[], None]) -> None:
    with pytest.raises(RuntimeError, match=f"tried to reach the network.*({OUTSIDE}|{OUTSIDE_6})"):
        reach()


@pytest.mark.parametrize("look_up", [socket.gethostbyname, lambda name: socket.getaddrinfo(name, 443)])
def test_a_name_is_not_looked_up(look_up: Callable[[str], object]) -> None:
    with pytest.raises(RuntimeError, match=r"tried to reach the network.*example\.org"):
        look_up("example.org")


def test_a_thread_is_refused_too() -> None:
    seen: list[BaseException] = []

    def run() -> None:
        try:
            _connect()
        except RuntimeError as error:
            seen.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert [type(error).__name__ for error in seen] == ["NetworkRefusedError"]


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_loopback_works(host: str) -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.create_connection((host, server.getsockname()[1]), timeout=5) as client,
    ):
        client.sendall(b"here")
        peer, _ = server.accept()
        with peer:
            assert peer.recv(4) == b"here"


@pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="no unix sockets here")
def test_a_unix_socket_works(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)  # a unix socket's path may have about a hundred characters, tmp_path is often longer
    with socket.socket(socket.AF_UNIX) as server, socket.socket(socket.AF_UNIX) as client:
        server.bind("here.sock")
        server.listen()
        client.connect("here.sock")
        client.sendall(b"here")
        peer, _ = server.accept()
        with peer:
            assert peer.recv(4) == b"here"
