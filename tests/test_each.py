"""Several texts encoded at once: in the cheapest runs, and with the vectors that each gets alone."""

from __future__ import annotations

import numpy as np
import pytest
from export_onnx import packaged_texts
from hypothesis import given
from hypothesis import strategies as st

from b12assistant.errors import EncoderError
from b12assistant.index.encoding import load_encoder, red_flag_encoder, tuned_encoder
from b12assistant.index.onnx_encoder import _RUN, _TOKENS, OnnxEncoder, _cheapest


@given(st.lists(st.integers(3, 256), max_size=32))
def test_runs_hold_every_text_once_and_cost_no_more_than_one_each_or_one_for_all(
    lengths: list[int],
) -> None:
    runs = _cheapest(lengths)
    assert sorted(row for run in runs for row in run) == list(range(len(lengths)))
    assert all(len(run) == 1 or len(run) * max(lengths[row] for row in run) <= _TOKENS for run in runs)

    def cost(runs: list[list[int]]) -> int:
        return sum(_RUN + len(run) * max(lengths[row] for row in run) for run in runs)

    assert cost(runs) <= cost([[row] for row in range(len(lengths))])
    if lengths and len(lengths) * max(lengths) <= _TOKENS:
        assert cost(runs) <= cost([list(range(len(lengths)))])


@pytest.mark.slow
@pytest.mark.parametrize("tuned", [False, True])
def test_texts_in_one_run_have_the_vectors_that_each_has_alone(*, tuned: bool) -> None:
    plain = load_encoder(threads=1)
    encoder = tuned_encoder(plain) if tuned else plain
    assert isinstance(encoder, OnnxEncoder)
    texts = ["B12", "?", *packaged_texts(load_encoder())[:22]]
    for first in range(0, len(texts), 6):
        together = encoder.each(texts[first : first + 6])
        for text, each in zip(texts[first:], together, strict=False):
            alone = next(iter(encoder.encode([text])))
            # Identical on the processor it was tried on; another may add in another order.
            assert np.allclose(each.tokens, alone.tokens, rtol=0, atol=1e-6)
            assert np.allclose(each.vector, alone.vector, rtol=0, atol=1e-6)
            assert (each.pieces.tolist(), each.offsets.tolist()) == (alone.pieces.tolist(), alone.offsets.tolist())


@pytest.mark.slow
def test_in_eight_bits_texts_do_not_change_each_other() -> None:
    encoder = red_flag_encoder(load_encoder(threads=2))
    texts = ["B12", "?", "My feet are numb. " * 20, "Is it serious? " * 20]
    alone = [next(iter(encoder.encode([text]))) for text in texts]
    for together in (list(encoder.encode(texts)), encoder.each(texts), encoder.each(texts[2:])):
        for own, other in zip(alone[-len(together) :], together, strict=True):
            np.testing.assert_array_equal(own.tokens, other.tokens)
            np.testing.assert_array_equal(own.vector, other.vector)


@pytest.mark.slow
def test_a_text_over_the_limit_is_an_error_among_others_too() -> None:
    encoder = load_encoder(threads=1)
    assert isinstance(encoder, OnnxEncoder)
    with pytest.raises(EncoderError, match="the model reads 254"):
        encoder.each(["B12", "nerve " * 300])
