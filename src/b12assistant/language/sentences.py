"""Split running text into sentences, for both chunking and quoting.

The boundaries are those of sentencex (Wikimedia), with five repairs for forms that are common on health pages:
a unit with a full stop ("1,000 mcg. daily"), an abbreviation it does not know ("Vit. B12"), an item number ("2."), a
sentence that ends in a single capital letter ("below 148 pmol/L. A test"), and the numbers of notes after a full stop.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import sentencex

from b12assistant.types import Range

_LANGUAGE = "en"
# A sentence may end after these, but not before a lower-case word or a number.
_UNITS = re.compile(
    r"(?:\b(?:mcg|µg|ug|mg|ng|pg|ml|dl|kg|oz|tbsp|tsp|hr|hrs|wk|wks|approx|incl|esp|max|min|resp|ca))\.$", re.I
)
# A sentence never ends after these.
_ABBREVIATIONS = re.compile(r"\b(?:vit|approx|fig|figs|cf|ibid|eq)\.$", re.I)
# A sentence may end after these, although a single capital letter looks like an initial.
_ENDS_IN_CAPITAL = re.compile(r"(?:mol/L|\b[mndpµμ]?g/L|\bU/L|\b[Vv]itamin [A-EK])\.(?=\s+[A-Z])")
# The numbers of notes after a full stop belong to the sentence that it ends.
_NOTES = re.compile(r"(?:[⁰¹²³⁴-⁹⁽⁾]+|\s*\^\([^()]*\))(?=\s|$)")
_ITEM_NUMBER = re.compile(r"^\(?(?:\d{1,3}|[a-zA-Z]|[ivxIVX]{1,5})[.)]$")
_GOES_ON = re.compile(r"[a-zß-öø-ÿ]")


def split_sentences(text: str) -> tuple[Range, ...]:
    """Return ranges of ``text``, in order, without blanks at their ends; each non-blank character is in exactly one."""
    sentences: list[Range] = []
    for start, end in _pieces(text):
        range_ = trim(text, start, end)
        if range_ is None:
            continue
        if sentences and _belong_together(
            text[sentences[-1].start : sentences[-1].end], text[range_.start : range_.end]
        ):
            sentences[-1] = Range(sentences[-1].start, range_.end)
        else:
            sentences.append(range_)
    return tuple(sentences)


def _pieces(text: str) -> Iterator[tuple[int, int]]:
    for piece in sentencex.get_sentence_boundaries(_LANGUAGE, text):
        start, end = piece["start_index"], piece["end_index"]
        if start and (notes := _NOTES.match(text, start)):
            yield start, notes.end()
            start = notes.end()
        for stop in _ENDS_IN_CAPITAL.finditer(text, start, end):
            yield start, stop.end()
            start = stop.end()
        yield start, end


def trim(text: str, start: int, end: int) -> Range | None:
    """Move the ends of ``[start, end)`` past blanks; ``None`` if nothing else is there."""
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return Range(start, end) if start < end else None


def find_words(text: str, words: str, start: int = 0) -> Range | None:
    """Return where ``words`` first stand in ``text`` from ``start`` on, whatever blanks are between them."""
    parts = words.split()
    if not parts:
        return None
    at = text.find(words, start)
    if at >= 0:
        return Range(at, at + len(words))
    found = re.compile(r"\s+".join(map(re.escape, parts))).search(text, start)
    return Range(*found.span()) if found else None


def _belong_together(before: str, after: str) -> bool:
    if not any(character.isalnum() for character in after):
        return True  # closing quotation marks, a lone dash
    if _NOTES.fullmatch(after):
        return True
    if _ITEM_NUMBER.match(before) or _ABBREVIATIONS.search(before):
        return True
    return bool(_UNITS.search(before) and _GOES_ON.match(after))
