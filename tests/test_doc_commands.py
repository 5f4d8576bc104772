"""Every command that the documentation shows, typed in the order it is shown, on a corpus of some of our documents."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner
from doc_pages import ROOT, blocks, lines, pages
from shell import b12

from b12assistant.command.cli import commands

DOCUMENTS = ("guides/testing.md", "guides/nerves-without-anaemia.md", "guides/folate-trap.txt", "guides/treatment.md")
TINY = Path(__file__).parent / "fixtures" / "tiny_collection"
RUN_ELSEWHERE = {"serve", "mcp"}  # they run until stopped: tests/test_stopping.py, tests/test_mcp_server.py
QUESTION = {"id": "t1", "question": "Can low B12 damage nerves without anaemia?"}
LABELLED = {**QUESTION, "gold": ["Nerve damage can occur without anaemia."]}
SHOWN = {
    page: [words[1:] for words in lines(blocks([page])) if words[0] == "b12assistant" and words[1] not in RUN_ELSEWHERE]
    for page in pages()
    if page.name != "own-corpus.md"  # test_own_corpus has that one
}


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an index, and the files that the pages name."""
    folder = tmp_path_factory.mktemp("desk")
    for name in DOCUMENTS:
        (folder / "corpus" / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / "corpus" / name, folder / "corpus" / name)
    shutil.copytree(TINY, folder / "scifact")
    shutil.copy(TINY / "qrels" / "dev.tsv", folder / "scifact" / "qrels" / "train.tsv")
    (folder / "other_system.trec").write_text("q1 Q0 d1 1 1.0 other\n", "utf-8")
    (folder / "tickets.jsonl").write_text(json.dumps(QUESTION) + "\n", "utf-8")
    (folder / "asked.txt").write_text("What wraps every nerve?\n", "utf-8")
    (folder / "questions.jsonl").write_text(json.dumps(LABELLED) + "\n", "utf-8")
    message = {"id": "m1", "text": "My legs went weak today and I can't pee", "level": "emergency"}
    (folder / "messages.jsonl").write_text(json.dumps(message) + "\n", "utf-8")
    assert b12("index", "--strict", cwd=folder).status == 0
    assert b12("batch", "--input", "tickets.jsonl", "--output", "answers.jsonl", cwd=folder).status == 0
    shutil.copy(folder / "answers.jsonl", folder / "conversation-2026-11-20.jsonl")  # what the page saves is alike
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("page", [page for page, shown in SHOWN.items() if shown], ids=lambda page: page.name)
def test_commands_that_a_page_shows_work(page: Path, desk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(desk)
    for words in SHOWN[page]:
        done = CliRunner().invoke(commands, words)
        assert done.exit_code == 0, f"{page.name}: b12assistant {' '.join(words)}\n{done.output}{done.exception!r}"
