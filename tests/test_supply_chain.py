"""What is installed: every version and file is pinned, and has a licence that lets everyone use it."""

from __future__ import annotations

import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from audit import verdict
from licences import ELSEWHERE, Package, packages
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parent.parent
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


def test_running_needs_less_than_testing() -> None:
    running, testing = pins("requirements.lock"), pins("requirements-test.lock")
    assert running.items() < testing.items()
    assert not running.keys() & {"pytest", "mypy", "playwright", "mkdocs", "pyarrow", "pymilvus"}


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
    assert [each for each in packages() if not each.is_free] == []


@pytest.mark.parametrize(
    ("written", "free"),
    [
        ("MIT", True),
        ("AGPL-3.0-only", False),
        ("GPL-3.0-or-later OR MIT", True),
        ("MIT AND Apache-2.0 WITH LLVM-exception", True),
        ("MIT AND GPL-2.0-only", False),
        ("MPL-2.0 AND (Apache-2.0 OR GPL-2.0-only)", True),
        ("MIT AND (GPL-2.0-only AND MIT)", False),
        ("SSPL-1.0", False),
        (None, False),
    ],
)
def test_a_licence_is_free_if_one_of_its_choices_is_wholly_free(written: str | None, *, free: bool) -> None:
    assert Package("x", "1", written).is_free == free


def vulnerable(**more: Any) -> dict[str, Any]:
    return {"name": "pypdf", "version": "6.0.0", "vulns": [], **more}


UNKNOWN = {"name": "torch", "version": "2.13.0", "skip_reason": "not found"}


def test_an_audit_names_what_is_known_and_where_it_is_fixed() -> None:
    flaws = [{"id": "CVE-2025-62707", "fix_versions": ["6.1.3"]}, {"id": "CVE-1", "fix_versions": []}]
    lines, status = verdict({"dependencies": [vulnerable(vulns=flaws), UNKNOWN]})
    assert status == 1
    assert lines == [
        "pypdf 6.0.0: CVE-2025-62707, fixed in 6.1.3",
        "pypdf 6.0.0: CVE-1, fixed in no version yet",
        "not known to the index: torch",
        "1 of 2 pins audited, 2 known vulnerabilities",
    ]


def test_an_audit_without_a_network_says_so_in_one_line(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, ROOT / "tools" / "audit.py"],
        env={"UV_OFFLINE": "1", "UV_CACHE_DIR": str(tmp_path), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 2, done
    assert done.stdout.startswith("nothing was audited: ")
    assert done.stdout.count("\n") == 1
    assert done.stderr == ""
