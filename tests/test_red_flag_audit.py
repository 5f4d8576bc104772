"""The audit of the red flags: counts checked by hand, bad lines, an inert page."""

import json
from collections.abc import Sequence
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from b12assistant.answers import Flag, FlagKind, Level, Notice, NoticeKind, RuleId, TextId, Triage, Turn
from b12assistant.command.cli import commands
from b12assistant.errors import DatasetError
from b12assistant.evaluation.red_flag_audit import LEVELS, Case, Judgement, judge, load_cases, measures, summary
from b12assistant.language.folding import fold


def case(level: str, acceptable: Sequence[str] = ()) -> Case:
    row = {"id": "a", "text": "now", "history": ["before"], "level": level, "acceptable": list(acceptable)}
    return Case.model_validate(row)


def verdict(level: str, said: str, *, acceptable: Sequence[str] = ()) -> Judgement:
    flag = None if said == "none" else Flag(Level(said), FlagKind.MEDICAL, RuleId("a"))
    return Judgement(case(level, acceptable), flag)


def counted(verdicts: Sequence[Judgement], name: str) -> tuple[int, int]:
    found = measures(verdicts)[name]
    return found["hits"], found["n"]


def test_the_confusion_table_counts_every_message_once() -> None:
    pairs = [("emergency", "emergency"), ("emergency", "none"), ("urgent", "emergency"), ("none", "none")] * 2
    table = summary([verdict(*pair) for pair in pairs])["confusion"]
    assert table["emergency"] == {"emergency": 2, "urgent": 0, "medical_decision": 0, "none": 2}
    assert sum(sum(row.values()) for row in table.values()) == len(pairs)


def test_an_acceptable_level_is_right_but_does_not_count_as_an_emergency_seen() -> None:
    verdicts = [verdict("emergency", "urgent", acceptable=["urgent"])]
    assert counted(verdicts, "emergency: right or acceptable") == (1, 1)
    assert counted(verdicts, "emergency as emergency") == (0, 1)
    assert counted(verdicts, "emergency as none") == (0, 1)


def test_more_than_urgent_is_urgent_or_higher_but_not_right() -> None:
    verdicts = [verdict("urgent", said) for said in LEVELS]
    assert counted(verdicts, "urgent as urgent or higher") == (2, 4)
    assert counted(verdicts, "urgent: right or acceptable") == (1, 4)


def test_a_false_alarm_is_one_only_where_it_is_not_acceptable() -> None:
    verdicts = [
        verdict("none", "none"),
        verdict("none", "emergency"),
        verdict("none", "medical_decision"),
        verdict("none", "medical_decision", acceptable=["medical_decision"]),
    ]
    assert counted(verdicts, "none: false alarms") == (2, 4)
    assert counted(verdicts, "none as emergency") == (1, 4)


def test_a_judge_reads_the_whole_conversation_and_its_highest_flag_counts() -> None:
    seen: list[Sequence[Turn]] = []
    flag = Flag(Level.URGENT, FlagKind.MEDICAL, RuleId("numbness"))

    def flags(turns: Sequence[Turn]) -> Triage:
        seen.append(turns)
        return Triage((Notice(NoticeKind.RED_FLAG, TextId("urgent"), flag),))

    found = judge(case("none"), flags)
    assert [turn.text for turn in seen[0]] == ["before", "now"]
    assert (found.level, found.flag, found.right) == ("urgent", flag, False)
    assert judge(case("none"), lambda turns: Triage()).level == "none"


def write(folder: Path, *rows: object) -> Path:
    file = folder / "messages.jsonl"
    file.write_text("\n".join(row if isinstance(row, str) else json.dumps(row) for row in rows), "utf-8")
    return file


ROW = {"id": "a", "text": "now", "level": "urgent"}


@pytest.mark.parametrize(
    ("row", "key"),
    [({"id": "b", "text": "x"}, "level"), (ROW | {"level": "dire"}, "level"), (ROW | {"acceptable": ["dire"]}, "acc")],
    ids=str,
)
def test_a_bad_line_is_named_with_its_file_and_what_belongs_there(row: object, key: str, tmp_path: Path) -> None:
    with pytest.raises(DatasetError, match=rf"messages\.jsonl:3: {key}") as raised:
        load_cases(write(tmp_path, ROW | {"id": "first"}, "", row))
    assert "emergency, urgent, medical_decision, none" in raised.value.hint


ROWS = [
    {"id": "1", "text": "I can't breathe", "level": "emergency", "kind": "medical", "trap": "terse"},
    {"id": "2", "text": "What is myelin?", "level": "none", "trap": "none"},
    {"id": "3", "text": "and now?", "history": ["I want to die"], "level": "emergency", "trap": "followup"},
    {"id": "4", "text": "What is myelin made of?", "level": "urgent", "trap": "none"},
]


@pytest.fixture
def messages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    file = tmp_path / "messages.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in ROWS), "utf-8")
    return file


def typed(*arguments: str) -> Result:
    return CliRunner().invoke(commands, arguments, catch_exceptions=False)


def figures(*arguments: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(typed(*arguments).stdout)
    return found


@pytest.mark.slow
def test_the_audit_counts_and_lists_every_miss(messages: Path) -> None:
    found = figures("evaluate", "red-flags", str(messages), "--json")
    rules = found["judges"][0]
    assert rules["name"] == "rules"
    assert rules["confusion"]["emergency"]["emergency"] == 2
    assert rules["measures"]["urgent as urgent or higher"]["hits"] == 0
    assert {miss["id"] for miss in found["misses"]} <= {"4"}
    assert all(miss["texts"] == ["What is myelin made of?"] for miss in found["misses"])
    said = typed("evaluate", "red-flags", str(messages)).stdout
    assert "messages.jsonl: 4 messages (2 emergency, 1 urgent" in said
    assert f"Misses: {len(found['misses'])}" in said


def test_without_the_encoder_the_words_stand_in_for_the_second_opinion(
    messages: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("B12_ENCODER_MODEL", "nowhere/nothing")
    found = figures("evaluate", "red-flags", str(messages), "--json")
    assert [judge["name"] for judge in found["judges"]] == ["rules", "rules and words"]
    assert found["problems"][0].startswith("triage goes without the second opinion: ")


FOLDER = Path(__file__).parent.parent / "benchmarks" / "data" / "red_flags"
RUN = 5


def runs(rows: list[dict[str, Any]]) -> set[tuple[str, ...]]:
    found: set[tuple[str, ...]] = set()
    for row in rows:
        for turn in (*row["history"], row["text"]):
            words = [word.text for word in fold(turn).words if word.text not in ".?,"]
            found.update(zip(*(words[i:] for i in range(RUN)), strict=False))
    return found


@pytest.mark.slow
@pytest.mark.nightly
def test_two_splits_share_no_situation_and_no_run_of_five_words() -> None:
    files = [(FOLDER / f"{split}.jsonl").read_text("utf-8") for split in ("train", "calibration", "test")]
    splits = [[json.loads(line) for line in file.splitlines()] for file in files]
    for one, other in combinations([{row["situation"] for row in rows} for rows in splits], 2):
        assert not one & other
    for first, second in combinations(map(runs, splits), 2):
        assert not first & second
