"""Find shame, fear or grief that a message puts in plain words, for a kind first line."""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from b12assistant.answers import Answer, Notice, NoticeKind, TextId, TurnSlice
from b12assistant.data_files import read_data

FILE: Final = "kindness.toml"


def kind_line(answer: Answer) -> tuple[Notice, ...]:
    """Return the fixed text for what the question says of its writer, none beside an emergency."""
    if answer.has_controls:
        return ()
    turn = answer.question
    for text, pattern in load_cues():
        if found := pattern.search(turn.text.replace("’", "'")):
            return (Notice(NoticeKind.KIND, text, evidence=(TurnSlice(turn, *found.span()),)),)
    return ()


@cache
def load_cues() -> tuple[tuple[TextId, re.Pattern[str]], ...]:
    """Read the words, by the id of the text that they call for."""
    cues = read_data("red_flags", FILE)["cue"]
    return tuple((TextId(cue["text"]), re.compile("|".join(cue["patterns"]), re.IGNORECASE)) for cue in cues)
