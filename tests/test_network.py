"""The guard in conftest.py: a test that reaches outside fails, one that talks to itself does not."""

import socket
from collections.abc import Callable

import pytest

OUTSIDE = "192.0.2.1"  # TEST-NET-1: never anybody's address


def _connect() -> None:
    socket.create_connection((OUTSIDE, 80), timeout=0.1)


def _datagram() -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as client:
        client.sendto(b"?", (OUTSIDE, 53))


@pytest.mark.parametrize("reach", [_connect, _datagram])
def test_an_outside_address_is_refused(reach: Callable[[], None]) -> None:
    with pytest.raises(RuntimeError, match=f"tried to reach the network.*{OUTSIDE}"):
        reach()


@pytest.mark.parametrize("look_up", [socket.gethostbyname, lambda name: socket.getaddrinfo(name, 443)])
def test_a_name_is_not_looked_up(look_up: Callable[[str], object]) -> None:
    with pytest.raises(RuntimeError, match=r"tried to reach the network.*example\.org"):
        look_up("example.org")


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
