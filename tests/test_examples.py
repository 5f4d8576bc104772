"""The corpora of `examples/` are asked, and hold their floors; an hour of marking makes one better."""

import json
import shutil
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from builders import build_document
from fit.unasked import corpus_of, place_of
from floors import fallen, load_floors, shares

from b12assistant.api import Workspace
from b12assistant.application.improvement import Improver
from b12assistant.config import load_configuration
from b12assistant.display.addresses import read_link
from b12assistant.evaluation import labelled_set
from b12assistant.types import Document

ROOT = Path(__file__).parent.parent
EXAMPLES = ROOT / "examples"


def documentation() -> dict[str, Path]:
    """The files of the documentation, by their name in its corpus, where a README.md at the top would not be read."""
    pages = {path.relative_to(ROOT).as_posix(): path for path in sorted((ROOT / "docs").rglob("*.md"))}
    return {"docs/project.md": ROOT / "README.md", **pages}


@pytest.fixture(scope="module")
def indexed(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    """Index an example with the settings of the skeleton, once. Copy the folder before changing it."""

    @cache
    def index(name: str) -> Path:
        folder = tmp_path_factory.mktemp(name)
        if name == "docs":
            for file, path in documentation().items():
                (folder / "corpus" / file).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(path, folder / "corpus" / file)
        else:
            corpus_of(Path(), name, folder / "corpus")
        opened(folder).index(strict=True)
        return folder

    return index


@pytest.fixture(scope="module")
def scored(indexed: Callable[[str], Path]) -> Callable[[str], dict[str, Any]]:
    """Ask an example, once: its figures, and which questions have a right first quote."""

    @cache
    def score(name: str) -> dict[str, Any]:
        folder = indexed(name)
        figures = labelled_set.score(opened(folder), place_of(name) / "questions.jsonl", out=folder)
        asked = json.loads((folder / "report.json").read_text("utf-8"))["questions"]
        links = {quote["address"] for each in asked for quote in each["quotes"]}
        return {**figures, "links": links, "right": {each["id"] for each in asked if each["hit_at"] == 1}}

    return score


def opened(folder: Path) -> Workspace:
    """The project in a folder, as in a new process, with the settings of the skeleton."""
    flags = {"paths.corpus": str(folder / "corpus"), "paths.index": str(folder / "index")}
    skeleton = {
        "encoder.threads": 1,
        "red_flags.packaged": "emergencies",
        "red_flags.model": False,
    }
    return Workspace(load_configuration(environment={}, flags={**flags, **skeleton}))


def moved(links: set[str], space: Workspace) -> list[str]:
    """Read the files of quotes again; return the links whose words do not stand where they say."""
    found = []
    with space.reader() as reader:
        texts = cache(lambda file: reader.extract(reader.read(space.corpus / file), file).text)
        for link in links:
            read = read_link(link)
            now = read and read[1].found_in(Document(read[0], "digest", "Title", texts(read[0])))
            if not read or not now or tuple(span.range for span in now[0]) != read[1].spans:
                found.append(link)
    return found


def right(space: Workspace, file: str) -> set[str]:
    """The questions of a file of the council whose first quote is right."""
    outcomes = (
        labelled_set.outcome_of(each, space.ask(each.question, each.history).answer)
        for each in labelled_set.load_labelled(EXAMPLES / "council" / file)
    )
    return {each.labelled.id for each in outcomes if any(each.hits[:1])}


def test_the_documentation_still_says_what_answers_the_questions_about_it() -> None:
    pages = [build_document(path.read_text("utf-8"), file=file) for file, path in documentation().items()]
    labelled = labelled_set.load_labelled(EXAMPLES / "docs" / "questions.jsonl")
    gold = [each.model_copy(update={"id": words, "gold": [words]}) for each in labelled for words in each.gold]
    gone = labelled_set.unresolved(gold, pages)
    assert not gone, f"in no page any more, so change examples/docs/questions.jsonl: {gone}"


@pytest.mark.slow
@pytest.mark.parametrize(
    "name", ["oven", *(pytest.param(it, marks=pytest.mark.nightly) for it in ("council", "docs", "parish"))]
)
def test_each_example_holds_its_floors_with_exact_quotes_and_labels_of_its_documents(
    indexed: Callable[[str], Path], scored: Callable[[str], dict[str, Any]], name: str
) -> None:
    figures = scored(name)
    floors = {floor: value for floor, value in load_floors("examples").items() if floor.startswith(f"{name}, ")}
    found = shares(figures, name)
    assert floors.keys() <= found.keys()
    assert list(fallen(found, floors)) == []
    assert figures["gold in no document"] == []
    assert figures["links"]
    assert moved(figures["links"], opened(indexed(name))) == []


@pytest.mark.slow
def test_what_answers_the_held_out_questions_about_the_oven_stands_in_its_documents(
    indexed: Callable[[str], Path],
) -> None:
    labelled = labelled_set.load_labelled(EXAMPLES / "oven" / "held_out.jsonl")
    assert len(labelled) == 30
    assert not labelled_set.unresolved(labelled, opened(indexed("oven")).opened.collection.documents)


@pytest.mark.slow
@pytest.mark.nightly
def test_sixty_marked_questions_make_half_of_those_right_that_were_not_and_lose_none(
    indexed: Callable[[str], Path], scored: Callable[[str], dict[str, Any]], tmp_path: Path
) -> None:
    shutil.copytree(indexed("council"), tmp_path, dirs_exist_ok=True)
    space = opened(tmp_path)
    files = ("marked.jsonl", "held_out.jsonl", "questions.jsonl")
    before = {file: right(space, file) for file in files[:2]} | {files[2]: scored("council")["right"]}
    gold = {each.question: each.gold for each in labelled_set.load_labelled(EXAMPLES / "council" / "marked.jsonl")}
    assert len(gold) == 60
    sentences = {each.text: each for passage in space.opened.collection.passages for each in passage.sentences}
    improver = Improver(space)
    for question, words in gold.items():
        improver.mark(question, sentences[words[0]] if words else None)
    answerable = [question for question, words in gold.items() if words]
    assert len(answerable) == 48
    later = opened(tmp_path)
    later.index(strict=True)
    after = {file: right(later, file) for file in files}
    gained = len(after["marked.jsonl"] - before["marked.jsonl"])
    assert gained >= (len(answerable) - len(before["marked.jsonl"])) / 2
    assert len(after["held_out.jsonl"]) >= len(before["held_out.jsonl"]) + 2  # in words that nobody marked
    assert {file: before[file] - after[file] for file in files} == {key: set() for key in files}
