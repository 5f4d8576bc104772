"""Wrong tries of a password, by where they come from: after a few, one has to wait."""

from __future__ import annotations

import time
from collections import OrderedDict, deque
from collections.abc import Callable
from dataclasses import dataclass, field
from ipaddress import IPv6Address, ip_address, ip_network

MOST = 5  # wrong tries in
WINDOW = 300.0  # seconds
_SENDERS = 10_000  # remembered; the one that was quiet longest is forgotten first


@dataclass
class Tries:
    """A try is counted before it is looked at, so that many at once are no way around; a right one is forgiven."""

    clock: Callable[[], float] = time.monotonic
    _wrong: OrderedDict[str, deque[float]] = field(default_factory=OrderedDict, init=False)

    def wait(self, sender: str) -> float:
        """Seconds until the sender may try; 0 counts a try."""
        now, key = self.clock(), _network(sender)
        times = self._wrong.setdefault(key, deque())
        self._wrong.move_to_end(key)
        if len(self._wrong) > _SENDERS:
            self._wrong.popitem(last=False)
        while times and times[0] <= now - WINDOW:
            times.popleft()
        if len(times) >= MOST:
            return times[0] + WINDOW - now
        times.append(now)
        return 0.0

    def forgive(self, sender: str) -> None:
        self._wrong.pop(_network(sender), None)


def _network(sender: str) -> str:
    """The address; of IPv6 its network, for whoever has one has all of it."""
    try:
        address = ip_address(sender)
    except ValueError:
        return sender
    return str(ip_network((address, 64), strict=False)) if isinstance(address, IPv6Address) else sender
