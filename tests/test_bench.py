import json
from dataclasses import replace
from pathlib import Path
from shutil import copytree
from typing import Any

import pytest
from fakes import FakeEncoder, fake_workspace
from ranking.bench import Bench, Request
from ranking.indexing import RANKINGS
from ranking.report import markdown, page, per_query, text
from ranking.runs import read_run, write_run

from b12assistant.errors import DatasetError, UsageError

HERE = Path(__file__).parent
TINY = HERE / "fixtures" / "tiny_collection"


def bench(tmp_path: Path, encoder: FakeEncoder | None = None, **asked: Any) -> dict[str, Any]:
    request = Request(**{"folder": TINY, "cache": tmp_path / "cache", **asked})
    return Bench(fake_workspace(tmp_path, tmp_path, encoder=encoder), request).report()


def warnings(report: dict[str, Any]) -> str:
    return "\n".join([*report["warnings"], *(each for ranking in report["rankings"] for each in ranking["warnings"])])


def test_the_products_ranking_is_scored_on_all_judged_queries(tmp_path: Path) -> None:
    report = bench(tmp_path)
    (ranking,) = report["rankings"]
    assert report["dataset"]["split"] == "dev"
    assert ranking["measures"]["success@3"] == {"mean": 1.0, "low": 1.0, "high": 1.0, "n": 3}
    assert ranking["measures"]["MRR"]["mean"] == pytest.approx(1.0)
    assert report["per_query"]["shipped"]["MAP"].keys() == {"q1", "q2", "q3"}
    assert ranking["speed"]["p50_ms"] <= ranking["speed"]["p99_ms"]
    assert report["index"]["passages"] == 7
    assert report["index"]["bytes"]["total"] == sum(
        size for name, size in report["index"]["bytes"].items() if name != "total"
    )


def test_the_traps_of_the_data_set_are_reported(tmp_path: Path) -> None:
    told = warnings(bench(tmp_path, split="test"))
    assert "1 query ids are ids of documents too" in told
    assert "1 documents repeat another's title and text" in told
    assert "1 documents have no text" in told
    assert "1 of 3 judged queries have no relevant document and are not counted" in told
    assert "were never judged and count as not relevant" in told
    assert "queries have equal scores" in told  # the two equal documents


def test_the_effects_of_the_encoders_limit_are_reported(tmp_path: Path) -> None:
    folder = Path(copytree(TINY, tmp_path / "tiny"))
    with (folder / "corpus.jsonl").open("a") as file:
        file.write(json.dumps({"_id": "long", "title": "word " * 60, "text": "A note about something else."}) + "\n")
        file.write(json.dumps({"_id": "longer", "title": "", "text": "Many words stand here. " * 100}) + "\n")
    queries = folder / "queries.jsonl"
    queries.write_text(queries.read_text("utf-8").replace("keeping rain", "keeping rain " * 150), "utf-8")
    told = warnings(bench(tmp_path, folder=folder))
    assert "1 titles are cut to 48 word pieces" in told
    assert "no text is cut: 9 documents were read in 10 passages" in told
    assert "1 queries are longer than the encoder's limit and were read in parts" in told


def test_a_run_is_scored_as_it_is_and_its_traps_are_reported(tmp_path: Path) -> None:
    run = tmp_path / "theirs.trec"
    write_run(run, {"q1": {"d1": 1.0, "d2": 1.0}, "q2": {"d99": 1.0, "d3": 0.5}, "q4": {"d2": 1.0}}, "x")
    encoder = FakeEncoder()
    report = bench(tmp_path, encoder, run=run)
    assert encoder.encoded == []
    (ranking,) = report["rankings"]
    assert ranking["name"] == "theirs.trec"
    # q1: d2 before d1, as trec_eval orders ties; q3 is not in the run
    assert report["per_query"]["theirs.trec"]["MRR"] == {"q1": 0.5, "q2": 0.5, "q3": 0.0}
    assert ranking["measures"]["MRR"]["mean"] == pytest.approx(1 / 3)
    told = warnings(report)
    assert "1 of 3 queries are missing from the run and count as 0 (first: q3)" in told
    assert "1 queries of the run are not judged in this split" in told
    assert "1 places of the run hold documents that the collection does not have" in told
    assert "1 queries have equal scores" in told


def test_a_missing_run_is_written_and_scores_the_same_again(tmp_path: Path) -> None:
    run = tmp_path / "ours.trec"
    searched = bench(tmp_path, run=run)
    again = bench(tmp_path, run=run)
    assert searched["rankings"][0]["measures"] == again["rankings"][0]["measures"]


