"""Fixed texts in other languages, with the numbers of the reader's region: ids like ``urgent.es``.

Those in ``data/red_flags/translations.toml`` give the gist of a fixed text; those in ``unread.toml`` say in a language
that the safety check does not read it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache
from typing import Final

from b12assistant.answers import FixedText, FixedTexts, Notice, TextId
from b12assistant.data_files import read_data
from b12assistant.safety.fixed_texts import LINES, filled, load_telephones

FILE: Final = "translations.toml"
UNREAD_FILE: Final = "unread.toml"
LABEL: Final = "Translation not checked by a native speaker"
CONTROLS: Final = (TextId("not_happening"), TextId("looking_up"))  # sent as turns of the user, word for word
TRANSLATED: Final = (
    *("emergency_medical", "emergency_anaphylaxis", "emergency_poisoning"),
    *("emergency_self_harm", "emergency_self_harm_other"),
    *("urgent", "urgent_low_mood", "medical_decision", "reminder", "reminder_crisis"),
)
UNREAD: Final = TextId("unread")
ANYWHERE: Final = "112, 911, 999"  # emergency numbers in a text that holds no other words for them
REVIEW: Final = "not clinically reviewed"
Numbers = Callable[[str], Mapping[str, str]]  # by language: the words in the place of each telephone line


@dataclass(frozen=True, slots=True)
class Translated:
    """The sentences of one language. ``heading``: of an emergency; ``general``: words for each telephone line."""

    name: str
    version: int
    heading: str
    general: Mapping[str, str]
    sentences: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Unread:
    """A language that is not read, and how it is known.

    ``letters``: any of them shows it. ``script``: the letters it is written in, if others write in them too. ``words``:
    common ones.
    """

    name: str
    text: str
    letters: str = ""
    script: str = ""
    words: tuple[str, ...] = ()


class WithTranslations(Mapping[TextId, FixedText]):
    """``texts``, and the translations; ``numbers``: the words for the telephone lines in each language."""

    def __init__(self, texts: FixedTexts, numbers: Numbers | None = None) -> None:
        self._texts, self._numbers = texts, numbers or general_numbers

    def __getitem__(self, name: TextId) -> FixedText:
        if name not in translated():
            return self._texts[name]
        return _translation(name, tuple(self._numbers(code_of(name)).items()))

    def __iter__(self) -> Iterator[TextId]:
        return iter(dict.fromkeys((*self._texts, *sorted(translated()))))

    def __len__(self) -> int:
        return len(self._texts.keys() | translated())


def code_of(name: TextId) -> str:
    """Return the language of a translation by its id."""
    return name.partition(".")[2]


@cache
def load_translations() -> Mapping[str, Translated]:
    """Return the translations by language."""
    return {
        code: Translated(
            each["name"], each["version"], each["heading"], {line: each[line] for line in LINES}, each["sentences"]
        )
        for code, each in read_data("red_flags", FILE).items()
    }


@cache
def load_unread() -> Mapping[str, Unread]:
    """Return the languages that are not read, by code."""
    return {
        code: Unread(**{**each, "words": tuple(each.get("words", ()))})
        for code, each in read_data("red_flags", UNREAD_FILE).items()
    }


@cache
def translated() -> frozenset[TextId]:
    """Return the ids of all translations."""
    given = (TextId(f"{text}.{code}") for code in load_translations() for text in (*TRANSLATED, *CONTROLS))
    return frozenset(given) | {TextId(f"{UNREAD}.{code}") for code in load_unread()}


def controls_for(notices: Sequence[Notice], texts: FixedTexts) -> tuple[FixedText, ...]:
    """Return the two controls in the language of the notices' translations, else in English."""
    code = next((code_of(notice.text) for notice in notices if code_of(notice.text) in load_translations()), "")
    return tuple(texts[TextId(f"{name}.{code}") if code else name] for name in CONTROLS)


def control_sentences() -> Iterator[str]:
    """Yield the translated controls."""
    for language in load_translations().values():
        yield from (language.sentences[name] for name in CONTROLS)


def general_numbers(code: str) -> Mapping[str, str]:
    """Return general words for the telephone lines in a language."""
    known = load_translations().get(code)
    return known.general if known else {"emergency": ANYWHERE}


@lru_cache(maxsize=64)
def numbers_in(code: str, today: date, region: str, *own: str) -> Mapping[str, str]:
    """Return the words for the telephone lines in a language on a day; ``own``: numbers by line, before the region's.

    Raises ``ConfigError`` for an unknown region and for an own number that is not one.
    """
    given = dict(zip(LINES, own, strict=True))
    return load_telephones().words(region, given, today, code, general_numbers(code))


@lru_cache(maxsize=256)
def _translation(name: TextId, numbers: tuple[tuple[str, str], ...]) -> FixedText:
    original, _, code = name.partition(".")
    if original == UNREAD:
        language = load_unread()[code]
        text = f"{filled(language.text, UNREAD_FILE, dict(numbers))}\n({LABEL})"
        return FixedText(name, 1, text, f"Project wording in {language.name}.", REVIEW)
    known = load_translations()[code]
    text = filled(known.sentences[original], f"{FILE}, {code}", dict(numbers))
    if original in CONTROLS:
        origin = f"Project translation of {original} into {known.name}."
    else:
        text, origin = f"{text}\n({LABEL})", f"Project translation of the gist of {original} into {known.name}."
    return FixedText(name, known.version, text, origin, REVIEW)
