"""Each check of the corpus can fail, and finds nothing in the corpus that ships."""

import json
import os
from pathlib import Path

import pytest
from corpora import write
from corpus_check import check
from corpus_pdf import make

from b12assistant.corpus.provenance import SentenceEntry

ROOT = Path(__file__).parent.parent
CORPUS = ROOT / "corpus"
SHARED = os.environ.get("B12_SHARED")

FRONT = """---
title: Nerves
kind: patient_guide
words: project_summary
commercial_interest: false
published: 2026-11-20
review_by: 2028-11-20
review: not clinically reviewed
cites: ["10.1000/nerves.1"]
---
"""
BODY = "# Nerves\n\nNerves carry signals from the skin to the brain in 30 seconds.\n"
LIST = """
## References

1. Smith J and Jones K (2001). *Nerves and skin*. In Nerves, volume 3. The DOI is 10.1000/nerves.1
"""
SOURCES = """
[[origin]]
id = "nerve-society"
title = "Nerves"
publisher = "The Nerve Society"
kind = "public_body"
country = "GB"
published = "2024"
read_on = 2026-11-21
url = "https://nerves.example/b12"
terms = "all rights reserved, facts only"
read = "whole"
part_read = "the whole page"
"""
SENTENCE = "Nerves carry signals from the skin to the brain in 30 seconds."
RESTS_ON = {"text": SENTENCE, "origins": {"nerve-society": "Signals"}}
REFERENCES = """
[[reference]]
id = "smith-2001"
authors = "Smith J and Jones K"
title = "Nerves and skin"
year = 2001
doi = "10.1000/nerves.1"
"""
GOOD = {
    "nerves.md": FRONT + BODY + LIST,
    "sources.toml": SOURCES,
    "sentences/nerves.md.jsonl": json.dumps(RESTS_ON) + "\n",
    "references.toml": REFERENCES,
}


def findings(folder: Path, files: dict[str, str] | None = None, *, against: Path | None = None) -> list[str]:
    write(folder, GOOD | (files or {}))
    return [str(finding) for finding in check(folder, against)[0]]


FAULTY = {
    "nerves.md": f"{FRONT}{BODY}\nNerves carrry signals.\n\n| Nerve | Speed |\n|---|---|\n| Long | 50 |\n{LIST}",
    "sources.toml": SOURCES.replace("nerves.example/b12", "nerves.example/").replace("public_body", "blog")
    + 'read_at = "https://machine.example/1"\n',
    "check.toml": '[never]\n"machine.example" = "written by a machine"\n',
    "sentences/nerves.md.jsonl": json.dumps(
        {**RESTS_ON, "repeats": ["Skin feels.", "Skin heals."], "then": "Skin heals."}
    )
    + "\n",
    "disputes.toml": '[[dispute]]\nid = "speed"\ntopic = "How fast?"\nwhy = "They differ."\nnot_asked = ["How many?"]\n'
    'sides = [[{document = "nerves.md", quote = "Slow."}], [{document = "nerves.md", quote = "Fast."}]]\n',
}
FAULTS = (
    "nerves.md: no origin is named for: Nerves carrry signals.",
    "nerves.md: not in the dictionary: carrry",
    "nerves.md: a table has a figure without a unit: 50 (Speed)",
    "nerves.md: a sentence that a mark names is in no document: Skin feels.",
    "nerves.md: a sentence that a mark names is in no document: Skin heals.",
    "nerves.md: beside it a sentence says nothing, so it cannot complete that: Skin heals.",
    f"nerves.md: rests on sellers or blogs alone: {SENTENCE}",
    'sources.toml: origin nerve-society: its address is a home page, write "unknown": https://nerves.example/',
    "nothing may rest on this page (written by a machine): https://machine.example/1",
    "disputes.toml: speed: fewer than 5 counter-examples (not_asked)",
)


def test_every_fault_of_a_corpus_is_found_and_a_good_one_has_none(tmp_path: Path) -> None:
    assert findings(tmp_path / "good") == []
    found = "\n".join(findings(tmp_path / "faulty", FAULTY))
    assert [fault for fault in FAULTS if fault not in found] == [], found


# Copied words


def test_shared_runs_are_found_at_their_full_length(tmp_path: Path) -> None:
    write(tmp_path / "theirs", {"a/page.txt": "The skin: signals from the SKIN to the brain in 30 minutes and more.\n"})
    assert findings(tmp_path / "ours", against=tmp_path / "theirs") == [
        "nerves.md: 9 words as in a/page.txt: signals from the skin to the brain in 30"
    ]


# The corpus that ships


@pytest.mark.slow
def test_the_corpus_has_no_finding_and_copies_no_words() -> None:
    """Compared with the source pages too, if B12_SHARED names a folder with them."""
    assert list(map(str, check(CORPUS, Path(SHARED) / "seeds" if SHARED else None)[0])) == []


def test_every_sentence_that_answers_has_four_questions_or_more() -> None:
    """Table headers and items of reference lists answer no question."""
    files = [path for path in (CORPUS / "sentences").rglob("*.jsonl") if path.parent.name != "references"]
    entries = [SentenceEntry.model_validate_json(line) for path in files for line in path.read_text().splitlines()]
    assert min(len(entry.asked) for entry in entries if entry.asked) == 4
    assert [entry.text for entry in entries if not entry.asked and " | " not in entry.text] == []


@pytest.mark.slow
def test_the_pdfs_match_what_is_made_from_their_texts(tmp_path: Path) -> None:
    make.main(tmp_path)
    made = {path.relative_to(tmp_path).as_posix(): path.read_bytes() for path in tmp_path.rglob("*.pdf")}
    assert made == {path.relative_to(CORPUS).as_posix(): path.read_bytes() for path in CORPUS.rglob("*.pdf")}
