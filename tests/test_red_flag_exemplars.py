"""No message of one split of the labelled utterances tells what another split measures."""

import json
from functools import lru_cache
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from b12assistant.language.folding import fold

pytestmark = pytest.mark.slow  # the files rarely change

FOLDER = Path(__file__).parent.parent / "benchmarks" / "data" / "red_flags"
PAIRS = list(combinations(("train", "calibration", "test"), 2))
RUN = 5


@lru_cache(maxsize=3)
def rows(split: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (FOLDER / f"{split}.jsonl").read_text("utf-8").splitlines()]


def runs(split: str) -> set[tuple[str, ...]]:
    found: set[tuple[str, ...]] = set()
    for row in rows(split):
        for turn in (*row["history"], row["text"]):
            words = [word.text for word in fold(turn).words if word.text not in ".?,"]
            found.update(zip(*(words[i:] for i in range(RUN)), strict=False))
    return found


@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_two_splits_share_no_situation_and_no_run_of_five_words(one: str, other: str) -> None:
    assert not {row["situation"] for row in rows(one)} & {row["situation"] for row in rows(other)}
    assert not runs(one) & runs(other)
