"""The log of a curator's marks, and the questions that are marked."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from b12assistant.application.marks import CuratorMark, MarkLog, MarkVerdict, SentencePlace, judgements_of
from b12assistant.application.question_file import FileLabels, read_questions
from b12assistant.errors import CorpusError, UsageError
from b12assistant.types import DocumentId

PILLS = SentencePlace(DocumentId("pills.txt"), 0, "Metformin lowers B12 in some people.")
TEST = SentencePlace(DocumentId("pills.txt"), 37, "Ask for a blood test.")
RIGHT = CuratorMark("Which pills lower it?", MarkVerdict.RIGHT, PILLS)


def test_marks_are_there_at_the_next_start_and_one_taken_back_is_not(tmp_path: Path) -> None:
    path = tmp_path / "improve" / "marks.jsonl"
    with MarkLog(path) as log:
        log.add(RIGHT)
        log.add(CuratorMark("Who won?", MarkVerdict.NOTHING))
        assert log.undo() == CuratorMark("Who won?", MarkVerdict.NOTHING)
    with MarkLog(path) as log:
        assert log.marks == [RIGHT]
        assert log.judgements["which pills lower it?"].right == (PILLS,)
        assert (log.undo(), log.undo()) == (RIGHT, None)


@pytest.mark.parametrize("tail", ['{"question": "Who w', "\0\0\0", '{"question": "Who?", "mark": "right"}\n'])
def test_a_log_that_was_cut_off_keeps_all_other_marks_and_says_which_line(tail: str, tmp_path: Path) -> None:
    path = tmp_path / "marks.jsonl"
    with MarkLog(path) as log:
        log.add(RIGHT)
    with path.open("a", encoding="utf-8") as file:
        file.write(tail)
    with MarkLog(path) as log:
        (complaint,) = log.complaints
        assert "1 line cut off or altered (2)" in complaint
        log.add(CuratorMark("Who won?", MarkVerdict.NOTHING))
    with MarkLog(path) as log:
        assert [mark.question for mark in log.marks] == ["Which pills lower it?", "Who won?"]
    assert tail.strip() in path.read_text("utf-8")


def test_two_workbenches_at_once_are_refused_in_one_line(tmp_path: Path) -> None:
    path = tmp_path / "marks.jsonl"
    with MarkLog(path), pytest.raises(CorpusError, match=r"another workbench has .* open: close the other one"):
        MarkLog(path)
    MarkLog(path).close()


def test_a_log_that_cannot_be_written_is_said_at_the_start(tmp_path: Path) -> None:
    (tmp_path / "improve").write_text("a file where the folder should be")
    with pytest.raises(CorpusError, match=r"cannot be written .*fix permissions"):
        MarkLog(tmp_path / "improve" / "marks.jsonl")


def test_a_mark_that_finds_the_disk_full_is_not_kept_in_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.write
    with MarkLog(tmp_path / "marks.jsonl") as log:
        log.add(RIGHT)
        with monkeypatch.context() as patch:
            patch.setattr(os, "write", lambda file, data: real(file, data[: len(data) // 2]))
            with pytest.raises(CorpusError, match=r"the mark was not kept: .*No space left"):
                log.add(CuratorMark("Who won?", MarkVerdict.NOTHING))
        assert log.marks == [RIGHT]
        log.add(CuratorMark("Who lost?", MarkVerdict.NOTHING))
    with MarkLog(tmp_path / "marks.jsonl") as log:
        assert (log.complaints, [mark.question for mark in log.marks]) == ((), [RIGHT.question, "Who lost?"])


@pytest.mark.parametrize(
    ("marks", "right", "whole", "overruled"),
    [
        ([("right", PILLS), ("wrong", PILLS)], (), None, "this sentence was marked right"),
        ([("wrong", PILLS), ("right", PILLS)], (PILLS,), None, "this sentence was marked wrong"),
        ([("right", PILLS), ("nothing", None)], (), "nothing", f"“{PILLS.text}” answered it"),
        ([("missing", None), ("right", TEST)], (TEST,), None, "it was marked missing"),
        ([("nothing", None), ("wrong", None)], (), None, "it was right that nothing answers"),
        ([("right", PILLS), ("right", TEST)], (PILLS, TEST), None, ""),
        ([("wrong", PILLS), ("nothing", None)], (), "nothing", ""),
    ],
)
def test_the_last_mark_counts_and_what_it_contradicts_is_named(
    marks: list[tuple[str, SentencePlace | None]], right: tuple[SentencePlace, ...], whole: str | None, overruled: str
) -> None:
    read = [
        CuratorMark("Why?" if i else " WHY?", MarkVerdict(verdict), place) for i, (verdict, place) in enumerate(marks)
    ]
    (judgement,) = judgements_of(read).values()
    assert (judgement.right, judgement.whole, judgement.overruled) == (right, whole, overruled)


FILES = {
    "repeated": ("a.txt", "Why so?\nwhy  SO?\nHow?\n", ["Why so?", "How?"], "line 2 is the same question"),
    "no word": ("a.txt", "Why?\n?!\n", ["Why?"], "line 2 is left out: the question has no readable word"),
    "too long": ("a.txt", f"Why?\n{'so ' * 7000}\n", ["Why?"], "line 2 is left out: a question has at most 20,000"),
    "not JSON": ("a.jsonl", '{"question": "Why?"}\nWhy so?\n', ["Why?"], 'line 2 is left out: it is not {"question"'),
    "half a character": ("a.jsonl", '{"question": "Why \\ud83d?"}\n"Why?"\n', ["Why?"], "line 1 is left out"),
    "not a text": ("a.jsonl", '{"question": 7}\n"Why?"\n', ["Why?"], "line 1 is left out"),
    "follow-up": (
        "a.jsonl",
        '{"question": "And him?", "history": ["Why?"]}\n{"question": "Why?"}\n',
        ["Why?"],
        "line 1 is left out: it leans on an earlier question",
    ),
    "right and wrong": (
        "a.jsonl",
        '{"question": "Why?", "gold": ["So it is."]}\n{"question": "why?", "wrong": ["so  it is."]}\n',
        ["Why?"],
        "“Why?”: “so  it is.” is both right and wrong; neither counts until you mark it",
    ),
    "answered and not": (
        "a.jsonl",
        '{"question": "Why?", "gold": ["So it is."]}\n{"question": "Why?", "gold": []}\n',
        ["Why?"],
        "a sentence answers it, and nothing does",
    ),
}


@pytest.mark.parametrize(("name", "text", "asked", "complaint"), FILES.values(), ids=FILES)
def test_what_is_wrong_with_a_file_of_questions_is_one_line_and_the_rest_is_used(
    name: str, text: str, asked: list[str], complaint: str, tmp_path: Path
) -> None:
    (tmp_path / name).write_text(text, "utf-8")
    read = read_questions(tmp_path / name)
    assert list(read.asked) == asked
    assert complaint in read.complaints[-1]
    assert set(read.asked.values()) == {FileLabels()}


@pytest.mark.parametrize(
    ("data", "complaint"),
    [
        (b"Why?\nCaf\xe9?\n", r"not UTF-8 \(line 2\)"),
        (b"\n \n# nothing\n", "holds no question"),
        (None, "cannot be read"),
    ],
    ids=["not UTF-8", "empty", "missing"],
)
def test_a_file_without_questions_is_refused_in_one_line(data: bytes | None, complaint: str, tmp_path: Path) -> None:
    if data is not None:
        (tmp_path / "a.txt").write_bytes(data)
    with pytest.raises(UsageError, match=complaint):
        read_questions(tmp_path / "a.txt")


def test_a_hundred_thousand_lines_are_read_each_question_once(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("".join(f"Why {number % 60_000}?\n" for number in range(100_000)), "utf-8")
    read = read_questions(tmp_path / "a.txt")
    assert len(read.asked) == 60_000
    assert len(read.complaints) == 1
    assert "and 39995 more are the same question" in read.complaints[0]
