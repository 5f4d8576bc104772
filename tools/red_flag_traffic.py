"""Measure red flags on ordinary messages and withdrawals, and whether the figures are worse than the expected ones.

Used by `tools/red_flags.py`. A file that is not there is left out.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from b12assistant.answers import Level, Triage, Turn
from b12assistant.errors import UsageError
from b12assistant.evaluation.red_flag_audit import wilson
from b12assistant.safety.triage import REMINDER

Judge = Callable[[Sequence[Turn]], Triage]
Figures = dict[str, dict[str, Any]]  # a share by name, with hits, n and its 95 % interval

QUESTIONS: Final = (
    "medicationqa/queries.jsonl",
    "mediqa-qa/alexa/queries.jsonl",
    "mediqa-qa/validation/queries.jsonl",
    "medquad-sample/queries.jsonl",
    "meqsum/questions.jsonl",
)
LETTER: Final = 30  # words from which a question of a consumer counts as a letter


def figures(folder: Path, datasets: Path | None, judge: Judge) -> Figures:
    """Return every share that the files of ``folder``, and those of ``datasets`` if given, allow."""
    found: Figures = {}
    for name, file in (("ordinary remarks", "remarks.txt"), ("other domains", "other_domains.txt")):
        found |= alarms(name, _lines(folder / file), judge)
    if (folder / "withdrawals.txt").is_file():
        found |= withdrawals(_lines(folder / "withdrawals.txt"), judge)
    if datasets is not None:
        questions = [text for name in QUESTIONS for text in _questions(datasets / name)]
        found |= alarms("short consumer questions", (q for q in questions if len(q.split()) < LETTER), judge)
        found |= alarms("consumer letters", (q for q in questions if len(q.split()) >= LETTER), judge)
    return found


def alarms(name: str, texts: Iterable[str], judge: Judge) -> Figures:
    """Return the shares of messages with any text and with the emergency text; nothing for no message."""
    levels = [_level(judge, (text,)) for text in texts]
    if not levels:
        return {}
    return {
        f"{name}: any text": _share([level is not None for level in levels]),
        f"{name}: emergency text": _share([level is Level.EMERGENCY for level in levels]),
    }


def withdrawals(lines: Iterable[str], judge: Judge) -> Figures:
    """Return the share of conversations that end as labelled: ``earlier >> later | yes``, or ``no``.

    Yes: the later turn takes the emergency back, so its text is not shown again. No: the text is shown again, or after
    a remark or a question the reminder.
    """
    right: dict[str, list[bool]] = {"yes": [], "no": []}
    for line in lines:
        turns, _, label = (part.strip() for part in line.rpartition("|"))
        if label not in right or " >> " not in turns:
            raise UsageError(f"not a withdrawal: {line[:60]}", hint="a line is: earlier turn >> later turn | yes or no")
        triage = judge([Turn(index, text) for index, text in enumerate(turns.split(" >> "))])
        emergency = triage.flag is not None and triage.flag.level is Level.EMERGENCY
        reminded = any(notice.text == REMINDER for notice in triage.notices)
        right[label].append(not emergency if label == "yes" else emergency or reminded)
    named = {"withdrawals: understood": right["yes"], "withdrawals: nothing withdrawn": right["no"]}
    return {name: _share(values) for name, values in named.items() if values}


def fallen(found: Mapping[str, Mapping[str, Any]], expected: Mapping[str, Mapping[str, float]]) -> Iterator[str]:
    """Yield a sentence for each figure that fell behind by more than noise.

    ``expected``: by name ``least`` or ``most``. More than noise: the bound is outside the figure's 95 % interval.
    """
    for name, bound in expected.items():
        share = found.get(name)
        if share is None:
            continue
        least, most = bound.get("least", 0.0), bound.get("most", 1.0)
        if max(share["share"], share["high"]) < least:  # the interval of a share of 1 ends below 1
            yield f"{name}: {share['share']:.3f} ({share['hits']} of {share['n']}), expected at least {least}"
        if min(share["share"], share["low"]) > most:
            yield f"{name}: {share['share']:.3f} ({share['hits']} of {share['n']}), expected at most {most}"


def _level(judge: Judge, texts: Sequence[str]) -> Level | None:
    flag = judge([Turn(index, text) for index, text in enumerate(texts)]).flag
    return flag.level if flag is not None else None


def _lines(path: Path) -> Iterator[str]:
    """Yield the lines of a file that hold something; ``#`` begins a comment."""
    if path.is_file():
        lines = (line.strip() for line in path.read_text("utf-8").splitlines())
        yield from (line for line in lines if line and not line.startswith("#"))


def _questions(path: Path) -> Iterator[str]:
    if path.is_file():
        for line in path.read_text("utf-8").splitlines():
            yield json.loads(line)["text"]


def _share(values: Sequence[bool]) -> dict[str, Any]:
    hits, n = sum(values), len(values)
    low, high = wilson(hits, n)
    return {"hits": hits, "n": n, "share": hits / n, "low": low, "high": high}
