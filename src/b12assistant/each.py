"""Several texts at once, each with the bits that it would have by itself: the readings of a question, parts of a turn.

`Encoder.encode` makes batches, and a vector's last bits depend on what it is in a batch with. An index does not mind;
the same question must give the same answer, whatever is encoded beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from b12assistant.protocols import Encoded, Encoder


@runtime_checkable
class EncodesEach(Protocol):
    """An encoder that can do better than one text after another."""

    def each(self, texts: Sequence[str]) -> Sequence[Encoded]:
        """In the order of ``texts``, bit for bit what ``encode`` gives for each of them by itself."""


def encode_each(encoder: Encoder, texts: Sequence[str]) -> Sequence[Encoded]:
    """In the order of ``texts``. Raises what ``encode`` raises."""
    if isinstance(encoder, EncodesEach):
        return encoder.each(texts)
    return [encoded for text in texts for encoded in encoder.encode([text])]
