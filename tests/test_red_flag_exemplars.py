"""The rules for labelled utterances, checked on the committed files."""

from __future__ import annotations

import json
from functools import lru_cache
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

from b12assistant.language.folding import fold

pytestmark = pytest.mark.slow  # the files rarely change

FOLDER = Path(__file__).parent.parent / "benchmarks" / "data" / "red_flags"
SPLITS = ("train", "calibration", "test")
KEYS = {
    "id", "situation", "text", "history", "level", "kind", "category", "trap", "language", "acceptable",
}  # fmt: skip
LEVELS = {"emergency", "urgent", "medical_decision", "none"}
PAIRS = list(combinations(SPLITS, 2))
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


def test_there_are_enough_of_them() -> None:
    everything = [row for split in SPLITS for row in rows(split)]
    assert len(everything) >= 1_500
    assert len({row["situation"] for row in everything}) >= 300


@pytest.mark.parametrize("split", SPLITS)
def test_every_line_has_its_keys(split: str) -> None:
    for row in rows(split):
        assert set(row) == KEYS, row["id"]
        assert row["level"] in LEVELS
        assert set(row["acceptable"]) <= LEVELS - {row["level"]}
        assert (row["kind"] is not None) == (row["level"] == "emergency"), row["id"]
        assert row["text"].strip() == row["text"] != ""


def test_no_line_comes_twice() -> None:
    ids = [row["id"] for split in SPLITS for row in rows(split)]
    said = [(*row["history"], fold(row["text"]).text) for split in SPLITS for row in rows(split)]
    assert len(set(ids)) == len(ids)
    assert len(set(said)) == len(said)


@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_no_situation_is_in_two_splits(one: str, other: str) -> None:
    assert not {row["situation"] for row in rows(one)} & {row["situation"] for row in rows(other)}


@pytest.mark.parametrize(("one", "other"), PAIRS)
def test_no_two_splits_share_a_run_of_five_words(one: str, other: str) -> None:
    assert not runs(one) & runs(other)


def test_every_relabelled_message_has_the_label_that_its_line_gives() -> None:
    labels = {(split, row["id"]): (row["level"], row["acceptable"]) for split in SPLITS for row in rows(split)}
    for line in (FOLDER / "relabelled.jsonl").read_text("utf-8").splitlines():
        change = json.loads(line)
        label = change["new"] or change["old"]
        assert labels[change["split"], change["id"]] == (label["level"], label["acceptable"]), change["id"]
        assert change["new"] != change["old"], change["id"]
        assert (change["new"] is None) == (change["rule"] is None), change["id"]
        assert not (change["new"] and change["old"]["level"] == "emergency"), change["id"]
