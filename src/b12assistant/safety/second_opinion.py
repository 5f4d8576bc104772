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
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from b12assistant.answers import Level, Triage, Turn
from b12assistant.data_files import chosen, read_fitted
from b12assistant.errors import AssistantError, EncoderError
from b12assistant.language.folding import fold
from b12assistant.language.words import readable
from b12assistant.protocols import Encoder, PartReader
from b12assistant.safety.opinion import (
    CERTAIN_AMONG,
    EMERGENCIES,
    Advises,
    Asked,
    Beside,
    Concern,
    Opinion,
    Passed,
    Shares,
    Thresholds,
)
from b12assistant.safety.triage import Rules, Triager, load_rules
from b12assistant.safety.turn_parts import TurnPart, TurnReading
from b12assistant.threads import cached, once

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]


WORDS_FILE: Final = "word_model.npz"
PIECES: Final = range(2, 6)  # letters of a piece of a word, its two ends counted
CUE: Final = 0.3  # of a cue, relative to words whose squares add up to 1
LENGTHS: Final = (5, 10, 40, 80)
WORDS_KEPT: Final = 4096  # words whose pieces are cached


def word_features(words: Sequence[str]) -> frozenset[str]:
    """Return the words and pairs of words."""
    return frozenset((*words, *(f"{first} {second}" for first, second in pairwise(words))))


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
        return self._rows(piece_features(word))

    def log_shares(self, reading: TurnReading, part: TurnPart) -> Floats:
        """Return (6,) logarithms of shares, in the order of ``CONCERNS``."""
        words = reading.words(part)
        total = self.bias
        for rows in (self._rows(word_features(words)), frozenset[int]().union(*map(self._pieces, set(words)))):
            total = total + self._sum(rows) / np.float32(max(1, len(rows)) ** 0.5)
        total = total + self._sum(self._rows(cue_features(reading, part))) * np.float32(CUE)
        return log(softmax(np.asarray(total, np.float32)))

    def _rows(self, features: Iterable[str]) -> frozenset[int]:
        """Return the rows of the features that are known."""
        keys = np.fromiter(map(key_of, features), self.keys.dtype)
        rows = np.minimum(np.searchsorted(self.keys, keys), len(self.keys) - 1)
        return frozenset(rows[self.keys[rows] == keys].tolist())

    def _sum(self, rows: frozenset[int]) -> Floats:
        """Add up weights, (6,), as whole numbers, so that the order of rows does not matter."""
        total = self.weights[np.fromiter(rows, np.intp)].sum(axis=0, dtype=np.int64)
        return np.asarray(total * self.scale, np.float32)


@cache
def load_word_model() -> WordModel:
    """Read the fitted file that ships with the package; `benchmarks/fit/red_flags.py` makes it."""
    return read_fitted(
        "red_flags",
        WORDS_FILE,
        parse=lambda a: WordModel(a["keys"], a["weights"], a["scale"], a["bias"], Thresholds(*a["cuts"].tolist())),
    )


FILE: Final = "second_opinion.npz"
LENGTH: Final = 8.0  # token vectors of unit length are scaled to this
TINY: Final = 1e-4  # added to a share before its logarithm is taken
WINDOW: Final = 126  # word pieces that the encoder reads at once
LEANING: Final = 24  # words of a turn that may lean on what was said before
WORDS: Final = chosen("red_flags")["words"]  # weight of the words; the encoder has the rest
CALM, CALM_SURE, CALM_SHARE, MEANT, HINTED = (
    chosen("red_flags")[name] for name in ("calm", "calm_sure", "calm_share", "meant", "harm_hinted")
)
NOT_ENGLISH: Final = chosen("red_flags")["words_not_english"]  # the same for a language other than English
KEPT: Final = 2048  # turns and parts whose opinion is cached


@dataclass(frozen=True)
class Fitted:
    """What `benchmarks/fit/red_flags.py` found: attention pooling over token vectors of ``d``, to ``c`` concerns.

    ``encoder``: the digest of the one that it was fitted on. In float32: ``hidden``: (d, h), (h,). ``gaze``: (d, k),
    (k,). ``out``: (k * h, c), (c,).
    """

    encoder: str
    hidden: tuple[Floats, Floats]
    gaze: tuple[Floats, Floats]
    out: tuple[Floats, Floats]
    cuts: Thresholds

    def log_shares(self, tokens: Floats) -> Floats:
        """Return (c,) logarithms of shares of ``tokens``, (n, d) of unit length, at least one."""
        scaled = tokens * np.float32(LENGTH)
        hidden = np.maximum(scaled @ self.hidden[0] + self.hidden[1], 0)
        gaze = scaled @ self.gaze[0] + self.gaze[1]
        pooled = (softmax(np.asarray(gaze, np.float32), axis=0).T @ hidden).reshape(-1)
        return log(softmax(pooled @ self.out[0] + self.out[1]))


