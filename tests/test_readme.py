"""What the README and the pages for users tell people to type is valid."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
import run_collection
from click.testing import CliRunner
from doc_pages import blocks, dead_links, lines

from b12assistant.command.cli import commands

ROOT = Path(__file__).parent.parent
PYTHON = ".venv/bin/python"
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs" / "users").glob("*.md"))]
BLOCKS = blocks(PAGES)
LINES = lines(BLOCKS)


@pytest.mark.parametrize("words", [line for line in LINES if line[0] == "b12assistant"], ids=" ".join)
def test_a_command_has_the_options_it_is_shown_with(words: list[str]) -> None:
    done = CliRunner().invoke(commands, [*words[1:], "--help"])
    assert (done.exit_code, done.output[:6]) == (0, "Usage:")


@pytest.mark.parametrize("words", [line for line in LINES if line[0] == "make"], ids=" ".join)
def test_make_has_the_target(words: list[str]) -> None:
    assert re.search(rf"^{words[1]}:.*## ", (ROOT / "Makefile").read_text("utf-8"), re.M)


@pytest.mark.parametrize("words", [line for line in LINES if line[0] == PYTHON], ids=" ".join)
def test_a_script_has_the_options_it_is_shown_with(words: list[str]) -> None:
    assert words[1] == "benchmarks/run_collection.py"
    run_collection.parser().parse_args(words[2:])


def test_nothing_else_is_shown_to_type() -> None:
    assert {line[0] for line in LINES} == {"b12assistant", "make", "curl", PYTHON}


def test_every_link_leads_somewhere() -> None:
    assert dead_links(PAGES) == []


@pytest.mark.slow
def test_the_python_of_the_readme_runs(built: Path) -> None:
    (code,) = [text for name, language, text in BLOCKS if language == "python"]
    done = subprocess.run([sys.executable, "-c", code], cwd=built, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert re.match(r"(answered|possibly|no_answer) \[", done.stdout)
