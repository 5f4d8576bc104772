"""SECURITY.md names the tests for each line of its threat model; they have to exist."""

from __future__ import annotations

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parent.parent
PAGE = (ROOT / "SECURITY.md").read_text("utf-8")
NAMED = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")
OPEN = "nothing here"  # said where nothing stops an attack


def functions_of(file: Path) -> set[str]:
    return {node.name for node in ast.parse(file.read_text("utf-8")).body if isinstance(node, ast.FunctionDef)}


def test_every_test_it_names_is_there() -> None:
    named = NAMED.findall(PAGE)
    assert len(named) > 40
    missing = [f"{file}::{test}" for file, test in named if test not in functions_of(ROOT / file)]
    assert missing == []


def test_every_attack_of_its_tables_is_held_by_a_test_or_said_to_be_open() -> None:
    rows = [line for line in PAGE.splitlines() if line.startswith("| ") and not line.startswith("| attack")]
    assert len(rows) > 25
    assert [row for row in rows if not NAMED.search(row) and OPEN not in row] == []


def test_everything_in_backquotes_that_looks_like_a_test_is_one() -> None:
    assert len(re.findall(r"`tests/[^`]*::", PAGE)) == len(NAMED.findall(PAGE))
