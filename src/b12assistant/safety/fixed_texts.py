"""The fixed texts, by id: the only words of our own about health, each with its version, origin and review.

A text may hold a place for a telephone number, in braces; it is filled in before the text is shown. Ids like
``urgent.es`` give the gist of a text in another language; ``unread.it`` says that this language is not read. Once a
level and its kind are decided, ``fitting`` chooses the text that fits the words: about someone else, an allergy.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from functools import cache, lru_cache, partial
from types import MappingProxyType
from typing import Final

from b12assistant.answers import Answer, FixedText, FixedTexts, Status, TextId
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


@cache
def load_regions() -> Mapping[str, Table]:
    """Read the telephone numbers that ship with the package, by region and line."""
    return {region["id"]: region for region in read_data("red_flags", "numbers.toml")["region"]}


@cache
def general_words(language: str = "") -> LineWords:
    """Return general words for the telephone lines in a language, by default English."""
    if not language:
        return {**read_data("red_flags", "numbers.toml")["general"], ELSEWHERE: ""}
    known = load_translations().get(language)
    return {line: known[line] for line in LINES} if known else {"emergency": ANYWHERE}


def numbers_on(today: date, region: str, *own: str, language: str = "") -> LineWords:
    """Return the words for each telephone line on a day: the operator's own number, the region's, or general words.

    ``region``: its id, or "none". ``own``: one number for each of ``LINES``; empty: none. ``language``: of the text, if
    it is not English: the numbers of the places where it is spoken stand behind the others.
    Raises ``ConfigError`` for an unknown region and for an own number that is not one.
    """
    if region not in (NO_REGION, *load_regions()):
        raise ConfigError(
            f"red_flags.region = {region!r} is not known",
            hint=f"it is one of {', '.join(load_regions())}, or {NO_REGION}",
        )
    given = {line: _own(line, number) for line, number in zip(LINES, own, strict=False) if number}
    current = _current(region, today)
    words = {**general_words(language)}
    words |= {line: anywhere(each) if language else each["number"] for line, each in current.items()}
    if language:
        for line in words:
            if others := _others(line, language, words[line], today):
                words[line] = f"{words[line]} ({'; '.join(others)})"
    elif "emergency" in current and "emergency" not in given:
        others = _others("emergency", language, words["emergency"], today)
        words[ELSEWHERE] = " ".join(f"In the {other}." for other in others)
    return words | given


def _current(region: str, today: date) -> Mapping[str, Table]:
    lines = {line: each for line, each in load_regions().get(region, {}).items() if line in (*LINES, DOCTOR)}
    return {line: each for line, each in lines.items() if today <= each["review_by"]}


def _others(line: str, language: str, word: str, today: date) -> list[str]:
    """Return the numbers that ``word`` does not hold already of the places where a language is spoken.

    For a language of no place, and for English, of the places that texts of every region name.
    """
    regions = load_regions().items()
    spoken = {name: each["called"][language] for name, each in regions if language in each.get("called", ())}
    abroad = {name: each["abroad"] for name, each in regions if "abroad" in each}
    return [
        f"{place}: {number}"
        for region, place in (spoken or abroad).items()
        if line in (current := _current(region, today))
        and not _digits(number := anywhere(current[line])) <= _digits(word)
    ]


def anywhere(telephone: Table) -> str:
    """Return a number in a text of any language: without English words, if it has any."""
    return str(telephone.get("plain", telephone["number"]))


def _digits(text: str) -> set[str]:
    return set(re.findall(r"\d+", text))


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


@lru_cache(maxsize=4)
def all_texts(today: date = date.max, region: str = NO_REGION, *own: str) -> FixedTexts:
    """Return the texts of all languages as shown on a day; by default with general words for the telephone lines.

    ``region``, ``own``, errors: as of ``numbers_on``.
    """
    numbers = partial(numbers_on, today, region, *own)
    texts = dict(parse_fixed_texts(read_data("red_flags", FILE), numbers()))
    for code, known in load_translations().items():
        words = numbers(language=code)
        for name, sentence in known["sentences"].items():
            text, of = filled(sentence, code, words), f"{name} into {known['name']}."
            if name in CONTROLS:
                origin = f"Project translation of {of}"
            else:
                text, origin = f"{text}\n({LABEL})", f"Project translation of the gist of {of}"
            translated = TextId(f"{name}.{code}")
            texts[translated] = FixedText(translated, known["version"], text, origin, REVIEW)
    for code, unread in load_unread().items():
        name, text = TextId(f"{UNREAD}.{code}"), filled(unread["text"], code, numbers(language=code))
        texts[name] = FixedText(name, 1, f"{text}\n({LABEL})", f"Project wording in {unread['name']}.", REVIEW)
    return MappingProxyType(texts)


def code_of(name: TextId) -> str:
    """Return the language of a translation by its id."""
    return name.partition(".")[2]


def controls_for(answer: Answer, texts: FixedTexts) -> tuple[str, ...]:
    """Return the two controls, by which a reader says that nothing is happening now; none for a plain answer.

    They are in the language of the notices' translations, else in English.
    """
    if not (answer.status is Status.SAFETY_ONLY or answer.is_emergency):
        return ()
    code = next((code_of(notice.text) for notice in answer.notices if code_of(notice.text) in load_translations()), "")
    return tuple(texts[TextId(f"{name}.{code}") if code else name].text for name in CONTROLS)


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


# Three digits or more, and no year.
_NUMBER: Final = re.compile(r"(?<![\w,.+-])(?!(?:19|20)\d\d(?![ -]*\d))\+?\d(?:[ -]*\d){2,14}(?![\w-]|[,.:]\d)")


def telephone_numbers(text: str) -> tuple[tuple[int, int], ...]:
    """Return the half-open ranges of the telephone numbers in a fixed text, so that a page can dial them."""
    return tuple(match.span() for match in _NUMBER.finditer(text))


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
