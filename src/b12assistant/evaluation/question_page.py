"""Write the report of `evaluate` on labelled questions as one HTML page, with the changes since an earlier one."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from b12assistant.display.markup import plain
from b12assistant.errors import DatasetError
from b12assistant.evaluation.measures import compare, write_whole
from b12assistant.evaluation.report_page import (
    document,
    facts,
    few,
    html_table,
    intervals,
    scrolling,
    section,
    words_cell,
)

Report = Mapping[str, Any]
Row = Mapping[str, Any]

SAYS = {
    "hit@1": "Of the questions that the library answers: the first quote is a right one.",
    "hit@3": "Of the same questions: one of the first three quotes is a right one.",
    "hit@1 without the seller rule": "The first quote, if sellers were not moved behind other sources.",
    "hit@1 of the ranking alone": "The best passage found is a right one, before anything is refused.",
    "hit@3 of the ranking alone": "One of the three best passages found is a right one.",
    "all sides@3": "Of the questions that ask for several things: the quotes hold all of them.",
    "answered": "Of the questions that the library answers: something was shown, right or wrong.",
    "refused": "Of the questions that the library does not answer: the program said so.",
    "whole questions joined": "Whole questions that were read with an earlier one; it should be 0.",
    "remarks and red flags joined": "Remarks and emergencies that were read with an earlier turn; it should be 0.",
}
_FOLLOW_UPS = {
    "follow-ups as typed: ": "Follow-up questions as they were typed, after the turns before them.",
    "follow-ups in full: ": "The same questions written out in full, so that they need no turn before them.",
}
_RESULTS = {
    "low": "right, but not first",
    "missed": "a wrong quote",
    "refused": "no answer, although there is one",
    "wrong": "an answer, although there is none",
}


def write(out: Path, earlier: Report | None = None) -> None:
    """Write `report.html` next to the `report.json` in ``out``."""
    write_whole(out / "report.html", page(read(out), earlier))


def page(report: Report, earlier: Report | None = None) -> str:
    """Return the page with its styles and plots in it."""
    return document(f"Labelled questions: {report['figures']['set']}", "".join(_body(report, earlier)))


def read(folder: Path) -> Report:
    """Read the report in a folder. Raises ``DatasetError`` if there is none."""
    try:
        report = json.loads((folder / "report.json").read_text("utf-8"))
        if report["kind"] == "questions":
            return dict(report)
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        hint = "name a folder that evaluate QUESTIONS --out wrote"
        raise DatasetError(f"{folder / 'report.json'} cannot be read", hint=hint) from error
    raise DatasetError(f"{folder / 'report.json'} is no report on questions", hint="name another folder")


def _body(report: Report, earlier: Report | None) -> Iterator[str]:
    figures = report["figures"]
    shares = {name: value for name, value in figures.items() if isinstance(value, dict)}
    yield facts({name: str(value) for name, value in figures.items() if not isinstance(value, dict | list)})
    yield _note(
        "A figure is a share: 1.000 is every question. Its 95 % interval is beside it: another set of questions "
        "of this kind would likely give a figure within it. A quote is right if it shares six words in a row with a "
        "labelled sentence and holds half of its words. Nobody has checked here whether the sentences are true."
    )
    yield section("Scores", html_table("Scores", _scores(shares)))
    if shares:
        yield section("Scores with 95 % intervals", intervals("Scores", list(shares.items())))
    if earlier is not None:
        yield section("Against the earlier report", _compared(report, earlier))
    yield section("Questions that went wrong", _wrong(report["questions"]))


def _scores(shares: Mapping[str, Mapping[str, float]]) -> list[list[str]]:
    rows = [["measure", "figure", "95 % interval", "questions", "what it says"]]
    for name, each in shares.items():
        ends = f"{each['low']:.3f} to {each['high']:.3f}"
        rows.append([name, f"{each['mean']:.3f}", ends, few(int(each["n"])), _says(name)])
    return rows


def _says(name: str) -> str:
    for start, says in _FOLLOW_UPS.items():
        if name.startswith(start):
            return f"{says} {SAYS.get(name.removeprefix(start), '')}".strip()
    return SAYS.get(name, "")


def _compared(report: Report, earlier: Report) -> str:
    """Compare the results of the questions that are in both reports."""
    before = {row["id"]: row for row in earlier["questions"]}
    known = [(row, before[row["id"]]) for row in report["questions"] if row["id"] in before]
    same = ("question", "history", "gold")
    pairs = [(now, then) for now, then in known if all(now[key] == then[key] for key in same)]
    rows = [["measure", "earlier", "now", "difference", "95 % interval", "questions", "so it is"]]
    for name, is_so in _MEASURED.items():
        if counted := [(is_so(now), is_so(then)) for now, then in pairs if bool(now["gold"]) == (name != "refused")]:
            rows.append([name, *_difference(*zip(*counted, strict=True))])
    left = len(report["questions"]) - len(pairs)
    note = _note(f"{left} questions are not in the earlier report, or not with the same words.") if left else ""
    return html_table("Differences", rows) + note


def _difference(now: Sequence[float], then: Sequence[float]) -> list[str]:
    change = compare(now, then)
    verdict = "better" if change["low"] > 0 else "worse" if change["high"] < 0 else "no clear difference"
    means = [f"{sum(each) / len(each):.3f}" for each in (then, now)]
    interval = f"{change['low']:+.3f} to {change['high']:+.3f}"
    return [*means, f"{change['mean']:+.3f}", interval, few(len(now)), verdict]


def _within(place: int | None, most: int) -> bool:
    return place is not None and place <= most


_MEASURED: Mapping[str, Callable[[Row], bool]] = {
    "hit@1": lambda row: _within(row["hit_at"], 1),
    "hit@3": lambda row: _within(row["hit_at"], 3),
    "hit@1 of the ranking alone": lambda row: _within(row["ranked_at"], 1),
    "hit@3 of the ranking alone": lambda row: _within(row["ranked_at"], 3),
    "answered": lambda row: bool(row["quotes"]),
    "refused": lambda row: row["status"] == "no_answer",  # of questions without gold; all others only of those with it
}


def _wrong(questions: Sequence[Row]) -> str:
    wrong = [row for row in questions if row["result"] in _RESULTS]
    if not wrong:
        return _note("None.")
    rows = []
    for row in wrong:
        came, first = _RESULTS[row["result"]], row["quotes"][0]["text"] if row["quotes"] else ""
        label = row["gold"][0] if row["gold"] else ""
        rows.append((row["id"], f"{words_cell(row['question'])}<td>{came}</td>{words_cell(first)}{words_cell(label)}"))
    note = _note(f"{len(wrong)} of {len(questions)}. The label is the first sentence that would have been right.")
    columns = ("id", "question", "what came", "first quote", "label")
    return note + scrolling("Questions that went wrong", columns, rows)


def _note(text: str) -> str:
    return f"<p>{plain(text)}</p>"
