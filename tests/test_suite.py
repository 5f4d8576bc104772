from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
import run_suite
from fakes import fake_workspace
from ranking.indexing import RANKINGS
from run_suite import Row, configurations, drops, load_expected, measured, suite
from suite_page import page

from b12assistant.answering.retrieval import Weights
from b12assistant.api import Workspace
from b12assistant.config import load_configuration

HERE = Path(__file__).parent
TINY = Row("tiny_collection", "dev", "development")


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("suite")
    space = fake_workspace(folder, folder)
    return measured(TINY, HERE / "fixtures", folder / "out", folder / "cache", space, ["shipped", "bm25"], space)


def worse(found: dict[str, Any], by: float) -> dict[str, Any]:
    return {**found, "per_query": {query: value - by for query, value in found["per_query"].items()}}


def test_the_same_scores_are_not_a_drop(found: dict[str, Any]) -> None:
    assert list(drops({"a": found}, {"a": found})) == []
    assert list(drops({"a": worse(found, 0.1)}, {"a": found})) == []


def test_a_drop_beyond_noise_is_reported_and_rounding_is_not_a_drop(found: dict[str, Any]) -> None:
    assert list(drops({"a": found}, {"a": worse(found, 0.001)})) == []
    (told,) = drops({"a": found}, {"a": worse(found, 0.1)})
    assert told.startswith("a: nDCG@10 fell by 0.1000")


def test_other_judgements_cannot_be_compared_with_what_is_expected(found: dict[str, Any]) -> None:
    other = {**found, "dataset": {**found["dataset"], "sha256": "0"}}
    assert "not those that the expected scores were measured on" in "".join(drops({"a": found}, {"a": other}))
    assert list(drops({}, {"a": found})) == []


def test_development_splits_get_every_configuration_test_splits_the_baselines() -> None:
    rows, baselines = suite()
    every = {path.stem for path in RANKINGS.glob("*.toml")}
    for row in rows:
        names = [path.stem for path in configurations(row, baselines)]
        assert names[0] == "shipped"
        assert set(names) == (every if row.role == "development" else set(baselines))
    assert len({row.name for row in rows}) == len(rows)
    assert {path.stem for row in rows for path in configurations(row, [])} == {"shipped"}


def test_no_split_is_used_for_both_choosing_and_testing() -> None:
    rows, _ = suite()
    assert not {(r.folder, r.split) for r in rows if r.role == "test"} & {
        (r.folder, r.split) for r in rows if r.role == "development"
    }


def test_the_page_in_docs_is_made_of_the_expected_scores() -> None:
    if run_suite.EXPECTED.is_file():
        assert run_suite.PAGE.read_text("utf-8") == page(list(load_expected().values()))
    else:
        assert not run_suite.PAGE.exists()


def test_the_published_figures_are_of_the_encoder_and_the_ranking_that_ship() -> None:
    encoder = Workspace(load_configuration(environment={})).encoder.digest
    for name, found in load_expected().items():
        assert found["encoder"] == encoder, f"{name}: run `make bench` again, with --accept"
        assert found["configuration"] == asdict(Weights()), name
