"""Reports of `evaluate` for the page: read from one folder and nowhere else, and whatever does not fit is one line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from builders_reports import QUESTIONS, write_reports
from fakes import FakeWorkspace
from serving import small_space
from starlette.testclient import TestClient

from b12assistant.answering.reliability import reliability
from b12assistant.errors import DatasetError, NotFoundError
from b12assistant.evaluation.report_view import view
from b12assistant.evaluation.reports import Reports
from b12assistant.web import policy
from b12assistant.web.report_routes import report_router
from b12assistant.web.service import build_app

CORPUS = {
    "nerves.md": "# Nerves\n\n## Sheath\n\nMyelin wraps every nerve. It is made of fat. Numb feet are an early sign.\n",
    "pills.txt": "Metformin lowers cobalamin in some people. Ask for a blood test.\n",
    "shop.md": "# Drips\n\nOur golden drip costs forty dollars each time.\n",
}


@pytest.fixture(scope="module")
def space(tmp_path_factory: pytest.TempPathFactory) -> FakeWorkspace:
    return small_space(tmp_path_factory.mktemp("space"), CORPUS)


@pytest.fixture(scope="module")
def folder(space: FakeWorkspace, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_reports(space, tmp_path_factory.mktemp("reports") / "reports")


@pytest.fixture
def client(folder: Path) -> TestClient:
    app = build_app(lambda: pytest.fail("a report needs no index"))
    app.include_router(report_router(Reports(folder)))
    return TestClient(policy.Policy(app, ("/reports", "/reports/")), base_url="http://127.0.0.1:7860")


def test_each_kind_of_report_is_listed_and_read(client: TestClient) -> None:
    listed = client.get("/reports").json()["reports"]
    kinds = {each["name"]: client.get(f"/reports/{each['name']}").json()["kind"] for each in listed}
    assert kinds == {"questions": "questions", "ranking": "collection", "red-flags": "red_flags"}


def test_every_question_is_there_with_what_became_of_it(folder: Path) -> None:
    told = view(Reports(folder).read("questions"))
    results = {row["id"]: row["cells"][0] for row in told["queries"]["rows"]}
    assert list(results) == [str(each["id"]) for each in QUESTIONS]
    assert results["wraps"] == "hit"
    assert results["sign"] == "missed"
    assert results["none"] == "right"
    assert {row["id"] for row in told["queries"]["rows"] if row["failed"]} >= {"sign"}
    missed = next(row for row in told["queries"]["rows"] if row["id"] == "sign")
    assert ["should be quoted", "Metformin lowers cobalamin in some people."] in missed["facts"]
    assert all(each["address"].startswith("/d/") for each in missed["quotes"])


def test_scores_come_with_their_intervals(folder: Path) -> None:
    told = view(Reports(folder).read("questions"))
    for each in told["scores"]:
        (row,) = each["rows"]
        assert row["low"] <= row["mean"] <= row["high"]
    figures = Reports(folder).read("questions")["figures"]
    assert [each["measure"] for each in told["scores"]] == [k for k, v in figures.items() if isinstance(v, dict)]


def test_reliability_counts_every_question_once(folder: Path) -> None:
    told = view(Reports(folder).read("questions"))["reliability"]
    assert sum(each["n"] for each in told["bins"]) == told["n"] == len(QUESTIONS)


def test_bins_hold_means_and_shares() -> None:
    found = reliability([(0.95, True), (1.0, False), (0.05, False), (0.15, False)])
    assert found is not None
    assert [(each["low"], each["n"], each["confidence"], each["right"]) for each in found["bins"]] == [
        (0.0, 1, 0.05, 0.0),
        (0.1, 1, 0.15, 0.0),
        (0.9, 2, 0.975, 0.5),
    ]
    assert found["calibration_error"] == pytest.approx((0.05 + 0.15 + 2 * 0.475) / 4)
    assert reliability([]) is None


def test_a_missed_message_has_its_trace(folder: Path) -> None:
    told = view(Reports(folder).read("red-flags"))
    assert [miss["id"] for miss in told["misses"]] == ["3"]
    assert any("myelin" in line for line in told["misses"][0]["trace"])
    assert "Measures" in [table["title"] for table in told["tables"]]


def test_files_are_saved_and_never_shown(client: TestClient, folder: Path) -> None:
    for file in ("report.html", "as_configured.trec", "per_query.tsv"):
        found = client.get(f"/reports/ranking/{file}")
        assert found.content == (folder / "ranking" / file).read_bytes()
        assert found.headers["content-disposition"] == f'attachment; filename="ranking-{file}"'
        assert found.headers["content-type"] == "application/octet-stream"
        assert found.headers["x-content-type-options"] == "nosniff"
        assert "default-src 'none'" in found.headers["content-security-policy"]


@pytest.mark.parametrize(
    "path",
    [
        "/reports/none",
        "/reports/ranking/none.trec",
        "/reports/ranking/..%2Fquestions%2Freport.json",
        "/reports/..%2Freports%2Franking/report.json",
        "/reports/%2e%2e/report.json",
        "/reports/ranking/%2e%2e",
        "/reports/ranking/report.json/x",
        "/reports/inputs/questions.jsonl",
    ],
)
def test_nothing_else_is_reached(path: str, client: TestClient) -> None:
    assert client.get(path).status_code == 404


def test_links_hidden_files_and_other_kinds_are_passed_over(folder: Path, tmp_path: Path) -> None:
    made = tmp_path / "made"
    report = (folder / "questions" / "report.json").read_bytes()
    for name in ("good", ".hidden"):
        (made / name).mkdir(parents=True)
        (made / name / "report.json").write_bytes(report)
    (made / "good" / "secret.trec").symlink_to(folder / "ranking" / "as_configured.trec")
    (made / "good" / "notes.py").write_text("x = 1")
    (made / "good" / ".hidden.tsv").write_text("x")
    (made / "linked").symlink_to(folder / "ranking", target_is_directory=True)
    (made / "empty").mkdir()
    (listed,) = Reports(made).listed()
    assert (listed.name, listed.files) == ("good", ("report.json",))
    for name, file in (
        ("linked", "report.json"),
        ("good", "secret.trec"),
        ("good", "notes.py"),
        (".hidden", "report.json"),
    ):
        with pytest.raises(NotFoundError):
            Reports(made).file(name, file)


def test_no_folder_is_no_report(tmp_path: Path) -> None:
    assert Reports(tmp_path / "none").listed() == ()


@pytest.mark.parametrize(
    "content",
    [
        b"{",
        b"[]",
        b"\xff",
        b"{}",
        b'{"rankings": []}',
        b'{"kind": "questions"}',
        b'{"judges": 3}',
        b"[" * 100_000,
        b'{"kind": "questions", "sha256": "", "figures": {"set": 1, "x": {"mean": "a"}}, "questions": []}',
    ],
)
def test_what_is_no_report_is_one_line(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "bad").mkdir()
    (tmp_path / "bad" / "report.json").write_bytes(content)
    with pytest.raises(DatasetError):
        view(Reports(tmp_path).read("bad"))
    app = build_app(lambda: pytest.fail("a report needs no index"))
    app.include_router(report_router(Reports(tmp_path)))
    told = TestClient(app).get("/reports/bad")
    assert (told.status_code, told.json()["code"]) == (422, "dataset")
    assert "evaluate --out" in told.json()["hint"]


def test_an_address_that_is_not_ours_leads_nowhere(folder: Path) -> None:
    report: dict[str, Any] = json.loads((folder / "questions" / "report.json").read_bytes())
    for address in ("https://example.com/", "javascript:alert(1)", "//example.com/d/x", 3):
        report["questions"][0]["quotes"][0]["address"] = address
        assert view(report)["queries"]["rows"][0]["quotes"][0]["address"] == ""
