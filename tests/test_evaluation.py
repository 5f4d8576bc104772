"""Scores do not flatter: known cases of a hit, a refusal counts as a miss, bad labels are named."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from floors import FLOORS, fallen
from serving import small_space

from b12assistant.answers import Answer, Quote, Reason, Status, Strength, Turn
from b12assistant.command.cli import commands
from b12assistant.errors import DatasetError
from b12assistant.evaluation import labelled_set
from b12assistant.evaluation.labelled_set import (
    Labelled,
    Outcome,
    is_hit,
    load_labelled,
    outcome_of,
    share_of,
    summary,
    wilson,
)
from b12assistant.types import Document, DocumentId, Passage, PassageId, Span

GOLD = "one two three four five six seven eight nine ten"
TEXT = f"Zero begins here. {GOLD}. Eleven ends it."
DOCUMENT = Document(DocumentId("a.txt"), "digest", "Title", TEXT)


def span(words: str, document: Document = DOCUMENT) -> Span:
    start = document.text.index(words)
    return document.span(start, start + len(words))


def quote(words: str, document: Document = DOCUMENT) -> Quote:
    where = span(words, document)
    return Quote((where,), where, Passage(PassageId("p"), (where,)), Strength.STRONG, 0.5)


def labelled(*gold: str, **others: Any) -> Labelled:
    return Labelled.model_validate({"id": "q", "question": "what?", "gold": list(gold), **others})


@pytest.mark.parametrize(
    ("words", "gold", "hit"),
    [
        (GOLD.upper().replace(" ", ", "), GOLD, True),
        ("one two three four five six", GOLD, True),
        ("one two three four five", GOLD, False),
        ("it is one two three", "one two three", True),
        ("it is one two", "one two three", False),
        ("anything", "…", False),
    ],
)
def test_a_hit_holds_enough_of_the_gold_in_a_row(words: str, gold: str, hit: bool) -> None:
    assert is_hit(words, gold) is hit


def answer_of(*quotes: Quote, status: Status = Status.ANSWERED) -> Answer:
    return Answer(Turn(0, "what?"), status, None, quotes, ())


REFUSED = Answer(Turn(0, "what?"), Status.NO_ANSWER, Reason.NOTHING_CLOSE, (), ())


def outcome(label: Labelled, answer: Answer = REFUSED) -> Outcome:
    return outcome_of(label, answer)


WRONG, RIGHT = quote("Zero begins here."), quote(GOLD)


def test_each_quote_is_compared_with_the_gold() -> None:
    assert outcome(labelled(GOLD), answer_of(WRONG, RIGHT)).hits == (False, True)


def test_an_alternative_is_accepted() -> None:
    assert outcome(labelled("nowhere at all", alt_gold=[{"quote": GOLD}]), answer_of(RIGHT)).hits == (True,)


def share(figures: dict[str, dict[str, float]], name: str) -> float:
    return figures[name]["share"]


def test_a_question_without_an_answer_is_a_miss() -> None:
    figures = summary([outcome(labelled(GOLD), answer_of(RIGHT)), outcome(labelled(GOLD))])
    assert (share(figures, "hit@1"), share(figures, "hit@3"), share(figures, "answered")) == (0.5, 0.5, 0.5)
    assert figures["hit@1"]["n"] == 2


@pytest.mark.parametrize(("quotes", "both"), [([RIGHT], 0), ([RIGHT, WRONG], 1)])
def test_all_sides_count_only_together(quotes: list[Quote], both: int) -> None:
    label = labelled(GOLD, "Zero begins here", need="all")
    assert share(summary([outcome(label, answer_of(*quotes))]), "all sides@3") == both


def test_a_refusal_is_right_where_nothing_answers() -> None:
    figures = summary([outcome(labelled()), outcome(labelled(), answer_of(WRONG))])
    assert share(figures, "refused") == 0.5
    assert "hit@1" not in figures


@pytest.mark.parametrize(
    ("hits", "n", "low", "high"),
    [(0, 10, 0.0, 0.2775), (10, 10, 0.7225, 1.0), (5, 10, 0.2366, 0.7634), (81, 263, 0.2553, 0.3662)],
)
def test_the_interval_is_wilsons(hits: int, n: int, low: float, high: float) -> None:
    """The last is the worked example of Newcombe, Statistics in Medicine 17 (1998), 857."""
    assert wilson(hits, n) == pytest.approx((low, high), abs=1e-4)


def write(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(lines), "utf-8")
    return path


FULL = {
    "id": "q1",
    "question": "what?",
    "history": ["before"],
    "gold": ["words"],
    "alt_gold": [{"quote": "others", "seed": "001"}],
    "need": "all",
}


def test_a_labelled_question_is_read(tmp_path: Path) -> None:
    (found,) = load_labelled(write(tmp_path / "qa.jsonl", json.dumps(FULL)))
    assert (found.id, found.question, found.history, found.need) == ("q1", "what?", ["before"], "all")
    assert (found.gold, found.accepted) == (["words"], ["words", "others"])


def test_null_is_not_given(tmp_path: Path) -> None:
    nulls = dict.fromkeys(("history", "gold", "alt_gold", "need", "kind"))
    (found,) = load_labelled(write(tmp_path / "qa.jsonl", json.dumps({"id": 1, "question": "what?", **nulls})))
    assert (found.history, found.gold, found.accepted, found.need, found.kind) == ([], [], [], "any", "")


@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("{", "not JSON"),
        ("[]", "not a JSON object"),
        ('{"id": "a"}', "question is missing"),
        ('{"id": "a", "question": " "}', "question"),
        ('{"id": "a", "question": "what?", "gold": "words"}', "gold = 'words' is not known"),
    ],
)
def test_a_bad_line_is_named_with_its_file(line: str, why: str, tmp_path: Path) -> None:
    file = write(tmp_path / "qa.jsonl", json.dumps(FULL), "", line)
    with pytest.raises(DatasetError, match=rf"qa\.jsonl:3: {why}"):
        load_labelled(file)


@pytest.mark.parametrize(
    ("row", "why"),
    [
        ({"id": "q1", "question": "other"}, "line 1 has the id 'q1' too: give each its own"),
        ({"id": "q2", "question": " WHÁT ", "history": ["Before!"]}, "line 1 asks the same: take one of them out"),
    ],
    ids=["id", "question"],
)
def test_a_question_that_would_count_twice_is_refused_with_both_lines(
    row: dict[str, Any], why: str, tmp_path: Path
) -> None:
    file = write(tmp_path / "qa.jsonl", json.dumps(FULL), "", json.dumps({"gold": [], **row}))
    with pytest.raises(DatasetError, match=rf"qa\.jsonl:3: {why}"):
        load_labelled(file)


def test_the_same_words_after_another_turn_are_another_question(tmp_path: Path) -> None:
    later = {**FULL, "id": "q2", "history": ["another"]}
    assert len(load_labelled(write(tmp_path / "qa.jsonl", json.dumps(FULL), json.dumps(later)))) == 2


def test_no_question_of_the_repository_counts_twice() -> None:
    data, examples = FLOORS.parent / "data", FLOORS.parent.parent / "examples"
    files = [file for name in ("questions", "unanswerable") for file in (data / name).glob("*.jsonl")]
    files += [*data.glob("libraries/*/questions.jsonl"), *examples.glob("*/*.jsonl")]
    assert all(len(load_labelled(file)) >= 30 for file in files)
    assert {file.parent.name for file in files} >= {"questions", "unanswerable", "parish", "council", "docs", "oven"}


REPORTED = {
    "nerves.md": "# Nerves\n\n## Sheath\n\nMyelin wraps every nerve. It is made of fat. Numb feet are an early sign.\n",
    "pills.txt": "Metformin lowers cobalamin in some people. Ask for a blood test.\n",
}
QUESTIONS = [
    {
        "id": "wraps",
        "kind": "nerve",
        "question": "What wraps every nerve: myelin?",
        "gold": ["Myelin wraps every nerve."],
    },
    {"id": "sign", "question": "What is an early sign?", "gold": ["Metformin lowers cobalamin in some people."]},
    {"id": "none", "kind": "off", "question": "Who won the world cup of chess in 1998?", "gold": []},
]


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("report")
    file = folder / "questions.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in QUESTIONS), "utf-8")
    labelled_set.score(small_space(folder / "space", REPORTED), file, folder / "out")
    found: dict[str, Any] = json.loads((folder / "out" / "report.json").read_text("utf-8"))
    return found


def test_every_question_is_there_with_what_became_of_it(report: dict[str, Any]) -> None:
    assert {row["id"]: row["result"] for row in report["questions"]} == {
        "wraps": "hit",
        "sign": "missed",
        "none": "right",
    }
    missed = report["questions"][1]
    assert missed["gold"] == ["Metformin lowers cobalamin in some people."]
    assert missed["quotes"]
    assert all(each["address"].startswith("/d/") for each in missed["quotes"])


def test_each_kind_of_question_has_figures_of_its_own(report: dict[str, Any]) -> None:
    of_kinds = {name: value["share"] for name, value in report["figures"].items() if name.startswith(("nerve", "off"))}
    assert of_kinds == {"nerve: hit@1": 1, "nerve: hit@3": 1, "nerve: answered": 1, "off: refused": 1}


def test_a_figure_falls_below_its_floor_by_however_little() -> None:
    almost = share_of([False] + [True] * 99_999)
    assert almost["share"] == 1.0  # rounded
    assert list(fallen({"a": almost, "b": share_of([True])}, {name: {"least": 1.0, "why": "x"} for name in "ab"})) == [
        "a: 1.0000 (99999 of 100000), the floor is at least 1.0: x"
    ]


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        (labelled_set.REFUSED, "not answered or refused as labelled: q1"),
        (labelled_set.ANSWERED, "not answered or refused as labelled: q1"),
        (labelled_set.LOST, "the gold of these is in no document, so correct it: q1"),
        ("", ""),
    ],
)
def test_a_strict_check_fails_for_what_is_labelled_wrong_too(
    fault: str, told: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    figures = {
        name: ["q1"] * (name == fault) for name in (labelled_set.REFUSED, labelled_set.ANSWERED, labelled_set.LOST)
    }
    monkeypatch.setattr(labelled_set, "score", lambda *_: figures)
    done = CliRunner().invoke(commands, ["evaluate", "--strict", "--json", "questions.jsonl"])
    assert done.exit_code == bool(fault)
    assert told in done.output
