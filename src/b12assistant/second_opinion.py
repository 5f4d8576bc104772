"""Two opinions on a turn beside the rules: what its words suggest, and those with the encoder's reading of each clause.

Both are fitted on the exemplars of `benchmarks/data/red_flags/`. The second counts only with the very weights of the
encoder it was fitted on; where it cannot be had the words speak alone.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from b12assistant.answers import Turn
from b12assistant.assertion import Cues
from b12assistant.clauses import Clauses, Part, chosen, read_clauses
from b12assistant.data_files import HINT
from b12assistant.errors import ConfigError, EncoderError
from b12assistant.opinion import Cuts, Judged, Opinion, Opinionated, conclude
from b12assistant.protocols import Encoder
from b12assistant.token_head import TokenHead, log, softmax
from b12assistant.word_model import WordModel, load_word_model, read_cuts

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

FILE: Final = "second_opinion.npz"
SHORT: Final = 16  # words of a part that is encoded with the short ones: padding is what takes the time
LEANING: Final = 24  # words of a turn that may lean on the one before
NEAR: Final = 400  # characters of the one before, if it is to be read with it
KEPT: Final = 256  # turns whose opinion is remembered

Read = tuple[Clauses, Part]


@dataclass(frozen=True)
class Fitted:
    """What `benchmarks/fit_red_flags.py` found. ``encoder``: the digest of the weights the head belongs to."""

    encoder: str
    head: TokenHead
    cuts: tuple[Cuts, Cuts]  # for a whole turn, for a clause


@dataclass(frozen=True)
class WordOpinion:
    """What the words suggest: no encoder, nothing to load, nothing to fail."""

    model: WordModel
    correct: Callable[[str], str]
    cues: Cues

    @classmethod
    def load(cls, correct: Callable[[str], str], cues: Cues) -> WordOpinion:
        return cls(load_word_model(), correct, cues)

    def __call__(self, turn: Turn, former: Turn | None = None) -> Opinion:
        clauses, joined = self.read(turn, former)
        read = [(clauses, part) for part in clauses.parts]
        return conclude("words", self.judge(read, joined, self.log_shares), *self.model.cuts)

    def read(self, turn: Turn, former: Turn | None) -> tuple[Clauses, Clauses | None]:
        """The turn, and the turn with the one before it if it is so short that it may lean on that."""
        clauses = read_clauses(turn, self.correct, self.cues)
        if former is None or len(former.text) > NEAR or not 0 < len(clauses.folded.words) <= LEANING:
            return clauses, None
        both = Turn(turn.index, f"{former.text.rstrip('. ')}. {turn.text}")
        joined = read_clauses(both, self.correct, self.cues)
        return clauses, joined if joined.whole in joined.parts else None

    def log_shares(self, read: Sequence[Read]) -> list[Floats]:
        return [log(softmax(self.model.logits(clauses, part))) for clauses, part in read]

    def judge(
        self, read: Sequence[Read], joined: Clauses | None, weigh: Callable[[Sequence[Read]], list[Floats]]
    ) -> list[Judged]:
        """What ``weigh`` makes of each part; of the whole turn, alone and with the turn before."""
        asked = [*read, (joined, joined.whole)] if joined is not None else list(read)
        weighed = weigh(asked)
        judged = []
        for (clauses, part), found in zip(read, weighed, strict=False):
            leans = joined is not None and part == clauses.whole
            judged.append(self._judged(clauses, part, half(found, weighed[-1]) if leans else found))
        return judged

    def _judged(self, clauses: Clauses, part: Part, log_shares: Floats) -> Judged:
        shares = softmax(log_shares)
        because = self.model.because(clauses, part, int(np.argmax(shares)))
        rounded = tuple(round(float(share), 4) for share in shares)
        return Judged(clauses.place(part), rounded, whole=part == clauses.whole, because=because)


class SecondOpinion:
    """Words and encoder together. Raises ``EncoderError`` at once if the encoder is not the one it was fitted on."""

    def __init__(self, words: WordOpinion, fitted: Fitted, encoder: Encoder) -> None:
        if encoder.digest != fitted.encoder:
            raise EncoderError(
                f"the second opinion of triage was fitted on other weights ({fitted.encoder[:12]}…) than those of "
                f"{encoder.name!r}",
                hint="set `encoder.model` back, or fit it anew with benchmarks/fit_red_flags.py",
            )
        self._words, self._fitted, self._encoder = words, fitted, encoder
        self._known = lru_cache(maxsize=KEPT)(self._judge)  # a conversation is judged from its first turn each time

    def __call__(self, turn: Turn, former: Turn | None = None) -> Opinion:
        return self._known(turn, former)

    def _judge(self, turn: Turn, former: Turn | None) -> Opinion:
        clauses, joined = self._words.read(turn, former)
        suspicion = {part: -self._words.log_shares([(clauses, part)])[0][-1] for part in clauses.parts}
        parts = chosen(clauses.parts, suspicion.__getitem__)
        read = [(clauses, part) for part in parts]
        return conclude("second_opinion", self._words.judge(read, joined, self._log_shares), *self._fitted.cuts)

    def _log_shares(self, read: Sequence[Read]) -> list[Floats]:
        """Words and encoder, each with half the say, of what decides; of a part that is mere evidence the words."""
        found = self._words.log_shares(read)
        deciding = [i for i, (clauses, part) in enumerate(read) if part == clauses.whole] or range(len(read))
        short = [i for i in deciding if read[i][1].end - read[i][1].start <= SHORT]
        long = sorted(set(deciding) - set(short))
        for group in (short, long):
            encoded = self._encoder.encode([self._text(*read[i]) for i in group])
            for i, each in zip(group, encoded, strict=True):
                if len(each.tokens):
                    found[i] = half(found[i], self._fitted.head.log_shares(each.tokens))
        return found

    def _text(self, clauses: Clauses, part: Part) -> str:
        """The part as it was typed, cut where the encoder's limit is."""
        text = clauses.place(part).text.encode("utf-8", "replace").decode()
        while len(text) > self._encoder.limit < self._encoder.count(text):
            text = text[: len(text) // 2]
        return text


def half(first: Floats, second: Floats) -> Floats:
    """Each with half the say: the geometric mean, of logarithms."""
    return np.asarray((first + second) / 2, np.float32)


@dataclass(frozen=True)
class Advice:
    """The first of ``sources`` that can say something; none where every one fails: then the rules stand alone.

    A source loads its opinion at the first call, and tries again at the next if that failed.
    """

    sources: Sequence[Callable[[], Opinionated]]

    def __call__(self, turn: Turn, former: Turn | None = None) -> Opinion | None:
        for source in self.sources:
            with suppress(Exception):  # whatever broke, no turn is left unjudged; `doctor` tells what it was
                return source()(turn, former)
        return None


@lru_cache(maxsize=1)
def load_fitted() -> Fitted:
    """The fitted file that ships with the package."""
    try:
        data = files("b12assistant").joinpath("data", "red_flags", FILE).read_bytes()
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            return parse_fitted(arrays)
    except (OSError, ValueError, KeyError) as error:
        raise ConfigError(f"data/red_flags/{FILE} cannot be read: {error}", hint=HINT) from error


def parse_fitted(arrays: Mapping[str, Any]) -> Fitted:
    """The arrays of the file, which are stored in half precision."""
    pairs = {
        name: (arrays[name].astype(np.float32), arrays[f"{name}_bias"].astype(np.float32))
        for name in ("hidden", "gaze", "out")
    }
    return Fitted(str(arrays["encoder"]), TokenHead(**pairs), read_cuts(arrays["cuts"]))
