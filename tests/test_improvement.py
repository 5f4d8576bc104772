"""The workbench: what it shows, what follows from the marks, and that all of it is written or nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from corpora import again, three_files
from fakes import FakeWorkspace

from b12assistant.application.improved_files import SAVED, Saver, files_of, folder_of, summary_of
from b12assistant.application.improvement import Bench, MarkedResult, mark_of, result_of
from b12assistant.application.marks import MARKS, MarkLog, MarkVerdict
from b12assistant.application.question_file import FileLabels
from b12assistant.application.workspace import Workspace
from b12assistant.command.improve_command import _Desk
from b12assistant.data_files import replace_file
from b12assistant.errors import CorpusError

# One word of five is in the corpus: too little for an answer, unless the question is asked of a sentence.
PILL = "does metformin matter with diabetes"
FISH = "who has fish for lunch"
OTHER = "where is eggs with supper"
LABELS = {
    PILL: FileLabels((("Metformin lowers B12 in some people.", MarkVerdict.RIGHT),)),
    FISH: FileLabels((("fish and eggs  hold vitamin b12.", MarkVerdict.RIGHT),)),
    OTHER: FileLabels(nothing=True),
}


@pytest.fixture
def space(tmp_path: Path) -> FakeWorkspace:
    space = three_files(tmp_path)
    space.index()
    return space


@pytest.fixture
def bench(space: FakeWorkspace) -> Iterator[Bench]:
    with MarkLog(folder_of(space.corpus) / MARKS) as log:
        yield Bench(space, log)


def saver_of(bench: Bench) -> Saver:
    folder = folder_of(bench.space.corpus)
    return Saver(folder, folder.parent)


def contents(folder: Path) -> dict[str, str]:
    return {
        str(path.relative_to(folder)): path.read_text("utf-8")
        for path in folder.rglob("*")
        if path.is_file() and "index" not in path.parts and path.name not in (MARKS, SAVED)
    }


def shown(space: Workspace, question: str) -> list[object]:
    answer = space.ask(question).answer
    return [answer.status, *((quote.spans[0].text, quote.score, quote.strength) for quote in answer.quotes)]


def save(bench: Bench) -> dict[Path, str]:
    files = files_of(bench, bench.plan(), folder_of(bench.space.corpus))
    saver_of(bench).save(files)
    return files


def test_a_question_is_shown_with_its_answer_the_reason_and_the_nearest_sentences(bench: Bench) -> None:
    look = bench.look("Does metformin lower B12 in some people?")
    assert look.first is not None
    assert look.first.text == "Metformin lowers B12 in some people."
    assert look.nearest[0].place == look.first
    assert len(look.nearest) == 6  # every sentence of the corpus
    assert "Confidence" in look.why[0]
    assert bench.look(PILL).why[-1].startswith("In no document: ")
    assert "diabetes" in bench.look(PILL).why[-1]


def test_each_key_marks_what_it_says(bench: Bench) -> None:
    look = bench.look("Does metformin lower B12 in some people?")
    assert [mark and (mark.verdict, mark.place) for mark in (mark_of(look, key) for key in "rpwnmBT")] == [
        (MarkVerdict.RIGHT, look.first),
        (MarkVerdict.PART, look.first),
        (MarkVerdict.WRONG, look.first),
        (MarkVerdict.NOTHING, None),
        (MarkVerdict.MISSING, None),
        (MarkVerdict.RIGHT, look.nearest[1].place),
        None,  # there is no twentieth sentence
    ]
    refused = bench.look(OTHER)
    assert [mark and mark.verdict for mark in (mark_of(refused, key) for key in "rpw")] == ["nothing", None, "wrong"]


def test_what_is_shown_before_saving_is_what_happens_after_indexing(bench: Bench, space: FakeWorkspace) -> None:
    assert list(bench.take_labels(LABELS)) == []
    effects = bench.effects(bench.plan())
    assert [(each.before, each.after) for each in effects] == [
        (MarkedResult.REFUSED, MarkedResult.FIRST),
        (MarkedResult.REFUSED, MarkedResult.FIRST),
        (MarkedResult.REFUSED, MarkedResult.REFUSED),
    ]
    assert list(summary_of(effects))[-1] == "gained: 2; lost: 0"
    changed = space.with_collection(bench.with_plan(bench.plan()))
    save(bench)
    later = again(space)
    later.index()
    for each in effects:
        question = each.judgement.question
        assert result_of(later.ask(question), each.judgement) is each.after
        assert shown(later, question) == shown(changed, question)


def test_saving_writes_the_corpus_own_lists_gaps_and_gold_and_no_document(bench: Bench, space: FakeWorkspace) -> None:
    documents = contents(space.corpus)
    list(bench.take_labels(LABELS))
    bench.log.add(mark_of(bench.look("how much is a pill"), "m"))  # type: ignore[arg-type]
    save(bench)
    now = contents(space.corpus.parent)
    assert {name: now.pop(f"corpus/{name}") for name in documents} == documents
    asked = json.loads(now["corpus/sentences/guides/food.md.jsonl"])
    assert asked == {"text": "Fish and eggs hold vitamin B12.", "asked": [FISH]}
    assert OTHER in now["corpus/not_answered.toml"]
    assert "* how much is a pill\n    * pills.txt: " in now["corpus-improve/gaps.md"]
    gold = {row["question"]: row["gold"] for row in map(json.loads, now["corpus-improve/gold.jsonl"].splitlines())}
    assert gold == {
        PILL: ["Metformin lowers B12 in some people."],
        FISH: ["Fish and eggs hold vitamin B12."],
        OTHER: [],
        "how much is a pill": [],
    }


def test_a_mark_changed_later_withdraws_what_was_saved(bench: Bench, space: FakeWorkspace) -> None:
    list(bench.take_labels(LABELS))
    save(bench)
    later = again(space)
    later.index()
    after = Bench(later, bench.log)
    after.log.add(mark_of(after.look(FISH), "n"))  # type: ignore[arg-type]
    after.log.add(mark_of(after.look(OTHER), "A"))  # type: ignore[arg-type]
    effects = {each.judgement.question: each.after for each in after.effects(after.plan())}
    assert effects == {PILL: MarkedResult.FIRST, FISH: MarkedResult.REFUSED, OTHER: MarkedResult.FIRST}
    save(after)
    now = contents(space.corpus)
    assert json.loads(now["sentences/guides/food.md.jsonl"])["asked"] == [OTHER]
    assert FISH in now["not_answered.toml"]
    assert OTHER not in now["not_answered.toml"]
    last = again(later)
    last.index()
    assert {each: result_of(last.ask(each), bench.log.judgements[each]) for each in effects} == effects


def test_what_is_lost_is_named_and_nothing_is_refused(bench: Bench) -> None:
    question = "Metformin lowers B12 in some people"
    bench.log.add(mark_of(bench.look(question), "r"))  # type: ignore[arg-type]
    plan = bench.plan()
    (effect,) = bench.effects(plan)
    assert (effect.before, effect.after) == (MarkedResult.FIRST, MarkedResult.FIRST)
    lost = [f"LOST: “{question}”: right first → no answer"]
    assert list(summary_of([type(effect)(effect.judgement, MarkedResult.FIRST, MarkedResult.REFUSED)]))[-1:] == lost


def test_marks_of_a_document_that_changed_are_set_aside_and_count_again(bench: Bench, space: FakeWorkspace) -> None:
    list(bench.take_labels(LABELS))
    pills = space.corpus / "pills.txt"
    before = pills.read_text("utf-8")
    pills.write_text("A new first sentence. Ask for a blood test.\n", "utf-8")
    (aside,) = bench.plan().aside
    assert aside.startswith("1 mark is set aside: pills.txt is changed since indexing")
    assert [question for _, question in bench.plan().ask] == [FISH]
    pills.write_text(f"One more line above.\n\n{before}", "utf-8")
    later = again(space)
    later.index()
    plan = Bench(later, bench.log).plan()
    assert (plan.aside, [question for _, question in plan.ask]) == ((), [PILL, FISH])
    pills.unlink()
    last = again(space)
    last.index()
    (gone,) = Bench(last, bench.log).plan().aside
    assert gone.startswith("1 mark is set aside: pills.txt is no longer in the index")


@pytest.mark.parametrize("failing", [1, 2, 3, 4, 5])
def test_a_save_that_fails_writes_nothing(failing: int, bench: Bench, monkeypatch: pytest.MonkeyPatch) -> None:
    list(bench.take_labels(LABELS))
    before, real, calls = contents(bench.space.corpus.parent), replace_file, []

    def replace(path: Path, data: bytes) -> None:
        calls.append(path)
        if len(calls) == failing:
            raise OSError(28, "No space left on device", str(path))
        real(path, data)

    monkeypatch.setattr("b12assistant.application.improved_files.replace_file", replace)
    with pytest.raises(CorpusError, match=r"nothing was saved: .*No space left on device"):
        save(bench)
    assert contents(bench.space.corpus.parent) == before
    assert saver_of(bench).undo() == 0


@pytest.mark.parametrize("last", [1, 2, 3, 4])
def test_a_save_that_is_cut_off_is_taken_back_at_the_next_start(
    last: int, bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    list(bench.take_labels(LABELS))
    before, real, calls = contents(bench.space.corpus.parent), replace_file, []

    def replace(path: Path, data: bytes) -> None:
        calls.append(path)
        if len(calls) > last:
            raise KeyboardInterrupt
        real(path, data)

    with monkeypatch.context() as patch:
        patch.setattr("b12assistant.application.improved_files.replace_file", replace)
        with pytest.raises(KeyboardInterrupt):
            save(bench)
    assert "was cut off" in saver_of(bench).recover()
    assert contents(bench.space.corpus.parent) == before
    assert saver_of(bench).recover() == ""


def test_the_last_save_is_undone_unless_somebody_edited_a_file_since(bench: Bench, space: FakeWorkspace) -> None:
    before = contents(space.corpus.parent)
    list(bench.take_labels(LABELS))
    save(bench)
    listed = space.corpus / "not_answered.toml"
    saved = listed.read_text("utf-8")
    listed.write_text(f"# mine\n{saved}", "utf-8")
    with pytest.raises(CorpusError, match=r"corpus/not_answered\.toml was changed after the last save"):
        saver_of(bench).undo()
    listed.write_text(saved, "utf-8")
    assert saver_of(bench).undo() == 5
    assert contents(space.corpus.parent) == before
    assert saver_of(bench).undo() == 0


def test_at_the_terminal_keys_mark_save_and_undo(bench: Bench, capsys: pytest.CaptureFixture[str]) -> None:
    keys = iter(["A", "w", "n", "u", "n", "x", "s", "n", "s", "y", "z", "b", "q"])
    desk = _Desk(bench, saver_of(bench), (PILL, "Does metformin lower B12 in some people?"), lambda: next(keys))
    desk.work()
    out = capsys.readouterr().out
    assert "Question 1 of 2" in out
    assert "A  " in out
    assert "Taken back: nothing of “Does metformin lower B12" in out
    assert "gained: 2; lost: 0" in out
    assert "Nothing was written; the marks are kept." in out
    assert "Saved. `b12assistant index` brings it to readers; z takes it back." in out
    assert "files are as they were before the last save." in out
    assert out.endswith("2 questions are marked; the next start goes on from here.\n")
    assert not (bench.space.corpus / "not_answered.toml").exists()
