"""The fixed texts, by id: the only words of our own about health, each with its version, origin and review.

A text may hold a place for a telephone number, in braces; it is filled in before the text is shown. Ids like
``urgent.es`` give the gist of a text in another language; ``unread.it`` says that this language is not read. Once a
level and its kind are decided, ``fitting`` chooses the text that fits the words: about someone else, an allergy.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import date
from functools import cache, lru_cache, partial
from types import MappingProxyType
from typing import Final

from b12assistant.answers import FixedText, FixedTexts, Notice, TextId
from b12assistant.data_files import HINT, Table, read_data
from b12assistant.errors import ConfigError
from b12assistant.language.wording import phrases, plain

LINES: Final = ("emergency", "crisis_line", "poison_line")  # numbers that the configuration may set
DOCTOR: Final = "doctor"  # who sees a person in the next day or two
ELSEWHERE: Final = "elsewhere"  # the emergency numbers of other places
NO_REGION: Final = "none"
LONGEST: Final = 60  # characters of a number with its words
ANYWHERE: Final = "112, 911, 999"  # emergency numbers in a text that holds no other words for them
LineWords = Mapping[str, str]  # by telephone line


class Telephones:
    """The numbers of each region by line, and general words for each line, of a parsed file."""

    def __init__(self, data: Table) -> None:
        self.general: LineWords = {**data["general"], ELSEWHERE: ""}
        self.regions: Mapping[str, Table] = {region["id"]: region for region in data["region"]}

    def words(self, region: str, own: LineWords, today: date, language: str = "") -> LineWords:
        """Return the words for each line: the operator's own number, the region's, or general words.

        ``region``: its id, or "none". ``own``: numbers by line; empty: none. ``language``: of the text, if it is not
        English: the numbers of the places where it is spoken stand behind the others.
        Raises ``ConfigError`` for an unknown region and for an own number that is not one.
        """
        if region not in (NO_REGION, *self.regions):
            raise ConfigError(
                f"red_flags.region = {region!r} is not known",
                hint=f"it is one of {', '.join(self.regions)}, or {NO_REGION}",
            )
        given = {line: _own(line, number) for line, number in own.items() if number}
        current = self._current(region, today)
        words = dict(general_words(language) if language else self.general)
        words |= {line: anywhere(each) if language else each["number"] for line, each in current.items()}
        if language:
            for line in words:
                if others := self._others(line, language, words[line], today):
                    words[line] = f"{words[line]} ({'; '.join(others)})"
        elif "emergency" in current and "emergency" not in given:
            others = self._others("emergency", language, words["emergency"], today)
            words[ELSEWHERE] = " ".join(f"In the {other}." for other in others)
        return words | given

    def _current(self, region: str, today: date) -> Mapping[str, Table]:
        lines = {line: each for line, each in self.regions.get(region, {}).items() if line in (*LINES, DOCTOR)}
        return {line: each for line, each in lines.items() if today <= each["review_by"]}

    def _others(self, line: str, language: str, word: str, today: date) -> list[str]:
        """Return the numbers that ``word`` does not hold already of the places where a language is spoken.

        For a language of no place, and for English, of the places that texts of every region name.
        """
        spoken = {
            name: each["called"][language] for name, each in self.regions.items() if language in each.get("called", ())
        }
        abroad = {name: each["abroad"] for name, each in self.regions.items() if "abroad" in each}
        return [
            f"{place}: {number}"
            for region, place in (spoken or abroad).items()
            if line in (current := self._current(region, today))
            and not _digits(number := anywhere(current[line])) <= _digits(word)
        ]


def anywhere(telephone: Table) -> str:
    """Return a number in a text of any language: without English words, if it has any."""
    return str(telephone.get("plain", telephone["number"]))


def _digits(text: str) -> set[str]:
    return set(re.findall(r"\d+", text))


@cache
def load_telephones() -> Telephones:
    """Read the numbers that ship with the package."""
    return Telephones(read_data("red_flags", "numbers.toml"))


def _own(line: str, number: str) -> str:
    """Check an operator's own number, and return it as written."""
    if not number.isprintable() or len(number) > LONGEST or not any(character.isdigit() for character in number):
        raise ConfigError(
            f"red_flags.{line} = {number!r} is no telephone number",
            hint=f"write it on one line of at most {LONGEST} characters, with its digits",
        )
    return number


FILE: Final = "texts.toml"
LABEL: Final = "Translation not checked by a native speaker"
REVIEW: Final = "not clinically reviewed"
CONTROLS: Final = (TextId("not_happening"), TextId("looking_up"))  # sent as turns of the user, word for word
TRANSLATED: Final = (
    *("emergency_medical", "emergency_anaphylaxis", "emergency_poisoning"),
    *("emergency_self_harm", "emergency_self_harm_other"),
    *("urgent", "urgent_low_mood", "medical_decision", "reminder", "reminder_crisis", "language"),
)
UNREAD: Final = TextId("unread")
_PLACE: Final = re.compile(r"\{(.*?)\}", re.S)


@cache
def load_translations() -> Mapping[str, Table]:
    """Return by language its name, its version, the heading of an emergency, words for each line, and sentences."""
    return read_data("red_flags", "translations.toml")


@cache
def load_unread() -> Mapping[str, Table]:
    """Return the languages that are not read, by code, each with its name, its text, and how it is known.

    ``letters``: any of them shows it. ``words``: common ones.
    """
    return read_data("red_flags", "unread.toml")


