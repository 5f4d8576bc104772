"""Several documents are embedded at a time: the bytes are the same, and a failure stops all of it."""

import json
import os
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from corpora import FOOD, NERVES, PILLS, again, capsules, embedded, report_of, three_files, write
from fakes import FakeEncoder, FakeWorkspace, RefusingEncoder, fake_workspace
from hypothesis import given, settings
from hypothesis import strategies as st

from b12assistant.application import health
from b12assistant.errors import CorpusError, IndexMismatchError, IndexMissingError, SourceFactsError
from b12assistant.index import indexing
from b12assistant.index.store import Store
from b12assistant.types import DocumentId, FileEnd


@pytest.fixture
def space(tmp_path: Path) -> FakeWorkspace:
    return three_files(tmp_path)


# Every file is accounted for

GOOD, WARNED, LEFT_OUT = FileEnd.INDEXED, FileEnd.WARNINGS, FileEnd.LEFT_OUT
CONTENTS: dict[str, tuple[bytes, FileEnd]] = {
    ".md": (NERVES.encode(), GOOD),
    ".txt": (PILLS.encode(), GOOD),
    ".html": (b"<html><body><p>Folate hides the anaemia but not the nerves.</p></body></html>", GOOD),
    "bidi.txt": ("An odd \u202e sign stands in this sentence. Rest is good.\n".encode(), WARNED),
    "misnamed.txt": (b"<!doctype html><html><body><p>Iron is another matter.</p></body></html>", WARNED),
    "empty.md": (b"", LEFT_OUT),
    "blank.txt": (b" \n\n \n", LEFT_OUT),
    "none.pdf": (b"no such thing", LEFT_OUT),
    "page.pdf": (b"<html><body><p>Hello there.</p></body></html>", LEFT_OUT),
    "zip.md": (b"PK\x03\x04 and so on", LEFT_OUT),
    ".docx": (b"PK\x03\x04", LEFT_OUT),
    "": (b"no suffix", LEFT_OUT),
}


@given(st.lists(st.sampled_from(sorted(CONTENTS)), min_size=1, max_size=8))
def test_every_file_ends_in_one_of_three_ways_and_the_counts_add_up(kinds: list[str]) -> None:
    expected = {f"folder{i % 2}/{i}{kind}": CONTENTS[kind] for i, kind in enumerate(kinds)}
    with TemporaryDirectory() as folder:
        space = fake_workspace(
            write(Path(folder) / "corpus", {file: content for file, (content, _) in expected.items()}),
            Path(folder) / "index",
        )
        if all(end is LEFT_OUT for _, end in expected.values()):
            with pytest.raises(CorpusError, match=f"{len(expected)} left out"):
                space.index()
            return
        report = space.index()
        counts = space.opened.manifest["counts"]
        listed = space.opened.reports
    ends = {file: end for file, (_, end) in expected.items()}
    seen: set[bytes] = set()
    for file, (content, end) in sorted(expected.items()):
        if end is not LEFT_OUT and content in seen:
            ends[file] = WARNED  # the same bytes twice
        seen.add(content)
    assert {each.file: each.end for each in report.files} == ends
    assert len(report.files) == len(expected) == sum(report.count(end) for end in FileEnd)
    assert counts["files"] == counts["documents"] + counts["left_out"] == len(expected)
    assert [(each.file, each.end, each.reasons) for each in listed] == [
        (each.file, each.end, each.reasons) for each in report.files
    ]
    assert all(each.reasons for each in report.files if each.end is not GOOD)
    assert all((each.passages > 0) == (each.end is not LEFT_OUT) for each in report.files)


def test_the_curators_files_at_the_top_are_not_documents(space: FakeWorkspace) -> None:
    write(space.corpus, {"README.md": "How to curate.\n", "guides/README.md": "Myelin again.\n", "sources.toml": ""})
    report = space.index(strict=True)
    files = [each.file for each in report.files]
    assert files == ["README.md", "guides/README.md", "guides/food.md", "nerves.md", "pills.txt"]
    readme = report_of(report, "README.md")
    assert (readme.end, readme.reasons[0][:44]) == (FileEnd.LEFT_OUT, "at the top of the corpus it is about the cor")
    assert "README.md" not in space.entries


# What did not change is reused


def test_an_unchanged_corpus_is_the_same_generation_and_nothing_is_read_or_embedded(space: FakeWorkspace) -> None:
    first = space.index()
    second = again(space, RefusingEncoder())
    report = second.index()
    assert (report.generation, report.unchanged) == (first.generation, True)
    assert (embedded(report), second.fake_reader.extracted) == ([], [])
    assert [each.reasons for each in report.files] == [each.reasons for each in first.files]


