"""Figures of ordinary messages, letters and withdrawals: counted by hand, and what falls below its floor."""

from __future__ import annotations

from collections.abc import Sequence

import red_flag_traffic
from red_flag_traffic import fallen, withdrawals

from b12assistant.answers import Flag, FlagKind, Level, Notice, NoticeKind, RuleId, TextId, Triage, Turn


def by_last_word(turns: Sequence[Turn]) -> Triage:
    """The level that the last turn ends with."""
    word = turns[-1].text.split()[-1]
    if word not in {level.value for level in Level}:
        return Triage()
    flag = Flag(Level(word), FlagKind.MEDICAL, RuleId("r"))
    return Triage((Notice(NoticeKind.RED_FLAG, TextId(word), flag),))


def counted(found: red_flag_traffic.Figures) -> dict[str, tuple[int, int]]:
    return {name: (share["hits"], share["n"]) for name, share in found.items()}


def test_a_withdrawal_is_understood_if_no_emergency_text_is_left() -> None:
    lines = ["a emergency >> over now | yes", "a emergency >> still emergency | yes", "b >> still emergency | no"]
    assert counted(withdrawals(lines, by_last_word)) == {
        "withdrawals: understood": (1, 2),
        "withdrawals: nothing withdrawn": (1, 1),
    }


def test_a_figure_beyond_its_floor_fails_by_however_little() -> None:
    found = {"a": {"share": 0.976, "hits": 976, "n": 1000}}
    assert list(fallen(found, {"a": {"least": 0.976, "why": "x"}, "b": {"least": 1.0, "why": "x"}})) == []
    (line,) = fallen(found, {"a": {"least": 0.977, "why": "it matters"}})
    assert line == "a: 0.9760 (976 of 1000), the floor is at least 0.977: it matters"
    assert len(list(fallen(found, {"a": {"most": 0.975, "why": "x"}}))) == 1
