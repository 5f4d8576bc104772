"""The opinions on a turn besides the rules: by its words alone, and by its words and a tuned encoder.

Both are fitted on the exemplars of `benchmarks/data/red_flags/`. The words are read by a linear model over folded
words, pairs of words, pieces of words and cues. The encoder's opinion needs the very weights it was tuned from; without
them only the words count. ``Triagers`` puts rules and opinions together: nothing is loaded before it is needed, and an
emergency that the rules see needs no encoder.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import cache, partial
from itertools import chain, pairwise
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from b12assistant.answers import Level, Triage, Turn
from b12assistant.data_files import chosen, read_fitted
from b12assistant.errors import AssistantError, EncoderError
from b12assistant.language.words import readable
from b12assistant.protocols import Encoder
from b12assistant.safety.assertion import CueWordings
from b12assistant.safety.opinion import (
    CERTAIN_AMONG,
    CONCERNS,
    EMERGENCIES,
    Advises,
    Concern,
    Opinion,
    PartScore,
    Thresholds,
    conclude,
    read_cuts,
)
from b12assistant.safety.red_flags import Packaged
from b12assistant.safety.triage import Rules, Triager, load_rules
from b12assistant.safety.turn_parts import TurnPart, TurnReading, read_turn
from b12assistant.threads import cached, once

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]


WORDS_FILE: Final = "word_model.npz"
PIECES: Final = range(2, 6)  # letters of a piece of a word, its two ends counted
CUE: Final = 0.3  # of a cue, relative to words whose squares add up to 1
LENGTHS: Final = (5, 10, 40, 80)
BECAUSE: Final = 4  # words that are named as the reason
UNKNOWN: Final = -1
WORDS_KEPT: Final = 4096  # words whose pieces are cached


def word_features(words: Sequence[str]) -> frozenset[str]:
    """Return the words and pairs of words."""
    return frozenset((*words, *word_pairs(words)))


def word_pairs(words: Sequence[str]) -> list[str]:
    return [f"{first} {second}" for first, second in pairwise(words)]


def piece_features(word: str) -> frozenset[str]:
    """Return the pieces of a word, with marks for where it begins and ends."""
    marked = f"<{word}>"
    return frozenset(f"~{marked[at : at + size]}" for size in PIECES for at in range(len(marked) - size + 1))


def cue_features(reading: TurnReading, part: TurnPart) -> Iterator[str]:
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
    cuts: Thresholds

    @cached(WORDS_KEPT)
    def _pieces(self, word: str) -> frozenset[int]:
        return frozenset(self._rows(piece_features(word))) - {UNKNOWN}

    @cached(None)
    def _cue(self, feature: str) -> int:
        return self._rows([feature])[0]

    def logits(self, reading: TurnReading, parts: Sequence[TurnPart]) -> Floats:
        """Return (parts, 6), in the order of ``CONCERNS``."""
        words = reading.words(reading.whole)
        rows, pairs = self._rows(words), self._rows(word_pairs(words))  # of the turn: its parts share them
        said = [frozenset(rows[start:end]).union(pairs[start : end - 1]) - {UNKNOWN} for start, end in parts]
        pieces = [frozenset[int]().union(*map(self._pieces, set(words[start:end]))) for start, end in parts]
        cues = [frozenset(map(self._cue, cue_features(reading, part))) - {UNKNOWN} for part in parts]
        total = self.bias + self._sums(said) / _roots(said)
        total += self._sums(pieces) / _roots(pieces)
        return np.asarray(total + self._sums(cues) * np.float32(CUE), np.float32)

    def because(self, reading: TurnReading, part: TurnPart, concern: int) -> tuple[str, ...]:
        """Return the words and pairs that speak most for ``concern`` against the others, best first."""
        features = sorted(word_features(reading.words(part)))
        rows, found = self._found(features)
        known = [feature for feature, is_known in zip(features, found.tolist(), strict=True) if is_known]
        values = self.weights[rows[found]] * self.scale
        speaks = (values[:, concern] - values.mean(axis=1)).tolist()
        scored = (pair for pair in zip(speaks, known, strict=True) if pair[0] > 0)
        best = sorted(scored, key=lambda pair: (-pair[0], pair[1]))
        return tuple(feature for _, feature in best[:BECAUSE])

    def _rows(self, features: Iterable[str]) -> list[int]:
        """Return the row of each feature, or ``UNKNOWN``."""
        rows, found = self._found(features)
        return [int(each) for each in np.where(found, rows, UNKNOWN).tolist()]

    def _found(self, features: Iterable[str]) -> tuple[NDArray[np.intp], NDArray[np.bool_]]:
        """Return a row for each feature, and whether it is that feature's: others are not known."""
        keys = np.fromiter(map(key_of, features), self.keys.dtype)
        rows = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        return rows, self.keys[rows] == keys

    def _sums(self, parts: Sequence[frozenset[int]]) -> Floats:
        """Add up the weights of each part, (parts, 6), as whole numbers, so that the order of rows does not matter."""
        weights = self.weights[np.fromiter(chain.from_iterable(parts), np.intp)]
        totals = np.concatenate([np.zeros((1, len(CONCERNS)), np.int64), weights.cumsum(axis=0, dtype=np.int64)])
        ends = np.cumsum([0, *map(len, parts)])
        return np.asarray((totals[ends[1:]] - totals[ends[:-1]]) * self.scale, np.float32)


