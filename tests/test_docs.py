"""The documentation: the reference is not stale, what it says to type works, links and site are whole."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import pytest
import reference
from click.testing import CliRunner
from shell import b12

from b12assistant.command.cli import commands

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", *sorted(DOCS.rglob("*.md"))]


class Block(NamedTuple):
    """A fenced block: its file, language and text."""

    page: str
    language: str
    text: str


def blocks(pages: Iterable[Path]) -> list[Block]:
    """Every fenced block that names a language."""
    return [
        Block(page.name, language, text)
        for page in pages
        for language, text in re.findall(r"^```(\w+)\n(.*?)^```", page.read_text("utf-8"), re.M | re.S)
    ]


def lines(shown: Iterable[Block]) -> list[list[str]]:
    """The command lines of the shell blocks, as words."""
    typed = (line for _, language, text in shown if language == "sh" for line in text.replace("\\\n", " ").splitlines())
    return [words for words in (shlex.split(line, comments=True) for line in typed) if words]


DOCUMENTS = ("guides/testing.md", "guides/nerves-without-anaemia.md", "guides/folate-trap.txt", "guides/treatment.md")
TINY = Path(__file__).parent / "fixtures" / "tiny_collection"
RUN_ELSEWHERE = {"serve", "mcp"}  # they run until stopped: tests/test_stopping.py, tests/test_mcp_server.py
QUESTION = {"id": "t1", "question": "Can low B12 damage nerves without anaemia?"}
LABELLED = {**QUESTION, "gold": ["Nerve damage can occur without anaemia."]}
SHOWN = {
    page: [words[1:] for words in lines(blocks([page])) if words[0] == "b12assistant" and words[1] not in RUN_ELSEWHERE]
    for page in PAGES
    if page.name != "own-corpus.md"  # test_own_corpus has that one
}


def test_the_reference_is_not_stale() -> None:
    stale = [page.name for page, text in reference.pages().items() if page.read_text("utf-8") != text]
    assert stale == [], "run: make reference"


def test_every_link_leads_somewhere() -> None:
    dead = [
        (page.name, target)
        for page in PAGES
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text("utf-8"))
        if not (page.parent / target).exists()
    ]
    assert dead == []


def test_the_site_has_every_page_and_fetches_nothing_from_elsewhere(tmp_path: Path) -> None:
    command = ["-W", "ignore", "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(tmp_path)]
    done = subprocess.run([sys.executable, *command], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    for page in DOCS.rglob("*.md"):
        built = page.relative_to(DOCS).with_suffix(".html")
        assert (tmp_path / (built.with_name("index.html") if page.name == "README.md" else built)).is_file()
    for page in tmp_path.rglob("*.html"):
        fetched = re.findall(
            r"<(?:script|link|img|iframe)\b[^>]*?(?:src|href)=\"?(https?:[^\" >]+)", page.read_text("utf-8")
        )
        assert [address for address in fetched if not address.startswith("http://127.0.0.1")] == [], page.name


@pytest.mark.slow
def test_the_python_of_the_readme_runs(built: Path) -> None:
    pages = [ROOT / "README.md", *(DOCS / "users").glob("*.md")]
    (code,) = [text for _, language, text in blocks(pages) if language == "python"]
    done = subprocess.run([sys.executable, "-c", code], cwd=built, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert re.match(r"(answered|possibly|no_answer) \[", done.stdout)


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
