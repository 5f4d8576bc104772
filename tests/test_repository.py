"""What the repository holds: nothing large, and nothing that a command makes again."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
LARGEST = 12_000_000  # bytes of a file: each version of it stays in the history for ever


def tracked(*options: str) -> list[str]:
    """Return the tracked files; skip in a copy without a history, as in an sdist."""
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout")
    done = subprocess.run(["git", "ls-files", "-z", *options], cwd=ROOT, capture_output=True, text=True, check=True)
    return [name for name in done.stdout.split("\0") if name]


def test_no_tracked_file_is_large() -> None:
    sizes = {name: (ROOT / name).lstat().st_size for name in tracked() if (ROOT / name).exists()}
    assert len(sizes) > 500
    assert {name: size for name, size in sizes.items() if size > LARGEST} == {}


def test_nothing_derived_is_tracked() -> None:
    """`.gitignore` lists what is derived."""
    assert tracked("--cached", "--ignored", "--exclude-standard") == []
    lines = (ROOT / ".gitignore").read_text("utf-8").splitlines()
    assert {"/index/*", "/src/b12assistant/data/index/", "/build/", "/reports/"} <= set(lines)
