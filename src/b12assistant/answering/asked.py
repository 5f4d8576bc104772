"""Find the questions of a message: people tell a story and ask somewhere in it, mostly at the end.

A short question is asked as a whole. In a longer message each question is a slice of its own, so that it is searched,
judged and refused by itself; the sentences around it are only its context. What others asked ("my nurse asked me why")
is part of the story. A sentence is cut where a question can begin, and a logistic regression over the form of each
clause says whether it asks; fitted on letters by `benchmarks/fit_asked.py`. Nothing here needs an index.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from itertools import pairwise
from math import exp

from b12assistant.answers import Turn, TurnSlice
from b12assistant.language.sentences import split_sentences, trim
from b12assistant.language.words import readable, surface_words, terms
from b12assistant.types import Range

MOST_ASKED = 4
WEIGHTS = "data/answering/asking.json"
SHORT = 24  # words up to which a message with one question is asked as a whole
_LEAST = 3  # words of a question
ASKS, SURE, GOES_ON = 0.35, 0.5, 0.4  # likelihoods: a clause asks, in a short message, goes on with a question
_ROW = 3  # words at the start of a clause that are features

_WHICH = (
    r"(?:(?:(?:to|for|in|of|at|by|from|with|on|after|until|since|about|roughly|so|like) )?"
    r"(?:what|which|who|whom|whose|why|how|when|where)(?:['’]?s|['’]?re|['’]?d)?)"
)
_DOES = (
    r"(?:(?:is|are|was|were|do|does|did|can|could|should|would|will|might|must|has|have|had|shall)(?:n['’]?t)?|am|may)"
)
_SUBJECT = (
    r"(?:i|you|u|ya|it|its|he|she|we|they|ppl|people|that|this|these|those|there|the|my|her|his|your|our|a|an|"
    r"(?:any|some|every)(?:one|body|thing)?|low|high|extra|too|b-?12|vitamin|folate|folic|injections?|tablets?|jabs?|not|\w+ing)"
)
_WISH = (
    r"(?:(?:not (?:really )?|un)sure|no idea|any (?:ideas?|advice|thoughts?|tips|info(?:rmation)?)|wonder(?:ing|ed)?|"
    r"to (?:know|understand|hear|ask|learn|find out|be told)|grateful|obliged|appreciate|"
    r"please|pls|plz|kindly|(?:can|could|would|will) (?:you|any(?:one|body)|some(?:one|body)) \w+|"
    r"explain|tell me|let me know|advise|enlighten|clarify|clear|curious|"
    r"(?:my |the )?(?:\w+ )?(?:questions?|doubts?|query)(?: \w+)? (?:is|are|was)|"
    r"any(?:one|body)(?: \w+)? (?:know|had|have|got|tried|any)|"
    r"(?:don['’]?t|do not|cannot|can['’]?t|couldn['’]?t) (?:know|understand|tell|work out|figure out|get)|what i\b)"
)
_WISHES = re.compile(rf"\b{_WISH}\b", re.I)
_WHETHER = re.compile(rf"\b(?:if|whether|{_WHICH})\b", re.I)
_INVERTS = re.compile(rf"{_DOES} {_SUBJECT}\b", re.I)
_QUESTION = re.compile(rf"{_WHICH} (?:{_DOES}|to|much|many|long|often|soon|far|about|else|exactly|happens)\b", re.I)
_LEADS = re.compile(
    r"\W*(?:(?:so|also|and|but|or|then|well|ok|okay|please|pls|now|anyway|lastly|finally|secondly|firstly|oh|plus|"
    r"if not|if so)\b\W*)*",
    re.I,
)
_JOINS = re.compile(r"(?:and|but|or|also|plus|so|then|because)\b", re.I)
_JOINED = re.compile(rf"\b{_JOINS.pattern}$", re.I)
_NUMBER = re.compile(r"\(?\d{1,2}[.):]\s+")  # of a question in a list
_LEFT = re.compile(r"(?:[\s,;:–—-]+(?:and|but|or|also|plus|so|then|because)\b)*[\s,;:–—-]*$", re.I)
_BEGINS = re.compile(rf"{_LEADS.pattern}(?:{_WHICH}|{_DOES}|{_WISH}|any)\b", re.I)
# Where a clause that asks can begin.
_BOUNDS = re.compile(
    rf"(?:[,;:(–—\"“”]\s*|\s-\s*|[.?!…]\s+|\s)(?=(?:(?:and|but|or|also|plus|because|cos|so|then)\b,?\s*)*"
    rf"(?:(?:also|then|like|please|pls|if not|if so|whether|just)\b,?\s*)*"
    rf"(?:{_WHICH} \w|{_DOES} {_SUBJECT}\b|{_WISH}\b|whether\b|any(?:one|body)\b))"
    r"|[,;:–—]\s+(?=\w)|\s+(?=(?:and|but|or|also|because|cos|so)\b\s)",
    re.I,
)
_REPORTS = re.compile(
    r"\b(?:(?:he|she|they|nurse|doctor|doc|dr|gp|consultant|neurologist|pharmacist|chemist|receptionist|wife|husband|partner|mum|mom|"
    r"mother|dad|father|son|daughter|sister|brother|friend|boss|neighbou?r|people|everyone|everybody|someone|somebody|lady|man|specialist|"
    r"surgeon|manager|colleague|aunt|uncle|cousin|midwife)s?"
    r"(?: \w+){0,2}? (?:ask(?:s|ed|ing)?|wonder(?:s|ed)|want(?:s|ed) to know|said|says|thought|told)"
    r"|i (?:\w+ )?(?:asked|thought)|asked (?:him|her|them|me|us|myself|the|my|about)|asking (?:me|him|her|them)|"
    r"kept (?:thinking|asking))\b",
    re.I,
)
_QUOTED = re.compile(r"[“\"][^”\"\n]{3,200}[”\"]")
_OF_OTHERS = re.compile(r"[ \t]*>")
_TOKEN = re.compile(r"[^\W_]+(?:['’][^\W_]+)*|[?!.,;:(–—\"“”-]")


@dataclass(frozen=True, slots=True)
class Asked:
    """A question of a message: the words that ask, and what else the message says, the nearest first."""

    words: TurnSlice
    around: tuple[TurnSlice, ...] = ()


def asked_of(turn: Turn) -> tuple[Asked, ...]:
    """Return the questions of a message in order, one that is repeated once; the whole message if it is short and has
    only one, or if no clause of it asks."""
    sentences = sentences_of(turn.text)
    found = [part for sentence in sentences for part in _questions(turn.text, sentence)]
    if not found or (len(found) == 1 and len(turn.text.split()) <= SHORT):
        begin = len(turn.text) - len(turn.text.lstrip())
        return (Asked(TurnSlice(turn, begin, max(begin, len(turn.text.rstrip())))),)
    once: dict[tuple[str, ...], Range] = {}
    for part in found:
        once.setdefault(tuple(surface_words(turn.text[part.start : part.end])), part)
    return tuple(
        Asked(TurnSlice(turn, part.start, part.end), tuple(_around(turn, part, sentences))) for part in once.values()
    )


def _around(turn: Turn, part: Range, sentences: Sequence[Range]) -> Iterator[TurnSlice]:
    """Yield what else the message says: what comes before the question, the nearest first, then what follows."""
    before = [each for each in sentences if each.start < part.start]
    after = [each for each in sentences if each.start >= part.end]
    for each in (*reversed(before), *after):
        cut = trim(turn.text, each.start, min(each.end, part.start) if each.start < part.start else each.end)
        if cut is not None and terms(turn.text[cut.start : cut.end]):
            yield TurnSlice(turn, cut.start, cut.end)


def sentences_of(text: str) -> tuple[Range, ...]:
    """Return the sentences of each line, without lines that quote somebody else's message."""
    return tuple(
        Range(line.start() + each.start, line.start() + each.end)
        for line in re.finditer(r"[^\n]+", text)
        if not _OF_OTHERS.match(line[0])
        for each in split_sentences(readable(line[0]))
    )


