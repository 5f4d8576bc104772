"""Changes to an encoder's weights, each kept as two thin matrices."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class LowRank(Mapping[str, "Floats"]):
    """A change for each named weight, computed from two thin matrices when read: in full, all take 42 MB."""

    thin: Mapping[str, tuple[NDArray[np.floating[Any]], NDArray[np.floating[Any]]]]

    def __getitem__(self, name: str) -> Floats:
        down, up = self.thin[name]
        return np.ascontiguousarray((down.astype(np.float32) @ up.astype(np.float32)).T)

    def __iter__(self) -> Iterator[str]:
        return iter(self.thin)

    def __len__(self) -> int:
        return len(self.thin)


def parse_low_rank(arrays: Mapping[str, Any]) -> LowRank:
    """Take the arrays ``NAME/down`` (n, rank) and ``NAME/up`` (rank, m); others are ignored."""
    names = [key.removesuffix("/down") for key in arrays if key.endswith("/down")]
    return LowRank({n: (arrays[f"{n}/down"], arrays[f"{n}/up"]) for n in names})
