"""A question as it is searched, and what was found for it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from b12assistant.answering.quoting import Difference, Window
from b12assistant.answering.retrieval import Query
from b12assistant.answers import Interpretation
from b12assistant.data_files import chosen
from b12assistant.index.asked_questions import Nearest
from b12assistant.index.vectors import Vectors

_TOKENS = chosen("context")["tokens"]  # weight of the words of a question in its context


@dataclass(frozen=True)
class Sought:
    """A question as it is searched and judged. ``encoding``: milliseconds that encoding took.

    ``asked``: the questions of the library nearest to what it means in its context, if it is searched by that.
    """

    read_as: Interpretation
    query: Query
    encoding: float
    asked: tuple[Nearest, ...] = ()

    @property
    def weights(self) -> Vectors:
        """Return what each token of the query weighs: in a context less than alone."""
        return self.query.informative * np.float32(_TOKENS if self.asked else 1)


@dataclass(frozen=True)
class Found:
    """What was found for a question, judged. ``windows``: candidate quotes, best first. ``difference``: the curators'
    topic that it is about, if there is one. ``unknown``: how much of it no source has, 0 to 1. ``least``: the
    confidence from which it is answered.
    """

    sought: Sought
    windows: tuple[Window, ...]
    difference: Difference | None
    unknown: float
    least: float

    @property
    def likely(self) -> float:
        """Return how likely the best window answers it, 0 to 1."""
        return self.windows[0].likely if self.windows else 0.0
