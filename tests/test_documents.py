"""What is said of saved answers that no index gives; the stress tests alter them in random places."""

import json
import os
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from builders import build_entry
from corpora import FOOD, again, three_files
from fakes import FakeWorkspace
from hypothesis import given
from hypothesis import strategies as st
from stress_tests.alterations import saved_answers

from b12assistant.application import health
from b12assistant.application.health import check_entry, check_file, check_quote
from b12assistant.command.invocation import lines
from b12assistant.corpus.sources import source_of
from b12assistant.display.json_form import Quote, reply_json
from b12assistant.errors import UsageError
from b12assistant.index.documents import Entry, entries_from_bytes, entries_to_bytes, export_line, source_facts
from b12assistant.types import (
    Block,
    BlockKind,
    Document,
    DocumentId,
    Interest,
    Mark,
    MarkKind,
    Passage,
    PassageId,
    Range,
    Section,
    Source,
    SourceKind,
    Words,
)

TEXT = st.text(st.characters(codec="utf-8") | st.sampled_from("\u2028\x85\r\n\x00\ufeff\U0001f9e0"), max_size=30)
SAID = st.none() | TEXT.filter(str.strip)
SOURCES = st.builds(
    Source,
    title=SAID,
    kind=st.none() | st.sampled_from(SourceKind),
    words=st.sampled_from(Words),
    based_on=SAID,
    interest=st.sampled_from(Interest),
    publisher=SAID,
    url=SAID,
    published=st.none() | st.dates(),
    review_by=st.none() | st.dates(),
    superseded_by=SAID,
    withdrawn=st.booleans(),
    review=SAID,
    cites=st.lists(TEXT.filter(str.strip), max_size=3).map(tuple),
    note=SAID,
)


@st.composite
def entries(draw: st.DrawFn) -> Entry:
    """Anything an entry can hold, whether or not a loader would ever make it."""
    text = draw(TEXT.map("b{}c".format))

    def ranges() -> Range:
        start = draw(st.integers(0, len(text) - 1))
        return Range(start, draw(st.integers(start + 1, len(text))))

    def some(most: int = 3) -> range:
        return range(draw(st.integers(0, most)))

    document = Document(
        DocumentId(draw(TEXT)),
        draw(TEXT),
        draw(TEXT),
        text,
        draw(SOURCES),
        tuple(sorted(draw(st.lists(st.integers(0, len(text)), max_size=3)))),
        tuple(Section(ranges(), draw(st.integers(1, 6)), 0, len(text)) for _ in some()),
        tuple(Block(draw(st.sampled_from(BlockKind)), ranges()) for _ in some()),
        tuple(Mark(ranges(), draw(st.sampled_from(MarkKind)), draw(TEXT)) for _ in some()),
    )
    passages = tuple(
        Passage(
            PassageId(draw(TEXT)),
            tuple(document.span(r.start, r.end) for r in [ranges(), ranges()]),
            draw(st.booleans()),
        )
        for _ in some()
    )
    warnings = tuple(draw(st.lists(TEXT, max_size=2)))
    front: dict[str, Any] = {
        "title": draw(SAID),
        "published": draw(st.none() | st.dates()),
        "withdrawn": True,
        "cites": ["a"],
    }
    return Entry(document, passages, warnings, draw(st.floats(0, 1)), draw(TEXT), draw(TEXT), front)


def parts(value: object) -> object:
    """Everything in a value, including fields that its own comparison skips."""
    if is_dataclass(value):
        return type(value), {each.name: parts(getattr(value, each.name)) for each in fields(value)}
    return tuple(map(parts, value)) if isinstance(value, tuple) else value


@given(st.lists(entries(), max_size=3))
def test_entries_written_and_read_again_are_the_same_in_every_field(written: list[Entry]) -> None:
    assert parts(entries_from_bytes(entries_to_bytes(written))) == parts(tuple(written))


@given(SOURCES)
def test_facts_written_as_in_sources_toml_are_the_same_facts(source: Source) -> None:
    facts = source_facts(source)
    dates = {key: date.fromisoformat(facts[key]) for key in ("published", "review_by") if key in facts}
    assert source_of({**facts, **dates}) == source


def test_an_exported_line_gives_addresses_in_its_own_text() -> None:
    line = export_line(build_entry("# Nerves\n\nMyelin wraps nerves. Numb feet tingle.\n\n## Food\n\nEat fish.\n"))
    spans = [[line["text"][start:end] for start, end in passage["spans"]] for passage in line["passages"]]
    assert spans == [["Myelin wraps nerves.", "Numb feet tingle."], ["Eat fish."]]
    assert [passage["section"] for passage in line["passages"]] == [["Nerves"], ["Nerves", "Food"]]


SAVED = "Myelin wraps every nerve. Page 3. Numb feet are an early sign. See a doctor."
QUOTE: dict[str, Any] = {
    "text": "Myelin wraps every nerve. […] Numb feet are an early sign.",
    "spans": [[0, 25], [34, 62]],
    "best": [34, 62],
}


def entry() -> Entry:
    return build_entry("# Nerves\n\nMyelin wraps nerves. Numb feet tingle.\n\n## Food\n\nEat fish. Eat fish.\n", most=6)


