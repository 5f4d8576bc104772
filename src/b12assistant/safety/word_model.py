"""What the words of a turn suggest, without the encoder: a linear model over folded words, pairs of words, pieces of
words and cues, fitted on the exemplars of `benchmarks/data/red_flags/`.

It backs up the rules if there is no encoder, and is one part of the second opinion if there is.
"""

from __future__ import annotations

import io
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final, TypeVar

import numpy as np

from b12assistant.data_files import HINT
from b12assistant.errors import ConfigError
from b12assistant.safety.opinion import Cuts, read_cuts
from b12assistant.safety.turn_parts import Part, TurnReading
from b12assistant.threads import once

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Logits = NDArray[np.float32]

Parsed = TypeVar("Parsed")
FILE: Final = "word_model.npz"
PIECES: Final = range(2, 6)  # letters of a piece of a word, its two ends counted
CUE: Final = 0.3  # of a cue, beside words whose squares add up to 1
LENGTHS: Final = (5, 10, 40, 80)
BECAUSE: Final = 4  # words that are named as the reason
KEPT: Final = 4096  # words whose pieces are cached


def word_features(words: Sequence[str]) -> frozenset[str]:
    """Return the words and pairs of words."""
    pairs = (f"{first} {second}" for first, second in pairwise(words))
    return frozenset((*words, *pairs))


def piece_features(word: str) -> frozenset[str]:
    """Return the pieces of a word, with marks for where it begins and ends."""
    marked = f"<{word}>"
    return frozenset(f"~{marked[at : at + size]}" for size in PIECES for at in range(len(marked) - size + 1))


def cue_features(reading: TurnReading, part: Part) -> Iterator[str]:
    """Yield the cues of the assertion table, a closing question mark, and how long the part is."""
    yield from (f"#{kind}" for kind in reading.cues(part))
    words = part.end - part.start
    if reading.folded.words[part.end - 1].text == "?":
        yield "#question"
    yield from (f"#{'under' if most <= 10 else 'over'} {most}" for most in LENGTHS if (words < most) == (most <= 10))


def key_of(feature: str) -> int:
    return zlib.crc32(feature.encode("utf-8", "surrogatepass"))


@dataclass(frozen=True)
class WordModel:
    """``keys``: (n,) uint32, ascending. ``weights``: (n, 6) int8, times ``scale``: (6,) float32. ``bias``: (6,)."""

    keys: NDArray[np.uint32]
    weights: NDArray[np.int8]
    scale: NDArray[np.float32]
    bias: NDArray[np.float32]
    cuts: Cuts

    @once
    def _rows(self) -> dict[int, int]:
        return {int(key): row for row, key in enumerate(self.keys)}

    @once
    def _pieces(self) -> Callable[[str], frozenset[int]]:
        return lru_cache(maxsize=KEPT)(lambda word: self._known(piece_features(word)))

    def logits(self, reading: TurnReading, part: Part) -> Logits:
        """Return (6,) float32, in the order of ``CONCERNS``."""
        words = reading.words(part)
        pieces = frozenset().union(*map(self._pieces, set(words)))
        total = self.bias.copy()
        for rows in (self._known(word_features(words)), pieces):
            total += self._sum(rows) / np.float32(max(1, len(rows)) ** 0.5)
        return np.asarray(total + self._sum(self._known(cue_features(reading, part))) * np.float32(CUE), np.float32)

    def because(self, reading: TurnReading, part: Part, concern: int) -> tuple[str, ...]:
        """Return the words and pairs that speak most for ``concern`` against the others, best first."""
        known = [each for each in sorted(word_features(reading.words(part))) if key_of(each) in self._rows]
        values = self.weights[[self._rows[key_of(each)] for each in known]] * self.scale
        speaks = (values[:, concern] - values.mean(axis=1)).tolist()
        scored = (pair for pair in zip(speaks, known, strict=True) if pair[0] > 0)
        best = sorted(scored, key=lambda pair: (-pair[0], pair[1]))
        return tuple(feature for _, feature in best[:BECAUSE])

    def _known(self, features: Iterable[str]) -> frozenset[int]:
        found = (self._rows.get(key_of(feature)) for feature in features)
        return frozenset(row for row in found if row is not None)

    def _sum(self, rows: frozenset[int]) -> Logits:
        """Add up the weights as whole numbers, so that the order of ``rows`` does not matter."""
        return np.asarray(self.weights[list(rows)].sum(axis=0, dtype=np.int64) * self.scale, np.float32)


@lru_cache(maxsize=1)
def load_word_model() -> WordModel:
    """Read the fitted file that ships with the package; `benchmarks/fit_red_flags.py` makes it."""
    return read_fitted(FILE, lambda a: WordModel(a["keys"], a["weights"], a["scale"], a["bias"], read_cuts(a["cuts"])))


def read_fitted(file: str, parse: Callable[[Mapping[str, Any]], Parsed]) -> Parsed:
    """Read arrays that ship with the package. Raises ``ConfigError`` if they cannot be read."""
    try:
        data = files("b12assistant").joinpath("data", "red_flags", file).read_bytes()
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            return parse(arrays)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigError(f"data/red_flags/{file} cannot be read: {error}", hint=HINT) from error
