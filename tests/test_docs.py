"""The documentation: the reference is not stale, what it says to type works, links and site are whole."""

from __future__ import annotations

import json
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import pytest
import run_collection
from click.testing import CliRunner
from ranking import runs
from shell import b12

from b12assistant.command.cli import commands
from b12assistant.config import known_keys
from b12assistant.web.site import FRAMEWORK, OWN

ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
PAGES = [ROOT / "README.md", *sorted(DOCS.rglob("*.md"))]
TYPED = [ROOT / "README.md", *sorted((DOCS / "users").glob("*.md")), *sorted((DOCS / "how-to").glob("*.md"))]
PYTHON = ".venv/bin/python"


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
BLOCKS = blocks(TYPED)
LINES = lines(BLOCKS)


def test_the_reference_is_not_stale() -> None:
    done = subprocess.run(
        [sys.executable, "tools/reference.py", "--check"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_every_command_has_an_example_and_says_in_a_line_what_it_does() -> None:
    for name, command in commands.commands.items():
        shown = CliRunner().invoke(commands, [name, "--help"]).output
        assert re.search(r"^ +Examples?:\n +(\w+ .*\| )?b12assistant ", shown, re.M), name
        assert not command.get_short_help_str(limit=75).endswith("..."), name


def test_what_runs_until_it_is_stopped_has_the_options_it_is_shown_with() -> None:
    for words in (line for line in LINES if line[0] == "b12assistant" and line[1] in RUN_ELSEWHERE):
        done = CliRunner().invoke(commands, [*words[1:], "--help"])
        assert (done.exit_code, done.output[:6]) == (0, "Usage:"), words


def test_make_and_the_scripts_have_what_is_shown() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    for words in LINES:
        if words[0] == "make":
            assert re.search(rf"^{words[1]}:.*## ", makefile, re.M), words
        elif words[0] == PYTHON:
            assert words[1] == "benchmarks/run_collection.py"
            run_collection.parser().parse_args(words[2:])


def test_the_extras_settings_and_the_file_for_an_assistant_are_valid() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]
    named = {extra for line in LINES if line[0] == "pip" for extra in re.findall(r"\[(\w+)\]", line[2])}
    assert named
    assert named <= extras.keys()
    for _, _, text in (block for block in BLOCKS if block[1] == "toml" and not block[2].startswith("[[")):
        given = {f"{section}.{key}" for section, keys in tomllib.loads(text).items() for key in keys}
        assert given <= known_keys().keys()
    for _, _, text in (block for block in BLOCKS if block[1] == "json"):
        (server,) = json.loads(text)["mcpServers"].values()
        assert CliRunner().invoke(commands, [*server["args"], "--help"]).exit_code == 0


def test_every_link_leads_somewhere() -> None:
    dead = [
        (page.name, target)
        for page in PAGES
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", page.read_text("utf-8"))
        if not (page.parent / target).exists()
    ]
    assert dead == []


def test_every_decision_is_listed() -> None:
    decisions = DOCS / "decisions"
    listed = re.findall(r"\]\((\d+-[\w-]+\.md)\)", (decisions / "README.md").read_text("utf-8"))
    assert sorted(listed) == sorted(path.name for path in decisions.glob("[0-9]*.md"))


def test_every_page_and_script_that_is_named_is_there() -> None:
    """Pages that files name, and scripts that pages name."""
    named = {
        (path.name, found)
        for folder in ("src", "tools", "benchmarks", "corpus")
        for path in (ROOT / folder).rglob("*")
        if path.suffix in {".py", ".toml", ".md"}
        for found in re.findall(r"\b(docs/[\w/-]+\.md)", path.read_text("utf-8"))
    }
    named |= {
        (page.name, found)
        for page in PAGES
        for found in re.findall(r"\b((?:tools|benchmarks)/\w+\.py)", page.read_text("utf-8"))
    }
    assert named
    assert [each for each in sorted(named) if not (ROOT / each[1]).is_file()] == []


def test_every_measure_and_address_is_explained() -> None:
    measures = (DOCS / "reference" / "measures.md").read_text("utf-8")
    kinds = {name.partition("@")[0] for name in (*runs.NAMES, runs.JUDGED)}
    assert {kind for kind in kinds if f"`{kind}" not in measures} == set()
    addresses = (DOCS / "reference" / "http.md").read_text("utf-8")
    assert [each for each in (*FRAMEWORK, *OWN) if not re.search(rf"[` ]{re.escape(each)}[`{{a-z]", addresses)] == []


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


@pytest.mark.slow
def test_the_python_for_an_assistant_runs(built: Path) -> None:
    code = "\n".join(text for name, language, text in BLOCKS if (name, language) == ("mcp.md", "python"))
    here = code.replace(
        'command="b12assistant", args=["mcp"]', f"command={sys.executable!r}, args={['-m', 'b12assistant', 'mcp']!r}"
    )
    assert "b12assistant" in here
    done = subprocess.run([sys.executable, "-c", here], cwd=built, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "vitamin B12" in done.stdout


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
