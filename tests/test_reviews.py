"""Reviews of sentences, as `sentences/` names them: each lasts as long as the words it was of."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

from corpora import again, origin, three_files, write
from fakes import FakeWorkspace

from b12assistant.application import health
from b12assistant.display.quoted import Quoted

TODAY = date(2026, 11, 23)
LOW, TEST = "Metformin lowers B12 in some people.", "Ask for a blood test."
REVIEW = {"reviewed_by": "A. Reader, GP", "reviewed_on": "2026-11-20"}


def corpus(folder: Path) -> FakeWorkspace:
    space = three_files(folder)
    rows = [{"text": text, "origins": {"nhs": "p"}} for text in (LOW, TEST)]
    lines = "".join(json.dumps(row) + "\n" for row in ({**rows[0], **REVIEW}, rows[1]))
    write(space.corpus, {"sources.toml": origin("nhs"), "sentences/pills.txt.jsonl": lines})
    return space


def test_a_reviewed_sentence_says_by_whom_and_when(tmp_path: Path) -> None:
    space = corpus(tmp_path)
    space.index()
    later = again(space)
    document = later.document("pills.txt").document
    quoted = Quoted((document.span(0, len(LOW)),), TODAY)
    assert quoted.notes[0] == "reviewed by A. Reader, GP on 20 November 2026"
    assert health.examine(later)["index"]["reviewed"]["sentences"] == 1


def test_a_quote_is_reviewed_only_if_all_of_its_sentences_are(tmp_path: Path) -> None:
    space = corpus(tmp_path)
    space.index()
    document = again(space).document("pills.txt").document
    assert not Quoted((document.span(0, len(document.text)),), TODAY).reviews


def test_a_change_of_the_words_takes_the_review_away(tmp_path: Path) -> None:
    space = corpus(tmp_path)
    path = space.corpus / "pills.txt"
    path.write_text(path.read_text("utf-8").replace("some people", "many people"), "utf-8")
    (warned,) = [each for each in space.index().files if each.file == "pills.txt"]
    assert "sentences/pills.txt.jsonl:1: this sentence is not in the document" in warned.reasons[0]
    assert again(space).document("pills.txt").document.reviews == ()