@given(st.integers(0, len(QUOTE["text"]) - 1), st.characters())
def test_one_changed_character_is_found(at: int, character: str) -> None:
    shown = str(QUOTE["text"])
    changed = shown[:at] + character + shown[at + 1 :]
    found = check_quote(Quote.model_construct(**{**QUOTE, "text": changed}), SAVED)
    assert found == (None if changed == shown else "its words are not the words of the source")


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"spans": [[0, 25], [34, 61]]}, "its words"),
        ({"spans": [[34, 62], [0, 25]]}, "not in order"),
        ({"spans": [[0, 25], [34, 620]]}, "are outside the document"),
        ({"best": [26, 33]}, "best sentence is outside"),
    ],
)
def test_a_quote_that_does_not_match_is_distinguished_from_one_that_does(
    change: Mapping[str, Any], problem: str
) -> None:
    assert problem in (check_quote(Quote.model_construct(**{**QUOTE, **change}), SAVED) or "")


def test_passages_that_overlap_are_found() -> None:
    good = entry()
    found = list(check_entry(replace(good, passages=(good.passages[1], good.passages[0]))))
    assert any("overlaps the one before" in problem for problem in found)


def test_a_passage_that_holds_marked_text_is_found() -> None:
    good = entry()
    start = good.passages[0].span.start
    marked = replace(good.document, marks=(Mark(Range(start, start + 1), MarkKind.NEVER, "by hand"),))
    assert any("never quoted" in problem for problem in check_entry(replace(good, document=marked)))


QUESTION = "What lowers B12 in some people?"


@pytest.fixture
def space(tmp_path: Path) -> FakeWorkspace:
    workspace = three_files(tmp_path)
    workspace.index()
    return again(workspace)


def answered(space: FakeWorkspace, **also: Any) -> dict[str, Any]:
    """A record of `ask --json`, with at least one quote."""
    record = reply_json(space.ask(QUESTION), space.texts) | also
    assert record["answer"]["quotes"]
    return record


def checked(space: FakeWorkspace, folder: Path, *records: Any) -> health.Findings:
    text = "".join(json.dumps(record, ensure_ascii=False) + "\n" for record in records)
    (folder / "answers.jsonl").write_text(text, "utf-8")
    return health.verify(space, folder / "answers.jsonl")


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
    assert findings.file is not None
    assert findings.file.quotes == 2 * len(answered(space)["answer"]["quotes"])
    assert findings.sentences()[-1].startswith("Verified: asked again, this index gives the same 2 answers with ")


def test_a_line_with_an_error_is_not_confirmed(space: FakeWorkspace, tmp_path: Path) -> None:
    """Its words could say anything, and nothing gives them again."""
    findings = checked(space, tmp_path, answered(space), {"id": 3, "error": {"message": "Bleach cures nerves."}})
    assert findings.file is not None
    assert findings.file.problems == ("line 2: it holds an error in place of an answer",)
    assert findings.sentences()[-1].startswith("Not verified: 1 problem")
    assert findings.as_json()["verdict"] == findings.sentences()[-1]
    assert not findings.sound


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "holds no answers"),
        ("{]", "holds no answer"),
        ("GOOD\nnull\n", r"answers\.jsonl:2 holds no answer"),
        ('GOOD\n{"answer": {"quotes": 3}}\n', r"answers\.jsonl:2 holds no answer"),
        ('GOOD\n{"answer": "Bleach cures nerves."}\n', r"answers\.jsonl:2"),
        ("GOOD\nBleach cures nerves.\n", r"answers\.jsonl:2"),
    ],
)
def test_a_file_with_a_line_that_is_no_answer_is_refused(
    space: FakeWorkspace, tmp_path: Path, text: str, says: str
) -> None:
    (tmp_path / "answers.jsonl").write_text(text.replace("GOOD", json.dumps(answered(space))), "utf-8")
    with pytest.raises(UsageError, match=says):
        health.verify(space, tmp_path / "answers.jsonl")


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


def told(text: str, space: FakeWorkspace, folder: Path) -> str:
    """What is wrong with a file, in words, with the verdict."""
    (folder / "a.jsonl").write_text(text, "utf-8")
    found = check_file(folder / "a.jsonl", space)
    assert not found.is_verified
    assert found.sentence.startswith("Not verified: ")
    return "\n".join((*found.problems, found.sentence))


def test_a_file_of_another_index_is_not_verified_though_its_quotes_stand(tmp_path: Path) -> None:
    """Its generation is gone; what it quotes is still there, word for word."""
    space, saved = saved_answers(tmp_path)
    text = "\n".join(map(json.dumps, saved))
    nerves = space.corpus / "sheath.md"
    before = nerves.read_text("utf-8")
    (space.corpus / "food.md").write_text(FOOD)
    newer = again(space)
    newer.index()
    assert newer.opened.collection.generation not in text
    assert "quotes are word for word in their documents" in told(text, newer, tmp_path)
    nerves.write_text(before.replace("wraps", "coats"))
    newest = again(space)
    newest.index()
    assert "sheath.md: its words are not the words of the source" in told(text, newest, tmp_path)
    nerves.unlink()
    last = again(space)
    last.index()
    assert "sheath.md: its document is not in the index" in told(text, last, tmp_path)


@pytest.mark.parametrize("generation", ["0" * 32, "checked by the NHS"])
def test_an_index_that_never_was_confirms_nothing(generation: str, space: FakeWorkspace, tmp_path: Path) -> None:
    line = json.dumps(answered(space) | {"index": {"generation": generation}})
    assert f"it was saved from index {generation}, and this is" in told(line, space, tmp_path)
