"""The documentation: the reference is not stale, what it says to type works, links and site are whole."""

import contextlib
import html
import json
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import httpx2 as httpx
import pytest
import reference
from builders_pdf import build_pdf, column
from click.testing import CliRunner
from fakes import fake_workspace
from shell import b12, start

from b12assistant.command.cli import commands
from b12assistant.corpus.folder import check_files
from b12assistant.errors import SourceFactsError
from b12assistant.types import FileEnd, Interest, SourceKind

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
    with contextlib.chdir(folder):
        for typed in ("index --strict", "batch --input tickets.jsonl --output answers.jsonl"):
            assert CliRunner().invoke(commands, typed).exit_code == 0, typed
    shutil.copy(folder / "answers.jsonl", folder / "conversation-2026-11-20.jsonl")  # what the page saves is alike
    return folder


@pytest.mark.slow
@pytest.mark.parametrize("page", [page for page, shown in SHOWN.items() if shown], ids=lambda page: page.name)
def test_commands_that_a_page_shows_work(page: Path, desk: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(desk)
    for words in SHOWN[page]:
        done = CliRunner().invoke(commands, words)
        assert done.exit_code == 0, f"{page.name}: b12assistant {' '.join(words)}\n{done.output}{done.exception!r}"


KEYS = b"r" * 8 + b"n" * 2 + b"q"  # at `improve`
TUTORIAL = Path(__file__).parent.parent / "docs" / "tutorials" / "own-corpus.md"
BLOCK = re.compile(r'^```(\w+)(?: title="([^"]+)")?\n(.*?)^```', re.M | re.S)
BLOCKS = BLOCK.findall(TUTORIAL.read_text("utf-8"))


def plain(text: str) -> str:
    """Without line ends and the frames that a terminal draws."""
    return " ".join(re.sub(r"[^\w\s.,:;!?'’()-]", " ", text).split())


def shown_after(position: int) -> Iterator[str]:
    """The lines that the tutorial shows as output of the commands at ``position``."""
    for kind, title, text in BLOCKS[position + 1 :]:
        if kind != "text" or title:
            return
        yield from text.splitlines()


def served(folder: Path) -> str:
    """The page that `serve` opens, as a reader sees its letters."""
    with start("serve", "--port", "0", cwd=folder) as server:
        try:
            assert server.stdout is not None
            address = re.search(r"http://\S+", server.stdout.readline().decode())
            assert address is not None
            return html.unescape(httpx.get(address[0], timeout=60).text)
        finally:
            server.kill()


@pytest.mark.slow
def test_the_tutorial_does_what_it_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, asked = tmp_path, 0
    for position, (kind, title, text) in enumerate(BLOCKS):
        if title:
            (folder / title).write_text(text, "utf-8")
            continue
        if kind != "sh":
            continue
        out = ""
        for line in text.splitlines():
            words = shlex.split(line)
            if words[0] == "cd":
                folder /= words[1]
            elif words[0] == "rm":
                (folder / words[1]).unlink()
            elif words[1] == "serve":
                out = served(folder)
            else:
                assert words[0] == "b12assistant"
                monkeypatch.chdir(folder)
                done = CliRunner().invoke(commands, words[1:], input=KEYS if words[1] == "improve" else None)
                first = "First index: 1 file to embed …\n" if words[1] == "index" and done.stderr else ""
                assert (done.exit_code, done.stderr) == (0, first), line
                out = done.stdout
        expected = list(shown_after(position))
        asked += bool(expected)
        assert [line for line in expected if plain(line) not in plain(out)] == [], out
    # of the skeleton; answer, marks, what they refuse, evaluation, page; refusal, page, words, difference, red flag
    assert asked == 11


def test_a_skeleton_is_complete_and_nothing_is_overwritten(tmp_path: Path) -> None:
    project = tmp_path / "my-project"
    done = CliRunner().invoke(commands, ["new", str(project)])
    assert (done.exit_code, done.output.splitlines()[0]) == (0, str(project / ".gitignore"))
    assert {path.name for path in project.rglob("*.toml")} == {
        "b12assistant.toml",
        "disputes.toml",
        "page.toml",
        "sources.toml",
        "texts.toml",
        "vocabulary.toml",
    }
    assert (project / "corpus" / "not_answered.txt").is_file()
    again = b12("new", str(project), cwd=tmp_path)
    assert (again.status, "not an empty folder" in again.complaint) == (2, True)


def uncommented(text: str) -> str:
    """The example of a curators' file, in force."""
    return text.partition("#\n")[2].replace("# ", "")


def test_every_commented_example_of_a_skeleton_does_what_it_says(tmp_path: Path) -> None:
    assert CliRunner().invoke(commands, ["new", str(tmp_path)]).exit_code == 0
    corpus = tmp_path / "corpus"
    for name in ("sources.toml", "disputes.toml", "not_answered.txt"):
        (corpus / name).write_text(uncommented((corpus / name).read_text("utf-8")), "utf-8")
    (corpus / "leaflet.pdf").write_bytes(build_pdf(column("It takes three hours.")))
    (corpus / "seller.md").write_text("# Our device\n\nWith our device it takes one hour.\n", "utf-8")
    space = fake_workspace(corpus, tmp_path / "index")
    assert [each.file for each in space.index().files if each.end is FileEnd.LEFT_OUT] == ["README.md"]
    assert space.document("leaflet.pdf").document.title == "The leaflet"
    (difference,) = space.ask("How many hours does it need?").answer.disagreements
    assert [side.best.text for side in difference.sides] == [
        "It takes three hours.",
        "With our device it takes one hour.",
    ]
    assert space.ask("what goes above a paragraph").answer.quotes[0].best.text.startswith("A heading says")
    assert space.ask("Which printer makes the nicest headings?").answer.quotes == ()
    assert space.ask("What is a caption?").answer.quotes[0].best.text.startswith("A heading says")


def test_the_defaults_of_a_skeleton_hold_for_a_file_that_says_nothing_once_they_are_in_force(tmp_path: Path) -> None:
    assert CliRunner().invoke(commands, ["new", str(tmp_path)]).exit_code == 0
    corpus = tmp_path / "corpus"
    (corpus / "leaflet.txt").write_text("It takes three hours.\n", "utf-8")
    space = fake_workspace(corpus, tmp_path / "index")
    assert space.index().undescribed == ("leaflet.txt",)
    template = space.document("example.md").document.source
    defaults = (corpus / "sources.toml").read_text("utf-8").partition("#\n")[0]
    (corpus / "sources.toml").write_text(re.sub(r"^# (?=\w+ = )", "", defaults, flags=re.M), "utf-8")
    later = fake_workspace(corpus, tmp_path / "index")
    assert later.index().undescribed == ()
    facts = later.document("leaflet.txt").document.source
    assert (facts.kind, facts.interest, facts.publisher) == (SourceKind.REFERENCE, Interest.NONE, "Our group")
    assert later.document("example.md").document.source == replace(template, publisher="Our group")


VOCABULARY = "kind = 'lay'\nreview = 'r'\n[[term]]\nterm = 'a'\nvariants = ['x']\n"


def test_indexing_names_the_line_of_a_fault_in_any_file(tmp_path: Path) -> None:
    file = "vocabulary.toml"
    says = ":1: kind = 'slang' is not known: it takes abbrev"
    (tmp_path / file).write_text(VOCABULARY.replace("lay", "slang"), "utf-8")
    with pytest.raises(SourceFactsError, match=re.escape(f"{file}{says}")):
        check_files(tmp_path)
