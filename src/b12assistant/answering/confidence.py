"""Is this an answer? A calibrated guess from a few signals, fitted on labelled questions, never on a test split."""

from __future__ import annotations

import tomllib
from dataclasses import asdict, dataclass
from functools import lru_cache
from importlib.resources import files
from math import exp

from b12assistant.answering.signals import Signals


@dataclass(frozen=True, slots=True)
class Calibration:
    """Fitted weights of the signals, and the confidence from which an answer is shown, and shown without reserve.

    What speaks against an answer weighs less than nothing or nothing, ``closeness`` nothing or more. ``leaning`` is
    what a follow-up has to make good, so that as few of its kind as of other questions pass without an answer.
    """

    bias: float
    closeness: float
    missing: float
    absent: float
    unknown: float
    possibly: float
    answered: float
    leaning: float = 0.0

    def confidence(self, signals: Signals) -> float:
        """Between 0 and 1: the share of answerable among as many unanswerable questions with such signals."""
        total = self.bias + sum(getattr(self, name) * value for name, value in asdict(signals).items())
        return 1 / (1 + exp(-total))


@lru_cache(maxsize=1)
def load_calibration() -> Calibration:
    """The committed values of `data/answering/calibration.toml`, which names the command that made them."""
    table = tomllib.loads(files("b12assistant").joinpath("data/answering/calibration.toml").read_text("utf-8"))
    return Calibration(**table["calibration"])
