"""What the sentences of a corpus are asked: what is nearest to a question, and what belongs to no sentence."""

from dataclasses import replace

import numpy as np
import pytest

from b12assistant.errors import IndexDamagedError
from b12assistant.index.asked_questions import AskedQuestions, Group, as_codes, in_full, is_thorough
from b12assistant.index.indexing import key_of


def unit(*values: float) -> np.ndarray:
    row = np.array(values, np.float32)
    return row / np.linalg.norm(row)


def asked() -> AskedQuestions:
    """Two documents of two and three sentences; nothing is asked of the second sentence of each."""
    groups = [Group(("a", "b"), (0, 0)), Group(("c", "d"), (0, 2))]
    codes = [as_codes(np.stack([unit(1, 0), unit(1, 1)])), as_codes(np.stack([unit(0, 1), unit(-1, 0)]))]
    return AskedQuestions.join(groups, [2, 3], [key_of("x", group.questions) for group in groups], codes)


def test_the_nearest_question_of_each_sentence_counts_or_the_mean_of_a_few() -> None:
    for few, best in ((1, 1), (2, 0.854)):
        np.testing.assert_allclose(asked().best(unit(1, 0), 0, 5, few)[1], [best, np.nan, 0, np.nan, -1], atol=0.01)
    np.testing.assert_allclose(asked().best(unit(1, 0), 1, 3, 2)[0], [np.nan, 0], atol=0.01)


def test_no_question_is_near_below_the_least() -> None:
    found = asked()
    everything = found.nearest(unit(1, 0))
    for least in (-1.0, 0.5, 0.9, 2.0):
        assert found.nearest(unit(1, 0), least=least) == [each for each in everything if each.cosine >= least]


def test_what_else_may_be_meant_says_something_else_of_another_sentence() -> None:
    found = asked()
    near = found.nearest(unit(1, 0), 4)
    for shown, most, others in ((set(), 2, "cd"), (set(), 1, "c"), ({2}, 2, "d"), ({2, 4}, 2, "")):
        assert "".join(each.text for each in found.apart(near[:1], near, shown, most)) == others
    assert found.apart([], [], set(), 2) == []


def test_a_question_is_shown_as_one_with_its_mark_if_that_is_about_as_near() -> None:
    first, second, *_ = asked().nearest(unit(1, 0), 4)
    assert in_full(first, [first, second]).text == "a"
    for cosine, shown in ((0.95, "b?"), (0.9, "a")):
        assert in_full(first, [first, replace(second, text="b?", cosine=cosine)]).text == shown


def test_questions_read_back_from_bytes_are_the_same() -> None:
    first = asked()
    again = AskedQuestions.from_bytes(first.to_bytes(), 5, 2)
    np.testing.assert_array_equal(first.vectors, again.vectors)
    np.testing.assert_array_equal(first.sentences, again.sentences)
    assert first.groups == again.groups
    assert first.texts == again.texts == ("a", "b", "c", "d")
    assert list(again.of(0, 2)) == [(0, "a"), (0, "b")]
    assert list(again.of(2, 5)) == [(2, "c"), (4, "d")]


def test_a_file_that_does_not_fit_is_damage() -> None:
    with pytest.raises(IndexDamagedError, match="does not fit"):
        AskedQuestions.from_bytes(asked().to_bytes(), 4, 2)


def test_what_is_nearest_among_many_does_not_depend_on_their_order() -> None:
    rng = np.random.default_rng(0)
    # Of few directions, so that many have as many of the same signs.
    vectors = np.stack([unit(*row) for row in rng.standard_normal((2000, 8))])
    texts, query = [str(i) for i in range(2000)], unit(*rng.standard_normal(8))
    found = []
    for order in (np.arange(2000), rng.permutation(2000)):
        group = Group(tuple(texts[i] for i in order), (0,) * 2000)
        many = AskedQuestions.join([group], [1], [key_of("x", group.questions)], [as_codes(vectors[order])])
        found.append({(each.text, round(each.cosine, 4)) for each in many.nearest(query)})
    assert found[0] == found[1]
    assert str((vectors @ query).argmax()) in {text for text, _ in found[0]}


def test_headings_alone_make_no_corpus_that_is_asked_throughout() -> None:
    assert is_thorough(enumerate("abc"), 3)
    assert not is_thorough(enumerate("abc"), 3, {"a", "b"})


def test_questions_that_nothing_answers_belong_to_no_sentence() -> None:
    groups = [Group(("a",), (1,)), Group(("b", "c"), (0, 0))]
    codes = [as_codes(unit(1, 0)[None]), as_codes(np.stack([unit(0, 1), unit(1, 1)]))]
    found = AskedQuestions.join(groups, [2, 0], [key_of("x", group.questions) for group in groups], codes)
    found = AskedQuestions.from_bytes(found.to_bytes(), 2, 2)
    np.testing.assert_allclose(found.best(unit(0, 1), 0, 2, 1)[0], [np.nan, 0], atol=0.01)
    best = [found.best_of_none(each, 2) for each in (unit(1, 1), unit(1, 0))]
    assert best == pytest.approx([1, 0.5**0.5], abs=0.01)
    assert asked().best_of_none(unit(1, 0), 5) is None