def _roots(parts: Sequence[frozenset[int]]) -> Floats:
    """Return the square root of each part's size, (parts, 1); 1 for an empty one."""
    return np.array([max(1, len(each)) ** 0.5 for each in parts], np.float32)[:, None]


@cache
def load_word_model() -> WordModel:
    """Read the fitted file that ships with the package; `benchmarks/fit/red_flags.py` makes it."""
    return read_fitted(
        "red_flags",
        WORDS_FILE,
        parse=lambda a: WordModel(a["keys"], a["weights"], a["scale"], a["bias"], read_cuts(a["cuts"])),
    )


FILE: Final = "second_opinion.npz"
LENGTH: Final = 8.0  # token vectors of unit length are scaled to this
TINY: Final = 1e-4  # added to a share before its logarithm is taken
WINDOW: Final = 126  # word pieces that the encoder reads at once
LEANING: Final = 24  # words of a turn that may lean on the one before
NEAR: Final = 400  # characters of the one before, to be read with it
WORDS: Final = chosen("red_flags")["words"]  # weight of the words; the encoder has the rest
NOT_ENGLISH: Final = chosen("red_flags")["words_not_english"]  # the same for a language other than English
KEPT: Final = 256  # turns whose opinion is cached


@dataclass(frozen=True)
class TokenHead:
    """Attention pooling over token vectors of ``d``, to ``c`` concerns; float32.

    ``hidden``: (d, h), (h,). ``gaze``: (d, k), (k,). ``out``: (k * h, c), (c,).
    """

    hidden: tuple[Floats, Floats]
    gaze: tuple[Floats, Floats]
    out: tuple[Floats, Floats]

    def log_shares(self, tokens: Floats, ranges: Sequence[slice]) -> list[Floats]:
        """Return (c,) logarithms of shares for each range of the rows of ``tokens``, (n, d) of unit length.

        No range may be empty.
        """
        scaled = tokens * np.float32(LENGTH)
        hidden = np.maximum(scaled @ self.hidden[0] + self.hidden[1], 0)
        gaze = scaled @ self.gaze[0] + self.gaze[1]
        found = []
        for rows in ranges:
            pooled = (softmax(np.asarray(gaze[rows], np.float32), axis=0).T @ hidden[rows]).reshape(-1)
            found.append(log(softmax(pooled @ self.out[0] + self.out[1])))
        return found


def softmax(values: Floats, axis: int = -1) -> Floats:
    powers = np.exp(values - values.max(axis=axis, keepdims=True))
    return np.asarray(powers / powers.sum(axis=axis, keepdims=True), np.float32)


def log(shares: Floats) -> Floats:
    return np.asarray(np.log(shares + TINY), np.float32)


def mixed(first: Floats, second: Floats, weight: float) -> Floats:
    """Return a weighted geometric mean of shares, given and returned as logarithms. ``weight``: of ``first``."""
    return np.asarray(weight * first + (1 - weight) * second, np.float32)


@dataclass(frozen=True)
class Fitted:
    """What `benchmarks/fit/red_flags.py` found. ``encoder``: the digest of the one that ``head`` was fitted on."""

    encoder: str
    head: TokenHead
    cuts: Thresholds