def softmax(values: Floats, axis: int = -1) -> Floats:
    powers = np.exp(values - values.max(axis=axis, keepdims=True))
    return np.asarray(powers / powers.sum(axis=axis, keepdims=True), np.float32)


def log(shares: Floats) -> Floats:
    return np.asarray(np.log(shares + TINY), np.float32)


@dataclass(frozen=True)
class WordOpinion:
    """The opinion of the words: no encoder, nothing to load, nothing to fail."""

    model: WordModel
    rules: Rules

    def __call__(self, asked: Asked) -> Opinion:
        """Judge the turn by its own words: on two turns read together the model overestimates."""
        reading = self.read(asked.turn, asked.previous)
        shares = rounded(self.model.log_shares(reading, reading.whole))
        foreign = self.rules.languages.is_foreign(asked.turn.text)
        concern, passed = self.model.cuts.decide(shares, ruled=asked.ruled, foreign=foreign)
        return Opinion("words", concern, shares, passed)

    def read(self, turn: Turn, previous: Turn | None) -> TurnReading:
        """Read the turn, with what was said before if it is so short that it may lean on that."""
        folded, before = fold(turn.text, self.rules.spelling.correct), ""
        if previous is not None and len(folded.words) <= LEANING:
            before = fold(previous.text, self.rules.spelling.correct).text.strip(" .")
        return TurnReading(folded, f"{before} . " if before else "", self.rules.cues)


def rounded(log_shares: Floats) -> Shares:
    return tuple(round(share, 4) for share in softmax(log_shares).tolist())


class SecondOpinion:
    """Words and tuned encoder together. Raises ``EncoderError`` at once if it was fitted on another encoder.

    ``danger`` reads a part of a letter with what stands beside it: of what only the model calls grave, whether
    somebody is in danger now; of what only hints at an emergency, whether somebody may mean to harm themselves. What
    it finds calm is not told, unless the model is surer and ``danger`` less sure: then it is told, but takes no answer
    away. So is what is not calm, if ``danger`` does not hear that somebody is in danger, or means to harm themselves.
    """

    def __init__(self, words: WordOpinion, fitted: Fitted, encoder: Encoder, danger: PartReader | None = None) -> None:
        if encoder.digest != fitted.encoder:
            raise EncoderError(
                f"the second opinion of triage was fitted on another encoder than {encoder.name!r}",
                hint="reinstall b12assistant",
            )
        self._words, self._fitted, self._encoder, self._danger = words, fitted, encoder, danger

    def __call__(self, asked: Asked) -> Opinion:
        text, previous, beside, ruled = asked.turn.text.strip(), asked.previous, asked.beside, asked.ruled
        cuts, languages = self._fitted.cuts, self._words.rules.languages
        foreign, shares = languages.is_foreign(text), self._shares(text, previous)
        concern, passed = cuts.decide(shares, ruled=ruled, foreign=foreign)
        opinion = Opinion("second_opinion", concern, shares, passed, may_lower=True)
        if beside is None or ruled:
            return opinion
        hint = sum(shares[:EMERGENCIES])
        hints = hint >= HINTED and concern.level is not Level.EMERGENCY
        is_grave = concern.level in (Level.URGENT, Level.EMERGENCY)
        if not (hints or is_grave):  # most parts: what stands beside them is not read
            return opinion
        reader = None if foreign or languages.is_foreign(f"{beside[0]}{text}{beside[1]}") else self._danger
        if hints and reader is not None and self._logits(reader, text, beside)[1] >= MEANT:
            return replace(opinion, concern=Concern.SELF_HARM, passed=Passed("hinted", hint, HINTED))
        if not is_grave:
            return opinion
        loudest = np.inf if reader is None else self._loudest(reader, text, beside)
        is_calm = loudest < CALM
        if not is_calm or (loudest >= CALM_SURE and sum(shares[: EMERGENCIES + 1]) >= CALM_SHARE):
            danger = sum(self._shares(text, None, beside)[: EMERGENCIES + 1])
            if concern is not Concern.URGENT:
                meant = loudest
                if reader is not None and concern is Concern.SELF_HARM:
                    meant = self._loudest(reader, text, beside, of_harm=True)
                return replace(opinion, doubted=is_calm or danger < CERTAIN_AMONG or meant < MEANT)
            if danger >= cuts.beside:
                return opinion
        concern, passed = cuts.decide(shares, ruled=ruled, foreign=foreign, calm=True)
        return replace(opinion, concern=concern, passed=passed)

    def _loudest(self, reader: PartReader, text: str, beside: Beside, *, of_harm: bool = False) -> float:
        """Return the logit that somebody is in danger, or may mean to harm themselves, by what a part says where it
        stands or by itself."""
        return max(self._logits(reader, text, each)[of_harm] for each in (beside, ("", "")))

    @cached(KEPT)
    def _logits(self, reader: PartReader, text: str, beside: Beside) -> Sequence[float]:
        """Return what a reader says of a part and what stands beside it. Cached: messages are read again."""
        before, after = beside
        return reader.scores(text, f"{before.strip()} ... {after.strip()}")

    @cached(KEPT)
    def _shares(self, text: str, previous: Turn | None, beside: Beside | None = None) -> Shares:
        """Return how likely each concern is, of a part also where it stands: a mean of both layers, weighted for its
        language. Cached: messages are read again."""
        before, after = beside or ("", "")
        reading = self._words.read(Turn(0, f"{before}{text}{after}"), previous)
        part = reading.part_of(len(before), len(before) + len(text)) if beside else None
        part = part or reading.whole
        words, encoded = self._words.model.log_shares(reading, part), self.encoded(reading, part)
        weight = NOT_ENGLISH if self._words.rules.languages.is_foreign(text) else WORDS
        return rounded(words if encoded is None else np.asarray(weight * words + (1 - weight) * encoded, np.float32))

    def encoded(self, reading: TurnReading, part: TurnPart) -> Floats | None:
        """Return the logarithms of shares by the encoder; ``None``: it did not see the part."""
        text, context = readable(reading.folded.text), readable(reading.context)
        context = context if self._fits(context + text) else ""
        encoded = self._encoder.each([self._cut(context + text)])[0]
        begins = encoded.offsets[:, 0] - len(context)  # below 0: of the turn before
        first, last = reading.letters(part)
        tokens = encoded.tokens[(first <= begins) & (begins < last)]
        return self._fitted.log_shares(tokens) if len(tokens) else None

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

    def __call__(self, asked: Asked) -> Opinion | None:
        for source in self.sources:
            with suppress(Exception):  # whatever broke, no turn is left unjudged; `doctor` says what it was
                return source()(asked)
        return None


