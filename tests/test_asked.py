"""Questions asked of sentences are kept in the index, help to find their sentence, and are reused until they change."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from corpora import again, report_of, three_files, write
from fakes import FakeEncoder, FakeWorkspace, RefusingEncoder

from b12assistant.errors import IndexDamagedError, SourceFactsError
from b12assistant.index import asked_questions as module
from b12assistant.index.asked_questions import AskedQuestions, Group, as_codes, digest_of, key_of


def unit(*values: float) -> np.ndarray:
    row = np.array(values, np.float32)
    return row / np.linalg.norm(row)


def asked() -> AskedQuestions:
    """Two documents of two and three sentences; nothing is asked of the second sentence of each."""
    groups = [Group(("a", "b"), (0, 0)), Group(("c", "d"), (0, 2))]
    codes = [as_codes(np.stack([unit(1, 0), unit(1, 1)])), as_codes(np.stack([unit(0, 1), unit(-1, 0)]))]
    return AskedQuestions.join(groups, [2, 3], [key_of("x", group) for group in groups], codes)


def test_the_nearest_question_of_each_sentence_counts() -> None:
    found = asked().best(unit(1, 0), 0, 5)
    np.testing.assert_allclose(found, [1, np.nan, 0, np.nan, -1], atol=0.01)
    np.testing.assert_allclose(asked().best(unit(1, 0), 1, 3), [np.nan, 0], atol=0.01)


def test_the_sentences_that_are_asked_nearly_the_same_are_found() -> None:
    assert asked().alike(unit(1, 1.1), 0.9).tolist() == [0]
    assert asked().alike(unit(-0.01, 1), 0.9).tolist() == [2]
    assert asked().alike(unit(1, -1), 0.9).tolist() == []


def test_signs_lose_no_question_that_is_near() -> None:
    rows = np.random.default_rng(0).normal(size=(400, 70)).astype(np.float32)
    rows /= np.linalg.norm(rows, axis=1, keepdims=True)
    group = Group(tuple(map(str, range(len(rows)))), tuple(range(len(rows))))
    many = AskedQuestions.join([group], [len(rows)], [""], [as_codes(rows)])
    for row, query in enumerate(rows + np.roll(rows, 1, axis=0) * 0.3):
        assert many.alike(query / np.linalg.norm(query), 0.9).tolist() == [row]


def test_questions_read_back_from_bytes_are_the_same() -> None:
    first = asked()
    again = AskedQuestions.from_bytes(first.to_bytes(), 5, 2)
    np.testing.assert_array_equal(first.vectors, again.vectors)
    np.testing.assert_array_equal(first.sentences, again.sentences)
    assert list(first.by_key()) == list(again.by_key())
    assert first.texts == again.texts == ("a", "b", "c", "d")
    assert list(again.of(0, 2)) == [(0, "a"), (0, "b")]
    assert list(again.of(2, 5)) == [(2, "c"), (4, "d")]


def test_only_questions_that_a_sentence_answers_keep_their_words() -> None:
    groups = [Group(("a", "b"), (0, 1)), Group(("of none",), (0,))]
    codes = [as_codes(np.stack([unit(1, 0), unit(1, 1)])), as_codes(unit(1, 0)[None])]
    found = AskedQuestions.join(groups, [2, 0], ["", ""], codes)
    assert found.is_thorough(2)
    assert AskedQuestions.from_bytes(found.to_bytes(), 2, 2).texts == ("a", "b")


def test_the_nearest_question_is_one_that_a_sentence_answers() -> None:
    groups = [Group(("a", "b"), (0, 1)), Group(("of none",), (0,))]
    codes = [as_codes(np.stack([unit(1, 0), unit(0, 1)])), as_codes(unit(1, 1)[None])]
    found = AskedQuestions.join(groups, [2, 0], ["", ""], codes)
    question, cosine = found.nearest(unit(1, 1.1)) or ("", 0.0)
    assert (question, round(cosine, 2)) == ("b", 0.74)
    assert (
        AskedQuestions.join([Group((), ())], [2], [""], [as_codes(np.zeros((0, 2), np.float32))]).nearest(unit(1, 0))
        is None
    )


@pytest.mark.parametrize(("sentences", "dimension"), [(4, 2), (5, 3)])
def test_a_file_that_does_not_fit_is_damage(sentences: int, dimension: int) -> None:
    with pytest.raises(IndexDamagedError, match="does not fit"):
        AskedQuestions.from_bytes(asked().to_bytes(), sentences, dimension)


def test_groups_without_questions_have_no_digest() -> None:
    assert digest_of([Group((), ()), Group((), ())]) == ""
    assert digest_of([Group(("a",), (0,))]) != digest_of([Group(("a",), (1,))])


LINES = (("Metformin lowers B12.", ["does it sink", "diabetes pill and vitamin"]), ("Ask for a test.", ["what to ask"]))


def with_questions(folder: Path, *, asked: bool = True) -> FakeWorkspace:
    space = three_files(folder)
    rows = [{"text": text, "origins": {"nhs": "p"}, "asked": questions if asked else []} for text, questions in LINES]
    register = (
        '[[origin]]\nid = "nhs"\ntitle = "t"\npublisher = "NHS"\nkind = "public_body"\ncountry = "GB"\n'
        'published = "2023"\nread_on = 2026-11-21\nurl = "https://a.example/"\nterms = "OGL"\n'
        'read = "whole"\npart_read = "all"\n'
    )
    write(
        space.corpus,
        {
            "pills.txt": "Metformin lowers B12. Ask for a test. Eggs hold some.\n",
            "sources.toml": register,
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


def test_a_few_asked_questions_harm_no_sentence(tmp_path: Path) -> None:
    """One that is not alike counts like none: the sentence is as near as if nothing were asked of it."""
    asked, plain = (again(with_questions(tmp_path / str(each), asked=each)).engine for each in (True, False))
    assert not asked.collection.asked_throughout
    for question in ("does it sink", "how do eggs help", "what is metformin"):
        query = asked.query(question)
        for row in range(len(asked.collection.passages)):
            near = asked._asked_of(query, row)
            assert not (near < 0.5).any()
            assert np.isnan(plain._asked_of(query, row)).all()


def test_the_words_of_an_asked_question_bring_its_sentence_nearer_and_no_other(tmp_path: Path) -> None:
    asked, plain = (again(with_questions(tmp_path / str(each), asked=each)).engine for each in (True, False))
    for question, nearer in (
        ("is that pill a danger in diabetes", {"Metformin lowers B12."}),
        ("how many eggs", set()),
    ):
        gained = set()
        for row, passage in enumerate(asked.collection.passages):
            with_, without = (
                engine._with_asked(engine.cosines(query, row), query, row) @ query.informative
                for engine, query in ((each, each.query(question)) for each in (asked, plain))
            )
            assert (with_ >= without).all()
            gained |= {span.text for span, more in zip(passage.sentences, with_ > without, strict=True) if more}
        assert gained == nearer


def test_a_document_in_its_own_words_needs_no_origin_and_stays_its_own(tmp_path: Path) -> None:
    space = three_files(tmp_path)
    line = {"text": "Metformin   lowers\nB12.", "asked": ["does it sink"]}
    facts = '[[source]]\nfile = "pills.txt"\nwords = "original"\n'
    write(
        space.corpus,
        {
            "pills.txt": "Metformin lowers\n   B12. Ask for a test. Eggs hold some.\n",
            "sources.toml": facts,
            "sentences/pills.txt.jsonl": json.dumps(line) + "\n",
        },
    )
    report = space.index()
    assert report_of(report, "pills.txt").reasons == ()
    collection = again(space).opened.collection
    assert collection.asked is not None
    assert len(collection.asked.sentences) == 1


def test_origins_do_not_make_a_summary_of_a_document_in_its_own_words(tmp_path: Path) -> None:
    space = with_questions(tmp_path)
    register = (space.corpus / "sources.toml").read_text("utf-8")
    facts = '[[source]]\nfile = "pills.txt"\nwords = "original"\n'
    write(space.corpus, {"sources.toml": facts + register})
    report = again(space).index()
    assert report_of(report, "pills.txt").reasons == ('its origins are not shown: the document has words = "original"',)
    document = again(space).document("pills.txt").document
    assert document.attributions == ()


def test_questions_that_are_the_same_are_not_encoded_again(tmp_path: Path) -> None:
    space = with_questions(tmp_path)
    first = again(space, RefusingEncoder()).index()
    file = space.corpus / "sentences/pills.txt.jsonl"
    file.write_text(file.read_text("utf-8").replace("what to ask", "which test"), "utf-8")
    encoder = FakeEncoder()
    later = again(space, encoder)
    assert later.index().generation != first.generation
    assert "which test" in encoder.encoded
    assert not any("Eggs" in text for text in encoder.encoded)


def test_questions_that_nothing_answers_belong_to_no_sentence(monkeypatch: pytest.MonkeyPatch) -> None:
    groups = [Group(("a",), (1,)), Group(("b", "c"), (0, 0))]
    codes = [as_codes(unit(1, 0)[None]), as_codes(np.stack([unit(0, 1), unit(1, 1)]))]
    found = AskedQuestions.join(groups, [2, 0], [key_of("x", group) for group in groups], codes)
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


def test_a_blank_question_is_named_with_its_file(tmp_path: Path) -> None:
    space = with_questions(tmp_path)
    write(space.corpus, {"not_answered.toml": 'questions = ["price", " "]\n'})
    with pytest.raises(SourceFactsError, match=r"not_answered\.toml:1"):
        space.index()