@dataclass(frozen=True)
class WordOpinion:
    """The opinion of the words: no encoder, nothing to load, nothing to fail."""

    model: WordModel
    correct: Callable[[str], str]
    cues: CueWordings
    is_foreign: Callable[[str], bool]

    def __call__(
        self, turn: Turn, previous: Turn | None = None, *, among: Turn | None = None, ruled: bool = False
    ) -> Opinion:
        """Judge the turn by its own words: on two turns read together the model overestimates."""
        del among  # the words are the same there
        reading, foreign = self.read(turn, previous), self.is_foreign(turn.text)
        parts = parts_of(reading)
        judged = self.judge(reading, parts, self.log_shares(reading, parts))
        return conclude("words", judged, self.model.cuts, ruled=ruled, foreign=foreign)

    def read(self, turn: Turn, previous: Turn | None) -> TurnReading:
        """Read the turn, with the one before if it is so short that it may lean on that."""
        near = previous if previous is not None and len(previous.text) <= NEAR else None
        reading = read_turn(turn, self.correct, self.cues, near)
        is_final = near is None or len(reading.folded.words) <= LEANING
        return reading if is_final else read_turn(turn, self.correct, self.cues)

    def log_shares(self, reading: TurnReading, parts: Sequence[TurnPart]) -> list[Floats]:
        return list(log(softmax(self.model.logits(reading, parts))))

    def judge(self, reading: TurnReading, parts: Sequence[TurnPart], found: Sequence[Floats]) -> tuple[PartScore, ...]:
        """Make a record of each part: the whole decides. ``found``: logarithms of shares."""
        judged = []
        for part, shares in zip(parts, (softmax(each).tolist() for each in found), strict=True):
            likeliest = shares.index(max(shares))
            because = () if CONCERNS[likeliest] is Concern.NONE else self.model.because(reading, part, likeliest)
            rounded = tuple(round(share, 4) for share in shares)
            judged.append(PartScore(reading.place(part), rounded, part == reading.whole, because))
        return tuple(judged)


def parts_of(reading: TurnReading) -> tuple[TurnPart, ...]:
    """Return the whole turn and its sentences, if it has several; nothing of a turn without words."""
    if not reading.sentences:
        return ()
    return (reading.whole, *(part for part in reading.sentences if part != reading.whole))


