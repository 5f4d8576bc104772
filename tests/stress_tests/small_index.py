"""A small index that is made in milliseconds: a few files of every kind and a fake encoder with few dimensions."""

from collections.abc import Mapping
from pathlib import Path

from corpora import FOOD, NERVES, PILLS, summaries, write
from fakes import FakeEncoder, FakeWorkspace, fake_workspace

from b12assistant.index.store import Data

VERSIONS = tuple(
    summaries() | {"nerves.md": NERVES, "guides/food.md": FOOD, "pills.txt": PILLS.replace("some", number)}
    for number in ("some", "many", "few")
)


def workspace(corpus: Path, index: Path) -> FakeWorkspace:
    return fake_workspace(corpus, index, encoder=FakeEncoder(dimension=76))  # no two words of these tests are alike


def corpora(folder: Path) -> list[Path]:
    """A corpus for each version."""
    return [write(folder / f"corpus{number}", files) for number, files in enumerate(VERSIONS)]


def contents(folder: Path, corpora: list[Path]) -> list[Mapping[str, Data]]:
    """What the index of each corpus holds, byte for byte."""
    made = []
    for number, corpus in enumerate(corpora):
        space = workspace(corpus, folder / f"expected{number}")
        space.index()
        made.append(space.store.open().files)
    return made
