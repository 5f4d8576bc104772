import json
import os
import time
from pathlib import Path
from typing import Any

import pytest
from corpora import again, three_files
from fakes import FakeWorkspace

from b12assistant.application import health
from b12assistant.application.workspace import local_today, written
from b12assistant.command.invocation import lines
from b12assistant.display.json_form import reply_json
from b12assistant.errors import CorpusError, UsageError
from b12assistant.index.documents import Entry

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


def damage(space: FakeWorkspace) -> Path:
    """Change one byte of an index file; return the file."""
    file = next(space.store.root.glob("generations/*/vectors.safetensors"))
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 1
    file.write_bytes(data)
    return file


def test_a_good_index_is_sound(space: FakeWorkspace) -> None:
    findings = health.verify(space, None)
    assert findings.sound
    assert findings.sentences() == [f"{findings.passages} passages checked; 0 problems in the index."]


def test_a_missing_index_is_a_finding(tmp_path: Path) -> None:
    findings = health.verify(three_files(tmp_path), None)
    assert not findings.sound
    assert "run `b12assistant index`" in findings.sentences()[0]


def test_a_changed_byte_is_found_in_the_file_it_is_in(space: FakeWorkspace) -> None:
    file = damage(space)
    findings = health.verify(again(space), None)
    assert not findings.sound
    assert str(file) in findings.index_problems[0]


def test_a_changed_byte_of_the_spare_is_found(space: FakeWorkspace) -> None:
    """It has to serve if the one in use is lost."""
    (space.corpus / "pills.txt").write_text("Another text.", "utf-8")
    again(space).index()
    current = (space.store.root / "CURRENT").read_text().strip()
    spare = next(
        file for file in space.store.root.glob("generations/*/vectors.safetensors") if file.parent.name != current
    )
    spare.write_bytes(spare.read_bytes()[:-1])
    assert health.verify(again(space), None).index_problems == (f"{spare} differs from its manifest",)
    again(space).index(from_scratch=True)
    assert health.verify(again(space), None).sound


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


def test_what_was_fixed_is_reported(space: FakeWorkspace) -> None:
    findings = health.verify(space, None, fixed=("it was broken",))
    assert findings.sound
    assert "has been rebuilt" in findings.sentences()[0]
    assert findings.as_json()["fixed"] == ["it was broken"]


@pytest.mark.parametrize("change", ["changed", "gone", "new"])
def test_a_changed_corpus_is_a_finding(space: FakeWorkspace, change: str) -> None:
    file = space.corpus / ("pills.txt" if change != "new" else "more.txt")
    file.unlink() if change == "gone" else file.write_text("Another text.", "utf-8")
    findings = health.verify(space, None)
    assert findings.corpus_changes == (f"{file.name}: {change} since indexing",)
    assert "run `b12assistant index`" in lines(findings.sentences())
    assert not findings.sound


def test_a_file_is_compared_again_only_if_it_was_written(space: FakeWorkspace, monkeypatch: pytest.MonkeyPatch) -> None:
    file = space.corpus / "pills.txt"
    read: list[Entry] = []
    text = file.read_text("utf-8")

    def source_bytes(_: FakeWorkspace, entry: Entry) -> bytes:
        read.append(entry)
        return file.read_bytes()

    monkeypatch.setattr(FakeWorkspace, "source_bytes", source_bytes)
    assert [space.source_changed("pills.txt") for _ in range(2)] == [False, False]
    assert len(read) == 2  # just written: another write might not be noticed
    later = time.time_ns() + 10_000_000_000
    monkeypatch.setattr(time, "time_ns", lambda: later)
    assert [space.source_changed("pills.txt") for _ in range(3)] == [False, False, False]
    assert len(read) == 3
    for moment, content, changed in ((1, text.swapcase(), True), (2, text, False)):
        file.write_text(content, "utf-8")
        os.utime(file, (moment, moment))
        assert space.source_changed("pills.txt") is changed


def test_a_file_that_could_not_be_read_is_tried_again(space: FakeWorkspace, monkeypatch: pytest.MonkeyPatch) -> None:
    later = time.time_ns() + 10_000_000_000
    monkeypatch.setattr(time, "time_ns", lambda: later)
    with monkeypatch.context() as broken:
        broken.setattr(FakeWorkspace, "source_bytes", lambda own, entry: None)
        assert space.source_changed("pills.txt")
    assert not space.source_changed("pills.txt")


def test_a_name_that_cannot_be_encoded_is_no_file() -> None:
    assert written(Path("no\udc80t\0 a name")) is None


def test_a_pipe_in_place_of_a_source_is_a_change_and_is_not_waited_for(space: FakeWorkspace) -> None:
    (space.corpus / "pills.txt").unlink()
    os.mkfifo(space.corpus / "pills.txt")
    assert space.source_changed("pills.txt")
    assert "pills.txt: changed since indexing" in space.stale_files()


