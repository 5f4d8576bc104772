"""Judge a letter as a letter: one reading of all its sentences, fitted on letters, in place of its worst sentence.

In a story of many sentences some sentence always sounds like danger: what was treated, what is over, what happened to
others. A logistic regression over the shares of the sentences, how each is meant and how long the letter is says how
likely an emergency, something urgent, a decision or nothing is. One part that is grave by itself still counts for half.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

import numpy as np

from b12assistant.safety.opinion import EMERGENCIES, PartScore, Thresholds

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

FILE: Final = "letters.npz"
CUTS: Final = Thresholds(emergency=0.5, urgent=0.3, danger=0.3, decision=0.25, kept=0.45, foreign=0.3)
GRAVE: Final = 0.5  # what an emergency in one part alone is worth in the letter: below the cut of an emergency
FEWEST: Final = 1e-3  # added to a share before its logarithm is taken
BESTS: Final = (1, 2, 4)  # parts whose mean is a feature
CUES: Final = (
    *("denied_near", "denied_far", "past", "past_tense", "resolved", "still", "asked", "hypothetical"),
    *("self", "care", "stranger", "fiction", "figure", "now", "sudden", "slow"),
)
ACUTE: Final = frozenset(("now", "sudden"))
AWAY: Final = frozenset(("past", "resolved", "stranger", "fiction", "denied_far", "slow"))


@dataclass(frozen=True)
class LetterHead:
    """``weights``: (n, 4), ``bias``: (4,); float32, for emergency, urgent, decision and nothing."""

    weights: Floats
    bias: Floats

    def judged(self, judged: Sequence[PartScore], features: Floats) -> tuple[PartScore, ...]:
        """Return the parts with the letter's own shares on the first, the whole; the others are mere evidence."""
        logits = features @ self.weights + self.bias
        powers = np.exp(logits - logits.max())
        emergency, *lesser = (powers / powers.sum()).tolist()
        gravest = max(judged, key=lambda part: sum(part.shares[:EMERGENCIES]))
        alarm = sum(gravest.shares[:EMERGENCIES])
        risen = max(emergency, GRAVE * alarm)
        others = (1 - risen) / max(1 - emergency, FEWEST)
        kinds = (share / max(alarm, FEWEST) for share in gravest.shares[:EMERGENCIES])
        shares = (*(round(risen * kind, 4) for kind in kinds), *(round(share * others, 4) for share in lesser))
        whole, *sentences = judged
        return (replace(whole, shares=shares), *(replace(part, decides=False) for part in sentences))


def letter_features(layers: Sequence[Floats], cues: Sequence[Collection[str]], words: int) -> Floats:
    """Return what a head reads of a letter, (n,) float32.

    ``layers``: of each model the logarithms of shares, (parts, 6), the whole letter first. ``cues``: of each part.
    """
    found: list[float] = []
    for layer in layers:
        logs = np.log(_shares(layer) + FEWEST)
        found.extend(logs[0])
        sentences = logs[1:] if len(logs) > 1 else logs
        best = np.sort(sentences, axis=0)[::-1]
        for most in BESTS:
            found.extend(best[:most].mean(axis=0))
        found.extend(sentences.mean(axis=0))
    first = 1 if len(cues) > 1 else 0
    parts, meant = _shares(layers[0])[first:], [frozenset(each) for each in cues[first:]]
    for danger in (parts[:, : EMERGENCIES + 1].sum(axis=1), parts[:, :EMERGENCIES].sum(axis=1)):
        near = [share for share, each in zip(danger, meant, strict=True) if each & ACUTE]
        here = [share for share, each in zip(danger, meant, strict=True) if not each & AWAY]
        found.extend(float(np.log(max(each, default=0.0) + FEWEST)) for each in (near, here))
    found.extend(sum(kind in each for each in meant) / len(meant) for kind in CUES)
    found.append(float(np.log(words)))
    return np.asarray(found, np.float32)


def _shares(logs: Floats) -> Floats:
    powers = np.exp(logs)
    return np.asarray(powers / powers.sum(axis=1, keepdims=True), np.float32)
