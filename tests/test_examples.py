"""The two corpora of `examples/` are asked, and hold their floors."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from answer_floors import shares
from fit_unasked import tutorial
from red_flag_traffic import fallen, load_floors

from b12assistant.api import Workspace
from b12assistant.config import load_configuration
from b12assistant.evaluation import labelled_set

ROOT = Path(__file__).parent.parent
EXAMPLES = ROOT / "examples"


@pytest.fixture(scope="module", params=["council", "oven"])
def figures(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> dict[str, object]:
    """Index an example with the settings of the skeleton, and ask it."""
    folder = tmp_path_factory.mktemp(request.param)
    if request.param == "oven":
        tutorial(folder / "corpus")
    else:
        shutil.copytree(EXAMPLES / request.param / "corpus", folder / "corpus")
    flags = {"paths.corpus": str(folder / "corpus"), "paths.index": str(folder / "index")}
    skeleton = {
        "encoder.tuned": False,
        "encoder.threads": 1,
        "red_flags.packaged": "emergencies",
        "red_flags.model": False,
    }
    space = Workspace(load_configuration(environment={}, flags={**flags, **skeleton}))
    space.index(strict=True)
    return {"name": request.param, **labelled_set.score(space, EXAMPLES / request.param / "questions.jsonl")}


@pytest.mark.slow
def test_each_example_holds_its_floors(figures: dict[str, object]) -> None:
    floors = {
        name: floor
        for name, floor in load_floors(ROOT / "benchmarks" / "floors.toml", "examples").items()
        if name.startswith(f"{figures['name']}, ")
    }
    found = shares(figures, str(figures["name"]))
    assert floors.keys() <= found.keys()
    assert list(fallen(found, floors)) == []


@pytest.mark.slow
def test_every_label_of_an_example_is_in_its_documents(figures: dict[str, object]) -> None:
    assert figures["gold in no document"] == []


@pytest.mark.slow
def test_every_quote_of_an_example_is_exact(figures: dict[str, object]) -> None:
    shown, _, of = str(figures["quotes exact"]).partition(" of ")
    assert shown == of.split()[0]
