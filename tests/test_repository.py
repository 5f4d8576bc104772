"""What the repository holds: nothing large, and nothing that a command makes again."""

import ast
import re
import subprocess
from importlib.metadata import version
from pathlib import Path

import pytest
from licences import ELSEWHERE, not_free
from packaging.utils import canonicalize_name

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
    assert tracked("--cached", "--ignored", "--exclude-standard") == []


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


PIN = re.compile(r"^([A-Za-z0-9][\w.-]*)==(\S+)(?: ; .*?)?( \\)?$", re.M)
HASH = re.compile(r"    --hash=sha256:[0-9a-f]{64}( \\)?")


def pins(file: str) -> dict[str, str]:
    found = PIN.findall((ROOT / file).read_text("utf-8"))
    return {canonicalize_name(name): version for name, version, _ in found}


def test_the_lock_holds_the_pins_and_nothing_else() -> None:
    pinned, locked = pins("constraints.txt"), pins("requirements-test.lock")
    assert pinned.pop("torch")
    assert len(pinned) > 100
    assert {**locked, **pinned} == locked, "constraints.txt has changed: make hashes"
    assert locked.keys() - pinned.keys() == ELSEWHERE.keys()


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-test.lock"])
def test_every_line_of_a_lock_is_a_pin_with_its_hashes_or_one_of_them(lock: str) -> None:
    comment, *lines = (ROOT / lock).read_text("utf-8").splitlines()
    assert comment.startswith("#")
    for before, line in zip([lines[0], *lines], lines, strict=False):
        assert PIN.fullmatch(line) or HASH.fullmatch(line), line
        assert bool(HASH.fullmatch(line)) == (before.endswith("\\") and line != lines[0]), line


def test_what_runs_here_is_what_is_pinned() -> None:
    for name, pinned in pins("constraints.txt").items():
        assert version(name).partition("+")[0] == pinned, name


def test_setup_installs_nothing_without_a_hash_except_torch() -> None:
    dry = subprocess.run(["make", "-Bn", ".venv/.test"], cwd=ROOT, capture_output=True, text=True, check=True)
    installs = [line for line in dry.stdout.splitlines() if " install " in line]
    assert [line for line in installs if "--no-deps" not in line] == []
    torch, ours = (line for line in installs if "--require-hashes" not in line)
    assert "'torch==" in torch
    assert ours.endswith(" -e .")


def test_every_licence_is_known_and_free() -> None:
    assert not_free() == []
