"""A small head over token vectors: it looks for the tokens it knows and says how likely each concern is.

Attention pooling, several fitted heads averaged; fitted by `benchmarks/fit_red_flags.py`, read here with numpy alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

LOUD: Final = 8.0  # token vectors of unit length are brought to this length
TINY: Final = 1e-4  # a share that is as good as none


@dataclass(frozen=True)
class TokenHead:
    """``s`` heads, each of ``h`` hidden units and ``k`` gazes over token vectors of ``d``, to ``c`` concerns; float32.

    ``hidden``: (s, d, h), (s, h). ``gaze``: (s, d, k), (s, k). ``out``: (s, k * h, c), (s, c).
    """

    hidden: tuple[Floats, Floats]
    gaze: tuple[Floats, Floats]
    out: tuple[Floats, Floats]

    def log_shares(self, tokens: Floats) -> Floats:
        """(c,) from (n, d) token vectors of unit length, n > 0: the logarithm of the mean of the heads' shares."""
        loud = tokens * np.float32(LOUD)
        shares = [self._shares(loud, each) for each in range(len(self.out[0]))]
        return log(np.mean(shares, axis=0))

    def _shares(self, loud: Floats, each: int) -> Floats:
        hidden = np.maximum(loud @ self.hidden[0][each] + self.hidden[1][each], 0)
        gaze = softmax(loud @ self.gaze[0][each] + self.gaze[1][each], axis=0)
        return softmax((gaze.T @ hidden).reshape(-1) @ self.out[0][each] + self.out[1][each])


def softmax(values: Floats, axis: int = -1) -> Floats:
    powers = np.exp(values - values.max(axis=axis, keepdims=True))
    return np.asarray(powers / powers.sum(axis=axis, keepdims=True), np.float32)


def log(shares: Floats) -> Floats:
    return np.asarray(np.log(shares + TINY), np.float32)
