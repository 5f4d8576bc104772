"""Small versions of the stress tests; `make stress` runs them in full (docs/reference/stress.md)."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from bad_inputs.all import BAD_INPUTS, QUICK
from bad_inputs.pages import HIDDEN
from corpora import NERVES, write
from stress_tests.all import STRESS_TESTS
from stress_tests.bad_files import indexed
from stress_tests.runner import StressTest, carry_out

from b12assistant.index.documents import entries_from_bytes
from b12assistant.index.store import Store


@pytest.mark.slow
@pytest.mark.parametrize("stress", STRESS_TESTS, ids=lambda stress: stress.what)
def test_a_stress_test_passes(stress: StressTest, tmp_path: Path) -> None:
    result = carry_out(stress, stress.quick, tmp_path)
    assert result.wrong == ()
    assert result.tried > 0


def test_text_that_is_hidden_or_outside_the_corpus_is_not_indexed(tmp_path: Path) -> None:
    for bad in BAD_INPUTS:
        if bad.row in (24, 25, 27, 30, 40):
            bad.put(tmp_path / "corpus")
    entries = entries_from_bytes(bytes(indexed(tmp_path / "corpus")[0].files["documents.jsonl"]))
    texts = [entry.document.text for entry in entries]
    assert len(texts) == 19
    assert not [text for text in texts if HIDDEN.casefold() in text.casefold() or "root:" in text]


@pytest.mark.slow
def test_the_program_survives_them_all(tmp_path: Path) -> None:
    """The command line with the real encoder: one index, every file listed, nothing but text on the terminal.

    The other rows are tested with the fake encoder, in stress_tests/bad_files.py.
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
    generation = Store(tmp_path / "index").open()
    counts: Any = generation.manifest["counts"]
    assert counts["files"] == len(chosen) + 1
    left_out = json.loads(bytes(generation.files["left_out.json"]))
    assert ["more than 4 passages"] in [reasons for _, reasons in left_out]
