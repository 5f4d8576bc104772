"""British and American spellings of a word as one form, for lexical search only; no form is ever shown.

Rules, not a list, and the same for sources and questions: where a rule bends a word that has no other spelling
("exercise"), it bends it on both sides.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

_SHORTEST: Final = 5  # letters
_RULES: Final = tuple(
    (re.compile(pattern), form)
    for pattern, form in (
        (r"(?:ae|æ)(?!s?$)", "e"),  # anaemia, haemoglobin, aetiology
        (r"(?:oe|œ)(?!s?$)", "e"),  # oesophagus, diarrhoea, coeliac
        (r"(?<=[a-z]{2})our(?=$|s$|ed$|ing$|able$|al$|ful$|less$)", "or"),  # tumour, behavioural
        (r"(?<=[bt])re(?=s?$)", "er"),  # fibre, litres
        (r"is(?=(?:e|ed|es|er|ers|ing|ation|ations)$)", "iz"),  # recognise, demyelinisation
        (r"ys(?=(?:e|ed|ing)$)", "yz"),  # paralysed
        (r"sulph", "sulf"),
        (r"(?<=ef)ence(?=s?$)", "ense"),  # defence
        (r"^grey", "gray"),
        (r"^ageing$", "aging"),
        (r"^programme(?=s?$)", "program"),
    )
)


@lru_cache(maxsize=65_536)
def american(word: str) -> str:
    """A folded word, lower case, in the form that both spellings share."""
    if len(word) < _SHORTEST:
        return word
    for pattern, form in _RULES:
        word = pattern.sub(form, word)
    return word
