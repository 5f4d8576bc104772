import json
import subprocess
import sys
from pathlib import Path

import pytest
from shell import Call, Done, start

pytestmark = pytest.mark.slow


@pytest.fixture
def call(call: Call, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Call:
    """With an empty corpus; quick for what fails before the model is loaded."""
    (tmp_path / "corpus").mkdir()
    monkeypatch.chdir(tmp_path)
    return call


NEEDS_AN_INDEX = {
    "ask": ["ask", "What is myelin?"],
    "search": ["search", "myelin"],
    "batch": ["batch", "--input", "in.jsonl", "--output", "out.jsonl"],
    "show": ["show", "a.md"],
    "export": ["export", "-"],
    "evaluate": ["evaluate", "in.jsonl"],
}


@pytest.mark.parametrize("arguments", NEEDS_AN_INDEX.values(), ids=NEEDS_AN_INDEX)
def test_without_an_index_it_says_how_to_make_one(call: Call, tmp_path: Path, arguments: list[str]) -> None:
    (tmp_path / "in.jsonl").write_text('{"id": "1", "question": "What is myelin?", "gold": []}\n', "utf-8")
    done = call(*arguments)
    assert done.status == 1
    assert "there is no index in index" in done.complaint
    assert "`b12assistant index" in done.complaint
    assert sorted(path.name for path in tmp_path.iterdir()) == ["corpus", "in.jsonl"]


@pytest.mark.parametrize("command", ["verify", "doctor"])
def test_a_missing_index_is_a_finding_of_a_check(call: Call, command: str) -> None:
    done = call(command)
    assert (done.status, done.err) == (1, "")
    assert "there is no index in index" in done.out
    assert call(command, "--json").status == 1


def test_an_emergency_needs_no_index(call: Call) -> None:
    done = call("ask", "I want to kill myself")
    assert (done.status, done.err) == (0, "")
    assert "call 999 now. In the EU: 112. In the US: 911." in " ".join(done.out.replace("│", " ").split())
    assert "looking this up" in done.out
    assert json.loads(call("ask", "--json", "I want to kill myself").out)["answer"]["status"] == "safety_only"


@pytest.mark.parametrize(
    ("question", "says"),
    [
        ("", "empty"),
        (" \t\n", "empty"),
        ("\x00\x1b\x07", "no readable word"),
        ("x" * 20_001, "20,000 characters"),
        ("numb \udcff feet", "not UTF-8"),
    ],
    ids=lambda value: str(ascii(value))[:24],
)
def test_a_question_that_cannot_be_read_gets_a_plain_message(call: Call, question: str, says: str) -> None:
    done = call("ask", question)
    assert done.status == 2
    assert says in done.complaint


WRONG_USE = {
    "command": (["asl"], "did you mean 'ask'"),
    "range": (["search", "x", "-k", "0"], "range"),
    "no output": (["batch", "--input", "x"], "missing option '--output'"),
    "empty folder after the command": (["ask", "x", "--corpus", ""], "--corpus is empty"),
    "no configuration": (["--config", "none.toml", "ask", "x"], "none.toml cannot be read"),
}


@pytest.mark.parametrize(("arguments", "says"), WRONG_USE.values(), ids=WRONG_USE)
def test_wrong_use_is_one_line_and_status_2(call: Call, arguments: list[str], says: str) -> None:
    done = call(*arguments)
    assert done.status == 2
    assert says in done.complaint.casefold()


def test_a_name_can_neither_break_the_line_nor_steer_the_terminal(call: Call) -> None:
    done = call("ask", "which foods hold B12", "--index", "\n\x1b[31m")
    assert done.status == 1
    assert "\x1b" not in done.complaint


def test_a_fault_of_ours_is_one_line_too(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("b12assistant.command.invocation.workspace", lambda *_: 1 / 0)
    done = call("doctor")
    assert done.status == 1
    assert "a fault in the program" in done.complaint
    assert "python -X dev" in done.complaint


def test_a_closed_stream_is_not_a_fault(tmp_path: Path) -> None:
    command = f"{sys.executable} -m b12assistant ask 'I want to kill myself' >&-"
    done = subprocess.run(["bash", "-c", command], cwd=tmp_path, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")


def test_a_full_disk_is_reported(tmp_path: Path) -> None:
    if not Path("/dev/full").is_char_device():
        pytest.skip("needs /dev/full")
    with Path("/dev/full").open("wb") as full, start("ask", "I want to die", cwd=tmp_path, stdout=full) as process:
        _, err = process.communicate(timeout=180)
    assert process.returncode == 1
    assert "No space left" in Done(1, "", err.decode()).complaint


def test_without_a_command_there_is_help(call: Call) -> None:
    done = call()
    assert done.status == 2
    assert done.err.startswith("Usage: b12assistant")