class SecondOpinion:
    """Words and tuned encoder together. Raises ``EncoderError`` at once if it was fitted on another encoder."""

    def __init__(self, words: WordOpinion, fitted: Fitted, encoder: Encoder) -> None:
        if encoder.digest != fitted.encoder:
            raise EncoderError(
                f"the second opinion of triage was fitted on another encoder than {encoder.name!r}",
                hint="reinstall b12assistant",
            )
        self._words, self._fitted, self._encoder = words, fitted, encoder

    def __call__(
        self, turn: Turn, previous: Turn | None = None, *, among: Turn | None = None, ruled: bool = False
    ) -> Opinion:
        cuts, foreign = self._fitted.cuts, self._words.is_foreign(turn.text)
        judged = self._judge(turn, previous)
        by_itself = partial(conclude, "second_opinion", judged, cuts, ruled=ruled, foreign=foreign, may_lower=True)
        opinion = by_itself()
        if among is None or ruled:
            return opinion
        if opinion.concern.level is Level.EMERGENCY and opinion.is_certain:
            return replace(opinion, doubted=self._danger(turn, among) < CERTAIN_AMONG)
        if opinion.concern is not Concern.URGENT or self._danger(turn, among) >= cuts.beside:
            return opinion
        return by_itself(calm=True)

    @cached(KEPT)
    def _danger(self, turn: Turn, among: Turn) -> float:
        """Return the share of an emergency and urgent together of a part that is read among its neighbours."""
        reading = self._words.read(among, None)
        part = reading.part_of(turn.text)
        if part is None:
            return 1.0
        (found,) = self._log_shares(reading, [part], turn)
        return float(softmax(found)[: EMERGENCIES + 1].sum())

    @cached(KEPT)
    def _judge(self, turn: Turn, previous: Turn | None) -> tuple[PartScore, ...]:
        """Judge the parts. Cached: a conversation is judged from its first turn each time."""
        reading = self._words.read(turn, previous)
        parts = parts_of(reading)
        return self._words.judge(reading, parts, self._log_shares(reading, parts, turn))

    def _log_shares(self, reading: TurnReading, parts: Sequence[TurnPart], turn: Turn) -> list[Floats]:
        """Return the logarithms of shares of each part by both layers, weighted for the language of ``turn``."""
        words, encoded = self.layers(reading, parts)
        weight = NOT_ENGLISH if self._words.is_foreign(turn.text) else WORDS
        pairs = zip(words, encoded, strict=True)
        return [first if second is None else mixed(first, second, weight) for first, second in pairs]

    def layers(
        self, reading: TurnReading, parts: Sequence[TurnPart]
    ) -> tuple[Sequence[Floats], Sequence[Floats | None]]:
        """Return the logarithms of shares of each part by the words and by the encoder; ``None``: it did not see it."""
        words = self._words.log_shares(reading, parts)
        encoded: list[Floats | None] = [None] * len(parts)
        tokens, ranges = self._tokens(reading, parts)
        known = [i for i, rows in enumerate(ranges) if rows.stop > rows.start]
        if known:
            shares = self._fitted.head.log_shares(tokens, [ranges[i] for i in known])
            for i, each in zip(known, shares, strict=True):
                encoded[i] = each
        return words, encoded

    def _tokens(self, reading: TurnReading, parts: Sequence[TurnPart]) -> tuple[Floats, list[slice]]:
        """Return the token vectors of a turn, (n, d), from one pass, and for each part its rows."""
        if not parts:
            return np.empty((0, 1), np.float32), []
        text, context = readable(reading.folded.text), readable(reading.context)
        if not self._fits(context + text):
            context = ""
        encoded = self._encoder.each([self._cut(context + text)])[0]
        own = encoded.offsets[:, 0] >= len(context)  # not of the turn before
        begins = encoded.offsets[own, 0] - len(context)
        ends = [np.searchsorted(begins, reading.letters(part)) for part in parts]
        return encoded.tokens[own], [slice(int(first), int(last)) for first, last in ends]

    def _fits(self, text: str) -> bool:
        return self._encoder.count(text) <= min(WINDOW, self._encoder.limit)

    def _cut(self, text: str) -> str:
        """Return the text, or the beginning of a single word that is too long to be read."""
        while len(text) > 1 and not self._fits(text):
            text = text[: len(text) // 2]
        return text


@dataclass(frozen=True)
class Advice:
    """The first of ``sources`` that has an opinion; none if all of them fail: then only the rules decide.

    A source loads its opinion at the first call, and tries again at the next if that failed.
    """

    sources: Sequence[Callable[[], Advises]]

    def __call__(
        self, turn: Turn, previous: Turn | None = None, *, among: Turn | None = None, ruled: bool = False
    ) -> Opinion | None:
        for source in self.sources:
            with suppress(Exception):  # whatever broke, no turn is left unjudged; `doctor` says what it was
                return source()(turn, previous, among=among, ruled=ruled)
        return None


@cache
def load_fitted() -> Fitted:
    """Load the fitted file that ships with the package."""
    return read_fitted("red_flags", FILE, parse=parse_fitted)


def parse_fitted(arrays: Mapping[str, Any]) -> Fitted:
    """Read the arrays of the file, which are stored in half precision."""
    parts = ("hidden", "gaze", "out")
    full = {name: np.asarray(arrays[name], np.float32) for part in parts for name in (part, f"{part}_bias")}
    head = TokenHead(**{part: (full[part], full[f"{part}_bias"]) for part in parts})
    return Fitted(str(arrays["encoder"]), head, read_cuts(arrays["cuts"]))


@dataclass(frozen=True)
class Triagers:
    """``load_encoder``: the tuned encoder, made at first use. ``load``: the rules; ``opinion``: what they may raise."""

    load_encoder: Callable[[], Encoder]
    load: Callable[[], Rules] = load_rules
    opinion: Packaged = Packaged.ALL

    @once
    def rules(self) -> Rules:
        return self.load()

    @once
    def words(self) -> WordOpinion:
        rules = self.rules
        return WordOpinion(load_word_model(), rules.spelling.correct, rules.cues, rules.languages.is_foreign)

    @once
    def second(self) -> SecondOpinion:
        """Make the second opinion. Raises ``EncoderError`` without an encoder, or with one it was not fitted on."""
        return SecondOpinion(self.words, load_fitted(), self.load_encoder())

    def __call__(self, turns: Sequence[Turn]) -> Triage:
        """Read the turns with the triager in use. Rules are loaded here, so that unreadable ones are a failed check."""
        return self.in_use(turns)

    @once
    def in_use(self) -> Triager:
        return self._with(Advice((lambda: self.second, lambda: self.words)))

    @once
    def without_encoder(self) -> Triager:
        """Use rules and words only: more alarms than the one in use, but no encoder to wait for."""
        return self._with(Advice((lambda: self.words,)))

    def _with(self, advice: Advice) -> Triager:
        return Triager(self.rules) if self.opinion is Packaged.NONE else Triager(self.rules, advice, self.opinion)

    def by_name(self) -> Mapping[str, Triager]:
        """Return all triagers, each layer alone and together; the one in use is the last."""
        unruled = replace(self.rules, red_flags=replace(self.rules.red_flags, rules=()))
        return {
            "rules": Triager(self.rules),
            "words alone": Triager(unruled, Advice((lambda: self.words,)), self.opinion),
            "second opinion alone": Triager(unruled, Advice((lambda: self.second,)), self.opinion),
            "rules and words": self.without_encoder,
            "rules and second opinion": self.in_use,
        }

    @property
    def problems(self) -> tuple[str, ...]:
        """Say why there is no second opinion, as a sentence; empty if there is one, or none is wanted."""
        if self.opinion is Packaged.NONE:
            return ()
        try:
            self.second(Turn(0, "ready"))
        except AssistantError as error:
            return (f"triage goes without the second opinion: {error}",)
        except Exception as error:  # noqa: BLE001 - of the library that runs the encoder
            return (f"triage goes without the second opinion: its encoder does not run ({type(error).__name__})",)
        return ()