def general_words(language: str = "") -> dict[str, str]:
    """Return general words for the telephone lines in a language, by default English."""
    if not language:
        return dict(load_telephones().general)
    known = load_translations().get(language)
    return {line: known[line] for line in LINES} if known else {"emergency": ANYWHERE}


@lru_cache(maxsize=4)
def texts_on(today: date, region: str, *own: str) -> FixedTexts:
    """Return the texts of all languages as shown on a day.

    ``own``: numbers, one per line, before those of the region and general words. Raises ``ConfigError`` for an unknown
    region and for a number that is not one.
    """
    return all_texts(partial(numbers_on, today, region, *own))


def numbers_on(today: date, region: str, *own: str, language: str = "") -> LineWords:
    """Return the words for each telephone line on a day. Raises ``ConfigError``, as ``texts_on``."""
    return load_telephones().words(region, dict(zip(LINES, own, strict=True)), today, language)


def all_texts(words: Callable[..., LineWords] = general_words) -> FixedTexts:
    """Return the texts and their translations; ``words``: for the telephone lines, by ``language``."""
    ours = parse_fixed_texts(read_data("red_flags", FILE), words())
    return MappingProxyType({**ours, **{text.id: text for text in _translations(words)}})


def _translations(words: Callable[..., LineWords]) -> Iterator[FixedText]:
    for code, known in load_translations().items():
        numbers = words(language=code)
        for name in (*TRANSLATED, *CONTROLS):
            text, of = filled(known["sentences"][name], code, numbers), f"{name} into {known['name']}."
            if name in CONTROLS:
                origin = f"Project translation of {of}"
            else:
                text, origin = f"{text}\n({LABEL})", f"Project translation of the gist of {of}"
            yield FixedText(TextId(f"{name}.{code}"), known["version"], text, origin, REVIEW)
    for code, unread in load_unread().items():
        text = f"{filled(unread['text'], code, words(language=code))}\n({LABEL})"
        yield FixedText(TextId(f"{UNREAD}.{code}"), 1, text, f"Project wording in {unread['name']}.", REVIEW)


def code_of(name: TextId) -> str:
    """Return the language of a translation by its id."""
    return name.partition(".")[2]


def controls_for(notices: Sequence[Notice], texts: FixedTexts) -> tuple[FixedText, ...]:
    """Return the two controls in the language of the notices' translations, else in English."""
    code = next((code_of(notice.text) for notice in notices if code_of(notice.text) in load_translations()), "")
    return tuple(texts[TextId(f"{name}.{code}") if code else name] for name in CONTROLS)


def parse_fixed_texts(data: Table, numbers: LineWords, *, file: str = FILE, hint: str = HINT) -> FixedTexts:
    """Return the texts of a parsed file of the right form; an unknown place and an id used twice are errors.

    ``numbers``: the words for each telephone line. ``file``, ``hint``: what an error names.
    """
    texts: dict[TextId, FixedText] = {}
    for table in data["text"]:
        where = f"{file}, text {table['id']}"
        text = FixedText(**{**table, "text": filled(table["text"], where, numbers, hint=hint)})
        if text.id in texts:
            raise ConfigError(f"{where}: this id is used twice", hint=hint)
        texts[text.id] = text
    return MappingProxyType(texts)


def filled(text: str, where: str, numbers: LineWords, *, hint: str = HINT) -> str:
    """Put the words for each telephone line in its place, without lines left empty.

    Raises ``ConfigError`` for an unknown place.
    """
    if unknown := sorted(set(_PLACE.findall(text)) - set(numbers)):
        raise ConfigError(f"{where}: no telephone line is called {', '.join(unknown)}", hint=hint)
    return _PLACE.sub(lambda place: numbers[place[1]], text).replace("\n\n", "\n")


_NUMBER: Final = re.compile(r"(?<![\w,.+-])\+?\d(?:[\d -]*\d)?(?![\w-]|[,.:]\d)")
_FEWEST: Final = 3  # digits of a number that can be called
_MOST: Final = 15
_YEAR: Final = re.compile(r"(?:19|20)\d\d")


def telephone_numbers(text: str) -> tuple[tuple[int, int], ...]:
    """Return the half-open ranges of the telephone numbers in a fixed text, so that a page can dial them."""
    return tuple(
        match.span()
        for match in _NUMBER.finditer(text)
        if _FEWEST <= sum(map(str.isdigit, match[0])) <= _MOST and not _YEAR.fullmatch(match[0])
    )


def fitting(text: TextId, words: str) -> TextId:
    """Return the text to show for ``text``, given what was written."""
    for of, variant, said, unless in load_variants():
        if of == text and said.search(written := plain(words)) and not unless.search(written):
            return variant
    return text


@cache
def load_variants() -> tuple[tuple[TextId, TextId, re.Pattern[str], re.Pattern[str]], ...]:
    """Read the variants: of which text, the one that replaces it if the first phrases are found and none of the
    second."""
    data = read_data("red_flags", "variants.toml")

    def pattern(table: Table, key: str) -> re.Pattern[str]:
        return phrases(table.get(key, ()), data["names"], f"variants.toml, {table['text']}")

    return tuple(
        (TextId(each["of"]), TextId(each["text"]), pattern(each, "said"), pattern(each, "unless"))
        for each in data["variant"]
    )
