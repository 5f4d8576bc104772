"""Figures of ordinary messages and withdrawals: counted by hand, and what counts as a drop beyond noise."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest
import red_flag_traffic
from red_flag_traffic import alarms, fallen, figures, withdrawals

from b12assistant.answers import Flag, FlagKind, Level, Notice, NoticeKind, RuleId, TextId, Triage, Turn
from b12assistant.errors import UsageError


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
        "x: any text": (2, 3),
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
    assert counted(figures(tmp_path, None, by_last_word))["ordinary remarks: any text"] == (0, 1)


def test_a_question_of_thirty_words_is_a_letter(tmp_path: Path) -> None:
    (tmp_path / "meqsum").mkdir()
    rows = [f'{{"text": "{"word " * length}"}}' for length in (29, 30, 31)]
    (tmp_path / "meqsum" / "questions.jsonl").write_text("\n".join(rows), "utf-8")
    found = counted(figures(tmp_path, tmp_path, by_last_word))
    assert found["short consumer questions: any text"] == (0, 1)
    assert found["consumer letters: any text"] == (0, 2)


def test_only_a_drop_beyond_noise_fails() -> None:
    found = {"a": {"share": 0.9, "hits": 90, "n": 100, "low": 0.83, "high": 0.94}}
    assert list(fallen(found, {"a": {"least": 0.94}, "b": {"least": 1.0}})) == []
    assert list(fallen(found, {"a": {"least": 0.95}})) == ["a: 0.900 (90 of 100), expected at least 0.95"]
    assert list(fallen(found, {"a": {"most": 0.82}})) == ["a: 0.900 (90 of 100), expected at most 0.82"]
