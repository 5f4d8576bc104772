import json
import tomllib
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
import run_suite
from fakes import fake_workspace
from ranking.indexing import RANKINGS
from run_suite import Row, configurations, drops, load_expected, measured, reading, suite
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


def test_a_reading_names_commit_configuration_and_scores(found: dict[str, Any]) -> None:
    line = json.loads(json.dumps(reading(found)))
    assert len(line["commit"].split()[0]) == 40
    assert line["collection"] == "tiny_collection dev"
    assert line["runtime"]["encoder"]
    assert line["configuration"]["words"] == 1
    assert line["scores"]["shipped"]["MRR"] == 1


def test_the_page_shows_what_is_expected(found: dict[str, Any]) -> None:
    made = page([found])
    assert "| tiny_collection dev | 3 |" in made
    assert "What each part earns" in made
    assert f"{found['scores']['shipped']['nDCG@10']['mean']:.3f} (" in made


def test_the_page_in_docs_is_made_of_the_expected_scores() -> None:
    if run_suite.EXPECTED.is_file():
        assert run_suite.PAGE.read_text("utf-8") == page(list(load_expected().values()))
    else:
        assert not run_suite.PAGE.exists()


def test_every_test_reading_in_the_log_is_of_the_suite() -> None:
    names = {row.name for row in suite()[0] if row.role == "test"}
    lines = run_suite.LOG.read_text("utf-8").splitlines() if run_suite.LOG.is_file() else []
    assert {json.loads(line)["collection"] for line in lines} <= names


def test_what_was_found_replaces_what_was_expected(
    found: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_suite, "EXPECTED", tmp_path / "expected.json")
    monkeypatch.setattr(run_suite, "PAGE", tmp_path / "page.md")
    run_suite.accept({TINY.name: found}, [TINY])
    assert load_expected(tmp_path / "expected.json") == {TINY.name: json.loads(json.dumps(found))}
    assert (tmp_path / "page.md").read_text("utf-8") == page([found])


def test_the_suite_is_valid_toml_without_paths_of_a_machine() -> None:
    text = (HERE.parent / "benchmarks" / "suite.toml").read_text("utf-8")
    assert tomllib.loads(text)["collection"]
    assert '= "/' not in text


def test_the_published_figures_are_of_the_encoder_and_the_ranking_that_ship() -> None:
    encoder = Workspace(load_configuration(environment={})).encoder.digest
    for name, found in load_expected().items():
        assert found["encoder"] == encoder, f"{name}: run `make bench` again, with --accept"
        assert found["configuration"] == asdict(Weights()), name
