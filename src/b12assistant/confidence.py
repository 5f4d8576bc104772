"""Is this an answer? A first calibrated guess from two signals, fitted on labelled questions, never on a test split.

confidence = logistic(bias + closeness x score of the best window + unknown x share of the question no source mentions).
Similarity alone cannot tell "Does coffee hinder B12?" from a question the corpus answers: the word it lacks can.
"""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from math import exp


@dataclass(frozen=True, slots=True)
class Calibration:
    """Fitted weights, and the confidence from which an answer is shown, and shown without reserve."""

    bias: float
    closeness: float
    unknown: float
    possibly: float
    answered: float

    def confidence(self, score: float, unknown_share: float) -> float:
        """Between 0 and 1; not a probability of being right, an order with two calibrated cuts."""
        return 1 / (1 + exp(-(self.bias + self.closeness * score + self.unknown * unknown_share)))


@lru_cache(maxsize=1)
def load_calibration() -> Calibration:
    """The committed values of `data/answering/calibration.toml`, which names the command that made them."""
    table = tomllib.loads(files("b12assistant").joinpath("data/answering/calibration.toml").read_text("utf-8"))
    return Calibration(**table["calibration"])
