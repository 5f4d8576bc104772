"""Questions that a document, or a curator, asks of its sentences."""

import json
from pathlib import Path

import pytest
from builders import build_document, build_passages
from corpora import again, three_files, write
from fakes import FakeWorkspace
from serving import small_space

from b12assistant.answering import engine
from b12assistant.index.asked_questions import headed, question_headings


def test_a_heading_that_asks_is_asked_of_each_sentence_under_it(tmp_path: Path) -> None:
    space = three_files(tmp_path)
    asks = "## 1.2. Can I drink tea?\n\nYes, twice a day. It is hot.\n\n## Salt\n\nIt is white.\n"
    write(space.corpus, {"faq.md": f"# Food\n\nMilk is fresh.\n\n{asks}"})
    space.index()
    collection = again(space).opened.collection
    assert collection.asked is not None
    assert not collection.asked_throughout
    texts = [span.text for passage in collection.passages for span in passage.sentences]
    held = [(texts[place], text) for place, text in collection.asked.of(0, len(texts))]
    assert held == [(each, "Can I drink tea?") for each in ("Yes, twice a day.", "It is hot.")]


HUMS = "Why does it hum?"


@pytest.mark.parametrize(
    ("text", "answered"),
    [
        (f"| Question | Answer |\n|---|---|\n| {HUMS} | It is dry. Oil it. |\n", ["| It is dry.", "Oil it."]),
        (f"Q: {HUMS}\nA: It is dry. Oil it.\n", ["A: It is dry.", "Oil it."]),
        (f"**{HUMS}**\n\nIt is dry.\n\nIt is green.\n", ["It is dry."]),
        (f"Q. {HUMS}\n\nOil:\n\n- the lid\n- the wheel\n\nIt is green.\n", ["Oil:", "the lid", "the wheel"]),
        (f"It is green. {HUMS} It is dry.\n\nOil it.\n", []),
        (f"{HUMS}\n\n# Oil\n\nIt is green.\n", []),
        (f"{HUMS}\n\nMay I oil it?\n\n# Oil\n", []),
        (f"| Question | Answer |\n|---|---|\n| {HUMS} | |\n| Oil | It is green. |\n", []),
    ],
    ids=["cells", "lines", "blocks", "a list", "inside a text", "a heading", "another question", "an empty cell"],
)
def test_a_question_by_itself_is_asked_of_what_follows_it(text: str, answered: list[str]) -> None:
    document = build_document(text, file="a.md")
    found = list(headed(build_passages(document)))
    assert [document.text[start:end] for start, end, _ in found] == answered
    assert all(asked == [HUMS] for _, _, asked in found)
    assert not answered or HUMS in question_headings([document])


@pytest.mark.parametrize("words", ["in", "lowers B12. Ask for a", "Metformin lowers"], ids=["word", "middle", "half"])
def test_questions_of_less_than_a_sentence_are_not_used_and_named(tmp_path: Path, words: str) -> None:
    space = three_files(tmp_path)
    line = json.dumps({"text": words, "asked": ["does it sink"]})
    write(
        space.corpus, {"pills.txt": "Metformin lowers B12. Ask for a test in May.\n", "sentences/pills.txt.jsonl": line}
    )
    report = space.index()
    assert any("1: not a whole sentence" in reason for file in report.files for reason in file.reasons)
    assert again(space).opened.collection.asked.texts == ()


NUMBERS = ("one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")
ASKED = [f"Thing number {number} is kept in the shed." for number in NUMBERS]


def asked_throughout(folder: Path, **files: str) -> FakeWorkspace:
    """A corpus of which nearly every sentence is asked something, and files of which nothing is."""
    asked = zip(ASKED, NUMBERS, strict=True)
    rows = [json.dumps({"text": text, "asked": [f"where is number {number}"]}) for text, number in asked]
    lists = {"asked.txt": " ".join(ASKED), "sentences/asked.txt.jsonl": "\n".join(rows) + "\n"}
    space = small_space(folder, lists | {f"{name}.txt": text for name, text in files.items()})
    assert space.opened.collection.asked_throughout
    return space


def test_a_document_of_which_nothing_is_asked_is_found_among_others_of_which_all_is(tmp_path: Path) -> None:
    found = asked_throughout(tmp_path, new="Owls sleep by day.").assistant.understood("do owls sleep by day").windows
    assert found[0].best.text == "Owls sleep by day."


def test_questions_of_a_withdrawn_document_take_no_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine, "_NEAREST", 1)
    space = asked_throughout(tmp_path)
    text = "The barn holds thing number two."
    rows = json.dumps({"text": text, "asked": ["where is number two now"]})
    withdrawn = f"---\ntitle: Barn\nwithdrawn: true\n---\n\n{text}\n"
    write(space.corpus, {"barn.md": withdrawn, "sentences/barn.md.jsonl": rows})
    space.index()
    found = again(space).assistant.understood("where is number two now").windows
    assert found[0].best.text == "Thing number two is kept in the shed."