def test_a_second_run_encodes_only_the_queries(tmp_path: Path) -> None:
    bench(tmp_path)
    encoder = FakeEncoder()
    bench(tmp_path, encoder)
    assert set(encoder.encoded) == {
        "keeping rain for the garden",
        "who eats my lettuce at night",
        "cut branches of apple trees in winter",
    }


def test_configurations_are_shown_side_by_side_and_compared_with_the_first(tmp_path: Path) -> None:
    encoder = FakeEncoder()
    report = bench(tmp_path, encoder, configs=[RANKINGS / f"{name}.toml" for name in ("shipped", "bm25", "dense")])
    assert [each["name"] for each in report["rankings"]] == ["shipped", "bm25", "dense"]
    assert {(each["ranking"], each["against"]) for each in report["compared"]} == {
        ("bm25", "shipped"),
        ("dense", "shipped"),
    }
    assert all(each["holm"] >= each["p"] > 0 for each in report["compared"])
    passages = [asked for asked in encoder.encoded if asked.startswith("Rain barrels")]
    assert len(passages) == 1


def test_everything_asked_for_is_written(tmp_path: Path) -> None:
    out = tmp_path / "out"
    report = bench(tmp_path, out=out, configs=[RANKINGS / "shipped.toml", RANKINGS / "bm25.toml"])
    assert sorted(path.name for path in out.iterdir()) == [
        "bm25.trec", "per_query.tsv", "report.html", "report.json", "report.md", "shipped.trec",
    ]  # fmt: skip
    assert json.loads((out / "report.json").read_text("utf-8"))["rankings"][0]["name"] == "shipped"
    assert read_run(out / "bm25.trec").keys() == {"q1", "q2", "q3"}
    assert (out / "report.md").read_text("utf-8") == markdown(report)


def test_a_report_names_split_licence_seed_and_machine(tmp_path: Path) -> None:
    report = bench(tmp_path)
    for told in ("\n".join(text(report)), markdown(report), page(report)):
        for each in (
            "tiny_collection, split dev",
            "licence: the project",
            "seed 20261120",
            "cores",
            "queries a second",
        ):
            assert each in told


def test_a_page_has_its_plots_and_fetches_nothing(tmp_path: Path) -> None:
    made = page(bench(tmp_path, configs=[RANKINGS / "shipped.toml", RANKINGS / "bm25.toml"]))
    assert made.count("<svg") == 5
    assert 'role="img" aria-label="nDCG@10 with 95 % intervals: shipped' in made
    assert not any(each in made for each in ("http:", "https:", "<script", "src="))
    assert "<dt>nDCG@10</dt><dd>How good the order of the first ten is" in made
    assert "3 (too few to be sure); small differences between rankings are chance" in made


def test_a_page_shows_a_querys_words_inert(tmp_path: Path) -> None:
    folder = Path(copytree(TINY, tmp_path / "tiny"))
    queries = folder / "queries.jsonl"
    queries.write_text(queries.read_text("utf-8").replace("keeping rain", "<img src=x>"), "utf-8")
    assert "<img" not in page(bench(tmp_path, folder=folder))


def test_the_table_of_queries_has_a_line_each(tmp_path: Path) -> None:
    rows = [line.split("\t") for line in per_query(bench(tmp_path)).splitlines()]
    assert rows[0][:4] == ["ranking", "query", "text", "nDCG@1"]
    assert [row[1] for row in rows[1:]] == ["q1", "q2", "q3"]
    assert {len(row) for row in rows} == {len(rows[0])}


def test_reading_a_test_split_or_a_run_is_announced(tmp_path: Path) -> None:
    said: list[str] = []
    run = tmp_path / "run"
    for request in (Request(TINY, run=run), Request(TINY, run=run), Request(TINY, "test", run=run)):
        Bench(fake_workspace(tmp_path, tmp_path), replace(request, cache=tmp_path / "cache"), said.append).report()
    assert [sentence.split()[0] for sentence in said] == ["scoring", "reading", "scoring"]


def test_a_bad_run_writes_nothing(tmp_path: Path) -> None:
    run, out = tmp_path / "bad.trec", tmp_path / "out"
    run.write_text("q1 Q0 d1 1 0.5\n")
    with pytest.raises(DatasetError, match=r"bad\.trec:1: "):
        bench(tmp_path, run=run, out=out)
    assert not out.exists()


def test_options_that_cannot_be_measured_together_are_refused(tmp_path: Path) -> None:
    shipped, other = RANKINGS / "shipped.toml", RANKINGS / "bm25.toml"
    with pytest.raises(UsageError, match="same file name"):
        bench(tmp_path, configs=[shipped, shipped])
    with pytest.raises(UsageError, match="--run is one run"):
        bench(tmp_path, configs=[shipped, other], run=tmp_path / "run")
