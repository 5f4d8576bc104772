import json
import os
from pathlib import Path
from typing import Any

import pytest
from corpora import again, three_files
from fakes import FakeWorkspace

from b12assistant.application import health
from b12assistant.application.workspace import local_today
from b12assistant.command.invocation import lines
from b12assistant.display.json_form import reply_json
from b12assistant.errors import UsageError

QUESTION = "What lowers B12 in some people?"


@pytest.fixture
def space(tmp_path: Path) -> FakeWorkspace:
    workspace = three_files(tmp_path)
    workspace.index()
    return again(workspace)


def answered(space: FakeWorkspace, **also: Any) -> dict[str, Any]:
    """A record of `ask --json`, with at least one quote."""
    record = reply_json(space.ask(QUESTION), space.texts, today=local_today()) | also
    assert record["answer"]["quotes"]
    return record


def checked(space: FakeWorkspace, folder: Path, *records: Any) -> health.Findings:
    text = "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)
    (folder / "answers.jsonl").write_text(text, "utf-8")
    return health.verify(space, folder / "answers.jsonl")


def test_a_good_index_is_sound(space: FakeWorkspace) -> None:
    findings = health.verify(space, None)
    assert findings.sound
    assert findings.sentences() == [f"{findings.passages} passages checked; 0 problems in the index."]


def test_a_missing_index_is_a_finding(tmp_path: Path) -> None:
    findings = health.verify(three_files(tmp_path), None)
    assert not findings.sound
    assert "run `b12assistant index`" in findings.sentences()[0]


def test_a_build_from_scratch_reuses_nothing_that_may_be_wrong(space: FakeWorkspace) -> None:
    """Every digest is right but the text is not: anyone who can write the index could do that."""
    generation = space.store.open()
    facts = {key: value for key, value in generation.manifest.items() if key in ("model", "counts", "runtime")}
    facts |= {key: generation.manifest[key] for key in ("chunking", "lexical", "method")}
    forged = {
        **generation.files,
        "documents.jsonl": bytes(generation.files["documents.jsonl"]).replace(b"Metformin", b"Metforman"),
    }
    with space.store.writing():
        space.store.publish(forged, facts)
    assert "reads differently" in " ".join(health.verify(again(space), None).index_problems)
    again(space).index(from_scratch=True)
    assert health.verify(again(space), None).sound


@pytest.mark.parametrize("change", ["changed", "gone", "new"])
def test_a_changed_corpus_is_a_finding(space: FakeWorkspace, change: str) -> None:
    file = space.corpus / ("pills.txt" if change != "new" else "more.txt")
    file.unlink() if change == "gone" else file.write_text("Another text.", "utf-8")
    findings = health.verify(space, None)
    assert findings.corpus_changes == (f"{file.name}: {change} since indexing",)
    assert "run `b12assistant index`" in lines(findings.sentences())
    assert not findings.sound


def test_a_pipe_in_place_of_a_source_is_a_change_and_is_not_waited_for(space: FakeWorkspace) -> None:
    (space.corpus / "pills.txt").unlink()
    os.mkfifo(space.corpus / "pills.txt")
    assert space.source_changed("pills.txt")
    assert "pills.txt: changed since indexing" in space.stale_files()


def test_quotes_left_as_they_were_written_are_correct(space: FakeWorkspace, tmp_path: Path) -> None:
    findings = checked(space, tmp_path, answered(space), answered(space, id="a\u2028b"))
    assert findings.sound
    assert findings.quotes == 2 * len(answered(space)["answer"]["quotes"])
    assert findings.sentences()[-1].startswith("Verified: asked again, this index gives the same 2 answers with ")


def test_a_line_with_an_error_is_not_confirmed(space: FakeWorkspace, tmp_path: Path) -> None:
    """Its words could say anything, and nothing gives them again."""
    findings = checked(space, tmp_path, answered(space), {"id": 3, "error": {"message": "Bleach cures nerves."}})
    assert findings.file_problems == ("line 2: it holds an error in place of an answer",)
    assert findings.sentences()[-1].startswith("Not verified: 1 problem")
    assert not findings.sound


@pytest.mark.parametrize(
    "change",
    [
        {"document": "other.md"},
        {"spans": []},
        {"spans": [[0, 10**9]]},
        {"best": [0]},
    ],
    ids=str,
)
def test_a_record_that_is_not_a_valid_quote_is_a_finding(
    space: FakeWorkspace, tmp_path: Path, change: dict[str, Any]
) -> None:
    record = answered(space)
    record["answer"]["quotes"][0] |= change
    assert len(checked(space, tmp_path, record).file_problems) == 1


@pytest.mark.parametrize("record", [None, {}, {"answer": {"quotes": 3}}])
def test_a_line_that_holds_no_answer_is_named(space: FakeWorkspace, tmp_path: Path, record: object) -> None:
    with pytest.raises(UsageError, match=r"answers\.jsonl:2 holds no answer"):
        checked(space, tmp_path, answered(space), record)


@pytest.mark.parametrize(("content", "says"), [(b"", "holds no answers"), (b"{]", "not JSON")])
def test_a_file_without_answers_is_refused(space: FakeWorkspace, tmp_path: Path, content: bytes, says: str) -> None:
    (tmp_path / "answers").write_bytes(content)
    with pytest.raises(UsageError, match=says):
        health.verify(space, tmp_path / "answers")


def test_doctor_names_the_origin_of_each_value(space: FakeWorkspace) -> None:
    report = health.examine(again(space, flags={"quoting.quotes": 2}))
    assert report["settings"]["quoting.quotes"] == {"value": 2, "origin": "flag"}
    assert report["settings"]["encoder.threads"]["origin"] == "default"
    assert "  quoting.quotes = 2  (flag)" in list(health.sentences(report))


@pytest.mark.parametrize(
    ("uri", "told"),
    [
        ("http://root:se@cret@milvus.example:19530", "http://…@milvus.example:19530"),
        ("root:secret@milvus.example", "…@milvus.example"),
        ("http://milvus.example:19530", "http://milvus.example:19530"),
    ],
)
def test_doctor_shows_where_milvus_is_and_no_password(uri: str, told: str, space: FakeWorkspace) -> None:
    report = health.examine(again(space, flags={"index.uri": uri}))
    assert report["settings"]["index.uri"]["value"] == told
    assert not any("cret" in line for line in health.sentences(report))


def test_doctor_names_a_missing_corpus_as_a_problem(space: FakeWorkspace) -> None:
    space.corpus.rename(space.corpus.with_name("elsewhere"))
    assert "there is no corpus" in health.examine(space)["problems"][0]


def test_doctor_lists_what_changed_and_what_was_left_out(tmp_path: Path) -> None:
    space = three_files(tmp_path)
    (space.corpus / "empty.txt").touch()
    space.index()
    (space.corpus / "pills.txt").write_text("Another text.", "utf-8")
    told = lines(health.sentences(health.examine(again(space))))
    assert "  left out: empty.txt: " in told
    assert "  pills.txt: changed since indexing" in told
    assert "run `b12assistant index`" in told
