from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
import run_suite
from fakes import fake_workspace
from run_suite import Row, load_expected, measured
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
