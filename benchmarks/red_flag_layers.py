"""Print what each layer of the red flags earns on every set: `PYTHONPATH=tools python benchmarks/red_flag_layers.py`.

    python benchmarks/red_flag_layers.py [--datasets FOLDER]

Rules, words and model, each alone and together, and what ships without the lists of words for other languages. Two
tables in Markdown: what is told of what should be, and what harmless messages get. ``--datasets``, or ``B12_SHARED``:
the folder of the public test collections. A set whose file is not there is left out.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from red_flag_traffic import LETTER, QUESTIONS, letter, lines, questions

from b12assistant.answers import Level, Turn
from b12assistant.api import Workspace
from b12assistant.config import load_configuration
from b12assistant.evaluation.red_flag_audit import NONE, Case, Judgement, judge, load_cases
from b12assistant.safety.languages import Languages, Lexicon
from b12assistant.safety.second_opinion import Advice, Triagers
from b12assistant.safety.triage import Triager

DATA = Path(__file__).parent / "data"
LETTERS = DATA / "letters"
SOON = (Level.URGENT, Level.EMERGENCY)
GRAVE = (Level.EMERGENCY, Level.URGENT, Level.MEDICAL_DECISION)


class WithoutLists(Languages):
    """Languages as they are told apart, but none with wordings of its own."""

    def spoken(self, text: str) -> tuple[Lexicon, ...]:  # noqa: ARG002 - in place of one that reads it
        return ()


def main(datasets: Path | None) -> None:
    judges = layers(Workspace(load_configuration(environment=os.environ)).triage)
    grave, harmless = [], []
    known: dict[int, list[Judgement]] = {}  # by the case itself: some sets are parts of another
    every = tuple(sets(datasets))  # kept, so that no case is freed and its number used again
    for name, cases in every:
        for case in cases:
            known[id(case)] = known.get(id(case)) or [judge(case, triager) for triager in judges.values()]
        columns = [[known[id(case)][i] for case in cases] for i in range(len(judges))]
        grave += [row(f"{name}: {label}", cells) for label, cells in of_grave(columns)]
        if any(case.level == NONE for case in cases):
            harmless.append(row(f"{name}, {len(_of(columns[0], NONE))}", map(of_harmless, columns)))
        print(f"{name}: {len(cases)} messages", file=sys.stderr, flush=True)
    head = [row("", judges), row("---", ["---"] * len(judges))]
    print(*head, *grave, "", *head, *harmless, sep="\n")


def layers(triage: Triagers) -> Mapping[str, Triager]:
    """Return the judges by name: each layer alone and together, and two without the lists of other languages."""
    rules, words, model, with_words, in_use = triage.by_name().values()
    languages = WithoutLists(triage.rules.languages.lexicons, triage.rules.languages.english)
    listless = replace(triage.rules, languages=languages)
    return {
        "rules": rules,
        "words": words,
        "model": model,
        "rules, words": with_words,
        "rules, model (in use)": in_use,
        "in use, no lists": Triager(listless, Advice((lambda: triage.second,))),
        "rules, no lists": Triager(listless),
    }


def sets(datasets: Path | None) -> Iterator[tuple[str, Sequence[Case]]]:
    """Yield the labelled sets by name; of the test split each writer's, and what is in another language."""
    folder = DATA / "red_flags"
    test = load_cases(folder / "test.jsonl")
    yield "test split", test
    for writer in sorted({case.id[:2] for case in test}):
        yield f"`{writer}-`", [case for case in test if case.id.startswith(writer)]
    yield "other languages", [case for case in test if case.groups["language"] != "en"]
    yield "calibration split", load_cases(folder / "calibration.jsonl")
    yield "policy", load_cases(folder / "policy.jsonl")
    for name, file in (("letters", "test"), ("later letters", "test_later")):
        yield name, [letter(json.loads(line)) for line in lines(LETTERS / f"{file}.jsonl")]
    yield "remarks", harmless(lines(folder / "remarks.txt"))
    yield "other domains", harmless(lines(folder / "other_domains.txt"))
    yield "other matters", load_cases(DATA / "trials" / "other_matters.jsonl")
    if datasets is not None:
        texts = [text for name in QUESTIONS for text in questions(datasets / name)]
        yield "short consumer questions", harmless(text for text in texts if len(text.split()) < LETTER)
        yield "consumer letters", harmless(text for text in texts if len(text.split()) >= LETTER)


def harmless(texts: Iterable[str]) -> list[Case]:
    return [Case(str(number), (Turn(0, text),), NONE, frozenset(), None, {}) for number, text in enumerate(texts)]


def of_grave(columns: Sequence[Sequence[Judgement]]) -> Iterator[tuple[str, Iterable[str]]]:
    """Yield a row for each level that the set holds: what is told of it, and in brackets what gets nothing."""
    names = {
        Level.EMERGENCY: ("emergencies told as one", (Level.EMERGENCY,)),
        Level.URGENT: ("urgent, told as that or more", SOON),
        Level.MEDICAL_DECISION: ("decisions told", GRAVE),
    }
    for level, (label, told) in names.items():
        if count := len(_of(columns[0], level)):
            mine = [_of(each, level) for each in columns]
            cells = [f"{sum(v.level in told for v in m)} ({sum(v.level == NONE for v in m)})" for m in mine]
            yield f"{label}, of {count}", cells


def of_harmless(verdicts: Sequence[Judgement]) -> str:
    """Return how many harmless messages get a box or more, and in brackets the emergency text."""
    wrong = [each for each in _of(verdicts, NONE) if not each.right]
    return f"{sum(each.is_box for each in wrong)} ({sum(each.level == Level.EMERGENCY for each in wrong)})"


def _of(verdicts: Sequence[Judgement], level: str) -> list[Judgement]:
    return [each for each in verdicts if each.case.level == level]


def row(name: str, cells: Iterable[str]) -> str:
    return f"| {' | '.join((name, *cells))} |"


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    shared = os.environ.get("B12_SHARED")
    parser.add_argument("--datasets", type=Path, default=Path(shared) / "datasets" if shared else None)
    main(parser.parse_args().datasets)
