import io
import json
import signal
from pathlib import Path
from typing import Any

import pytest
from corpora import three_files
from fakes import FakeWorkspace
from shell import b12, hearing_ctrl_c, start, stop

from b12assistant.application import batching
from b12assistant.application.workspace import Workspace
from b12assistant.command.invocation import as_json
from b12assistant.config import load_configuration
from b12assistant.display.json_form import reply_json
from b12assistant.errors import IndexMissingError, UsageError

ASKED = '{"id": "a", "question": "What lowers B12?"}'


@pytest.fixture(scope="module")
def space(tmp_path_factory: pytest.TempPathFactory) -> FakeWorkspace:
    workspace = three_files(tmp_path_factory.mktemp("batching"))
    workspace.index()
    return workspace


def answered(space: FakeWorkspace, folder: Path, text: str | bytes) -> list[dict[str, Any]]:
    """The records `batch` writes for a file of this text."""
    (folder / "in.jsonl").write_bytes(text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass"))
    batching.run(space, folder / "in.jsonl", folder / "out.jsonl", as_json)
    return [json.loads(line) for line in (folder / "out.jsonl").read_text("utf-8").split("\n")[:-1]]


def error(space: FakeWorkspace, folder: Path, line: str | bytes) -> dict[str, str]:
    (record,) = answered(space, folder, line)
    assert set(record) == {"id", "error"}
    assert set(record["error"]) == {"code", "message", "hint"}
    found: dict[str, str] = record["error"]
    return found


def test_order_is_kept_and_each_line_gets_one_record(space: FakeWorkspace, tmp_path: Path) -> None:
    lines = [f'{{"id": {i}, "question": "{"numb feet" if i % 3 else ""}"}}' for i in range(9)]
    records = answered(space, tmp_path, "\n".join(lines))
    assert [record["id"] for record in records] == list(range(9))
    assert ["error" in record for record in records] == [i % 3 == 0 for i in range(9)]


@pytest.mark.parametrize("name", [None, 7, "line\u2028break \u0000"])
def test_an_id_comes_back_as_it_was(space: FakeWorkspace, tmp_path: Path, name: object) -> None:
    (record,) = answered(space, tmp_path, json.dumps({"id": name, "question": "numb feet"}))
    assert record["id"] == name
    assert "answer" in record


@pytest.mark.parametrize(
    "line",
    ["not JSON", "[" * 100_000, '{"question": NaN}', b'{"question": "numb \xff feet"}'],
    ids=lambda line: str(line)[:30],
)
def test_a_line_that_cannot_be_read_is_a_bad_line(space: FakeWorkspace, tmp_path: Path, line: str | bytes) -> None:
    assert error(space, tmp_path, line)["code"] == "bad_line"


@pytest.mark.parametrize(
    ("row", "says"),
    [
        ([1], "no question"),
        ({"id": "a"}, "no question"),
        ({"question": "  \t"}, "empty"),
        ({"question": "x" * 20_001}, "20,000 characters"),
        ({"question": "x", "history": ["y"] * 20}, "at most 20"),
        ({"question": "\ud800"}, "half a character"),
    ],
    ids=lambda value: str(ascii(value))[:40],
)
def test_a_question_that_cannot_be_read_says_why(space: FakeWorkspace, tmp_path: Path, row: object, says: str) -> None:
    found = error(space, tmp_path, "\n\n" + json.dumps(row))
    assert found["code"] == "question"
    assert found["message"].startswith("line 3: ")  # blank lines count
    assert says in found["message"]
    assert found["hint"]


def test_a_message_of_marks_alone_asks_nothing_and_is_no_error(space: FakeWorkspace, tmp_path: Path) -> None:
    (record,) = answered(space, tmp_path, json.dumps({"id": 1, "question": "???"}))
    found = record["answer"]
    assert (found["status"], found["reason"], found["red_flag"]) == ("no_answer", "nothing_asked", None)


def test_a_fault_of_ours_costs_one_line(space: FakeWorkspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise KeyError("a fault")

    monkeypatch.setattr(FakeWorkspace, "ask", broken)
    assert error(space, tmp_path, ASKED)["code"] == "internal"


def test_without_an_index_nothing_is_written(tmp_path: Path) -> None:
    (tmp_path / "in").write_text(ASKED, "utf-8")
    (tmp_path / "out").write_text("former", "utf-8")
    with pytest.raises(IndexMissingError):
        batching.run(three_files(tmp_path), tmp_path / "in", tmp_path / "out", as_json)
    assert (tmp_path / "out").read_text("utf-8") == "former"


def test_the_input_is_never_the_output(space: FakeWorkspace, tmp_path: Path) -> None:
    (tmp_path / "in").write_text(ASKED, "utf-8")
    (tmp_path / "link").symlink_to("in")
    with pytest.raises(UsageError, match="is the input"):
        batching.run(space, tmp_path / "in", tmp_path / "link", as_json)
    assert (tmp_path / "in").read_text("utf-8") == ASKED


def test_a_place_that_cannot_be_written_is_named_before_work_begins(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "in").touch()

    lines = map(pytest.fail, ["the first line was asked for"])
    for place in ("folder", "in/out"):
        with pytest.raises(UsageError, match="cannot be written"):
            batching.write_lines(tmp_path / place, lines)


@pytest.mark.parametrize("name", ["a" * 255, "\U0001f9b6" * 63])
def test_the_longest_name_can_be_written(name: str, tmp_path: Path) -> None:
    batching.write_lines(tmp_path / name, ["one"])
    assert (tmp_path / name).read_text("utf-8") == "one\n"


def test_links_and_permissions_are_kept_and_a_missing_folder_is_made(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("made/out")
    for written in ("first", "second"):
        batching.write_lines(tmp_path / "link", [written])
        assert (tmp_path / "made" / "out").read_text("utf-8") == f"{written}\n"
        (tmp_path / "made" / "out").chmod(0o604)
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "made" / "out").stat().st_mode & 0o777 == 0o604
    assert list((tmp_path / "made").iterdir()) == [tmp_path / "made" / "out"]


HISTORY = ["What is myelin?", "Which medicines lower vitamin B12?"]


@pytest.mark.slow
def test_history_alone_determines_the_answer(built: Path, tmp_path: Path) -> None:
    rows: list[dict[str, Any]] = [
        {"question": HISTORY[0]},
        {"question": "and metformin?", "history": HISTORY},
        {"question": "I want to kill myself"},
    ]
    (tmp_path / "in").write_text("\n".join(map(json.dumps, rows)), "utf-8")
    done = b12("batch", "--input", str(tmp_path / "in"), "--output", "-", cwd=built)
    assert (done.status, done.err) == (0, "")
    places = {"paths.corpus": str(built / "corpus"), "paths.index": str(built / "index")}
    space = Workspace(load_configuration(environment={}, flags=places))
    for row, line in zip(rows, done.out.splitlines(), strict=True):
        reply = space.ask(row["question"], row.get("history", ()))
        alone = json.loads(as_json(reply_json(reply, space.texts)))
        together = json.loads(line)
        assert together["answer"] == alone["answer"]
        assert together["index"] == alone["index"]


@pytest.mark.slow
@pytest.mark.parametrize(
    ("how", "status", "left"), [(signal.SIGKILL, -9, 1), (signal.SIGINT, 130, 0)], ids=["kill", "Ctrl-C"]
)
def test_a_stopped_batch_leaves_no_half_written_output(
    built: Path, tmp_path: Path, how: signal.Signals, status: int, left: int
) -> None:
    (tmp_path / "in").write_text('{"question": "What is myelin made of?"}\n' * 20_000, "utf-8")
    (tmp_path / "out").write_text("former", "utf-8")
    with hearing_ctrl_c():
        process = start("batch", "--input", str(tmp_path / "in"), "--output", str(tmp_path / "out"), cwd=built)
    done = stop(process, how, when=tmp_path, pattern=".out-*")
    assert (done.status, done.out) == (status, "")
    assert (tmp_path / "out").read_text("utf-8") == "former"
    assert len(list(tmp_path.glob(".*"))) == left  # nothing can tidy up after SIGKILL
    if how is signal.SIGINT:
        assert done.complaint == "stopped; nothing half done is kept"


def test_dash_reads_and_writes_the_standard_streams(
    space: FakeWorkspace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(ASKED.encode())))
    batching.run(space, Path("-"), Path("-"), as_json)
    assert json.loads(capsys.readouterr().out)["id"] == "a"
