"""A kind line comes for shame, fear and grief in plain words, and for little else."""

import json
from pathlib import Path

import pytest
from fakes import FakeWorkspace
from serving import EMERGENCY

from b12assistant.answers import Answer, NoticeKind, Status, Turn
from b12assistant.data_files import read_data
from b12assistant.display.presentation import turn_html
from b12assistant.safety.opinion import KINDNESS, kind_line

CUES = read_data("red_flags", KINDNESS)["cue"]
QUESTIONS = Path(__file__).parent.parent / "benchmarks" / "data" / "questions" / "test.jsonl"
AFRAID = "I'm so scared. What wraps every nerve: myelin?"


def line_for(text: str) -> list[str]:
    return [each.text for each in kind_line(Answer(Turn(0, text), Status.NO_ANSWER, None, (), ()))]


@pytest.mark.parametrize(("text", "message"), [(cue["text"], each) for cue in CUES for each in cue["shown"]])
def test_plain_words_get_their_line(text: str, message: str) -> None:
    assert line_for(message) == [text]
    assert line_for(message.replace("'", "’").upper()) == [text]


@pytest.mark.parametrize("message", [each for cue in CUES for each in cue["not_shown"]])
def test_other_words_get_none(message: str) -> None:
    assert line_for(message) == []


def test_it_is_rare_among_plain_questions() -> None:
    rows = [json.loads(line)["question"] for line in QUESTIONS.read_text("utf-8").splitlines()]
    assert sum(bool(line_for(row)) for row in rows) <= 0.02 * len(rows)


def test_it_comes_first_and_changes_nothing_else(space: FakeWorkspace, monkeypatch: pytest.MonkeyPatch) -> None:
    afraid = space.ask(AFRAID).answer
    with monkeypatch.context() as patched:
        patched.setattr("b12assistant.answering.assistant.kind_line", lambda _: ())
        calm = space.ask(AFRAID).answer
    assert (afraid.notices[0].kind, afraid.notices[0].text) == (NoticeKind.KIND, "kind_fear")
    assert [place.text for place in afraid.notices[0].evidence] == ["I'm so scared"]
    assert (afraid.notices[1:], afraid.quotes, afraid.status) == (calm.notices, calm.quotes, calm.status)
    drawn = turn_html(1, space.ask(AFRAID), space.setting())
    assert '</h2><div class="notice kind">' in drawn


def test_beside_an_emergency_there_is_none(space: FakeWorkspace) -> None:
    asked = f"I'm so scared. {EMERGENCY}"
    assert space.ask(asked).answer.is_emergency
    assert all(notice.kind is not NoticeKind.KIND for notice in space.ask(asked).answer.notices)
