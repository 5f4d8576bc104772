"""Audit the red flags: `make red-flags`.

    .venv/bin/python tools/red_flags.py [--datasets FOLDER]

Asks the test split, which nothing is fitted on, and ordinary messages, letters, denials and what people write after an
emergency; a file that is not there is left out. ``--datasets``: the folder of the public test collections, for real
questions of consumers. Exits with 1 if a figure is beyond its floor in `benchmarks/floors.toml`.
"""

import argparse
import json
import os
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import cycle, islice
from pathlib import Path
from typing import Any, Final

from floors import fallen, load_floors

from b12assistant.answers import Level, Triage, Turn
from b12assistant.api import Workspace
from b12assistant.config import load_configuration
from b12assistant.evaluation import red_flag_audit
from b12assistant.evaluation.labelled_set import share_of
from b12assistant.evaluation.red_flag_audit import LEVELS, NONE, UNSAID, Case, Judgement, load_cases
from b12assistant.safety.triage import REMINDER, REMINDER_CRISIS

FOLDER = Path(__file__).parent.parent / "benchmarks" / "data" / "red_flags"
QUESTIONS: Final = (
    "medicationqa/queries.jsonl",
    "mediqa-qa/alexa/queries.jsonl",
    "mediqa-qa/validation/queries.jsonl",
    "medquad-sample/queries.jsonl",
    "meqsum/questions.jsonl",
)
REPEATED: Final = "How often is the injection given? "
FORMER: Final = ("hello", "which foods have b12", "thanks", "and do tablets work as well as the injection?")
LETTER: Final = 30  # words from which a question of a consumer counts as a letter

Judge = Callable[[Sequence[Turn]], Triage]
Told = Iterator[tuple[str, Sequence[bool]]]  # a figure, and of what it is the share


def traffic(datasets: Path | None, judge: Judge) -> Told:
    """Yield every figure that the files, and those of ``datasets`` if given, allow."""
    yield from alarms("ordinary remarks", lines(FOLDER / "remarks.txt"), judge)
    yield from alarms("other domains", lines(FOLDER / "other_domains.txt"), judge)
    yield "a turn later: the emergency stays", list(kept(lines(FOLDER / "afterwards.txt"), judge))
    yield from of_letters(judge)
    cases = load_cases(FOLDER / "calibration.jsonl")
    yield "denials: raised by one", list(denials(cases, judge))
    for level in (Level.EMERGENCY, Level.URGENT):
        yield f"told anywhere: {level.value} told lower", list(told_lower(cases, level, judge))
    policy = load_cases(FOLDER / "policy.jsonl")
    yield "policy: level as written", [red_flag_audit.judge(case, judge).right for case in policy]
    if datasets is not None:
        asked = [json.loads(line)["text"] for name in QUESTIONS for line in lines(datasets / name)]
        yield from alarms("short consumer questions", (q for q in asked if len(q.split()) < LETTER), judge)
        yield from alarms("consumer letters", (q for q in asked if len(q.split()) >= LETTER), judge)


def shares(told: Told) -> dict[str, dict[str, Any]]:
    """Return each share with its hits, of how many, and its 95 % interval; none of nothing."""
    return {name: share_of(values) for name, values in told if values}


def alarms(name: str, texts: Iterable[str], judge: Judge) -> Told:
    """Yield which messages get a box or more, and which the emergency text."""
    flags = [judge([Turn(0, text)]).flag for text in texts]
    boxes = [each is not None and (each.certain or each.level is not Level.MEDICAL_DECISION) for each in flags]
    yield f"{name}: box or more", boxes
    yield f"{name}: emergency text", [each is not None and each.level is Level.EMERGENCY for each in flags]


