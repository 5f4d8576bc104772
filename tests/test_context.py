"""A question in its context, as the encoder reads it."""

from __future__ import annotations

import numpy as np
from fakes import FakeEncoder

from b12assistant.answering.context import AFTER, BEFORE, OWN, ContextReader, InContext
from b12assistant.index.encoding import IN_CONTEXT, load_encoder, tuned_encoder

STORY = "My mother takes metformin."


def test_the_question_comes_first_then_what_stands_around_it() -> None:
    assert InContext(" Is it safe? ", STORY, " Thanks!").text == f"Is it safe? | {STORY} ... Thanks!"
    assert InContext("Is it safe?", STORY).text == f"Is it safe? | {STORY}"


def test_only_the_nearest_of_what_stands_around_it_is_read() -> None:
    text = InContext("a" * 900, "b" * 900 + "c", "d" + "e" * 900).text
    assert text == f"{'a' * OWN} | {'b' * (BEFORE - 1)}c ... d{'e' * (AFTER - 1)}"


def test_a_vector_is_the_mean_of_the_questions_own_tokens() -> None:
    (alone,), (read,) = (
        ContextReader(FakeEncoder()).vectors([each]) for each in (InContext("tea"), InContext("tea", STORY))
    )
    np.testing.assert_allclose(alone, read, atol=1e-6)  # this encoder reads no context


def test_a_question_without_words_has_a_vector() -> None:
    (vector,) = ContextReader(FakeEncoder()).vectors([InContext("?", STORY)])
    assert np.isfinite(vector).all()


def test_any_text_is_short_enough_to_be_read() -> None:
    encoder = tuned_encoder(load_encoder(), IN_CONTEXT)
    (vector,) = ContextReader(encoder).vectors([InContext("щ̈" * 400, "語" * 900, "🙂" * 900)])
    assert np.linalg.norm(vector) == np.float32(1) or abs(np.linalg.norm(vector) - 1) < 1e-5


def test_a_pronoun_means_what_came_before() -> None:
    encoder = tuned_encoder(load_encoder(), IN_CONTEXT)
    questions = [InContext("how often is it checked?", text) for text in (STORY, "My baby is fed on a vegan diet.")]
    metformin, vegan = ContextReader(encoder).vectors(questions)
    search = tuned_encoder(load_encoder())
    first, second = (
        each.vector for each in search.each(["How often is B12 checked on metformin?", "B12 checks of vegan babies"])
    )
    assert metformin @ first > vegan @ first
    assert vegan @ second > metformin @ second
