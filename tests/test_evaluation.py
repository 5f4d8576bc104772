"""Scores do not flatter: known cases of a hit, a refusal counts as a miss, bad labels are named."""

import json
from collections.abc import Callable, Collection, Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from fakes import FakeWorkspace
from floors import FLOORS, fallen
from serving import small_space

from b12assistant.answering.assistant import Answerer
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
from b12assistant.evaluation.marks import SHARED, rows_by_words, unmarked, words_in
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


def labelled(*gold: str, name: str = "q", need_all: bool = False, accepted: tuple[str, ...] = ()) -> Labelled:
    return Labelled(name, "what?", (), gold, (*gold, *accepted), need_all)


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


def outcome(
    label: Labelled, answer: Answer = REFUSED, *, unchanged: bool = True, ranked: Sequence[Sequence[Span]] = ()
) -> Outcome:
    return outcome_of(label, answer, ranked, unchanged=unchanged, confidence=0.5)


WRONG, RIGHT = quote("Zero begins here."), quote(GOLD)


def test_each_quote_is_compared_with_the_gold() -> None:
    assert outcome(labelled(GOLD), answer_of(WRONG, RIGHT)).hits == (False, True)


def test_an_alternative_is_accepted() -> None:
    assert outcome(labelled("nowhere at all", accepted=(GOLD,)), answer_of(RIGHT)).hits == (True,)


def share(figures: dict[str, dict[str, float]], name: str) -> float:
    return figures[name]["share"]


def test_a_question_without_an_answer_is_a_miss() -> None:
    figures = summary([outcome(labelled(GOLD), answer_of(RIGHT)), outcome(labelled(GOLD))])
    assert (share(figures, "hit@1"), share(figures, "hit@3"), share(figures, "answered")) == (0.5, 0.5, 0.5)
    assert figures["hit@1"]["n"] == 2


@pytest.mark.parametrize(("quotes", "both"), [([RIGHT], 0), ([RIGHT, WRONG], 1)])
def test_all_sides_count_only_together(quotes: list[Quote], both: int) -> None:
    label = labelled(GOLD, "Zero begins here", need_all=True)
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
    assert found == Labelled("q1", "what?", ("before",), ("words",), ("words", "others"), need_all=True)


@pytest.mark.parametrize("line", ["{", '{"id": "a"}', '{"id": "a", "question": "what?", "gold": "words"}'])
def test_a_bad_line_is_named_with_its_file(line: str, tmp_path: Path) -> None:
    file = write(tmp_path / "qa.jsonl", json.dumps(FULL), "", line)
    with pytest.raises(DatasetError, match=r"qa\.jsonl:3: not a labelled question"):
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


LOWERS = "Metformin lowers cobalamin in some people."
SHORT = "do diabetics run short"
MARKED = {SHORT, "do older diabetics run short", "which sugar tablets steal it"}


def marked_space(folder: Path, questions: Collection[str], *, others: bool = False) -> FakeWorkspace:
    """A corpus that asks one of its sentences these questions, and all the others one each if ``others``."""
    asked = {LOWERS: sorted(questions), "Ask for a blood test.": ["what next"]}
    pills = [json.dumps({"text": text, "asked": each}) for text, each in list(asked.items())[: 1 + others] if each]
    nerves = ["Myelin wraps every nerve.", "It is made of fat.", "Numb feet are an early sign."]
    rows = [json.dumps({"text": text, "asked": [f"tell me {n}"]}) for n, text in enumerate(nerves)] if others else []
    lists = {"sentences/pills.txt.jsonl": pills, "sentences/nerves.md.jsonl": rows}
    return small_space(folder, REPORTED | {name: "".join(f"{row}\n" for row in lines) for name, lines in lists.items()})


def test_a_marked_question_is_asked_once_more_without_its_own_mark_but_with_the_others(tmp_path: Path) -> None:
    space = marked_space(tmp_path, MARKED)
    rows = [{"id": each, "question": f"{each.capitalize()}?", "gold": [LOWERS]} for each in MARKED]
    figures = labelled_set.score(space, write(tmp_path / "qa.jsonl", *map(json.dumps, rows)))
    assert (figures["hit@1"]["hits"], figures["marked in the corpus, so found easily"]) == (3, 3)
    alone = [f"marked, each with its own mark left out: hit@{most}" for most in (1, 3)]
    assert [(figures[each]["hits"], figures[each]["n"]) for each in alone] == [(2, 3), (2, 3)]


@pytest.mark.parametrize(
    ("marks", "others"), [(MARKED, False), (MARKED, True), ({SHORT}, True)], ids=["few", "all", "all till then"]
)
def test_a_mark_left_out_is_as_if_it_had_never_been_made(marks: set[str], others: bool, tmp_path: Path) -> None:
    space, never = (
        marked_space(tmp_path / name, asked, others=others) for name, asked in (("a", marks), ("b", marks - {SHORT}))
    )
    assert space.opened.collection.asked_throughout is others
    found = space.assistant.understood(SHORT)  # fills what is cached
    (rows,) = rows_by_words(space.opened.collection.asked, [words_in(SHORT)]).values()

    def read(answerer: Answerer) -> list[tuple[str, float, float]]:
        windows = answerer.understood(SHORT).windows
        return [(each.best.text, round(each.score, 5), round(each.likely, 5)) for each in windows]

    left_out = read(unmarked(space.assistant, rows))
    assert left_out == read(never.assistant)
    assert [score for _, score, _ in left_out] != [round(window.score, 5) for window in found.windows]


@pytest.mark.parametrize(("part", "name"), [(part, name) for part, names in SHARED.items() for name in names])
def test_what_is_used_again_is_a_cached_part(part: type, name: str) -> None:
    assert isinstance(vars(part)[name], cached_property)


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


@pytest.mark.parametrize(
    ("change", "unchanged"),
    [
        (lambda corpus: None, "1 of 1 answers"),
        (lambda corpus: write(corpus / "nerves.md", "Myelin unwraps every nerve."), "0 of 1 answers"),
        (lambda corpus: (corpus / "nerves.md").unlink(), "0 of 1 answers"),
        (lambda corpus: corpus.rename(corpus.with_name("elsewhere")), "0 of 1 answers"),
    ],
    ids=["as it was", "changed", "gone", "no corpus"],
)
def test_it_is_said_how_many_answers_are_of_files_as_they_were_indexed(
    change: Callable[[Path], object], unchanged: str, tmp_path: Path
) -> None:
    space = small_space(tmp_path, REPORTED)
    change(space.corpus)
    figures = labelled_set.score(space, write(tmp_path / "questions.jsonl", json.dumps(QUESTIONS[0])))
    assert figures["files unchanged"] == unchanged


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
