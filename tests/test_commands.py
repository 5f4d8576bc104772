"""Every command on a small corpus, with the real encoder."""

import json
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from shell import ANSWERS, Call, b12, hearing_ctrl_c

from b12assistant.command.prompt import key
from b12assistant.errors import UsageError

pytestmark = pytest.mark.slow

QUESTION = "What insulates a nerve fibre?"


@pytest.fixture(scope="module")
def answer(built: Path) -> dict[str, Any]:
    done = b12("ask", "--json", QUESTION, cwd=built)
    assert (done.status, done.err) == (0, "")
    found: dict[str, Any] = json.loads(done.out)
    return found


def test_a_question_on_standard_input_is_the_same_question(built: Path, answer: dict[str, Any]) -> None:
    done = b12("ask", "--json", cwd=built, typed=f"{QUESTION}\n".encode())
    assert json.loads(done.out)["answer"] == answer["answer"]


def test_standard_input_that_is_not_a_question_is_refused(built: Path) -> None:
    done = b12("ask", cwd=built, typed=b"\xff\xfe")
    assert done.status == 2
    assert "not UTF-8" in done.complaint


def test_a_pipe_gets_plain_utf_8_in_any_locale(built: Path) -> None:
    old = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": ""}
    question = "What hides anæmia?"
    done = b12("ask", question, cwd=built, env=old)
    assert (done.status, done.err) == (0, "")
    assert "the anæmia of vitamin B12" in done.out
    assert "\x1b" not in done.out
    assert json.loads(b12("ask", "--json", question, cwd=built, env=old).out)["answer"]["question"] == question


def test_export_holds_every_document_whole(call: Call, built: Path, tmp_path: Path) -> None:
    done = call("export", "-", cwd=built)
    rows = [json.loads(line) for line in done.out.splitlines()]
    assert {row["document"] for row in rows} == set(ANSWERS)
    assert all(row["text"][start:end] for row in rows for passage in row["passages"] for start, end in passage["spans"])
    call("export", str(tmp_path / "file"))
    assert (tmp_path / "file").read_text("utf-8") == done.out


def test_a_damaged_index_is_refused_by_name_and_repaired(call: Call, built: Path, tmp_path: Path) -> None:
    folder = shutil.copytree(built, tmp_path / "own")
    file = next(folder.glob("index/generations/*/lexical.safetensors"))
    file.write_bytes(file.read_bytes()[:-1] + b"?")
    done = call("ask", QUESTION, cwd=folder)
    assert done.status == 1
    assert "lexical.safetensors" in done.complaint
    assert "b12assistant index" in done.complaint
    assert call("verify").status == 1
    assert call("verify", "--repair").status == 0
    assert call("ask", QUESTION).status == 0


def test_it_runs_from_another_folder(call: Call, built: Path, tmp_path: Path, answer: dict[str, Any]) -> None:
    places = ["--corpus", str(built / "corpus"), "--index", str(built / "index")]
    for arguments in ([*places, "ask", "--json", QUESTION], ["ask", *places, "--json", QUESTION]):
        assert json.loads(call(*arguments, cwd=tmp_path).out)["answer"] == answer["answer"]


def test_the_keys_that_mark_need_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    def getchar() -> str:
        raise OSError("No such device or address: '/dev/tty'")

    monkeypatch.setattr("click.getchar", getchar)
    with pytest.raises(UsageError, match="the keys that mark come from a terminal: run `b12assistant improve` in one"):
        key()


STOPPED = """
import click
from b12assistant.command.invocation import run

@click.command()
def commands():
    exec("import os, signal; os.kill(os.getpid(), signal.SIGINT); [0 for _ in range(10**6)]")

raise SystemExit(run(commands))
"""


def test_ctrl_c_while_a_dataclass_is_made_ends_as_anywhere(tmp_path: Path) -> None:
    (tmp_path / "stopped.py").write_text(STOPPED, "utf-8")
    with hearing_ctrl_c():
        done = subprocess.run([sys.executable, "-m", "stopped"], cwd=tmp_path, capture_output=True, check=False)
    assert (done.returncode, done.stderr.decode().strip()) == (130, "b12assistant: stopped; nothing half done is kept")
