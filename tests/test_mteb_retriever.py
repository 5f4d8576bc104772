from pathlib import Path

import pytest
from fakes import fake_workspace

pytest.importorskip("mteb", reason="MTEB is optional: pip install -e '.[mteb]'")

from mteb_retriever import Retriever, scores, task_of
from ranking.bench import Bench, Request
from ranking.datasets import load_dataset

pytestmark = [pytest.mark.slow, pytest.mark.filterwarnings("default")]  # MTEB's own warnings are not ours to fix
TINY = Path(__file__).parent / "fixtures" / "tiny_collection"


def test_mteb_scores_the_ranking_as_we_do(tmp_path: Path) -> None:
    space = fake_workspace(tmp_path, tmp_path)
    theirs = scores(Retriever(space, tmp_path / "cache"), [task_of(load_dataset(TINY))])["tiny_collection dev"]
    (ours,) = Bench(space, Request(TINY, cache=tmp_path / "cache")).report()["rankings"]
    for their_name, our_name in (("ndcg_at_10", "nDCG@10"), ("recall_at_10", "Recall@10"), ("mrr_at_10", "MRR")):
        assert theirs[their_name] == pytest.approx(ours["measures"][our_name]["mean"], abs=1e-4)


def test_candidates_to_re_rank_are_refused(tmp_path: Path) -> None:
    retriever = Retriever(fake_workspace(tmp_path, tmp_path), tmp_path / "cache")
    with pytest.raises(NotImplementedError):
        retriever.search([], top_k=10, top_ranked={"q1": ["d1"]})
    with pytest.raises(RuntimeError, match="`index` comes before"):
        retriever.search([{"id": "q1", "text": "rain"}], top_k=10)
