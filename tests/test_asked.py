"""Questions asked of sentences are kept in the index, help to find their sentence, and are reused until they change."""

import json
from pathlib import Path

import numpy as np
import pytest
from corpora import again, origin, three_files, write
from fakes import FakeWorkspace, RefusingEncoder

from b12assistant.errors import IndexDamagedError
from b12assistant.index import asked_questions as module
from b12assistant.index.asked_questions import AskedQuestions, Group, as_codes
from b12assistant.index.indexing import key_of


def unit(*values: float) -> np.ndarray:
    row = np.array(values, np.float32)
    return row / np.linalg.norm(row)


def asked() -> AskedQuestions:
    """Two documents of two and three sentences; nothing is asked of the second sentence of each."""
    groups = [Group(("a", "b"), (0, 0)), Group(("c", "d"), (0, 2))]
    codes = [as_codes(np.stack([unit(1, 0), unit(1, 1)])), as_codes(np.stack([unit(0, 1), unit(-1, 0)]))]
    return AskedQuestions.join(groups, [2, 3], [key_of("x", group.questions) for group in groups], codes)


def test_the_nearest_question_of_each_sentence_counts() -> None:
    found = asked().best(unit(1, 0), 0, 5)
    np.testing.assert_allclose(found, [1, np.nan, 0, np.nan, -1], atol=0.01)
    np.testing.assert_allclose(asked().best(unit(1, 0), 1, 3), [np.nan, 0], atol=0.01)


def test_questions_read_back_from_bytes_are_the_same() -> None:
    first = asked()
    again = AskedQuestions.from_bytes(first.to_bytes(), 5, 2)
    np.testing.assert_array_equal(first.vectors, again.vectors)
    np.testing.assert_array_equal(first.sentences, again.sentences)
    assert list(first.by_key()) == list(again.by_key())
    assert first.texts == again.texts == ("a", "b", "c", "d")
    assert list(again.of(0, 2)) == [(0, "a"), (0, "b")]
    assert list(again.of(2, 5)) == [(2, "c"), (4, "d")]


def test_a_file_that_does_not_fit_is_damage() -> None:
    with pytest.raises(IndexDamagedError, match="does not fit"):
        AskedQuestions.from_bytes(asked().to_bytes(), 4, 2)


LINES = (("Metformin lowers B12.", ["does it sink", "diabetes pill and vitamin"]), ("Ask for a test.", ["what to ask"]))


def with_questions(folder: Path, *, asked: bool = True) -> FakeWorkspace:
    space = three_files(folder)
    rows = [{"text": text, "origins": {"nhs": "p"}, "asked": questions if asked else []} for text, questions in LINES]
    write(
        space.corpus,
        {
            "pills.txt": "Metformin lowers B12. Ask for a test. Eggs hold some.\n",
            "sources.toml": origin("nhs"),
            "sentences/pills.txt.jsonl": "".join(json.dumps(row) + "\n" for row in rows),
        },
    )
    space.index()
    return space


def test_an_index_holds_what_is_asked_of_its_sentences(tmp_path: Path) -> None:
    collection = again(with_questions(tmp_path)).opened.collection
    assert collection.asked is not None
    texts = [span.text for passage in collection.passages for span in passage.sentences]
    assert [texts[place] for place in collection.asked.sentences] == [text for text, each in LINES for _ in each]


def test_the_sentence_whose_question_is_asked_comes_first(tmp_path: Path) -> None:
    first = again(with_questions(tmp_path)).assistant.understood("does it sink").searched.windows[0]
    assert "Metformin" in first.spans[0].text
    plain = with_questions(tmp_path / "plain", asked=False)
    assert again(plain).opened.collection.asked is None


def test_questions_that_nothing_answers_belong_to_no_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    groups = [Group(("a",), (1,)), Group(("b", "c"), (0, 0))]
    codes = [as_codes(unit(1, 0)[None]), as_codes(np.stack([unit(0, 1), unit(1, 1)]))]
    found = AskedQuestions.join(groups, [2, 0], [key_of("x", group.questions) for group in groups], codes)
    found = AskedQuestions.from_bytes(found.to_bytes(), 2, 2)
    np.testing.assert_allclose(found.best(unit(0, 1), 0, 2), [np.nan, 0], atol=0.01)
    monkeypatch.setattr(module, "_SOME", 1)
    assert found.best_of_none([unit(1, 1), unit(1, 0)], 2) == pytest.approx([1, 0.5**0.5], abs=0.01)
    assert asked().best_of_none([unit(1, 0)], 5) == [None]


def test_a_question_near_one_that_nothing_answers_is_marked_as_such(tmp_path: Path) -> None:
    space = with_questions(tmp_path)
    before = again(space).assistant.understood("price of eggs", ()).searched.evidence.barred
    write(space.corpus, {"not_answered.toml": 'questions = [\n  "price of eggs",\n  "shop for eggs",\n]\n'})
    space.index()
    after = again(space).assistant.understood("price of eggs", ()).searched.evidence.barred
    assert before is None
    assert after == pytest.approx(1, abs=0.02)
    assert again(space, RefusingEncoder()).index().generation == space.index().generation
