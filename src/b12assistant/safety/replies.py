"""Recognise how a turn answers an emergency text: by one of the two controls, in any case, with any punctuation, in
every language served; by a remark; by a question; or that it is happening after all.

The phrases are in ``data/red_flags/replies.toml``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from enum import StrEnum
from functools import cache, lru_cache
from typing import Final

from b12assistant.data_files import read_data
from b12assistant.language.wording import clauses, phrases, plain
from b12assistant.safety.fixed_texts import CONTROLS, all_texts

FILE: Final = "replies.toml"
LONGEST: Final = 600  # characters: a longer message reports something


class Reply(StrEnum):
    CONTROL = "control"  # one of the two fixed sentences: ends every emergency
    REMARK = "remark"  # says nothing by itself: "thanks"
    FAREWELL = "farewell"  # a remark, but not after words of self-harm
    RELAPSE = "relapse"  # it is happening after all: an emergency that was ended stands again
    QUESTION = "asks"
    STATEMENT = "tells"


PHRASES: Final = (Reply.REMARK, Reply.FAREWELL, Reply.RELAPSE, Reply.QUESTION)


@lru_cache(256)
def read_reply(text: str) -> Reply:
    """Return what a turn is, read as an answer to an emergency text."""
    if is_control(text):
        return Reply.CONTROL
    if len(text) > LONGEST:
        return Reply.QUESTION if "?" in text else Reply.STATEMENT
    parts = clauses(text)
    said = [part for part in parts if not _is_remark(part[0])]
    if parts and not said:
        return Reply.FAREWELL if any(_holds(clause, Reply.FAREWELL) for clause, _ in parts) else Reply.REMARK
    telling = [clause for clause, mark in said if not (mark == "?" or _holds(clause, Reply.QUESTION))]
    if any(_holds(clause, Reply.RELAPSE) for clause in telling):
        return Reply.RELAPSE
    return Reply.QUESTION if len(telling) < len(said) else Reply.STATEMENT


def is_control(text: str) -> bool:
    """Return whether a turn is one of the two control sentences, whatever its case and punctuation."""
    return len(text) <= LONGEST and plain(text) in load_controls()


def _is_remark(clause: str) -> bool:
    """Return whether a clause holds only remarks."""
    letters = list(clause)
    for pattern in (*load_replies()[Reply.REMARK], *load_replies()[Reply.FAREWELL]):
        for match in pattern.finditer(clause):
            letters[match.start() : match.end()] = " " * len(match[0])
    return not "".join(letters).strip()


def _holds(clause: str, reply: Reply) -> bool:
    patterns = load_replies()[reply]
    return any(each.match(clause) if reply is Reply.QUESTION else each.search(clause) for each in patterns)


@cache
def load_controls() -> frozenset[str]:
    """Read the control sentences of all languages, previous wordings too, as plain words."""
    sentences = (text.text for name, text in all_texts().items() if name.partition(".")[0] in CONTROLS)
    return frozenset(plain(each) for each in (*sentences, *read_data("red_flags", FILE)["controls"]))


@cache
def load_replies() -> Mapping[Reply, tuple[re.Pattern[str], ...]]:
    """Read the phrases of every language that ship with the package."""
    languages = read_data("red_flags", FILE)["language"]
    return {
        reply: tuple(phrases(each[reply], {}, f"{FILE}, {each['code']}, {reply}") for each in languages)
        for reply in PHRASES
    }
