"""Reviews: a sheet of sentences goes out, verdicts come back, and a review lasts as long as the words it was of."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

import pytest
from corpora import again, three_files, write
from fakes import FakeWorkspace

from b12assistant.application import health
from b12assistant.application.catalogue import catalogue
from b12assistant.corpus.provenance import read_sentences
from b12assistant.corpus.reviews import COLUMNS, read_back
from b12assistant.display.labels import load_labels
from b12assistant.display.quoted import Cited, Quoted
from b12assistant.errors import UsageError
from b12assistant.evaluation.review_sheet import PAGE, SHEET, question_files
from b12assistant.evaluation.review_sheet import write as write_sheet

TODAY = date(2026, 11, 23)
LOW, TEST = "Metformin lowers B12 in some people.", "Ask for a blood test."
REGISTER = """[[origin]]
id = "nhs"
title = "Metformin"
publisher = "NHS"
kind = "public_body"
country = "GB"
published = "2023"
read = 2026-11-21
url = "https://a.example/"
terms = "OGL"
part_read = "the whole page"
"""
GOOD = {"verdict": "right", "name": "A. Reader", "role": "GP", "date": "2026-11-20"}


def corpus(folder: Path) -> FakeWorkspace:
    space = three_files(folder)
    lines = "".join(json.dumps({"text": text, "origins": {"nhs": "p"}}) + "\n" for text in (LOW, TEST))
    write(space.corpus, {"sources.toml": REGISTER, "sentences/pills.txt.jsonl": lines})
    return space


def sheet(folder: Path, *rows: Mapping[str, str], delimiter: str = ",", columns: Sequence[str] = COLUMNS) -> Path:
    out = io.StringIO(newline="")
    table = csv.DictWriter(out, columns, restval="", delimiter=delimiter, extrasaction="ignore")
    table.writeheader()
    table.writerows({"document": "pills.txt", "sentence": LOW, **row} for row in rows)
    (folder / "sheet.csv").write_bytes(out.getvalue().encode("utf-8-sig"))
    return folder / "sheet.csv"


def notes(space: FakeWorkspace) -> tuple[str, ...]:
    document = space.entries[next(id_ for id_ in space.entries if id_ == "pills.txt")].document
    cited = Cited((document.span(0, len(LOW)),))
    return Quoted.of(cited, load_labels(), TODAY).notes


def test_the_sheet_lists_what_is_quoted_and_comes_back_without_a_change(tmp_path: Path) -> None:
    space = corpus(tmp_path)
    space.index()
    questions = tmp_path / "questions.jsonl"
    questions.write_text('{"id": "1", "question": "Does metformin lower B12 in some people?", "gold": []}\n', "utf-8")
    count = write_sheet(again(space), question_files(questions), tmp_path / "out", 10)
    with (tmp_path / "out" / SHEET).open(encoding="utf-8-sig", newline="") as rows:
        listed = list(csv.DictReader(rows))
    assert count == len(listed) > 0
    assert listed[0]["sentence"] == LOW
    assert (listed[0]["links"], listed[0]["sources"]) == ("https://a.example/", "NHS: Metformin (2023)")
    assert [listed[0][column] for column in ("verdict", "wording", "name", "role", "date")] == [""] * 5
    page = (tmp_path / "out" / PAGE).read_text("utf-8")
    assert LOW in page
    assert "public body" in page
    assert "clinically" not in page
    assert read_back(tmp_path / "out" / SHEET, space.corpus, TODAY).agreed == 0


@pytest.mark.parametrize(("delimiter", "day"), [(",", "2026-11-20"), (";", "20/11/2026"), ("\t", "2026-11-20")])
def test_a_sentence_found_right_says_by_whom_and_when(tmp_path: Path, delimiter: str, day: str) -> None:
    space = corpus(tmp_path)
    assert read_back(sheet(tmp_path, {**GOOD, "date": day}, delimiter=delimiter), space.corpus, TODAY).agreed == 1
    space.index()
    later = again(space)
    assert notes(later)[0] == "reviewed by A. Reader, GP on 20 November 2026"
    assert health.examine(later)["index"]["reviewed"]["sentences"] == 1
    listed = {row["title"]: row["review"] for row in catalogue(later.opened, load_labels(), TODAY)}
    assert listed["pills"] == "1 of 2 sentences reviewed"


def test_a_quote_is_reviewed_only_if_all_of_its_sentences_are(tmp_path: Path) -> None:
    space = corpus(tmp_path)
    read_back(sheet(tmp_path, GOOD), space.corpus, TODAY)
    space.index()
    document = again(space).document("pills.txt").document
    assert not Cited((document.span(0, len(document.text)),)).reviews


def test_a_change_of_the_words_takes_the_review_away(tmp_path: Path) -> None:
    space = corpus(tmp_path)
    read_back(sheet(tmp_path, GOOD), space.corpus, TODAY)
    for file in ("pills.txt", "sentences/pills.txt.jsonl"):
        path = space.corpus / file
        path.write_text(path.read_text("utf-8").replace("some people", "many people"), "utf-8")
    report = space.index()
    (warned,) = [each for each in report.files if each.file == "pills.txt"]
    assert "sentences/pills.txt.jsonl:1: the words are not those that were reviewed" in warned.reasons[0]
    document = again(space).document("pills.txt").document
    assert document.reviews == ()


def test_a_later_verdict_of_change_takes_the_review_away(tmp_path: Path) -> None:
    space = corpus(tmp_path)
    read_back(sheet(tmp_path, GOOD), space.corpus, TODAY)
    asked = read_back(sheet(tmp_path, {**GOOD, "verdict": "change", "wording": "Better."}), space.corpus, TODAY).asked
    assert [(row.line, row.wording) for row in asked] == [(2, "Better.")]
    assert not any(entry.is_reviewed or entry.reviewed_by for entry in read_sentences(space.corpus, "pills.txt"))


BAD = {
    "no verdict": ({**GOOD, "verdict": ""}, "line 3: it has no verdict"),
    "unknown verdict": ({**GOOD, "verdict": "fine"}, "line 3: the verdict is 'fine'"),
    "no name": ({**GOOD, "name": " "}, "line 3: the name is missing"),
    "no role": ({**GOOD, "role": ""}, "line 3: the role is missing"),
    "no day": ({**GOOD, "date": "soon"}, "line 3: the date 'soon' is not a day until today"),
    "tomorrow": ({**GOOD, "date": "2026-11-24"}, "line 3: the date '2026-11-24' is not a day until today"),
    "a change to nothing": ({**GOOD, "verdict": "change"}, "line 3: what it should say is missing"),
    "right, but otherwise": ({**GOOD, "wording": "Better."}, "line 3: 'right' has another wording"),
    "other words": ({**GOOD, "sentence": "Gone."}, "line 3: no sentence of pills.txt has these words"),
    "other document": ({**GOOD, "document": "../x"}, "line 3: no sentence of ../x has these words"),
    "twice": ({**GOOD, "sentence": LOW}, "line 3: the same sentence as line 2"),
}


@pytest.mark.parametrize(("row", "complaint"), BAD.values(), ids=BAD)
def test_a_bad_row_is_named_and_nothing_is_kept(tmp_path: Path, row: Mapping[str, str], complaint: str) -> None:
    space = corpus(tmp_path)
    before = (space.corpus / "sentences/pills.txt.jsonl").read_bytes()
    with pytest.raises(UsageError, match=re.escape(complaint)):
        read_back(sheet(tmp_path, GOOD, {"sentence": TEST, **row}), space.corpus, TODAY)
    assert (space.corpus / "sentences/pills.txt.jsonl").read_bytes() == before


def test_a_sheet_without_its_columns_or_not_utf_8_is_refused(tmp_path: Path) -> None:
    space = corpus(tmp_path)
    with pytest.raises(UsageError, match="line 1 lacks role, date"):
        read_back(sheet(tmp_path, GOOD, columns=COLUMNS[:-2]), space.corpus, TODAY)
    (tmp_path / "sheet.csv").write_bytes("sentence,µ".encode("cp1252"))
    with pytest.raises(UsageError, match="not UTF-8"):
        read_back(tmp_path / "sheet.csv", space.corpus, TODAY)


def test_without_questions_it_says_how_to_name_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match="--questions"):
        question_files(None)


def test_readme_says_how_many_sentences_were_reviewed() -> None:
    root = Path(__file__).parent.parent
    files = (root / "corpus" / "sentences").rglob("*.jsonl")
    reviewed = sum('"reviewed_by"' in line for file in files for line in file.read_text("utf-8").splitlines())
    assert f"{reviewed} of its sentences have been reviewed" in (root / "README.md").read_text("utf-8")
