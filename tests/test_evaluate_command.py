import signal
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from shell import Done

from b12assistant.command import cli

Call = Callable[..., Done]


@pytest.fixture
def call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Iterator[Call]:
    handler = signal.getsignal(signal.SIGTERM)
    monkeypatch.chdir(tmp_path)

    def called(*arguments: str) -> Done:
        monkeypatch.setattr("sys.argv", ["b12assistant", "evaluate", *arguments])
        with pytest.raises(SystemExit) as left:
            cli.main()
        streams = capfd.readouterr()
        assert isinstance(left.value.code, int)
        return Done(left.value.code, streams.out, streams.err)

    yield called
    signal.signal(signal.SIGTERM, handler)


@pytest.mark.parametrize(
    ("content", "says"), [(b"\xff\n", "set.jsonl is not UTF-8"), (b"{\n", "set.jsonl:1: not a labelled")]
)
def test_bad_labelled_questions_are_one_line_and_status_1(
    call: Call, tmp_path: Path, content: bytes, says: str
) -> None:
    (tmp_path / "set.jsonl").write_bytes(content)
    done = call("set.jsonl")
    assert done.status == 1
    assert says in done.complaint


def test_a_folder_is_measured_by_a_script_of_the_checkout(call: Call, tmp_path: Path) -> None:
    done = call(str(tmp_path))
    assert done.status == 2
    assert "is a folder; evaluate reads a file of labelled questions: " in done.complaint
    assert "python benchmarks/run_collection.py" in done.complaint
