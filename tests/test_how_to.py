"""What the how-tos tell people to type is valid."""

import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from click.testing import CliRunner
from doc_pages import blocks, dead_links, lines

from b12assistant.command.cli import commands
from b12assistant.config import known_keys

ROOT = Path(__file__).parent.parent
PAGES = sorted((ROOT / "docs" / "how-to").glob("*.md"))
BLOCKS = blocks(PAGES)
LINES = lines(BLOCKS)
EXTRAS = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["optional-dependencies"]


@pytest.mark.parametrize("words", [line for line in LINES if line[0] == "b12assistant"], ids=" ".join)
def test_a_command_has_the_options_it_is_shown_with(words: list[str]) -> None:
    done = CliRunner().invoke(commands, [*words[1:], "--help"])
    assert (done.exit_code, done.output[:6]) == (0, "Usage:")


def test_an_extra_that_is_named_exists() -> None:
    named = {extra for line in LINES if line[0] == "pip" for extra in re.findall(r"\[(\w+)\]", line[2])}
    assert named
    assert named <= EXTRAS.keys()


def test_the_settings_and_the_file_for_an_assistant_are_valid() -> None:
    for _, _, text in (block for block in BLOCKS if block[1] == "toml" and not block[2].startswith("[[")):
        given = {f"{section}.{key}" for section, keys in tomllib.loads(text).items() for key in keys}
        assert given <= known_keys().keys()
    for _, _, text in (block for block in BLOCKS if block[1] == "json"):
        (server,) = json.loads(text)["mcpServers"].values()
        assert CliRunner().invoke(commands, [*server["args"], "--help"]).exit_code == 0


def test_every_link_leads_somewhere() -> None:
    assert dead_links(PAGES) == []


@pytest.mark.slow
def test_the_python_example_runs(built: Path) -> None:
    code = "\n".join(text for name, language, text in BLOCKS if (name, language) == ("mcp.md", "python"))
    here = code.replace(
        'command="b12assistant", args=["mcp"]', f"command={sys.executable!r}, args={['-m', 'b12assistant', 'mcp']!r}"
    )
    assert "b12assistant" in here
    done = subprocess.run([sys.executable, "-c", here], cwd=built, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "vitamin B12" in done.stdout
