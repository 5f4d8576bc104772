"""Read a question in its context: the vector of what it means in full.

"How often is it given?" means something only after what came before. One pass of an encoder reads the question first,
then what stands around it, and the mean of the question's own token vectors is close to the vector of the question
written out in full. The encoder was trained for that on letters and conversations (`benchmarks/fit/context.py`).

Whether a turn needs what came before, and whether words beside a question are small talk, are weighted sums of their
vectors (`benchmarks/fit/leaning.py`, `benchmarks/fit/small_talk.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from b12assistant.answering.signals import logistic, mean_of
from b12assistant.data_files import read_fitted
from b12assistant.index.vectors import Vectors
from b12assistant.language.words import readable
from b12assistant.protocols import Encoder

OWN, BEFORE, AFTER = 300, 480, 240  # characters that are read of a question and of what stands around it


@dataclass(frozen=True, slots=True)
class InContext:
    """A question with the text before and after it."""

    own: str
    before: str = ""
    after: str = ""

    @property
    def text(self) -> str:
        """Return the question, then the nearest of what stands around it: the form that the encoder was trained on."""
        after = self.after.strip()[:AFTER]
        return f"{self.asks} | {self.told} ... {after}" if after else f"{self.asks} | {self.told}"

    @property
    def told(self) -> str:
        """Return the nearest of what stands before the question."""
        return self.before.strip()[-BEFORE:]

    @property
    def asks(self) -> str:
        return self.own.strip()[:OWN]


def vector_in_context(question: InContext, encoder: Encoder) -> Vectors:
    """Return a vector of unit length, (d,). ``encoder``: trained to read questions in context, or the search encoder.

    The end of a text that it cannot read as a whole is cut.
    """
    own, text = len(readable(question.asks)), readable(question.text)
    while encoder.count(text) > encoder.limit:
        text = text[: 3 * len(text) // 4]
    (read,) = encoder.each([text])
    return mean_of(read.tokens[read.offsets[:, 0] < own]) if len(read.tokens) else read.vector


@dataclass(frozen=True)
class TextModel:
    """Tells by the vector of a text whether something holds of it. ``weights``: (d + 1,), of the vector and 1.
    ``limit``: the share from which it holds. ``encoder``: the digest of the one that the vectors are from."""

    weights: Vectors
    limit: float
    encoder: str

    def holds(self, vector: Vectors) -> bool:
        """Return whether it holds of a text with this vector, (d,)."""
        return logistic(float(vector @ self.weights[:-1] + self.weights[-1])) >= self.limit


@cache
def load_text_model(name: str) -> TextModel:
    """Read ``leaning``: a turn needs an earlier one; or ``small_talk``: it tells nothing that bears on a question."""
    return read_fitted(
        "answering", f"{name}.npz", parse=lambda a: TextModel(a["weights"], float(a["limit"]), str(a["encoder"]))
    )
