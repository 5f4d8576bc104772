"""The reference is written from the code, and stale pages fail."""

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from b12assistant import errors
from b12assistant.application import batching
from b12assistant.command.cli import commands
from b12assistant.config import known_keys
from b12assistant.errors import AssistantError

ROOT = Path(__file__).parent.parent
REFERENCE = ROOT / "docs" / "reference"
COMMANDS: list[click.Command] = [commands, *commands.commands.values()]
OPTIONS = [
    pytest.param(command, option, id=f"{command.name} {option}")
    for command in COMMANDS
    for parameter in command.params
    for option in ([*parameter.opts, *parameter.secondary_opts] if isinstance(parameter, click.Option) else [])
]


def codes(error: type[AssistantError] = AssistantError) -> Iterator[str]:
    yield error.code
    for child in error.__subclasses__():
        if child.__module__ == errors.__name__:
            yield from codes(child)


def part(heading: str) -> str:
    """The text under a heading of the command reference."""
    text = (REFERENCE / "cli.md").read_text("utf-8")
    found = re.search(rf"^## {re.escape(heading)}\n(.*?)(?=^## |\Z)", text, re.M | re.S)
    assert found is not None, f"docs/reference/cli.md has no part {heading}"
    return found[1]


def part_of(command: click.Command) -> str:
    return part("b12assistant" if command is commands else f"b12assistant {command.name}")


def test_the_reference_is_not_stale() -> None:
    done = subprocess.run(
        [sys.executable, "tools/reference.py", "--check"], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_every_command_is_there_with_an_example(command: click.Command) -> None:
    assert re.search(r"^ +Examples?:\n +(\w+ .*\| )?b12assistant ", part_of(command), re.M)


@pytest.mark.parametrize("command", COMMANDS[1:], ids=lambda command: command.name)
def test_every_command_says_in_a_line_what_it_does(command: click.Command) -> None:
    assert not command.get_short_help_str(limit=75).endswith("...")


@pytest.mark.parametrize(("command", "option"), OPTIONS)
def test_every_option_is_there_with_its_help(command: click.Command, option: str) -> None:
    assert re.search(rf"^ .*{re.escape(option)}\b.*\w", part_of(command), re.M)


@pytest.mark.parametrize("key", sorted(known_keys()))
def test_every_setting_is_there_with_its_variable(key: str) -> None:
    page = (REFERENCE / "configuration.md").read_text("utf-8")
    assert f"| `{key}` | `B12_{key.replace('.', '_').upper()}` |" in page


@pytest.mark.parametrize("code", sorted(codes()))
def test_every_error_is_there(code: str) -> None:
    assert f"| `{code}` |" in part("Errors")


@pytest.mark.parametrize("code", [batching.BAD_LINE, batching.INTERNAL])
def test_the_errors_of_a_line_are_there(code: str) -> None:
    assert f"| `{code}` |" in part("b12assistant batch")


def test_every_target_of_the_makefile_is_in_its_help() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    (phony,) = re.findall(r"^\.PHONY: (help .*)$", makefile, re.M)
    shown = re.findall(r"^([a-z-]+):.*## ", makefile, re.M)
    assert set(phony.split()) - set(shown) == {"lint", "types"}  # parts of check and test
    assert set(shown) <= set(phony.split())