def clauses_of(text: str, sentence: Range) -> tuple[Range, ...]:
    """Cut a sentence wherever a question can begin."""
    own = text[sentence.start : sentence.end]
    bounds = [0, *(found.end() for found in _BOUNDS.finditer(own)), len(own)]
    cuts = (trim(own, first, last) for first, last in pairwise(dict.fromkeys(bounds)))
    return tuple(Range(sentence.start + cut.start, sentence.start + cut.end) for cut in cuts if cut)


def _questions(text: str, sentence: Range) -> Iterator[Range]:
    """Yield the questions of a sentence: clauses that ask, each with the clauses that go on with it.

    A sentence with a question mark asks something, unless somebody else asks it.
    """
    weights, found = _weights(), list[Range]()
    clauses = list(described(text, sentence))
    asks = [_likelihood(weights["asks"], features) for _, features in clauses]
    is_short = len(text.split()) <= SHORT
    if is_short:  # "my b12 is 180, is that low?" asks once
        asks = [each * bool(_BEGINS.match(text, clause.start)) for each, (clause, _) in zip(asks, clauses, strict=True)]
    least = SURE if is_short else ASKS
    if text[: sentence.end].rstrip(" )\"'”’!").endswith("?") and not any(
        features & {"reported=True", "reports=True", "quoted=True"} for _, features in clauses
    ):
        least = min(least, max(asks) or 1)
    runs_on = len(text[sentence.start : sentence.end].split()) > SHORT
    for place, (clause, features) in enumerate(clauses):
        if asks[place] >= least:
            if found and not runs_on and _goes_on(text, found[-1], clause):
                found[-1] = Range(found[-1].start, clause.end)
            else:
                found.append(clause)
        elif found and _likelihood(weights["goes_on"], features) >= GOES_ON:
            found[-1] = Range(found[-1].start, clause.end)
    for each in found:
        number = _NUMBER.match(text, each.start, each.end)
        start = number.end() if number else each.start
        left = _LEFT.search(text, start, each.end)
        cut = Range(start, left.start() if left else each.end)
        if len(text[cut.start : cut.end].split()) >= _LEAST:
            yield cut


