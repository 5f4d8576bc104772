"""What the README and the pages for users tell people to type, can be typed."""

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from b12assistant.cli import commands

ROOT = Path(__file__).parent.parent
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs" / "users").glob("*.md"))]
BLOCKS = [
    (page.name, language, text)
    for page in PAGES
    for language, text in re.findall(r"^```(\w+)\n(.*?)^```", page.read_text("utf-8"), re.M | re.S)
]
LINES = [
    words
    for _, language, text in BLOCKS
    if language == "sh"
    for words in (shlex.split(line, comments=True) for line in text.splitlines())
    if words
]


@pytest.mark.parametrize("words", [line for line in LINES if line[0] == "b12assistant"], ids=" ".join)
def test_a_command_has_the_options_it_is_shown_with(words: list[str]) -> None:
    done = CliRunner().invoke(commands, [*words[1:], "--help"])
    assert (done.exit_code, done.output[:6]) == (0, "Usage:")


@pytest.mark.parametrize("words", [line for line in LINES if line[0] == "make"], ids=" ".join)
def test_make_has_the_target(words: list[str]) -> None:
    assert re.search(rf"^{words[1]}:.*## ", (ROOT / "Makefile").read_text("utf-8"), re.M)


def test_nothing_else_is_shown_to_type() -> None:
    assert {line[0] for line in LINES} == {"b12assistant", "make", "curl", "pip"}


def test_every_link_leads_somewhere() -> None:
    missing = [
        (page.name, target)
        for page in PAGES
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text("utf-8"))
        if not (page.parent / target).exists()
    ]
    assert missing == []


@pytest.mark.slow
def test_the_python_of_the_readme_runs(built: Path) -> None:
    (code,) = [text for name, language, text in BLOCKS if language == "python"]
    done = subprocess.run([sys.executable, "-c", code], cwd=built, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert re.match(r"(answered|possibly|no_answer) \[", done.stdout)