def test_one_changed_file_is_all_that_is_embedded(space: FakeWorkspace) -> None:
    space.index()
    write(space.corpus, {"guides/food.md": "# Food\n\nLiver holds most.\n"})
    second = again(space)
    report = second.index()
    assert embedded(report) == second.fake_reader.extracted == ["guides/food.md"]
    headed = "Food: Liver holds most."
    assert set(second.fake_encoder.encoded) == {"Food. Liver holds most.", headed}
    assert not report.unchanged


VERSIONS = st.dictionaries(
    st.sampled_from(["a.md", "b.txt", "c/d.md", "bad.pdf"]),
    st.sampled_from([NERVES, FOOD, PILLS, "---\ntitle: Told\n---\nWords of it.\n"]),
    min_size=1,
).filter(lambda files: set(files) != {"bad.pdf"})


@settings(max_examples=20)
@given(st.lists(VERSIONS, min_size=2, max_size=3))
def test_an_index_that_grew_is_byte_for_byte_the_one_a_rebuild_gives(versions: list[dict[str, str]]) -> None:
    with TemporaryDirectory() as folder:
        root = Path(folder)
        for number, files in enumerate(versions):
            corpus = write(root / f"corpus{number}", files)
            fake_workspace(corpus, root / "grown").index()
        fake_workspace(root / f"corpus{len(versions) - 1}", root / "rebuilt").index()
        grown, rebuilt = Store(root / "grown").open(), Store(root / "rebuilt").open()
    assert grown.files == rebuilt.files
    assert grown.id == rebuilt.id


def test_the_timestamp_of_a_file_decides_nothing(space: FakeWorkspace) -> None:
    first = space.index()
    pills = space.corpus / "pills.txt"
    os.utime(pills, (0, 0))
    assert again(space).index().unchanged
    pills.write_text("Another text.\n")
    os.utime(pills, (0, 0))
    assert again(space).index().generation != first.generation


def test_changed_source_facts_rebuild_that_document(space: FakeWorkspace) -> None:
    space.index()
    write(space.corpus, {"sources.toml": '[[source]]\nfile = "pills.txt"\ntitle = "Of pills"\n'})
    report = again(space).index()
    assert embedded(report) == ["pills.txt"]
    assert space.document("pills.txt").document.title == "Of pills"


# An index that does not fit


@pytest.mark.parametrize(
    ("encoder", "message"),
    [
        (FakeEncoder(digest="1" * 64), r"built with fake \(0+…\), configured is fake \(1+…\)"),
        (FakeEncoder(limit=100), r"other settings \(chunking .*200.*, now .*48"),
    ],
    ids=["weights", "limit"],
)
def test_an_index_of_another_encoder_is_refused_and_both_are_named(
    space: FakeWorkspace, encoder: FakeEncoder, message: str
) -> None:
    space.index()
    with pytest.raises(IndexMismatchError, match=f"{message}.*run `b12assistant index`"):
        _ = again(space, encoder).opened


SMALLER, SHORTER = {"pieces": 100, "title_pieces": 48}, {"pieces": 200, "title_pieces": 20}


def publish_as_of(space: FakeWorkspace, facts: dict[str, object]) -> None:
    """Publish the index again as a program with other constants would have described it."""
    built = space.store.open()
    with space.store.writing():
        kept = {key: built.manifest[key] for key in ("model", "chunking", "lexical", "method", "runtime", "counts")}
        space.store.publish(built.files, {**kept, **facts})


def test_an_index_of_another_make_is_replaced(space: FakeWorkspace) -> None:
    space.index()
    publish_as_of(space, {"chunking": SMALLER})
    second = again(space)
    assert len(embedded(second.index())) == 0
    assert second.opened.problems == ()


# Embedding


@pytest.mark.parametrize("limit", [80, 60])
def test_a_title_or_heading_and_what_is_below_always_fit_the_encoder(tmp_path: Path, limit: int) -> None:
    """An encoder fails on what is too long, and nothing may be cut."""
    long = "---\ntitle: " + "very " * 300 + "long\n---\n" + "word " * 700 + "end.\n\n" + "Short one. " * 90 + "\n"
    long += "\n## " + "head " * 300 + "\n\n" + "word " * 700 + "end.\n\n## " + "endless" * 99 + "\n\nShort one.\n"
    encoder = FakeEncoder(limit=limit)
    space = fake_workspace(write(tmp_path / "corpus", {"long.md": long}), tmp_path / "index", encoder=encoder)
    space.index()
    assert max(encoder.count(text) for text in encoder.encoded) > 40


def test_a_wrong_dispute_is_reported_once_all_is_read_and_nothing_is_published(space: FakeWorkspace) -> None:
    write(space.corpus, capsules())
    (space.corpus / "swallowed.md").write_text("Another text.\n")
    with pytest.raises(SourceFactsError):
        space.index()
    with pytest.raises(IndexMissingError):
        space.store.open()


