"""Find the questions of a message: people tell a story and ask somewhere in it, mostly at the end.

A short question is asked as a whole (`thread` leaves small talk out), and so is a short message in which nothing stands
between two questions: no mark, no "and". In a longer message each question is a slice of its own, so that it is
searched, judged and refused by itself; the sentences around it are only its context. What others asked ("my nurse asked
me why") is part of the story. The encoder that reads questions in context says of each word piece whether it begins a
question, goes on with one, or only tells; it learned that from letters (`benchmarks/fit/context.py`). Where another
encoder is in use, each sentence with a question mark asks something.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from b12assistant.answering.retrieval import readable_parts
from b12assistant.answers import Turn, TurnSlice
from b12assistant.index.vectors import Vectors
from b12assistant.language.words import has_word, readable, split_sentences, surface_words, terms, trim
from b12assistant.protocols import Encoded, Encoder
from b12assistant.threads import cached
from b12assistant.types import Range

MOST_ASKED = 4
SHORT = 24  # words up to which a message with one question is asked as a whole
LONGEST = 300  # characters that are read of a question
PART, MOST_PARTS = 800, 8  # characters of a message that are read in one pass, and passes: some 1,200 words
TELLS, BEGINS, GOES_ON = range(3)  # what a word piece does
_LEAST = 3  # words of a question without a question mark; one less with it
_NEVER = -1e9
_OF_OTHERS = re.compile(r"^[ \t]*>.*", re.M)
_NUMBER = re.compile(r"\s*(?:\(?\d{1,2}[.):]|[a-z]\)|[-–—*•])\s*", re.I)  # of a question in a list
_JOINING = r"(?:and|but|or|also|plus|so|then|because|cos|n|&)"
_LED = re.compile(rf"(?:{_JOINING}\b[\s,]*)+", re.I)
_TRAILS = re.compile(rf"(?:\s+{_JOINING}|[\s,;:–—(-])+$", re.I)
# What stands between two questions: of 293 short messages that ask two things none had nothing.
_BETWEEN = re.compile(rf"[?.!,;:\n–—(/|…？！。，；：、&]\s*\S|\s[-+~→]\s|(?<!\w){_JOINING}(?!\w)", re.I)
_CONDITION = re.compile(r"(?:if|when|once|after|before)\b[^?]*\Z", re.I)
_PAUSE = re.compile(r"[\s,;–—-]+")
_BREAKS_OFF = re.compile(r"\b(?:the|an?|my|your|his|her|our|their|of|from|with|in|at|for|to|this|any|or)\Z", re.I)
_REST = 8  # words that a question which breaks off may go on
_TOLD = re.compile(r"[\"“”]|\b(?:said|says?|ask(?:s|ed|ing)|told|thought|wonder(?:s|ed))\b", re.I)
_ENDS = " )\"'”’!"
# A request of nothing but these asks for no fact.
_REQUEST = frozenset(
    {"if", "you", "u", "would", "could", "can", "will", "does", "do", "is", "are", "there", "tell", "me", "us"}
    | {"explain", "say", "let", "know", "please", "pls", "kindly", "help", "advise", "anyone", "anybody", "someone"}
    | {"somebody", "any", "advice", "ideas", "thoughts", "i", "we", "be", "grateful", "glad", "one"}
)


@dataclass(frozen=True)
class Finder:
    """Finds the questions of messages. ``encoder``: the one that reads questions in context. ``weights``: (d + 1, 3),
    of what a word piece does, given its token vector and 1. ``sure``: how likely the words of a question must ask, 0 to
    1, in the mean. Without them question marks decide."""

    encoder: Encoder | None = None
    weights: Vectors | None = None
    sure: float = 0.0

    def asked_of(self, turn: Turn) -> tuple[TurnSlice, ...]:
        """Return the questions of a message in order, one that is repeated once; the whole message if it is short and
        has only one, or if nothing in it asks."""
        text, found = without_others(turn.text), self.asking(turn)
        if not found or (len(found) == 1 and len(turn.text.split()) <= SHORT):
            begin = len(text) - len(text.lstrip())
            return (TurnSlice(turn, begin, max(begin, len(text.rstrip()))),)
        once: dict[tuple[str, ...], TurnSlice] = {}
        for part in found:
            once.setdefault(_content(text[part.start : min(part.end, part.start + LONGEST)]), part)
        return tuple(once.values())

    @cached(8)
    def asking(self, turn: Turn) -> tuple[TurnSlice, ...]:
        """Return the words of a message that ask, in order."""
        text, words = without_others(turn.text), len(turn.text.split())
        may_be_several = words > SHORT or (words >= 2 * _LEAST and _BETWEEN.search(text))
        sentences = sentences_of(text) if may_be_several else ()
        cuts = (_trimmed(text, each) for each in _closed(text, self._ranges(text, sentences), sentences))
        found = _with_condition(text, [each for each in cuts if each is not None and _asks(text, each)])
        return tuple(TurnSlice(turn, each.start, each.end) for each in found)

    def _ranges(self, text: str, sentences: Sequence[Range]) -> list[Range]:
        """Return what asks in the first `MOST_PARTS` parts, and each other sentence with a question mark, unless it
        tells what somebody said."""
        found: list[Range] = []
        read_until = 0
        if self.encoder is not None and self.weights is not None:
            parts = [fit for part in parts_of(sentences) for fit in readable_parts(text, part, self.encoder)]
            parts = parts[:MOST_PARTS]
            read_until = max((part.end for part in parts), default=0)
            read = self.encoder.each([readable(text[part.start : part.end]) for part in parts])
            for part, encoded in zip(parts, read, strict=True):
                asking = questions_in(text[part.start : part.end], encoded, self.weights, self.sure)
                found += [Range(part.start + each.start, part.start + each.end) for each in asking]
        rest = (each for each in sentences if _is_marked(text, each) and not any(map(each.overlaps, found)))
        missed = [each for each in rest if each.start >= read_until or not _TOLD.search(text, each.start, each.end)]
        return sorted((*found, *missed), key=lambda each: each.start)


def parts_of(sentences: Sequence[Range]) -> list[Range]:
    """Return a message in parts of whole sentences, each at most `PART` characters if no sentence is longer."""
    parts: list[Range] = []
    for each in sentences:
        if parts and each.end - parts[-1].start <= PART:
            parts[-1] = Range(parts[-1].start, each.end)
            continue
        parts += [Range(start, min(each.end, start + PART)) for start in range(each.start, each.end, PART)]
    return parts


def questions_in(text: str, read: Encoded, weights: Vectors, sure: float) -> list[Range]:
    """Return the ranges of a text, in code points, that ask: the most likely path through its word pieces, as far as
    its words ask with a mean share of at least ``sure``."""
    own = read.tokens @ weights[:-1] + weights[-1]
    own = own - np.logaddexp.reduce(own, axis=1, keepdims=True)
    path = _most_likely(own, read.offsets.tolist(), [text[start].isalnum() for start in read.offsets[:, 0]])
    found: list[tuple[Range, list[float]]] = []
    for does, (start, end), tells in zip(path, read.offsets.tolist(), np.exp(own[:, TELLS]).tolist(), strict=True):
        if does == BEGINS:
            found.append((Range(start, end), [1 - tells]))
        elif does == GOES_ON:
            begun, shares = found[-1]
            found[-1] = Range(begun.start, end), [*shares, 1 - tells]
    return [each for each, shares in found if sum(shares) >= sure * len(shares)]


def _most_likely(own: Vectors, offsets: Sequence[Sequence[int]], is_word: Sequence[bool]) -> list[int]:
    """Return what each piece does. No question goes on where none began, and none begins or ends inside a word."""
    best, came = np.array([0.0, _NEVER, _NEVER]), []
    word_until = -1
    for row, (start, end), word in zip(own, offsets, is_word, strict=True):
        step = np.zeros((3, 3))
        step[TELLS, GOES_ON] = _NEVER
        if word and start == word_until:
            step[:, BEGINS] = step[BEGINS, TELLS] = step[GOES_ON, TELLS] = _NEVER
        reached = best[:, None] + step
        came.append(reached.argmax(axis=0))
        best, word_until = reached.max(axis=0) + row, end if word else -1
    at, path = int(best.argmax()), list[int]()
    for each in reversed(came):
        path.append(at)
        at = int(each[at])
    return path[::-1]


def _closed(text: str, found: Sequence[Range], sentences: Sequence[Range]) -> Iterator[Range]:
    """Yield the questions, the last of each sentence with a question mark up to that mark, and one that breaks off
    ("can b12 affect your") to the end of its sentence if that is near."""
    for place, each in enumerate(found):
        following = found[place + 1].start if place + 1 < len(found) else len(text)
        at = bisect_right(sentences, each.end - 1, key=lambda sentence: sentence.start) - 1
        end = sentences[at].end if at >= 0 else each.end
        breaks_off = _BREAKS_OFF.search(text, each.start, each.end) and len(text[each.end : end].split()) <= _REST
        runs_on = each.end < end <= following and (breaks_off or _is_marked(text, Range(each.start, end)))
        yield Range(each.start, end) if runs_on else each


def _with_condition(text: str, found: Sequence[Range]) -> list[Range]:
    """Return the questions; one that only says "if I stopped," is a part of the next one."""
    joined: list[Range] = []
    for each in found:
        last = joined[-1] if joined else None
        if last and _CONDITION.match(text, last.start, last.end) and _PAUSE.fullmatch(text, last.end, each.start):
            joined[-1] = Range(last.start, each.end)
        else:
            joined.append(each)
    return joined


def _is_marked(text: str, part: Range) -> bool:
    return text[part.start : part.end].rstrip(_ENDS).endswith("?")


def _asks(text: str, part: Range) -> bool:
    own = text[part.start : part.end]
    is_request = all(word in _REQUEST for word in surface_words(own))
    return len(own.split()) >= _LEAST - own.endswith("?") and not is_request


def _trimmed(text: str, part: Range) -> Range | None:
    """Return a question without its number in a list and without joining words at either end, if words are left."""
    start = part.start
    for pattern in (_NUMBER, _LED):
        led = pattern.match(text, start, part.end)
        start = led.end() if led else start
    return trim(text, start, start + len(_TRAILS.sub("", text[start : part.end])))


def _content(question: str) -> tuple[str, ...]:
    """Return what is the same for two questions that ask the same: their content words, and what they ask for."""
    words, content = surface_words(question), sorted(set(terms(question)))
    return tuple(words) if len(content) < 2 else (*content, words[0])


def without_others(text: str) -> str:
    """Return a message with blanks for the lines that quote somebody else's, unless nothing else is in it."""
    own = _OF_OTHERS.sub(lambda line: " " * len(line[0]), text)
    return own if has_word(own) else text


def sentences_of(text: str) -> tuple[Range, ...]:
    """Return the sentences of each line."""
    return tuple(
        Range(line.start() + each.start, line.start() + each.end)
        for line in re.finditer(r"[^\n]+", text)
        for each in split_sentences(readable(line[0]))
    )
