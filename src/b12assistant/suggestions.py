"""Questions that a reader may go on with: headings of the sources that are questions, and those of the curated
differences. What is suggested was asked once, and the sources answered it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from b12assistant.answers import Answer, Status
from b12assistant.collection import Collection as Indexed
from b12assistant.protocols import Encoder

if TYPE_CHECKING:
    from numpy.typing import NDArray

SHOWN = 3
NEAR = 0.3  # cosine to the question from which one is suggested
SAME = 0.9  # from which it says what was asked already


@dataclass(frozen=True)
class Suggestions:
    """``texts[i]`` has the vector ``vectors[i]``, (n, d) float32 of unit length."""

    texts: tuple[str, ...]
    vectors: NDArray[np.float32]

    @classmethod
    def answered(cls, collection: Indexed, encoder: Encoder, ask: Callable[[str], Answer]) -> Suggestions:
        """Those of the collection that ``ask`` answers with quotes."""
        texts = tuple(text for text in dict.fromkeys(_questions(collection)) if _is_answered(ask(text)))
        vectors = [encoded.vector for encoded in encoder.encode(texts)]
        return cls(texts, np.array(vectors, np.float32))

    def near(self, asked: Collection[str], question: NDArray[np.float32]) -> tuple[str, ...]:
        """The nearest to a question, at most three, nearest first; none of ``asked``, none that says the same."""
        if not self.texts:
            return ()
        cosines = self.vectors @ question
        known = {text.casefold() for text in asked}
        chosen: list[int] = []
        for place in np.argsort(-cosines, kind="stable").tolist():
            if len(chosen) == SHOWN or cosines[place] < NEAR:
                break
            alike = cosines[place] >= SAME or any(self.vectors[place] @ self.vectors[each] >= SAME for each in chosen)
            if not alike and self.texts[place].casefold() not in known:
                chosen.append(place)
        return tuple(self.texts[place] for place in chosen)


def _questions(collection: Indexed) -> Iterator[str]:
    """As they stand in the sources, then as the curators put them."""
    quotable: Sequence[str] = [
        document.slice(section.heading).strip()
        for document in collection.documents
        if not document.source.withdrawn and document.id not in collection.off.documents
        for section in document.sections
    ]
    yield from (heading for heading in quotable if heading.endswith("?"))
    yield from (dispute.asked[0] for dispute in collection.disputes)


def _is_answered(answer: Answer) -> bool:
    return answer.status is Status.ANSWERED and all(notice.flag is None for notice in answer.notices)