def of_letters(judge: Judge) -> Told:
    """Yield which letters are told what their writers, who call a medical decision a decision, meant."""
    verdicts: dict[str, list[Judgement]] = {level: [] for level in LEVELS}
    for row in map(json.loads, lines(FOLDER.parent / "letters" / "test.jsonl")):
        level = Level.MEDICAL_DECISION.value if row["level"] == "decision" else row["level"]
        case = Case.model_validate({"id": row["id"], "text": row["text"], "level": level})
        verdicts[level].append(red_flag_audit.judge(case, judge))
    calm, urgent = verdicts[NONE], verdicts[Level.URGENT]
    yield "letters that need none: box or more", [each.is_box for each in calm]
    yield "letters that need none: emergency text", [each.level == Level.EMERGENCY for each in calm]
    yield "letters: emergencies seen", [each.level == Level.EMERGENCY for each in verdicts[Level.EMERGENCY]]
    yield "letters: urgent or higher", [each.level in (Level.URGENT, Level.EMERGENCY) for each in urgent]
    yield "letters: decisions told", [each.level != NONE for each in verdicts[Level.MEDICAL_DECISION]]


def denials(cases: Sequence[Case], judge: Judge) -> Iterator[bool]:
    """Yield which harmless English messages one denial more raises; each is tried with the next denial."""
    calm = (each for each in cases if each.level == NONE and each.language in ("en", UNSAID))
    for case, denial in zip(calm, cycle(lines(FOLDER / "denials.txt")), strict=False):
        text = case.turns[-1].text.strip()
        yield _rank(judge([Turn(0, f"{_ended(text)} {denial}")])) > _rank(judge([Turn(0, text)]))


def told_lower(cases: Sequence[Case], level: Level, judge: Judge, most: int = 60) -> Iterator[bool]:
    """Yield which messages of a level are told lower in a place than by themselves.

    At most ``most`` plain English ones, in every place, one in ten of them in a letter of 1,500 words too.
    """
    letters = map(json.loads, lines(FOLDER.parent / "letters" / "train.jsonl"))
    harmless = [row["text"] for row in letters if row["level"] == NONE]
    for number, text in enumerate(islice(told_alone(cases, level, judge), most)):
        for turns in places(text, harmless, number):
            yield _rank(judge(turns)) < -LEVELS.index(level)


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
    said, letter = _ended(text), harmless[number % len(harmless)]
    sentences = re.split(r"(?<=[.?!])\s+", letter)
    for place in (0, len(sentences) // 2, len(sentences)):
        yield [Turn(0, "\n".join((" ".join(sentences[:place]), said, " ".join(sentences[place:]))).strip())]
    for polite in lines(FOLDER / "polite.txt"):
        yield [Turn(0, polite.replace("|", said))]
    yield [Turn(0, f"{REPEATED * 30}{said}")]
    if number % 10 == 0:
        long = " ".join(harmless).split()[:1500]
        yield [Turn(0, " ".join((*long[:700], ".", said, *long[700:])))]
    yield [Turn(index, line) for index, line in enumerate((*FORMER, said))]


def kept(told: Iterable[str], judge: Judge) -> Iterator[bool]:
    """Yield which conversations, ``earlier >> later``, still show the emergency's text, or the reminder."""
    for line in told:
        triage = judge([Turn(index, text) for index, text in enumerate(line.split(" >> "))])
        emergency = triage.flag is not None and triage.flag.level is Level.EMERGENCY
        yield emergency or any(notice.text in (REMINDER, REMINDER_CRISIS) for notice in triage.notices)


def _ended(text: str) -> str:
    return text if text[-1:] in (".", "?", "!") else f"{text}."


def _rank(triage: Triage) -> int:
    return -LEVELS.index(triage.flag.level.value if triage.flag else NONE)


def lines(path: Path) -> Iterator[str]:
    """Yield the lines of a file that hold something; ``#`` begins a comment."""
    if path.is_file():
        found = (line.strip() for line in path.read_text("utf-8").splitlines())
        yield from (line for line in found if line and not line.startswith("#"))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--datasets", type=Path)
    given = parser.parse_args()
    space = Workspace(load_configuration(environment=os.environ))
    figures = red_flag_audit.audit(space, FOLDER / "test.jsonl")
    figures["traffic"] = shares(traffic(given.datasets, space.triage.in_use))
    print("\n".join(red_flag_audit.as_text(figures)))
    measured = {**figures["judges"][-1]["measures"], **figures["traffic"]}
    beyond = list(fallen(measured, load_floors("safety")))
    for line in beyond:
        print(f"fell behind: {line}", file=sys.stderr)
    return 1 if beyond else 0


if __name__ == "__main__":
    raise SystemExit(main())
