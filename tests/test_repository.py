"""What the repository holds: nothing large, and nothing that a command makes again."""

from __future__ import annotations

import hashlib
import re
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


def test_the_page_of_weights_lists_what_ships() -> None:
    data = ROOT / "src" / "b12assistant" / "data"
    shipped = [path for name in ("*/*.npz", "*/*.onnx") for path in data.glob(name)]
    digests = {str(path.relative_to(data)): hashlib.sha256(path.read_bytes()).hexdigest()[:16] for path in shipped}
    page = (ROOT / "docs" / "reference" / "weights.md").read_text("utf-8")
    listed = dict(re.findall(r"^\| [^|]*\| `([\w./-]+)` \| `([0-9a-f]{16})` \|", page, re.M))
    assert listed == digests, "write into docs/reference/weights.md how the new weights were made"


def test_each_of_them_has_a_command() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    page = (ROOT / "docs" / "reference" / "weights.md").read_text("utf-8")
    wanted = re.findall(r"^\| `([a-z-]+)` \| `[^`]+` \| `[^`]+` \| `((?:tools|benchmarks)/\w+\.py)", page, re.M)
    assert dict(wanted) == dict(re.findall(r"^FIT_([a-z-]+) = (\S+)", makefile, re.M))
    assert all((ROOT / script).is_file() for _, script in wanted)
