"""With the pinned encoder nothing loads torch, not even first indexing, and no command loads more than it needs."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

TORCH = ("onnx", "sentence_transformers", "torch", "transformers")
QUESTION = "What is myelin?"

COMMAND = """
import contextlib, sys
from b12assistant.command.cli import commands
with contextlib.suppress(SystemExit):
    commands({arguments!r})
"""
SITE = """
import sys
from starlette.testclient import TestClient
from b12assistant.api import Workspace
from b12assistant.web import site
from b12assistant.web.questions import Warmup
space = Workspace()
warmup = Warmup(space)
with TestClient(site.application(space, warmup), base_url="http://127.0.0.1") as client:
    warmup.start()
    assert warmup.problem(120) is None
    assert client.get("/").status_code == 200
    print(client.post("/api/v1/ask", json={{"question": {question!r}}}).text)
"""
SAY = """
sys.stderr.write(" ".join(name for name in {names!r} if name in sys.modules))
"""


def run(code: str, names: tuple[str, ...], cwd: Path) -> tuple[str, str]:
    """What it prints, and which of ``names`` it loaded."""
    command = [sys.executable, "-c", code + SAY.format(names=names)]
    done = subprocess.run(command, cwd=cwd, capture_output=True, text=True, check=False, timeout=180)
    assert done.returncode == 0, done.stderr
    return done.stdout, done.stderr


@pytest.mark.slow
@pytest.mark.parametrize(
    ("arguments", "shown"), [(["ask", QUESTION], "fatty sheath"), (["index"], "stays in use")], ids=["ask", "index"]
)
def test_no_command_that_answers_loads_torch(arguments: list[str], shown: str, built: Path, tmp_path: Path) -> None:
    for name in ("corpus", "index"):
        (tmp_path / name).symlink_to(built / name)
    (tmp_path / "questions.jsonl").write_text(f'{{"question": "{QUESTION}"}}\n', "utf-8")
    printed, loaded = run(COMMAND.format(arguments=arguments), TORCH, tmp_path)
    assert shown in printed
    assert loaded == ""


@pytest.mark.slow
def test_the_page_and_the_api_load_no_torch(built: Path) -> None:
    printed, loaded = run(SITE.format(question=QUESTION), TORCH, built)
    assert "fatty sheath" in printed
    assert loaded == ""


@pytest.mark.slow
def test_a_first_start_and_indexing_load_no_torch_and_write_no_cache(
    built: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    (tmp_path / "corpus").symlink_to(built / "corpus")
    printed, loaded = run(COMMAND.format(arguments=["index", "--strict"]), TORCH, tmp_path)
    assert "is in use" in printed
    assert loaded.startswith("First index: ")
    assert loaded.splitlines()[1:] == []  # loaded modules would follow the line
    assert not (tmp_path / "cache" / "b12assistant").exists()
