"""Measure red flags on ordinary messages, letters and withdrawals, and compare them with floors and a former run.

Used by `tools/red_flags.py`. A file that is not there is left out.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import cycle, islice
from math import comb
from pathlib import Path
from typing import Any, Final

from b12assistant.answers import Level, Triage, Turn
from b12assistant.errors import UsageError
from b12assistant.evaluation.red_flag_audit import LEVELS, NONE, Case, load_cases, wilson
from b12assistant.evaluation.red_flag_audit import judge as judged
from b12assistant.safety.triage import REMINDERS

Judge = Callable[[Sequence[Turn]], Triage]
Figures = dict[str, dict[str, Any]]  # a share by name, with hits, n and its 95 % interval

QUESTIONS: Final = (
    "medicationqa/queries.jsonl",
    "mediqa-qa/alexa/queries.jsonl",
    "mediqa-qa/validation/queries.jsonl",
    "medquad-sample/queries.jsonl",
    "meqsum/questions.jsonl",
)
POLITE: Final = (
    (
        (
            "I do hope you will forgive me for troubling you, as I know how busy you all must be, and I would never "
            "normally write to anybody about such a thing, but my neighbour thought that I ought to."
        ),
        "Please do not go to any trouble on my account, and thank you so very much for reading this far.",
    ),
    (
        "Good evening. Sorry to be a bother.",
        "No rush at all, whenever you have a minute. Many thanks and kind regards.",
    ),
)
REPEATED: Final = "How often is the injection given? "
FORMER: Final = ("hello", "which foods have b12", "thanks", "and do tablets work as well as the injection?")
LETTER: Final = 30  # words from which a question of a consumer counts as a letter


def figures(folder: Path, datasets: Path | None, judge: Judge) -> Figures:
    """Return every share that the files of ``folder``, and those of ``datasets`` if given, allow."""
    found: Figures = {}
    for name, file in (("ordinary remarks", "remarks.txt"), ("other domains", "other_domains.txt")):
        found |= alarms(name, lines(folder / file), judge)
    if (folder / "withdrawals.txt").is_file():
        found |= withdrawals(lines(folder / "withdrawals.txt"), judge)
    if (letters := folder.parent / "letters" / "test.jsonl").is_file():
        found |= of_letters(letters, judge)
    denied, harmless = list(lines(folder / "denials.txt")), folder / "calibration.jsonl"
    if denied and harmless.is_file():
        found |= denials(denied, load_cases(harmless), judge)
    calm = [
        row["text"] for row in map(json.loads, lines(folder.parent / "letters" / "train.jsonl")) if row["level"] == NONE
    ]
    if calm and harmless.is_file():
        found |= told_anywhere(load_cases(harmless), calm, judge)
    if (folder / "policy.jsonl").is_file():
        cases = load_cases(folder / "policy.jsonl")
        found["policy: level as written"] = _share([judged(case, judge).right for case in cases])
    if datasets is not None:
        asked = [text for name in QUESTIONS for text in questions(datasets / name)]
        found |= alarms("short consumer questions", (q for q in asked if len(q.split()) < LETTER), judge)
        found |= alarms("consumer letters", (q for q in asked if len(q.split()) >= LETTER), judge)
    return found


def alarms(name: str, texts: Iterable[str], judge: Judge) -> Figures:
    """Return the shares of messages with a box or more and with the emergency text; nothing for no message."""
    flags = [judge([Turn(0, text)]).flag for text in texts]
    if not flags:
        return {}
    return {
        f"{name}: box or more": _share([each is not None and (each.certain or _is_loud(each.level)) for each in flags]),
        f"{name}: emergency text": _share([each is not None and each.level is Level.EMERGENCY for each in flags]),
    }


def of_letters(path: Path, judge: Judge) -> Figures:
    """Return the shares of letters that are told what their writers meant."""
    rows = [json.loads(line) for line in lines(path)]
    verdicts = [judged(letter(row), judge) for row in rows]
    by_level = {level: [each for each in verdicts if each.case.level == level] for level in LEVELS}
    calm, urgent = by_level[NONE], by_level[Level.URGENT]
    told = {
        "letters that need none: box or more": [each.is_box for each in calm],
        "letters that need none: emergency text": [each.level == Level.EMERGENCY for each in calm],
        "letters: emergencies seen": [each.level == Level.EMERGENCY for each in by_level[Level.EMERGENCY]],
        "letters: urgent or higher": [each.level in (Level.URGENT, Level.EMERGENCY) for each in urgent],
        "letters: decisions told": [each.level != NONE for each in by_level[Level.MEDICAL_DECISION]],
    }
    return {name: _share(values) for name, values in told.items() if values}


def letter(row: Mapping[str, Any]) -> Case:
    """Read a letter of `benchmarks/data/letters`, whose writers call a medical decision a decision."""
    level = Level.MEDICAL_DECISION.value if row["level"] == "decision" else row["level"]
    return Case(row["id"], (Turn(0, row["text"]),), level, frozenset(), None, {})


def denials(denied: Sequence[str], cases: Sequence[Case], judge: Judge) -> Figures:
    """Return the share of harmless English messages that one denial more raises; each is tried with the next of
    ``denied``.
    """
    texts = [
        case.turns[-1].text.strip()
        for case in cases
        if case.level == NONE and case.groups.get("language", "en") == "en"
    ]
    ended = [text if text[-1:] in (".", "?", "!") else f"{text}." for text in texts]
    raised = [
        _rank(judge([Turn(0, f"{text} {denial}")])) > _rank(judge([Turn(0, text)]))
        for text, denial in zip(ended, cycle(denied), strict=False)
    ]
    return {"denials: raised by one": _share(raised)}


def told_anywhere(cases: Sequence[Case], harmless: Sequence[str], judge: Judge, most: int = 60) -> Figures:
    """Return the shares of emergencies and of urgent messages that are told lower in a place than by themselves.

    ``harmless``: letters. At most ``most`` plain English messages of either level, in every place, one in ten of them
    in one of 1,500 words too.
    """
    found: Figures = {}
    for level in (Level.EMERGENCY, Level.URGENT):
        alone = list(told_alone(cases, level, judge))[:most]
        lower = [
            _rank(judge(turns)) < _rank(judge([Turn(0, text)]))
            for number, text in enumerate(alone)
            for turns in places(text, harmless, number)
        ]
        if lower:
            found[f"told anywhere: {level.value} told lower"] = _share(lower)
    return found


def told_alone(cases: Sequence[Case], level: Level, judge: Judge) -> Iterator[str]:
    """Yield every third plain English message of 5 to 40 words of a level that is told so by itself."""
    plain = (case.turns[-1].text.strip() for case in cases if case.level == level and len(case.turns) == 1)
    fitting = (text for text in plain if 5 <= len(text.split()) <= 40 and text.isascii())
    for text in islice(fitting, 0, None, 3):
        flag = judge([Turn(0, text)]).flag
        if flag is not None and flag.level is level:
            yield text


def places(text: str, harmless: Sequence[str], number: int) -> Iterator[list[Turn]]:
    """Yield conversations that say ``text`` somewhere among what is harmless."""
    said = text if text[-1:] in (".", "?", "!") else f"{text}."
    letter = harmless[number % len(harmless)]
    sentences = re.split(r"(?<=[.?!])\s+", letter)
    for place in (0, len(sentences) // 2, len(sentences)):
        yield [Turn(0, "\n".join((" ".join(sentences[:place]), said, " ".join(sentences[place:]))).strip())]
    for before, after in POLITE:
        yield [Turn(0, f"{before} {said} {after}")]
    yield [Turn(0, f"{REPEATED * 30}{said}")]
    if number % 10 == 0:
        long = " ".join(harmless).split()[:1500]
        yield [Turn(0, " ".join((*long[:700], ".", said, *long[700:])))]
    yield [Turn(index, line) for index, line in enumerate((*FORMER, said))]


def _rank(triage: Triage) -> int:
    return -LEVELS.index(triage.flag.level.value if triage.flag else NONE)


def _is_loud(level: Level) -> bool:
    return level is not Level.MEDICAL_DECISION


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
        reminded = any(notice.text in REMINDERS for notice in triage.notices)
        right[label].append(not emergency if label == "yes" else emergency or reminded)
    named = {"withdrawals: understood": right["yes"], "withdrawals: nothing withdrawn": right["no"]}
    return {name: _share(values) for name, values in named.items() if values}


def load_floors(path: Path, section: str) -> Mapping[str, Mapping[str, Any]]:
    """Read the floors of a section: by figure ``least`` or ``most``, ``why``, and the ``goal`` if it is not met yet."""
    floors: dict[str, dict[str, Any]] = tomllib.loads(path.read_text("utf-8"))[section]
    for name, floor in floors.items():
        if not floor.get("why") or ("least" in floor) == ("most" in floor):
            raise UsageError(f"{path.name}, {name}: not a floor", hint="a floor has a why, and least or most")
    return floors


def fallen(found: Mapping[str, Mapping[str, Any]], floors: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """Yield a sentence for each figure beyond its floor, by however little; one that was not measured is left out."""
    for name, floor in floors.items():
        share = found.get(name)
        if share is None:
            continue
        value = f"{name}: {share['share']:.4f} ({share['hits']} of {share['n']})"
        if share["share"] < floor.get("least", 0.0):
            yield f"{value}, the floor is at least {floor['least']}: {floor['why']}"
        if share["share"] > floor.get("most", 1.0):
            yield f"{value}, the floor is at most {floor['most']}: {floor['why']}"


def passed_over(now: Mapping[str, str], before: Mapping[str, str], labels: Mapping[str, str]) -> Iterator[str]:
    """Yield a sentence for each emergency that a former run told something and this one tells nothing."""
    for name, said in before.items():
        if labels.get(name) == Level.EMERGENCY and said != NONE and now.get(name, said) == NONE:
            yield f"{name}: an emergency that was told {said} is passed over"


def paired(now: Mapping[str, str], before: Mapping[str, str], labels: Mapping[str, str]) -> str:
    """Say how many messages are right now and were not, and the other way round, with the p of an exact sign test."""
    known = [name for name in before if name in now and name in labels]
    better = sum(now[name] == labels[name] != before[name] for name in known)
    worse = sum(before[name] == labels[name] != now[name] for name in known)
    n, fewer = better + worse, min(better, worse)
    p = min(1.0, 2 * sum(comb(n, k) for k in range(fewer + 1)) / 2**n)
    return (
        f"message by message, of {len(known)}: {better} right that were wrong, {worse} wrong that were right, p {p:.3f}"
    )


def lines(path: Path) -> Iterator[str]:
    """Yield the lines of a file that hold something; ``#`` begins a comment."""
    if path.is_file():
        lines = (line.strip() for line in path.read_text("utf-8").splitlines())
        yield from (line for line in lines if line and not line.startswith("#"))


def questions(path: Path) -> Iterator[str]:
    if path.is_file():
        for line in path.read_text("utf-8").splitlines():
            yield json.loads(line)["text"]


def _share(values: Sequence[bool]) -> dict[str, Any]:
    hits, n = sum(values), len(values)
    low, high = wilson(hits, n)
    return {"hits": hits, "n": n, "share": hits / n, "low": low, "high": high}
