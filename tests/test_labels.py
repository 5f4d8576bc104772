import re
from pathlib import Path

import pytest

from b12assistant.answers import Move, Reason
from b12assistant.display.labels import label, review, tables
from b12assistant.types import Source, SourceKind


@pytest.mark.parametrize(
    ("stated", "shown"),
    [
        ("not clinically reviewed", "no doctor has checked it"),
        ("by Dr A. Sample", "by Dr A. Sample"),
        (None, ""),
    ],
)
def test_that_nobody_reviewed_a_source_is_said_in_the_words_of_readers(stated: str | None, shown: str) -> None:
    assert review(Source(review=stated)) == shown


ROOT = Path(__file__).parent.parent / "src" / "b12assistant"
HEALTH = re.compile(
    r"\b(?:b12|vitamin|nerv|dos[ei]s?\b|symptom|síntoma|deficien|doctor|médic|treat|inject|inyec|anaemi)", re.I
)
UNCHECKED = re.compile(r"\bno doctor has checked\b", re.I)  # of our texts, not of health
USED = re.compile(r"""\bsaid(?:\(\s*|_in\(space\)\(\s*)["'`]([a-z]\w*\.\w+)["'`]""")
COUNTED = re.compile(r"""\bcount\(\s*["'`]([a-z]\w*\.\w+)["'`]""")


def test_every_label_that_is_asked_for_exists() -> None:
    files = [*ROOT.glob("*.py"), *ROOT.glob("static/*.js")]
    text = "\n".join(file.read_text("utf-8") for file in files)
    asked = {*USED.findall(text), *(f"{key}_{n}" for key in COUNTED.findall(text) for n in ("one", "many"))}
    there = {f"{name}.{key}" for name, table in tables().items() for key in table}
    assert len(asked) > 30
    assert asked <= there


def test_every_value_that_an_answer_can_have_has_a_label() -> None:
    for kind in SourceKind:
        assert label(f"kinds.{kind}")
    for move in Move:
        assert label(f"moves.{move}")
    assert {*tables()["headlines"]} == {*Reason} - {Reason.RED_FLAG, Reason.TRIAGE_FAILED}


def test_no_label_speaks_about_health() -> None:
    for name, table in tables().items():
        assert [
            text for text in table.values() if HEALTH.search(UNCHECKED.sub("", text.replace("b12assistant", "")))
        ] == [], name
