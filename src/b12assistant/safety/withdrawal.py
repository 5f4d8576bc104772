"""Recognise messages that withdraw an emergency: "wrong window", "the ambulance is here", and the two controls, in any
case, with any punctuation, in every language served; and remarks, which ask and report nothing.

The phrases are in ``data/red_flags/withdrawals.toml``. A "but", a "still" or a question around the phrase cancels the
withdrawal.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from typing import Final

from b12assistant.data_files import read_data
from b12assistant.language.folding import Word, fold
from b12assistant.language.wording import Phrases, Plain, clauses
from b12assistant.safety.fixed_texts import CONTROLS, all_texts
from b12assistant.threads import cached

FILE: Final = "withdrawals.toml"
LISTS: Final = ("unmeant", "safe", "ended", "softened", "remark", "farewell", "asks", "negates", "against", "relapse")
LONGEST: Final = 600  # characters: a longer message reports something
TEXTS: Final = 64  # texts whose reading is cached


class Withdrawal(StrEnum):
    """What a turn says about the earlier emergency, the clearest first."""

    CONTROL = "control"  # one of the two fixed sentences: ends everything
    UNMEANT = "unmeant"  # it was not meant: ends everything
    SAFE = "safe"  # no wish to be hurt: ends self-harm
    ENDED = "ended"  # long ago, looked up, sent by mistake: ends all but self-harm
    SOFTENED = "softened"  # help was called, or the person is well


KINDS: Final = tuple(Withdrawal)[1:]  # without the control


@dataclass(frozen=True, slots=True)
class WithdrawalReading:
    """How a turn answers an emergency.

    ``remark``: it holds only remarks. ``farewell``: one of them says goodbye. ``asks``: it asks something.
    ``relapse``: it says that it is happening after all. ``masked``: the text with what was recognised blanked out.
    """

    kind: Withdrawal | None = None
    remark: bool = False
    farewell: bool = False
    asks: bool = False
    relapse: bool = False
    masked: str = ""


Language = Mapping[str, Phrases]  # the phrases of one language by list


class Withdrawals:
    """The phrases of all languages. ``controls``: the control sentences, previous wordings too, as plain words."""

    def __init__(self, languages: Sequence[Language], controls: frozenset[str]) -> None:
        self.languages, self._controls = languages, controls

    def is_control(self, text: str) -> bool:
        """Return whether a turn is one of the two control sentences, whatever its case and punctuation."""
        return len(text) <= LONGEST and _plain(text) in self._controls

    @cached(TEXTS)
    def read(self, text: str, *, flagged: bool) -> WithdrawalReading:
        """Read a turn; ``flagged``: after an emergency. Otherwise only controls and remarks matter."""
        parts = clauses(text) if len(text) <= LONGEST else []
        if not parts:
            return WithdrawalReading(asks=len(text) > LONGEST and "?" in text, masked=text)
        if self.is_control(text):
            return WithdrawalReading(Withdrawal.CONTROL, masked=" " * len(text))
        languages = self.languages
        remarks = frozenset[Word]().union(*(_words(plain, languages, "remark", "farewell") for plain, _ in parts))
        farewell = any(each["farewell"].found_in(plain.text) for plain, _ in parts for each in languages)
        said = [part for part in parts if not remarks.issuperset(part[0].words)]
        kind, words = self._taken_back(text, said) if flagged else (None, frozenset[Word]())
        happening = (part[0] for part in said if flagged and kind is None and not _supposes(*part, languages))
        relapse = any(each["relapse"].found_in(plain.text) for plain in happening for each in languages)
        asks = any(_supposes(*part, languages) for part in said if not words.issuperset(part[0].words))
        # Remarks next to a withdrawal are blanked too: "no, wrong window".
        masked = _masked(text, words | remarks) if kind or not said else text
        return WithdrawalReading(kind, not said, farewell, asks, relapse, masked)

    def _taken_back(self, text: str, parts: Sequence[tuple[Plain, str]]) -> tuple[Withdrawal | None, frozenset[Word]]:
        """Return what the clauses take back, in the language that says it most clearly, and the words that do."""
        best, said = len(KINDS), frozenset[Word]()
        texts = (Plain(fold(text).words), *(plain for plain, _ in parts))
        for language in self.languages:
            affirming = (plain for plain, mark in parts if not _supposes(plain, mark, (language,)))
            found = [each for plain in affirming for each in _affirmed(plain, language)]
            rank = min((rank for rank, _ in found), default=len(KINDS))
            words = frozenset[Word]().union(*(words for _, words in found))
            if rank < best and all(words.issuperset(_words(plain, (language,), "against")) for plain in texts):
                best, said = rank, words
        return (KINDS[best], said) if said else (None, said)


def _affirmed(plain: Plain, language: Language) -> list[tuple[int, frozenset[Word]]]:
    """Return what a clause takes back, as places in ``KINDS`` with their words; nothing if it denies it: "no joke"."""
    found = [(rank, _words(plain, (language,), kind.value)) for rank, kind in enumerate(KINDS)]
    known = frozenset[Word]().union(*(words for _, words in found))
    denied = not known.issuperset(_words(plain, (language,), "negates"))
    return [] if denied else [(rank, words) for rank, words in found if words]


def _words(plain: Plain, languages: Iterable[Language], *lists: str) -> frozenset[Word]:
    """Return the words of a clause that are in a phrase of these lists."""
    spans = (span for language in languages for name in lists for span in language[name].spans(plain.text))
    return frozenset(word for span in spans for word in plain.covered(*span))


def _supposes(plain: Plain, mark: str, languages: Iterable[Language]) -> bool:
    """Return whether a clause only asks or supposes."""
    return mark == "?" or any(language["asks"].starts(plain.text) for language in languages)


def _masked(text: str, words: Iterable[Word]) -> str:
    letters = list(text)
    for word in words:
        letters[word.start : word.end] = " " * (word.end - word.start)
    return "".join(letters)


def _plain(text: str) -> str:
    return Plain(fold(text).words).text


@cache
def load_withdrawals() -> Withdrawals:
    """Read the phrases that ship with the package."""
    data = read_data("red_flags", FILE)
    languages: list[Language] = [
        {name: Phrases(each[name], each.get("names", {}), f"{FILE}, {each['code']}, {name}") for name in LISTS}
        for each in data["language"]
    ]
    sentences = (text.text for name, text in all_texts().items() if name.partition(".")[0] in CONTROLS)
    return Withdrawals(languages, frozenset(map(_plain, (*sentences, *data["controls"]))))
