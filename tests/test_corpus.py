import re
from pathlib import Path

import pytest
from corpora import again, report_of, three_files, write
from fakes import FakeWorkspace, fake_workspace

from b12assistant.errors import AssistantError, CorpusError, LeftOutError, SourceFactsError
from b12assistant.index.store import Store
from b12assistant.types import FileEnd

LEFT_OUT = FileEnd.LEFT_OUT


@pytest.fixture
def space(tmp_path: Path) -> FakeWorkspace:
    return three_files(tmp_path)


# Source facts


def test_facts_about_a_file_that_is_not_there_are_reported(space: FakeWorkspace) -> None:
    write(space.corpus, {"sources.toml": '[[source]]\nfile = "gone.md"\ntitle = "Gone"\n'})
    report = report_of(space.index(), "gone.md")
    assert (report.end, report.reasons) == (LEFT_OUT, ("named in sources.toml, but there is no such file",))


BAD_FACTS = {
    "broken sources.toml": (
        "sources.toml",
        '[[source]]\nfile = "nerves.md\n',
        "sources.toml is not valid TOML.*line 2",
    ),
    "unknown key": (
        "sources.toml",
        '[[source]]\nfile = "nerves.md"\n\nkinde = "blog"\n',
        "sources.toml:4: unknown key",
    ),
}


@pytest.mark.parametrize(("file", "content", "message"), BAD_FACTS.values(), ids=BAD_FACTS)
def test_bad_source_facts_name_their_line_and_leave_the_former_index(
    space: FakeWorkspace, file: str, content: str | bytes, message: str
) -> None:
    first = space.index()
    write(space.corpus, {file: content})
    with pytest.raises(SourceFactsError, match=message) as caught:
        again(space).index()
    assert "\n" not in str(caught.value)
    assert again(space).opened.collection.generation == first.generation


BAD_FRONT_MATTER = {
    "unknown key": ("title: A\nkinde: blog", "front matter:3: unknown key"),
    "deep": (f"title: {'[' * 5000}", "front matter"),
}


@pytest.mark.parametrize(("front", "reason"), BAD_FRONT_MATTER.values(), ids=BAD_FRONT_MATTER)
def test_bad_front_matter_costs_its_file_and_names_the_line(space: FakeWorkspace, front: str, reason: str) -> None:
    write(space.corpus, {"new.md": f"---\n{front}\n---\nWords.\n"})
    made = space.index()
    report = report_of(made, "new.md")
    assert report.end is LEFT_OUT
    assert re.match(reason, report.reasons[0])
    assert "\n" not in report.reasons[0]
    assert made.count(LEFT_OUT) == 1
    with pytest.raises(LeftOutError):
        again(space).index(strict=True)


def test_source_facts_that_are_not_a_file_are_not_ignored(space: FakeWorkspace) -> None:
    (space.corpus / "sources.toml").mkdir()
    with pytest.raises(SourceFactsError, match=r"sources\.toml cannot be read"):
        space.index()


# What cannot be indexed


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({}, r"nothing in .*/corpus/ can be indexed: add \.md"),
        ({"README.md": "For curators."}, r"nothing in .*/corpus/ can be indexed: add \.md"),
        ({"a.md": "", "b.doc": "x"}, r"can be indexed \(2 left out: a\.md: empty file …\)"),
    ],
    ids=["empty", "only a README", "only bad files"],
)
def test_a_corpus_with_nothing_in_it_leaves_the_former_index(
    space: FakeWorkspace, tmp_path: Path, files: dict[str, str], message: str
) -> None:
    first = space.index()
    (tmp_path / "other" / "corpus").mkdir(parents=True)
    other = fake_workspace(write(tmp_path / "other" / "corpus", files), space.store.root)
    with pytest.raises(CorpusError, match=message):
        other.index()
    assert again(space).opened.collection.generation == first.generation


def test_strict_publishes_nothing_if_a_file_is_left_out(space: FakeWorkspace) -> None:
    first = space.index()
    write(space.corpus, {"bad.pdf": "no PDF", "new.md": "New words.\n"})
    with pytest.raises(LeftOutError, match=r"left out: bad\.pdf \(named \.pdf but is no PDF\)"):
        again(space).index(strict=True)
    assert again(space).opened.collection.generation == first.generation


def test_an_index_that_cannot_be_read_back_is_never_published(
    space: FakeWorkspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = space.index()
    write(space.corpus, {"new.md": "New words.\n"})
    monkeypatch.setattr("b12assistant.index.parts.entries_to_bytes", lambda entries: b"")
    with pytest.raises(AssistantError):
        again(space).index()
    assert Store(space.store.root).open().id == first.generation
