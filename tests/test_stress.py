"""Small versions of the stress tests: `make test` runs three, `make stress` all in full (docs/reference/stress.md)."""

from pathlib import Path

import pytest
from bad_inputs.all import BAD_INPUTS
from bad_inputs.pages import HIDDEN
from stress_tests.all import STRESS_TESTS
from stress_tests.bad_files import indexed
from stress_tests.runner import IN_FULL, StressTest

from b12assistant.index.documents import entries_from_bytes

BY_DAY = (
    () if IN_FULL else ("bad inputs, 54 rows", "the nth change or look fails, every n", "SIGKILL at random moments")
)
TRIED = [pytest.param(each, marks=() if each.what in BY_DAY else pytest.mark.nightly) for each in STRESS_TESTS]


@pytest.mark.slow
@pytest.mark.parametrize("stress", TRIED, ids=lambda stress: stress.what)
def test_a_stress_test_passes(stress: StressTest, tmp_path: Path) -> None:
    tried = list(stress.run(stress.full if IN_FULL else stress.quick, tmp_path))
    assert tried
    assert [wrong for wrong in tried if wrong is not None] == []


def test_text_that_is_hidden_or_outside_the_corpus_is_not_indexed(tmp_path: Path) -> None:
    for bad in BAD_INPUTS:
        if bad.row in (24, 25, 27, 30, 40):
            bad.put(tmp_path / "corpus")
    entries = entries_from_bytes(bytes(indexed(tmp_path / "corpus")[0].files["documents.jsonl"]))
    texts = [entry.document.text for entry in entries]
    assert len(texts) == 19
    assert not [text for text in texts if HIDDEN.casefold() in text.casefold() or "root:" in text]
