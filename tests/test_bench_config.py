from dataclasses import replace
from pathlib import Path

import pytest
from ranking.indexing import RANKINGS, Ranking, load_ranking, packaged

from b12assistant.answering.retrieval import Depths, Weights
from b12assistant.errors import ConfigError, UsageError


def write(folder: Path, text: str) -> Path:
    path = folder / "mine.toml"
    path.write_text(text, "utf-8")
    return path


def test_a_setting_that_is_not_named_is_as_shipped(tmp_path: Path) -> None:
    ranking = load_ranking(write(tmp_path, 'says = "nothing"\n[weights]\nfeedback = 0\n[retrieval]\nrescored = 7\n'))
    assert (ranking.name, ranking.says) == ("mine", "nothing")
    assert ranking.weights.feedback == 0
    assert ranking.weights.words == Weights().words
    assert ranking.retrieval == Depths(100, 7)


def test_the_shipped_ranking_is_the_products() -> None:
    shipped = load_ranking(RANKINGS / "shipped.toml")
    assert shipped == replace(Ranking(), says=shipped.says)


@pytest.mark.parametrize("path", sorted(RANKINGS.glob("*.toml")), ids=lambda path: path.stem)
def test_every_configuration_is_read_and_says_what_it_is(path: Path) -> None:
    ranking = load_ranking(path)
    assert ranking.says != path.stem
    assert path.stem == "shipped" or ranking != Ranking(ranking.name, ranking.says)


BAD = {
    "no TOML": ("[weights", "is not valid TOML"),
    "unknown section": ("[wieghts]\n", "unknown setting 'wieghts': there is weights"),
    "unknown weight": ("[weights]\nword = 1\n", "unknown setting 'weights.word': there is weights.words"),
    "negative": ("[weights]\nwords = -1\n", "weights.words = -1 cannot be used: give a number from 0 on"),
    "text": ('[weights]\nwords = "1"\n', "weights.words = '1' cannot be used"),
    "half a passage": ("[chunking]\npieces = 1.5\n", "chunking.pieces = 1.5 cannot be used: give a whole number"),
    "no table": ("weights = 1\n", "weights is no table"),
    "unknown setting": (
        "[retrieval]\ncandidate = 1\n",
        "unknown setting 'retrieval.candidate': there is retrieval.candidates",
    ),
    "out of range": ("[lexical]\nb_body = 2\n", "lexical.b_body = 2 is too large"),
}


@pytest.mark.parametrize(("text", "says"), BAD.values(), ids=BAD.keys())
def test_a_wrong_file_is_named_with_what_is_wrong(tmp_path: Path, text: str, says: str) -> None:
    path = write(tmp_path, text)
    with pytest.raises(ConfigError) as caught:
        load_ranking(path)
    assert str(path) in str(caught.value)
    assert says in str(caught.value)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"none\.toml cannot be read"):
        load_ranking(tmp_path / "none.toml")


def test_a_packaged_ranking_is_found_by_name() -> None:
    assert load_ranking(packaged("bm25")).name == "bm25"


@pytest.mark.parametrize(("name", "says"), [("bm2", "did you mean bm25?"), ("../x", "choose from bm25, deeper")])
def test_an_unknown_ranking_is_refused_with_the_names(name: str, says: str) -> None:
    with pytest.raises(UsageError) as caught:
        packaged(name)
    assert says in str(caught.value)
