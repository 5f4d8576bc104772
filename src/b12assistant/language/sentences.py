"""Sentence boundaries of running text, for chunking and quoting alike.

The boundaries are sentencex's (Wikimedia); three repairs follow, each for a form that health pages are full of:
a unit with its full stop ("1,000 mcg. daily"), an abbreviation it does not know ("Vit. B12"), an item number ("2.").
"""

from __future__ import annotations

import re

import sentencex

from b12assistant.types import Range

_LANGUAGE = "en"
# After these a sentence may still end, but not before a lower-case word or a figure.
_UNITS = re.compile(
    r"(?:\b(?:mcg|µg|ug|mg|ng|pg|ml|dl|kg|oz|tbsp|tsp|hr|hrs|wk|wks|approx|incl|esp|max|min|resp|ca))\.$", re.I
)
# After these it never does.
_ABBREVIATIONS = re.compile(r"\b(?:vit|approx|fig|figs|cf|ibid|eq)\.$", re.I)
_ITEM_NUMBER = re.compile(r"^\(?(?:\d{1,3}|[a-zA-Z]|[ivxIVX]{1,5})[.)]$")
_GOES_ON = re.compile(r"[a-zß-öø-ÿ]")


def split_sentences(text: str) -> tuple[Range, ...]:
    """Ranges of ``text``, in order, without blanks at their ends; every non-blank character lies in exactly one."""
    sentences: list[Range] = []
    for piece in sentencex.get_sentence_boundaries(_LANGUAGE, text):
        range_ = trim(text, piece["start_index"], piece["end_index"])
        if range_ is None:
            continue
        if sentences and _belong_together(
            text[sentences[-1].start : sentences[-1].end], text[range_.start : range_.end]
        ):
            sentences[-1] = Range(sentences[-1].start, range_.end)
        else:
            sentences.append(range_)
    return tuple(sentences)


def trim(text: str, start: int, end: int) -> Range | None:
    """``[start, end)`` with its ends moved past blanks; ``None`` if nothing else is there."""
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return Range(start, end) if start < end else None


def _belong_together(before: str, after: str) -> bool:
    if not any(character.isalnum() for character in after):
        return True  # closing quotation marks, a lone dash
    if _ITEM_NUMBER.match(before) or _ABBREVIATIONS.search(before):
        return True
    return bool(_UNITS.search(before) and _GOES_ON.match(after))
