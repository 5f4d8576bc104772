from dataclasses import asdict

import run_suite
from run_suite import load_expected
from suite_page import page

from b12assistant.answering.retrieval import Weights
from b12assistant.api import Workspace
from b12assistant.config import load_configuration


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
