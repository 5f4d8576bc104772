"""Find what a sentence claims beside its wording: numbers with units, how often, for whom, and whether it denies.

Token vectors hardly tell "every day" from "every second day", or "works" from "does not work". So a sentence is a
repeat of another only if that one claims as much. The words are data (`data/answering/claims.toml`).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from b12assistant.data_files import read_data
from b12assistant.language.words import fold

Fact = tuple[str, float, float, str]  # kind, number, days or the like from one time to the next, unit


@dataclass(frozen=True, slots=True)
class Claims:
    """What one sentence claims. ``facts``: its numbers and frequencies; ``implied``: those of "a tablet", which may be
    left out; ``often``: words such as "sometimes"; ``groups``: the people it speaks of."""

    facts: frozenset[Fact]
    implied: frozenset[Fact]
    often: frozenset[str]
    groups: frozenset[str]
    denies: bool


def hold(claims: Claims, other: Claims) -> bool:
    """Return whether ``claims`` include the ``other`` ones. What is said of a group is not said of all."""
    return (
        claims.denies == other.denies
        and other.facts <= claims.facts | claims.implied
        and (not claims.often or other.often <= claims.often)
        and (other.groups <= claims.groups if other.groups else not claims.groups)
    )


@dataclass(frozen=True)
class _Words:
    """The compiled words. ``units``: what a unit is counted in, and how many of these it is worth."""

    frequency: re.Pattern[str]
    quantity: re.Pattern[str]
    denying: re.Pattern[str]
    often: re.Pattern[str]
    groups: re.Pattern[str]
    articles: frozenset[str]
    below: frozenset[str]
    numbers: Mapping[str, float]
    units: Mapping[str, tuple[str, float]]
    same: Mapping[str, str]  # a word, and the first of the list that it is in


def _number(written: str) -> float:
    numbers = _words().numbers
    return numbers[written] if written in numbers else float(written.replace(",", ""))


def _unit(written: str | None) -> tuple[str, float]:
    units = _words().units
    return units.get(written or "") or units.get((written or "").removesuffix("s"), ("", 1.0))


def claims_of(sentence: str) -> Claims:
    """Return what a sentence claims."""
    known, text = _words(), fold(sentence).replace("’", "'")
    facts: set[Fact] = set()
    implied: set[Fact] = set()
    for match in known.frequency.finditer(text):
        times = _number(match["times"]) if match["times"] else 1.0
        base, worth = _unit(match["period"] or match["adverb"])
        facts.add(("every", times, worth * (_number(match["step"]) if match["step"] else 1.0), base))
    for match in known.quantity.finditer(known.frequency.sub(" ; ", text)):
        (implied if match["first"] in known.articles else facts).update(_quantities(match, known))
    often, groups = (
        frozenset(known.same.get(found) or known.same[found.removesuffix("s")] for found in pattern.findall(text))
        for pattern in (known.often, known.groups)
    )
    return Claims(frozenset(facts), frozenset(implied), often, groups, bool(known.denying.search(text)))


def _quantities(match: re.Match[str], known: _Words) -> Iterator[Fact]:
    """Yield the numbers of a match, each with its bound and unit; a range has two. "One" and "a" count with a unit."""
    unit, worth = _unit(match["unit"] or match["sign"])
    bound = match["before"] or match["after"]
    side = "" if not bound else "below" if bound in known.below else "above"
    for written in filter(None, (match["first"], match["last"])):
        if unit or written[0].isdigit() or _number(written) != 1:
            yield side, _number(written) * worth, 0.0, unit


def _any(words: Iterable[str]) -> str:
    return "|".join(re.escape(word) for word in sorted(words, key=len, reverse=True)) or "(?!)"


@cache
def _words() -> _Words:
    data = read_data("answering", "claims.toml")
    units = {fold(word): (unit["in"], float(unit.get("worth", 1))) for unit in data["unit"] for word in unit["words"]}
    periods = [fold(word) for unit in data["unit"] if "adverb" in unit for word in unit["words"]]
    adverbs = {
        word: (unit["in"], float(unit.get("worth", 1))) for unit in data["unit"] for word in unit.get("adverb", ())
    }
    signs = {word for word in units if not word[0].isalpha()}
    data["numbers"] |= dict.fromkeys(data["articles"], 1)
    numbers = {key: float(value) for name in ("numbers", "times", "steps") for key, value in data[name].items()}
    number = rf"(?<![\w.,\[-])(?:\d+(?:,\d\d\d)*(?:\.\d+)?|(?:{_any(data['numbers'])})\b)"
    second = number.replace(r"[\w.,\[-]", r"[\w.,\[]")  # after the hyphen of a range
    lists = [*data["often"], *data["groups"]]
    unit = rf"(?:(?:{_any(set(units) - signs)})s?\b|{_any(signs)})"
    bounds = {*data["below"], *data["above"]}
    return _Words(
        frequency=re.compile(
            rf"(?:(?P<times>{_any(data['times'])}|{number}(?= times\b))(?: times)? )?"
            rf"(?:(?:(?:\b(?:an?|per|each|every)\b|/) ?|\b(?=alternate\b))"
            rf"(?:(?P<step>{_any(data['steps'])}|{number}) )?(?P<period>{_any(periods)})s?\b"
            rf"|\b(?P<adverb>{_any(adverbs)})\b)"
        ),
        quantity=re.compile(
            rf"(?:\b(?P<before>{_any(bounds)}) (?:the age of )?)?(?P<sign>{_any(signs)})?(?P<first>{number})"
            rf"(?: ?(?:to|-|–|or|and) ?(?P<last>{second}))?(?:[ -]?(?P<unit>{unit}))?(?: (?P<after>{_any(bounds)})\b)?"
        ),
        denying=re.compile(rf"\b(?:{_any(data['denying'])})\b|n't\b"),
        often=re.compile(rf"\b(?:{_any(word for each in data['often'] for word in each)})\b"),
        groups=re.compile(rf"\b(?:{_any(word for each in data['groups'] for word in each)})s?\b"),
        articles=frozenset(data["articles"]),
        below=frozenset(data["below"]),
        numbers=numbers,
        units=units | adverbs,
        same={word: each[0] for each in lists for word in each},
    )