@cache
def load_fitted() -> Fitted:
    """Load the fitted file that ships with the package."""
    return read_fitted("red_flags", FILE, parse=parse_fitted)


def parse_fitted(arrays: Mapping[str, Any]) -> Fitted:
    """Read the arrays of the file, which are stored in half precision."""
    full = {name: np.asarray(array, np.float32) for name, array in arrays.items() if name not in ("encoder", "cuts")}
    parts = {part: (full[part], full[f"{part}_bias"]) for part in ("hidden", "gaze", "out")}
    return Fitted(str(arrays["encoder"]), cuts=Thresholds(*arrays["cuts"].tolist()), **parts)


@dataclass(frozen=True)
class Triagers:
    """``load_encoder``: the tuned encoder, made at first use. ``load``: the rules. ``model``: whether it is asked.
    ``load_danger``: loads what `SecondOpinion` reads parts of letters with, if there is any."""

    load_encoder: Callable[[], Encoder]
    load: Callable[[], Rules] = load_rules
    model: bool = True
    load_danger: Callable[[], PartReader | None] = lambda: None

    @once
    def rules(self) -> Rules:
        return self.load()

    @once
    def words(self) -> WordOpinion:
        return WordOpinion(load_word_model(), self.rules)

    @once
    def second(self) -> SecondOpinion:
        """Make the second opinion. Raises ``EncoderError`` without an encoder, or with one it was not fitted on."""
        return SecondOpinion(self.words, load_fitted(), self.load_encoder(), self.load_danger())

    def __call__(self, turns: Sequence[Turn]) -> Triage:
        """Read the turns with the triager in use. Rules are loaded here, so that unreadable ones are a failed check."""
        return self.in_use(turns)

    @once
    def advice(self) -> Advice:
        return Advice((lambda: self.second, lambda: self.words))

    @once
    def in_use(self) -> Triager:
        return Triager(self.rules, self.advice if self.model else None)

    @once
    def without_encoder(self) -> Triager:
        """Use rules and words only: more alarms than the one in use, but no encoder to wait for."""
        return Triager(self.rules, Advice((lambda: self.words,)) if self.model else None)

    @property
    def problems(self) -> tuple[str, ...]:
        """Say why there is no second opinion, as a sentence; empty if there is one, or none is wanted."""
        if not self.model:
            return ()
        try:
            self.second(Asked(Turn(0, "ready")))
            if (danger := self.load_danger()) is not None:
                danger.scores("ready", "")  # its file is read at first use
        except Exception as error:  # noqa: BLE001 - also of the library that runs the encoder
            why = error if isinstance(error, AssistantError) else f"its encoder does not run ({type(error).__name__})"
            return (f"triage goes without the second opinion: {why}",)
        return ()
