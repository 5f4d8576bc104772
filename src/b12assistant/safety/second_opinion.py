"""Two opinions on a turn beside the rules: what its words suggest, and those with the reading of an encoder that was
tuned to it.

Both are fitted on the exemplars of `benchmarks/data/red_flags/`. The second counts only with the very weights of the
encoder it was tuned from; where it cannot be had the words speak alone.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from b12assistant.answers import Level, Turn
from b12assistant.data_files import HINT
from b12assistant.errors import ConfigError, EncoderError
from b12assistant.protocols import Encoder, encode_each
from b12assistant.safety.assertion import Cues
from b12assistant.safety.clauses import MOST, Clauses, Part, chosen, read_clauses
from b12assistant.safety.opinion import CutsByRuling, Judged, Opinion, Opinionated, Role, conclude, read_cuts
from b12assistant.safety.word_model import WordModel, load_word_model

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


FILE: Final = "second_opinion.npz"
STRETCHES: Final = 8  # of a long turn that are read as wide as the encoder reads
LEANING: Final = 24  # words of a turn that may lean on the one before
NEAR: Final = 400  # characters of the one before, if it is to be read with it
LEANS: Final = 0.8  # of the say that a turn has when it is read with the one before
WORDS: Final = 0.35  # of the say that the words have beside the encoder
KEPT: Final = 256  # turns whose opinion is remembered

Read = tuple[Clauses, Part]


@dataclass(frozen=True, eq=False)
class Changes(Mapping[str, "Floats"]):
    """To the weight of each name, made of its two thin matrices whenever it is asked for: whole, all take 42 MB."""

    thin: Mapping[str, tuple[Floats, Floats]]

    def __getitem__(self, name: str) -> Floats:
        down, up = self.thin[name]
        return np.ascontiguousarray((down @ up).T)

    def __iter__(self) -> Iterator[str]:
        return iter(self.thin)

    def __len__(self) -> int:
        return len(self.thin)


@dataclass(frozen=True)
class Fitted:
    """What `benchmarks/fit_red_flags.py` found. ``encoder``: the digest of the weights ``changes`` are added to."""

    encoder: str
    changes: Mapping[str, Floats]
    head: TokenHead
    cuts: CutsByRuling


@dataclass(frozen=True)
class WordOpinion:
    """What the words suggest: no encoder, nothing to load, nothing to fail."""

    model: WordModel
    correct: Callable[[str], str]
    cues: Cues

    @classmethod
    def load(cls, correct: Callable[[str], str], cues: Cues) -> WordOpinion:
        return cls(load_word_model(), correct, cues)

    def __call__(self, turn: Turn, former: Turn | None = None, ruled: Level | None = None) -> Opinion:
        clauses, _ = self.read(turn, former)  # the turn alone: of two turns of few words the words make too much
        return conclude("words", self.judge(clauses, None, clauses.parts, self.log_shares), self.model.cuts[ruled])

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
        self,
        clauses: Clauses,
        joined: Clauses | None,
        parts: Sequence[Part],
        weigh: Callable[[Sequence[Read]], list[Floats]],
    ) -> list[Judged]:
        """What ``weigh`` makes of each of ``parts``; of the whole turn, alone and with the turn before."""
        read = [(clauses, part) for part in parts]
        weighed = weigh([*read, (joined, joined.whole)] if joined is not None else read)
        judged = []
        for part, found in zip(parts, weighed, strict=False):
            both = joined is not None and part == clauses.whole
            judged.append(self._judged(clauses, part, mixed(weighed[-1], found, LEANS) if both else found))
        return judged

    def _judged(self, clauses: Clauses, part: Part, log_shares: Floats) -> Judged:
        shares = softmax(log_shares)
        because = self.model.because(clauses, part, int(np.argmax(shares)))
        rounded = tuple(round(float(share), 4) for share in shares)
        return Judged(clauses.place(part), rounded, clauses.role(part), because)


class SecondOpinion:
    """Words and encoder together. Raises ``EncoderError`` at once if the encoder is not the one it was fitted on."""

    def __init__(self, words: WordOpinion, fitted: Fitted, encoder: Encoder) -> None:
        if encoder.digest != fitted.encoder:
            raise EncoderError(
                f"the second opinion of triage was fitted on other weights ({fitted.encoder[:12]}…) than those of "
                f"{encoder.name!r}",
                hint="set `encoder.model` back, or fit it anew with benchmarks/fit_red_flags.py",
            )
        self._words, self._fitted, self._encoder = words, fitted, encoder.tuned(fitted.changes)
        self._known = lru_cache(maxsize=KEPT)(self._judge)  # a conversation is judged from its first turn each time

    def __call__(self, turn: Turn, former: Turn | None = None, ruled: Level | None = None) -> Opinion:
        return conclude("second_opinion", self._known(turn, former), self._fitted.cuts[ruled], may_lower=True)

    def _judge(self, turn: Turn, former: Turn | None) -> tuple[Judged, ...]:
        clauses, joined = self._words.read(turn, former)
        return tuple(self._words.judge(clauses, joined, self._parts(clauses), self._log_shares))

    def _parts(self, clauses: Clauses) -> list[Part]:
        """Of a long turn the widest stretches first, then its sentences; at most ``MOST``, the suspicious ones."""

        def suspicion(part: Part) -> float:
            return -float(self._words.log_shares([(clauses, part)])[0][-1])

        fitting = [fits for part in clauses.stretches for fits in self._fitting(clauses, part)]
        wide = [part for part in chosen(fitting, suspicion, STRETCHES) if part not in clauses.parts]
        return [*wide, *chosen(clauses.parts, suspicion, MOST - len(wide))]

    def _fitting(self, clauses: Clauses, part: Part) -> Iterator[Part]:
        """``part``, in halves as often as it takes for the encoder to read them whole."""
        middle = (part.start + part.end) // 2
        if middle == part.start or self._encoder.count(folded(clauses, part)) <= self._encoder.limit:
            yield part
        else:
            yield from self._fitting(clauses, Part(part.start, middle))
            yield from self._fitting(clauses, Part(middle, part.end))

    def _log_shares(self, read: Sequence[Read]) -> list[Floats]:
        """What the words and the encoder make of what decides; of mere evidence the words."""
        found = self._words.log_shares(read)
        deciding = [i for i, (clauses, part) in enumerate(read) if clauses.role(part) is not Role.EVIDENCE]
        encoded = encode_each(self._encoder, [self._text(*read[i]) for i in deciding])
        for i, each in zip(deciding, encoded, strict=True):
            if len(each.tokens):
                found[i] = mixed(found[i], self._fitted.head.log_shares(each.tokens), WORDS)
        return found

    def _text(self, clauses: Clauses, part: Part) -> str:
        """The folded words; of a single one that the encoder cannot read whole, the beginning."""
        text = folded(clauses, part)
        while len(text) > self._encoder.limit < self._encoder.count(text):
            text = text[: len(text) // 2]
        return text


def folded(clauses: Clauses, part: Part) -> str:
    """What the encoder reads: what is invisible, look-alike or spelled out has been evened out. Half of a surrogate
    pair, which no encoder reads, counts as a question mark."""
    return " ".join(clauses.words(part)).encode("utf-8", "replace").decode()


def mixed(first: Floats, second: Floats, share: float) -> Floats:
    """``first`` with its ``share`` of the say: a weighted geometric mean, of logarithms."""
    return np.asarray(share * first + (1 - share) * second, np.float32)


@dataclass(frozen=True)
class Advice:
    """The first of ``sources`` that can say something; none where every one fails: then the rules stand alone.

    A source loads its opinion at the first call, and tries again at the next if that failed.
    """

    sources: Sequence[Callable[[], Opinionated]]

    def __call__(self, turn: Turn, former: Turn | None = None, ruled: Level | None = None) -> Opinion | None:
        for source in self.sources:
            with suppress(Exception):  # whatever broke, no turn is left unjudged; `doctor` tells what it was
                return source()(turn, former, ruled)
        return None


@lru_cache(maxsize=1)
def load_fitted() -> Fitted:
    """The fitted file that ships with the package."""
    try:
        data = files("b12assistant").joinpath("data", "red_flags", FILE).read_bytes()
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            return parse_fitted(arrays)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise ConfigError(f"data/red_flags/{FILE} cannot be read: {error}", hint=HINT) from error


def parse_fitted(arrays: Mapping[str, Any]) -> Fitted:
    """The arrays of the file, which are stored in half precision."""
    pairs = {
        name: (arrays[name].astype(np.float32), arrays[f"{name}_bias"].astype(np.float32))
        for name in ("hidden", "gaze", "out")
    }
    changes = {
        name: (_full(arrays, f"{name}/down"), _full(arrays, f"{name}/up"))
        for name in (key.removesuffix("/down") for key in arrays if key.endswith("/down"))
    }
    return Fitted(str(arrays["encoder"]), Changes(changes), TokenHead(**pairs), read_cuts(arrays["cuts"]))


def _full(arrays: Mapping[str, Any], name: str) -> Floats:
    return np.asarray(arrays[name], np.float32)