@pytest.mark.parametrize("threads", [1, 4])
def test_the_bytes_do_not_depend_on_how_many_documents_are_under_way(space: FakeWorkspace, threads: int) -> None:
    one = space.index().generation
    other = fake_workspace(space.corpus, space.store.root.parent / "other", flags={"encoder.threads": threads})
    assert other.index().generation == one


def test_what_the_encoder_refuses_stops_the_build(space: FakeWorkspace) -> None:
    with pytest.raises(AssertionError, match="asked to encode"):
        again(space, RefusingEncoder()).index()


FILES = (
    *("context_tokens.safetensors", "documents.jsonl", "left_out.json", "lexical.safetensors", "manifest.json"),
    "quotable.safetensors",
    *("sentences_under_headings.safetensors", "vectors.safetensors"),
)


def generation(space: FakeWorkspace) -> Path:
    """The folder of the generation in use."""
    return space.store.root / "generations" / (space.store.root / "CURRENT").read_text().strip()


def flip(path: Path) -> None:
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


def rebuilt(space: FakeWorkspace) -> FakeWorkspace:
    """The same corpus, indexed into a new folder."""
    made = fake_workspace(space.corpus, space.store.root.parent / "rebuilt")
    made.index()
    return made


@pytest.mark.parametrize("file", FILES)
def test_damage_is_found_and_fixed_though_the_corpus_did_not_change(space: FakeWorkspace, file: str) -> None:
    space.index()
    flip(generation(space) / file)
    assert not health.verify(again(space), None).sound
    assert not again(space).index().unchanged
    assert health.verify(again(space), None).sound
    assert again(space).opened.problems == ()


def test_a_moved_file_and_one_with_another_front_matter_are_not_encoded_again(space: FakeWorkspace) -> None:
    space.index()
    (space.corpus / "guides/food.md").rename(space.corpus / "eating.md")
    report = again(space, RefusingEncoder()).index()
    assert (embedded(report), report.unchanged) == ([], False)
    assert again(space).store.open().files == rebuilt(space).store.open().files


def test_a_new_heading_is_read_with_the_sentences_below_it(space: FakeWorkspace) -> None:
    page = "---\ntitle: Food\n---\n\n## {}\n\nLiver holds most.\n"
    write(space.corpus, {"guides/food.md": page.format("Meat")})
    space.index()
    write(space.corpus, {"guides/food.md": page.format("Offal")})
    second = again(space)
    second.index()
    assert set(second.fake_encoder.encoded) == {"Food. Liver holds most.", "Offal: Liver holds most."}
    held = again(space).opened.collection
    (row,) = held.rows_of[DocumentId("guides/food.md")]
    assert held.under_headings is not None
    stored = held.under_headings[held.quotable.sentence_starts[row]]
    assert (stored == next(FakeEncoder().encode(["Offal: Liver holds most."])).vector).all()


def test_what_is_large_or_asked_throughout_keeps_no_vectors_under_headings(
    space: FakeWorkspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexing, "SENTENCE_VECTORS_UP_TO", 2)
    space.index()
    assert again(space).opened.collection.under_headings is None
    monkeypatch.undo()
    second = again(space)
    assert not second.index().unchanged
    assert {text.partition(": ")[0] for text in second.fake_encoder.encoded} > {"Food", "Nerves"}
    assert again(space).opened.collection.under_headings is not None
    for passage in again(space).opened.collection.passages:
        asked = [{"text": sentence.text, "asked": ["is it so?"]} for sentence in passage.sentences]
        lines = "\n".join(map(json.dumps, asked))
        write(space.corpus, {f"sentences/{passage.document.id}.jsonl": lines})
    again(space).index()
    assert again(space).opened.collection.under_headings is None


@pytest.mark.parametrize(
    "file",
    ["context_tokens.safetensors", "documents.jsonl", "quotable.safetensors", "sentences_under_headings.safetensors"],
)
def test_a_generation_whose_parts_do_not_fit_is_not_taken_over(space: FakeWorkspace, file: str) -> None:
    space.index()
    other = fake_workspace(write(space.corpus.parent / "others", {"a.md": FOOD}), space.store.root.parent / "other")
    other.index()
    whole = space.store.open()
    facts = {key: whole.manifest[key] for key in whole.manifest if key not in OF_THE_STORE}
    with space.store.writing():
        space.store.publish({**whole.files, file: other.store.open().files[file]}, facts)
    report = again(space).index()
    assert len(embedded(report)) == 3
    assert again(space).store.open().files == whole.files


OF_THE_STORE = {"schema", "files"}


def test_who_writes_dates_for_another_system_is_told_how_to_write_them_here(tmp_path: Path) -> None:
    space = three_files(tmp_path)
    write(space.corpus, {"bees.md": "---\ndate: 2011\ncategories: bees\n---\n\nBees need water.\n"})
    reasons = report_of(space.index(), "bees.md").reasons
    ignored = "front matter: keys of another system are ignored: date, categories (write a date as published)"
    assert ignored in reasons
