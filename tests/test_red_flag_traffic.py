"""Figures of ordinary messages, letters and withdrawals: counted by hand, and what falls below its floor."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
import red_flag_traffic
from red_flag_traffic import alarms, fallen, figures, load_floors, of_letters, paired, passed_over, withdrawals

from b12assistant.answers import Flag, FlagKind, Level, Notice, NoticeKind, RuleId, TextId, Triage, Turn
from b12assistant.errors import UsageError

FLOORS = Path(__file__).parent.parent / "benchmarks" / "floors.toml"


def by_last_word(turns: Sequence[Turn]) -> Triage:
    """The level that the last turn ends with."""
    word = turns[-1].text.split()[-1]
    if word not in {level.value for level in Level}:
        return Triage()
    flag = Flag(Level(word), FlagKind.MEDICAL, RuleId("r"))
    return Triage((Notice(NoticeKind.RED_FLAG, TextId(word), flag),))


def counted(found: red_flag_traffic.Figures) -> dict[str, tuple[int, int]]:
    return {name: (share["hits"], share["n"]) for name, share in found.items()}


def test_alarms_are_counted_by_any_text_and_by_the_emergency_text() -> None:
    assert counted(alarms("x", ["thanks", "a emergency", "an urgent"], by_last_word)) == {
        "x: box or more": (2, 3),
        "x: emergency text": (1, 3),
    }
    assert alarms("x", [], by_last_word) == {}


def test_a_withdrawal_is_understood_if_no_emergency_text_is_left() -> None:
    lines = ["a emergency >> over now | yes", "a emergency >> still emergency | yes", "b >> still emergency | no"]
    assert counted(withdrawals(lines, by_last_word)) == {
        "withdrawals: understood": (1, 2),
        "withdrawals: nothing withdrawn": (1, 1),
    }


@pytest.mark.parametrize("line", ["a >> b", "a | yes", "a >> b | maybe"])
def test_a_bad_withdrawal_is_named(line: str) -> None:
    with pytest.raises(UsageError, match="not a withdrawal"):
        withdrawals([line], by_last_word)


def test_files_that_are_not_there_are_left_out(tmp_path: Path) -> None:
    assert figures(tmp_path, tmp_path, by_last_word) == {}
    (tmp_path / "remarks.txt").write_text("# own words\n\nthanks\n", "utf-8")
    assert counted(figures(tmp_path, None, by_last_word))["ordinary remarks: box or more"] == (0, 1)


def test_a_question_of_thirty_words_is_a_letter(tmp_path: Path) -> None:
    (tmp_path / "meqsum").mkdir()
    rows = [f'{{"text": "{"word " * length}"}}' for length in (29, 30, 31)]
    (tmp_path / "meqsum" / "questions.jsonl").write_text("\n".join(rows), "utf-8")
    found = counted(figures(tmp_path, tmp_path, by_last_word))
    assert found["short consumer questions: box or more"] == (0, 1)
    assert found["consumer letters: box or more"] == (0, 2)


def test_a_decision_in_a_line_is_no_box() -> None:
    flag = Flag(Level.MEDICAL_DECISION, FlagKind.MEDICAL, RuleId("r"), certain=False)
    found = alarms("x", ["a"], lambda _: Triage((Notice(NoticeKind.ADVICE, TextId("line"), flag),)))
    assert counted(found) == {"x: box or more": (0, 1), "x: emergency text": (0, 1)}


def test_letters_are_told_what_their_writers_meant(tmp_path: Path) -> None:
    rows = [
        ("none", "thanks"),
        ("none", "an urgent"),
        ("decision", "a medical_decision"),
        ("emergency", "an emergency"),
    ]
    lines = (f'{{"id": "{i}", "level": "{level}", "text": "{text}"}}' for i, (level, text) in enumerate(rows))
    (tmp_path / "test.jsonl").write_text("\n".join(lines), "utf-8")
    assert counted(of_letters(tmp_path / "test.jsonl", by_last_word)) == {
        "letters that need none: box or more": (1, 2),
        "letters that need none: emergency text": (0, 2),
        "letters: emergencies seen": (1, 1),
        "letters: decisions told": (1, 1),
    }


def test_a_figure_beyond_its_floor_fails_by_however_little() -> None:
    found = {"a": {"share": 0.976, "hits": 976, "n": 1000}}
    assert list(fallen(found, {"a": {"least": 0.976, "why": "x"}, "b": {"least": 1.0, "why": "x"}})) == []
    (line,) = fallen(found, {"a": {"least": 0.977, "why": "it matters"}})
    assert line == "a: 0.9760 (976 of 1000), the floor is at least 0.977: it matters"
    assert len(list(fallen(found, {"a": {"most": 0.975, "why": "x"}}))) == 1


def test_every_floor_says_why(tmp_path: Path) -> None:
    assert load_floors(FLOORS, "safety")["emergency as none"]["most"] == 0.0
    (tmp_path / "floors.toml").write_text('[safety]\n"a" = { least = 0.5 }\n', "utf-8")
    with pytest.raises(UsageError, match="not a floor"):
        load_floors(tmp_path / "floors.toml", "safety")


def test_runs_are_compared_message_by_message() -> None:
    labels = {"a": "emergency", "b": "none", "c": "urgent", "d": "emergency"}
    before = {"a": "emergency", "b": "urgent", "c": "urgent", "d": "urgent"}
    now = {"a": "urgent", "b": "none", "c": "urgent", "d": "none"}
    assert list(passed_over(now, before, labels)) == ["d: an emergency that was told urgent is passed over"]
    assert paired(now, before, labels).endswith("of 4: 1 right that were wrong, 1 wrong that were right, p 1.000")
