"""Taking out of a question what tells who asked it: addresses, numbers, dates, names.

Rules, and no promise: a name in small letters, or one that is also a word of the sources, stays. So what is kept after
them is still to be treated as somebody's words.
"""

from __future__ import annotations

import re
from collections.abc import Callable

_MONTHS = (
    "jan(?:uary)?|feb(?:ruary)?|mar(?:ch)?|apr(?:il)?|may|june?|july?|aug(?:ust)?|sep(?:t(?:ember)?)?|oct(?:ober)?|"
    "nov(?:ember)?|dec(?:ember)?"
)
_UNITS = r"\s*(?:mcg|µg|μg|ug|mg|g|iu|ng|pg|pmol|nmol|ml|units?|%|years?|months?|weeks?|days?|hours?|times)\b"
_RULES = (
    ("email", re.compile(r"[\w.+-]+\s?@\s?[\w-]+(?:\.[\w-]+)+")),
    ("link", re.compile(r"(?:https?://|www\.)\S+", re.I)),
    ("handle", re.compile(r"(?<!\w)@\w{2,}")),
    ("date", re.compile(r"\b\d{1,4}[./-]\d{1,2}[./-]\d{1,4}\b")),
    ("date", re.compile(rf"\b\d{{1,2}}(?:st|nd|rd|th)?(?: of)? (?:{_MONTHS})\b(?:,? \d{{4}})?", re.I)),
    ("date", re.compile(rf"\b(?:{_MONTHS}) \d{{1,2}}(?:st|nd|rd|th)?\b(?:,? \d{{4}})?", re.I)),
    ("postcode", re.compile(r"\b[A-Z]{1,2}\d[A-Z\d]? \d[A-Z]{2}\b")),
    # Figures of a laboratory have at most four digits and mostly a unit; what is longer names somebody.
    ("number", re.compile(rf"(?<![\w.,])\+?\d(?:[ ().-]?\d){{4,}}(?!{_UNITS})(?![\w/])", re.I)),
)
_TITLES = frozenset(("mr", "mrs", "ms", "miss", "dr", "doctor", "prof", "professor", "nurse", "dear", "regards"))
_NAME = r"([^\W\d_][\w'’-]*(?:\s+[A-Z][\w'’-]*)*)"
_CALLED = (
    re.compile(rf"(\b(?i:my name is|my name['’]s|i am called|signed)\b:?\s+){_NAME}"),
    re.compile(rf"(\b(?i:{'|'.join(sorted(_TITLES))})\b[.,]?\s+)(?=[A-Z]){_NAME}"),
)
_CAPITAL = re.compile(r"(?<=[\w,;:)] )[A-Z][a-zà-öø-ÿ'’-]+(?:\s+[A-Z][a-zà-öø-ÿ'’-]+)*")


def stripped(text: str, is_known: Callable[[str], bool]) -> str:
    """``text`` with ``[email]``, ``[number]``, ``[name]`` and so on in the place of what may tell who asked.

    ``is_known``: whether a word stands in the sources; inside of a sentence any other word with a capital is a name.
    """
    for kind, pattern in _RULES:
        text = pattern.sub(f"[{kind}]", text)
    for pattern in _CALLED:
        text = pattern.sub(lambda found: found[1] + (found[2] if _all_known(found[2], is_known) else "[name]"), text)
    return _CAPITAL.sub(lambda found: found[0] if _all_known(found[0], is_known) else "[name]", text)


def _all_known(words: str, is_known: Callable[[str], bool]) -> bool:
    return all(word.lower() in _TITLES or is_known(word) for word in words.split())