def test_quotes_left_as_they_were_written_are_correct(space: FakeWorkspace, tmp_path: Path) -> None:
    findings = checked(space, tmp_path, answered(space), answered(space, id="a\u2028b"))
    assert findings.sound
    assert findings.quotes == 2 * len(answered(space)["answer"]["quotes"])
    counted, verdict = findings.sentences()[-2:]
    assert counted == f"{findings.quotes} of {findings.quotes} quotes match their source word for word."
    assert verdict.startswith("Verified: asked again, this index gives the same 2 answers with ")


def test_a_line_with_an_error_is_not_confirmed(space: FakeWorkspace, tmp_path: Path) -> None:
    """Its words could say anything, and nothing gives them again."""
    findings = checked(space, tmp_path, answered(space), {"id": 3, "error": {"message": "Bleach cures nerves."}})
    assert findings.file_problems == ("line 2: it holds an error in place of an answer, and nothing to check",)
    assert findings.sentences()[-1].startswith("Not verified: 1 problem")
    assert not findings.sound


def test_one_changed_letter_is_found(space: FakeWorkspace, tmp_path: Path) -> None:
    record = answered(space)
    quote = record["answer"]["quotes"][0]
    quote["text"] = quote["text"].replace("some", "sone", 1)
    findings = checked(space, tmp_path, answered(space), record)
    assert findings.quote_problems == (
        f"line 2, quote 1 of {quote['document']}: its words are not the words of the source",
    )
    assert not findings.sound


@pytest.mark.parametrize(
    "change",
    [
        {"document": "other.md"},
        {"document": ["pills.txt"]},
        {"document": None},
        {"spans": []},
        {"spans": [[0, 10**9]]},
        {"spans": [[-3, 4]]},
        {"spans": "0"},
        {"best": [0]},
        {"text": None},
    ],
    ids=str,
)
def test_a_record_that_is_not_a_valid_quote_is_a_finding(
    space: FakeWorkspace, tmp_path: Path, change: dict[str, Any]
) -> None:
    record = answered(space)
    record["answer"]["quotes"][0] |= change
    assert len(checked(space, tmp_path, record).quote_problems) == 1


@pytest.mark.parametrize(
    "record",
    [[1], None, 3, {}, {"quotes": []}, {"answer": None}, {"answer": {"quotes": 3}}, {"answer": {"quotes": [3]}}],
)
def test_a_line_that_holds_no_answer_is_named(space: FakeWorkspace, tmp_path: Path, record: object) -> None:
    with pytest.raises(UsageError, match=r"answers\.jsonl:2 holds no answer"):
        checked(space, tmp_path, answered(space), record)


@pytest.mark.parametrize(
    ("content", "says"),
    [(b"", "holds no answers"), (b" \n\n", "holds no answers"), (b"{]", "not JSON"), (b"\xff", "not")],
)
def test_a_file_without_answers_is_refused(space: FakeWorkspace, tmp_path: Path, content: bytes, says: str) -> None:
    (tmp_path / "answers").write_bytes(content)
    with pytest.raises(UsageError, match=says):
        health.verify(space, tmp_path / "answers")


def test_a_file_that_is_not_there_is_refused(space: FakeWorkspace, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="cannot be read"):
        health.verify(space, tmp_path / "answers")


def test_verify_needs_the_corpus(space: FakeWorkspace) -> None:
    space.corpus.rename(space.corpus.with_name("elsewhere"))
    with pytest.raises(CorpusError):
        health.verify(space, None)


def test_doctor_finds_nothing_wrong(space: FakeWorkspace) -> None:
    report = health.examine(space)
    assert report["problems"] == []
    assert json.loads(json.dumps(report)) == report
    assert list(health.sentences(report))[-1] == "No problem found."


def test_doctor_names_the_origin_of_each_value(space: FakeWorkspace) -> None:
    report = health.examine(again(space, flags={"quoting.quotes": 2}))
    assert report["settings"]["quoting.quotes"] == {"value": 2, "origin": "flag"}
    assert report["settings"]["encoder.threads"]["origin"] == "default"
    assert "  quoting.quotes = 2  (flag)" in list(health.sentences(report))


@pytest.mark.parametrize(
    ("uri", "told"),
    [
        ("http://root:se@cret@milvus.example:19530", "http://…@milvus.example:19530"),
        ("https://token:se://cret@milvus.example", "https://…@milvus.example"),
        ("root:secret@milvus.example", "…@milvus.example"),
        ("http://milvus.example:19530", "http://milvus.example:19530"),
        ("http://root:secret@milvus.example/a.db", "http://…@milvus.example/a.db"),
        ("me@home/milvus.db", "me@home/milvus.db"),
        ("", ""),
    ],
)
def test_doctor_shows_where_milvus_is_and_no_password(uri: str, told: str, space: FakeWorkspace) -> None:
    report = health.examine(again(space, flags={"index.uri": uri}))
    assert report["settings"]["index.uri"]["value"] == told
    assert not any("cret" in line for line in health.sentences(report))


def test_doctor_names_what_is_missing(tmp_path: Path) -> None:
    report = health.examine(three_files(tmp_path))
    assert len(report["problems"]) == 1
    assert list(health.sentences(report))[-1] == "1 problem."


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
