"""The weights of refusal for a question in its context (`refusal.py`): a part of a letter, or a follow-up.

Learns from what the encoder in context did not: `letters/near_misses_calibration.jsonl`, whose letters ask what a
library of ours answers beside what it does not, the last conversations of the same kind, and labelled letters and
conversations. A question is answered if its first quote has a sentence that a reader named; where none was named, one
of those that the same question gets when it is written out. One that asks for something else is not, if written out it
gets none of the quotes. Others say nothing.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import letters
import numpy as np
from sklearn.linear_model import LogisticRegression

from b12assistant.answering.assistant import SEARCHED_CHARACTERS
from b12assistant.answering.signals import Calibration, Meant, Signals, load_barring, load_calibration
from b12assistant.answering.thread import Question, Thread
from b12assistant.answers import Turn
from b12assistant.api import Workspace
from b12assistant.display.quoted import spans_text
from b12assistant.evaluation.labelled_set import is_hit
from fit.data import labelled_rows, workspace

LETTERS = ("letters/near_misses_calibration.jsonl", "letters/calibration.jsonl", "letters/rambling.jsonl")
THREADS = ("letters/near_misses_threads_calibration.jsonl", "conversations/calibration.jsonl")
KEPT = 0.95  # of those that are answered
ORDINARY = "ordinary"
Told = dict[str, Any]


def questions(thread: Thread) -> Iterator[tuple[Question, Told]]:
    """Yield the questions of letters that are found, and the follow-ups that are read with what came before."""
    for letter in labelled_rows(*LETTERS):
        asked = [each for each in thread.questions((Turn(0, letter["text"]),)) if each.words]
        numbers = letters.found(letter, [(each.words.start, each.words.end) for each in asked if each.words])
        yield from ((asked[at], told) for at, told in zip(numbers, letter["questions"], strict=True) if at is not None)
    for conversation in labelled_rows(*THREADS):
        turns = [Turn(at, told.get("text") or told["user"]) for at, told in enumerate(conversation["turns"])]
        for at, told in enumerate(conversation["turns"]):
            yield thread.whole(tuple(turns[: at + 1])), told


def is_answered(space: Workspace, told: Told, quote: str) -> bool | None:
    """Return whether a quote answers, as far as that is known."""
    if "gold" in told:
        return any(is_hit(quote, each) for each in told["gold"] or ()) or None
    in_full = [spans_text(each.spans) for each in space.assistant.reply(told["full"]).answer.quotes]
    is_shown = any(is_hit(each, quote) for each in in_full)
    return (is_shown or None) if told["kind"] == ORDINARY else (None if is_shown else False)


def fitted() -> Calibration:
    space, before = workspace(), load_calibration()
    thread = Thread(space.engine, before, SEARCHED_CHARACTERS)
    found, answered = list[Signals](), list[bool]()
    for question, told in questions(thread):
        if not question.read_as.context:
            continue
        for window in thread.found(question, 4 * space.assistant.settings.quoting.quotes).windows[:1]:
            if (is_one := is_answered(space, told, window.best.text)) is not None:
                found.append(window.signals)
                answered.append(is_one)
    x, y = np.array([[each.asked or 0, each.barred or load_barring()["usual"]] for each in found]), np.array(answered)
    model = LogisticRegression(C=100, class_weight="balanced").fit(x, y)
    weights = [round(float(each), 4) for each in (*model.intercept_, *model.coef_[0])]
    weighed = replace(before, meant=Meant(*weights))
    certain = np.array([weighed.confidence(each) for each in found])
    least = float(np.quantile(certain[y], 1 - KEPT))
    told_of = (
        f"{(certain[y] >= least).mean():.2f} of {y.sum()} kept, {(certain[~y] < least).mean():.2f} of {(~y).sum()}"
    )
    print(f"in context: {told_of} others refused", flush=True)
    return replace(weighed, message=round(least, 4))
