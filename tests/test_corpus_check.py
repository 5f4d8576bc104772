"""Each check of the corpus can fail, and finds nothing in the corpus that ships."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest
from corpora import write
from corpus_check import check
from corpus_checks.language import reading_grade
from corpus_checks.reading import FOR_CURATORS, Text, read_corpus

from b12assistant.corpus.folder import corpus_files
from b12assistant.corpus.provenance import SentenceEntry
from b12assistant.types import MarkKind

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
url = "https://nerves.example/"
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


def with_sentence(sentence: str) -> dict[str, str]:
    return {"nerves.md": f"{FRONT}{BODY}\n{sentence}\n{LIST}"}


def test_a_good_corpus_has_no_finding(tmp_path: Path) -> None:
    assert findings(tmp_path) == []


DISPUTE = f"""
[[dispute]]
id = "speed"
topic = "How fast?"
why = "They differ."
not_asked = ["How many?"]
sides = [[{{ document = "nerves.md", quote = "{SENTENCE}" }}], [{{ document = "nerves.md", quote = "{SENTENCE}" }}]]
"""
LONG = "Nerves carry signals " + "and signals " * 21 + "home."  # 46 words
CASES: dict[str, tuple[dict[str, str], str]] = {
    "unknown key": (
        {"nerves.md": (FRONT + BODY + LIST).replace("kind:", "kinde:")},
        "nerves.md: nerves.md:3: unknown key 'kinde'",
    ),
    "missing key": ({"nerves.md": (FRONT + BODY + LIST).replace("review:", "note:")}, "nerves.md: review is not given"),
    "summary as a guideline": (
        {"nerves.md": (FRONT + BODY + LIST).replace("patient_guide", "guideline")},
        "nerves.md: a project summary is never a guideline",
    ),
    "superseded by nothing": (
        {"nerves.md": (FRONT + BODY + LIST).replace("cites:", "superseded_by: gone.md\ncites:")},
        "nerves.md: superseded_by names gone.md, which is not there",
    ),
    "described but gone": (
        {"sources.toml": SOURCES + '[[source]]\nfile = "gone.md"\n'},
        "sources.toml: gone.md is described but not there",
    ),
    "unreadable file": ({"notes.pdf": "no PDF"}, "notes.pdf: named .pdf but is no PDF"),
    "sentence without origin": (
        with_sentence("Nerves help."),
        "nerves.md: line 15: no origin is named for: Nerves help.",
    ),
    "origin that nobody registered": (
        {"sources.toml": SOURCES.replace("nerve-society", "society")},
        "nerves.md: sentences/nerves.md.jsonl:1: the origin 'nerve-society' is not in the register",
    ),
    "origin that nothing rests on": (
        {"sources.toml": SOURCES + SOURCES.replace("nerve-society", "society")},
        "sources.toml: origin society: no sentence rests on it",
    ),
    "origin without address": (
        {"sources.toml": SOURCES.replace("https://nerves.example/", "a page")},
        "sources.toml:10: url = 'a page' is not known",
    ),
    "address that is a bare number": (
        {"sources.toml": SOURCES.replace("nerves.example/", "192.0.2.1:8081/1")},
        "sources.toml: origin nerve-society: its address is a bare IP number: https://192.0.2.1:8081/1",
    ),
    "address of a test server": (
        {"sources.toml": SOURCES.replace("nerves.example", "journal-uat.nerves.example")},
        "sources.toml: origin nerve-society: its address is a test server: https://journal-uat.nerves.example/",
    ),
    "address of a copy": (
        {
            "sources.toml": SOURCES.replace("nerves.example", "www.nerves.example"),
            "check.toml": '[copies]\n"nerves.example" = "a proxy"\n',
        },
        "origin nerve-society: its address is not the publisher's own (a proxy): https://www.nerves.example/",
    ),
    "page that nothing may rest on": (
        {
            "sources.toml": SOURCES + 'read_at = "https://machine.example/1"\n',
            "check.toml": '[never]\n"machine.example" = "written by a machine"\n',
        },
        "nothing may rest on this page (written by a machine): https://machine.example/1",
    ),
    "copy that is no address": (
        {"sources.toml": SOURCES + 'read_at = "a library"\n'},
        "sources.toml:14: read_at = 'a library' is not known",
    ),
    "publisher that nobody knows": (
        {"sources.toml": SOURCES.replace("The Nerve Society", "copy at nerves.example")},
        "sources.toml: origin nerve-society: its publisher is not known: copy at nerves.example",
    ),
    "title that was made up": (
        {"sources.toml": SOURCES.replace('title = "Nerves"', 'title = "Nerves (descriptive title)"')},
        "sources.toml: origin nerve-society: its title is not known: Nerves (descriptive title)",
    ),
    "unnamed origin that is gone": (
        {"check.toml": 'unnamed = ["gone"]\n'},
        "check.toml: unnamed has 'gone', which is not in the register",
    ),
    "origin without date": (
        {"sources.toml": SOURCES.replace('published = "2024"\n', "")},
        "sources.toml:2: published is missing",
    ),
    "sentences of no document": (
        {"sentences/gone.md.jsonl": json.dumps(RESTS_ON)},
        "sentences/gone.md.jsonl: there is no such document",
    ),
    "sentence that was changed": (
        {"sentences/nerves.md.jsonl": json.dumps(RESTS_ON | {"text": "Nerves carry pain."})},
        "sentences/nerves.md.jsonl:1: this sentence is not in the document: Nerves carry pain.",
    ),
    "advice of a blog": (
        {"sources.toml": SOURCES.replace("public_body", "blog")},
        f"nerves.md: rests on sellers or blogs alone: {SENTENCE}",
    ),
    "figure without a unit": (
        with_sentence("| Nerve | Speed |\n|---|---|\n| Long | 50 |"),
        "nerves.md: line 17: a table has a figure without a unit: 50 (Speed)",
    ),
    "difference without counter-examples": (
        {"disputes.toml": DISPUTE},
        "disputes.toml:3: speed: fewer than 5 counter-examples",
    ),
    "difference whose sentences are gone": (
        {"disputes.toml": DISPUTE.replace(SENTENCE, "Nerves are slow.")},
        'disputes.toml:3: speed: nerves.md: "Nerves are slow." is not in it',
    ),
    "question that a sentence answers": (
        {
            "sentences/nerves.md.jsonl": json.dumps(RESTS_ON | {"asked": ["How fast is a nerve?"]}) + "\n",
            "not_answered.toml": 'questions = ["how fast is a nerve"]\n',
        },
        "not_answered.toml: a sentence of nerves.md answers: how fast is a nerve",
    ),
    "question listed twice": (
        {"not_answered.toml": 'questions = ["numb toes?", "Numb toes"]\n'},
        "not_answered.toml: it lists twice: Numb toes",
    ),
    "hard to read": (
        {"check.toml": '[grades]\n"" = 2\n'},
        "the rest/: median reading grade",
    ),
    "DOI that nobody lists": (
        {"references.toml": REFERENCES.replace("nerves.1", "nerves.2")},
        "references.toml: smith-2001: no reference list shows 10.1000/nerves.2",
    ),
    "cites an unknown DOI": ({"references.toml": ""}, "nerves.md: DOI 10.1000/nerves.1 is not in references.toml"),
    "title that nobody gives": (
        {"references.toml": REFERENCES.replace("and skin", "and toes")},
        "references.toml: smith-2001: no document gives its title",
    ),
    "said twice": (
        with_sentence("- Nerves carry signals from the skin to the brain in 30 seconds."),
        "nerves.md: said before, in nerves.md: ",
    ),
    "said elsewhere": ({"again.md": FRONT + BODY}, "nerves.md: said before, in again.md: "),
    "too long": (with_sentence(LONG), "nerves.md: a sentence of 46 words: "),
    "too long for its folder": (
        {
            "answers/nerves.md": FRONT + "# Nerves\n\n" + "very " * 20 + "fast.\n",
            "check.toml": "[most_words]\nanswers = 20\n",
        },
        "answers/nerves.md: a sentence of 21 words: ",
    ),
    "bare This": (with_sentence("This helps."), "nerves.md: a sentence begins with 'This': This helps."),
    "bare It, in a list": (with_sentence("- It helps."), "nerves.md: a sentence begins with 'It': "),
    "misspelt": (with_sentence("Nerves carrry signals."), "nerves.md: not in the dictionary: carrry"),
    "misspelt heading": (with_sentence("## Nervs\n\nNerves help."), "nerves.md: not in the dictionary: nervs"),
}


@pytest.mark.parametrize(("files", "finding"), CASES.values(), ids=CASES)
def test_faults_in_a_corpus_are_found(tmp_path: Path, files: dict[str, str], finding: str) -> None:
    found = findings(tmp_path, files)
    assert any(finding in line for line in found), found


def test_curators_can_allow_words_beginnings_and_terms(tmp_path: Path) -> None:
    said = with_sentence("This guide cobbalamizes. Zorbification is rare. Strong zorbification helps.")
    rules = 'words = ["Cobbalamizes"]\nopenings = ["This guide"]\nglossaries = ["nerves.md"]\n'
    before = findings(tmp_path, said)
    after = findings(tmp_path, said | {"check.toml": rules})
    assert len(before) - len(after) == 3
    assert all("no origin is named" in finding for finding in after)


def test_a_copy_that_was_read_is_no_fault_and_an_unnamed_origin_can_be_listed(tmp_path: Path) -> None:
    sources = SOURCES.replace("The Nerve Society", "unknown publisher") + 'read_at = "https://copies.example/1"\n'
    rules = 'unnamed = ["nerve-society"]\n[copies]\n"copies.example" = "copies"\n'
    assert findings(tmp_path, {"sources.toml": sources, "check.toml": rules}) == []


# Copied words


def test_shared_runs_are_found_at_their_full_length(tmp_path: Path) -> None:
    write(tmp_path / "theirs", {"a/page.txt": "The skin: signals from the SKIN to the brain in 30 minutes and more.\n"})
    assert findings(tmp_path / "ours", against=tmp_path / "theirs") == [
        "nerves.md: line 13: 9 words as in a/page.txt: signals from the skin to the brain in 30",
    ]


def test_what_curators_write_is_held_to_the_same_rule(tmp_path: Path) -> None:
    words = "one two three four five six seven eight"
    write(tmp_path / "theirs", {"page.txt": f"{words}.\n"})
    found = findings(tmp_path / "ours", {"README.md": words}, against=tmp_path / "theirs")
    assert found == [f"README.md: line 1: 8 words as in page.txt: {words}"]


def test_names_of_works_and_listed_terms_may_be_shared(tmp_path: Path) -> None:
    title = "Nerves and skin of ten men and nine women in the north"
    term = "the green and yellow nerve of the left foot"
    known = RESTS_ON | {"text": f"Doctors know {term}."}
    ours = {
        "sentences/nerves.md.jsonl": f"{json.dumps(RESTS_ON)}\n{json.dumps(known)}\n",
        "nerves.md": FRONT + BODY + f"\nDoctors know {term}.\n" + LIST.replace("Nerves and skin", title),
        "references.toml": REFERENCES.replace("Nerves and skin", title),
    }
    write(tmp_path / "theirs", {"page.txt": f"{title}. About {term}.\n"})
    (found,) = findings(tmp_path / "ours", ours, against=tmp_path / "theirs")
    assert found.endswith(term)
    assert (
        findings(tmp_path / "ours", ours | {"check.toml": f'allowed = ["{term}"]'}, against=tmp_path / "theirs") == []
    )


# Reading grade


def test_the_grade_follows_the_formula() -> None:
    # 13 words, 2 sentences, 17 syllables: 0.39 * 6.5 + 11.8 * 17 / 13 - 15.59
    sentences = ("The cat sat on the mat.", "Little children visit seven cats at ten")
    assert reading_grade(sentences) == pytest.approx(0.39 * 6.5 + 11.8 * 17 / 13 - 15.59, abs=0.05)
    assert reading_grade(()) == 0


# The corpus that ships


@pytest.fixture(scope="module")
def shipped() -> tuple[Text, ...]:
    return read_corpus(CORPUS)[0]


@pytest.mark.slow
def test_the_corpus_has_no_finding() -> None:
    assert [str(finding) for finding in check(CORPUS)[0]] == []


@pytest.mark.slow
@pytest.mark.skipif(SHARED is None, reason="B12_SHARED names no folder with the source pages")
def test_the_corpus_copies_no_words() -> None:
    assert SHARED is not None
    assert [str(finding) for finding in check(CORPUS, Path(SHARED) / "seeds")[0]] == []


def test_every_sentence_that_answers_has_four_questions_or_more() -> None:
    """Table headers and items of reference lists answer no question."""
    files = [path for path in (CORPUS / "sentences").rglob("*.jsonl") if path.parent.name != "references"]
    entries = [SentenceEntry.model_validate_json(line) for path in files for line in path.read_text().splitlines()]
    assert min(len(entry.asked) for entry in entries if entry.asked) == 4
    assert [entry.text for entry in entries if not entry.asked and " | " not in entry.text] == []


@pytest.mark.slow
def test_every_file_is_a_document_or_for_curators(shipped: tuple[Text, ...]) -> None:
    assert {text.file for text in shipped} == set(corpus_files(CORPUS)) - set(FOR_CURATORS)


@pytest.mark.slow
def test_every_document_says_that_it_is_not_reviewed(shipped: tuple[Text, ...]) -> None:
    assert {text.source.review for text in shipped} == {"not clinically reviewed"}
    assert all(text.source.published is not None and text.source.published >= date(2026, 11, 20) for text in shipped)


@pytest.mark.slow
@pytest.mark.parametrize(("suffix", "least"), [(".md", 10), (".pdf", 3), (".html", 3), (".txt", 2)])
def test_the_corpus_has_enough_files_of_each_format(shipped: tuple[Text, ...], suffix: str, least: int) -> None:
    assert sum(text.file.endswith(suffix) for text in shipped) >= least


@pytest.mark.slow
def test_there_are_pages_with_a_menu_and_a_footer_that_are_never_quoted(shipped: tuple[Text, ...]) -> None:
    def has(text: Text, element: bytes) -> bool:
        return element in (CORPUS / text.file).read_bytes()

    pages = [text for text in shipped if text.file.endswith(".html") and has(text, b"<nav") and has(text, b"<footer")]
    assert len(pages) >= 3
    for text in pages:
        never = [mark for mark in text.document.marks if mark.kind is MarkKind.NEVER]
        assert len(never) >= 3, text.file
        assert "not clinically reviewed" not in text.quotable, text.file


@pytest.mark.slow
def test_the_booklet_has_what_a_printed_page_has(shipped: tuple[Text, ...]) -> None:
    booklet = next(text for text in shipped if text.file == "glossary.pdf")
    document = booklet.document
    never = [document.slice(mark.range) for mark in document.marks if mark.kind is MarkKind.NEVER]
    pages = len(document.page_starts)
    assert pages >= 5
    assert never.count("Words about vitamin B12") == pages
    assert sum(text.startswith("Project summary; not clinically reviewed - page") for text in never) == pages
    assert len(never) == 2 * pages
    assert "Methylcobalamin is the form that assists methionine synthase." in booklet.sentences  # a row of the table
    assert "- Fine touch is the third kind of feeling that the dorsal columns carry." in booklet.sentences
    assert [sentence for sentence in booklet.sentences if sentence not in " ".join(document.text.split())] == []


@pytest.mark.slow
def test_the_pdfs_match_what_is_made_from_their_texts(tmp_path: Path) -> None:
    script = ROOT / "tools" / "corpus_pdf" / "make.py"
    subprocess.run([sys.executable, str(script), "--into", str(tmp_path)], check=True, timeout=120)
    made = {path.relative_to(tmp_path).as_posix(): path.read_bytes() for path in tmp_path.rglob("*.pdf")}
    assert made == {path.relative_to(CORPUS).as_posix(): path.read_bytes() for path in CORPUS.rglob("*.pdf")}


@pytest.mark.slow
def test_the_command_reports_and_fails(tmp_path: Path) -> None:
    write(tmp_path, GOOD | with_sentence("This helps."))
    command = [sys.executable, str(ROOT / "tools" / "corpus_check.py"), "--corpus", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 1
    assert "nerves.md: a sentence begins with 'This': This helps." in done.stdout.splitlines()
    assert done.stdout.splitlines()[-1] == "1 documents, 2 sentences, 2 findings"
