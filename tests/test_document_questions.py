"""Questions that a document, or a curator, asks of its sentences."""

import json
from pathlib import Path

import pytest
from builders import build_document, build_passages
from corpora import again, three_files, write

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