def _goes_on(text: str, before: Range, clause: Range) -> bool:
    """Return whether a clause goes on with the one before it: no mark and no joining word is between them."""
    between = text[before.start : clause.start].rstrip()
    return between[-1:].isalnum() and not _JOINED.search(between) and not _JOINS.match(text, clause.start)


def described(text: str, sentence: Range) -> Iterator[tuple[Range, frozenset[str]]]:
    """Yield each clause of a sentence with the features of its form."""
    own = text[sentence.start : sentence.end]
    quoted = [found.span() for found in _QUOTED.finditer(own)]
    marked = own.rstrip(" )\"'”’!").endswith("?")
    clauses = clauses_of(text, sentence)
    for place, clause in enumerate(clauses):
        words = text[clause.start : clause.end]
        before = text[sentence.start : clause.start]
        yield (
            clause,
            frozenset(
                _features(words, before, own, marked=marked, place=place, left=len(clauses) - 1 - place)
                | {
                    f"quoted={any(s <= clause.start - sentence.start < e for s, e in quoted)}",
                    f"third={3 * sentence.start // max(1, len(text))}",
                    f"only={len(own) == len(text.strip())}",
                    f"none={'?' not in text}",
                }
            ),
        )


def _features(words: str, before: str, own: str, *, marked: bool, place: int, left: int) -> set[str]:
    lead = _LEADS.match(words)
    rest = words[lead.end() :] if lead else words
    tokens = [token.lower() for token in _TOKEN.findall(rest)]
    last = [token.lower() for token in _TOKEN.findall(before)][-2:]
    wish = _WISHES.search(words)
    form = (
        "which"
        if _QUESTION.match(rest)
        else "inverts"
        if _INVERTS.match(rest)
        else "wish"
        if _WISHES.match(rest)
        else "whether"
        if _WHETHER.match(rest)
        else "other"
    )
    found = {f"first={' '.join(tokens[:n])}" for n in range(1, _ROW + 1) if len(tokens) >= n}
    found |= {f"before={' '.join(last[-n:])}" for n in (1, 2) if len(last) >= n}
    found |= {
        f"form={form}",
        f"form={form},marked={marked}",
        f"form={form},place={min(place, 2)}",
        f"marked={marked},left={min(left, 1)}",
    }
    found |= {
        f"form={form},marked={marked},left={min(left, 1)}",
        f"ends={'?' in words[-3:]}",
        f"form={form},ends={'?' in words[-3:]}",
    }
    found |= {f"wish={bool(wish)},then={bool(wish and _WHETHER.search(words, wish.end()))}", f"place={min(place, 2)}"}
    found |= {f"reported={bool(_REPORTS.search(before[-60:]))}", f"reports={bool(_REPORTS.search(words))}"}
    found |= {
        f"length={min(len(tokens) // 3, 5)}",
        f"runs_on={len(own.split()) > 30}",
        f"form={form},reported={bool(_REPORTS.search(before[-60:]))}",
    }
    found |= {
        f"has={token}" for token in tokens if token in ("i", "my", "you", "he", "she", "it", "we", "me", "they", "b12")
    }
    return found


def _likelihood(weights: Mapping[str, float], features: frozenset[str]) -> float:
    return 1 / (1 + exp(-weights["bias"] - sum(weights.get(feature, 0.0) for feature in features)))


@lru_cache(maxsize=1)
def _weights() -> Mapping[str, Mapping[str, float]]:
    """Read the committed weights of a clause that asks, and of one that goes on with a question."""
    table: Mapping[str, Mapping[str, float]] = json.loads(files("b12assistant").joinpath(WEIGHTS).read_text("utf-8"))
    return table
