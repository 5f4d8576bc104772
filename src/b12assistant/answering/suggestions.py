"""Suggest further questions: headings of the sources that are questions, and those of the curated differences.

Only what the sources answer is suggested: each is asked once, when it would first be shown.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from b12assistant.answers import Answer, Status
from b12assistant.index.collection import Collection as Indexed
from b12assistant.protocols import Encoder
from b12assistant.threads import cached

if TYPE_CHECKING:
    from numpy.typing import NDArray

SHOWN = 3
NEAR = 0.3  # cosine to the question from which one is suggested
_AT_ONCE = 32  # texts that are encoded together
SAME = 0.9  # cosine from which two ask the same


@dataclass(frozen=True)
class Suggestions:
    """``texts[i]`` has the vector ``vectors[i]``, (n, d) float32 of unit length; ``ask`` answers one of them."""

    texts: tuple[str, ...]
    vectors: NDArray[np.float32]
    ask: Callable[[str], Answer]

    @classmethod
    def of(cls, collection: Indexed, encoder: Encoder, ask: Callable[[str], Answer]) -> Suggestions:
        """Collect the collection's questions, encoded a few of a length at a time, so that no user's has to wait."""
        texts = tuple(dict.fromkeys(_questions(collection)))
        ordered = sorted(texts, key=len)
        some = (ordered[first : first + _AT_ONCE] for first in range(0, len(ordered), _AT_ONCE))
        vectors = dict(zip(ordered, (each.vector for few in some for each in encoder.each(few)), strict=True))
        return cls(texts, np.array([vectors[text] for text in texts], np.float32), ask)

    def near(self, asked: Collection[str], question: NDArray[np.float32]) -> tuple[str, ...]:
        """Return the nearest to a question that are answered, at most three; none that was asked or asks the same."""
        if not self.texts:
            return ()
        cosines = self.vectors @ question
        known = {text.casefold() for text in asked}
        chosen: list[int] = []
        for place in np.argsort(-cosines, kind="stable").tolist():
            if len(chosen) == SHOWN or cosines[place] < NEAR:
                break
            alike = cosines[place] >= SAME or any(self.vectors[place] @ self.vectors[each] >= SAME for each in chosen)
            if not alike and self.texts[place].casefold() not in known and self._is_answered(self.texts[place]):
                chosen.append(place)
        return tuple(self.texts[place] for place in chosen)

    @cached(None)
    def _is_answered(self, text: str) -> bool:
        """Return whether the sources answer it with quotes, and no flag is raised."""
        answer = self.ask(text)
        return answer.status is Status.ANSWERED and all(notice.flag is None for notice in answer.notices)


def _questions(collection: Indexed) -> Iterator[str]:
    """Yield the questions of the sources, then those of the curators."""
    quotable = (
        document.slice(section.heading).strip()
        for document in collection.documents
        if not document.source.withdrawn and document.id not in collection.off.documents
        for section in document.sections
    )
    yield from (heading for heading in quotable if heading.endswith("?"))
    yield from (dispute.asked[0] for dispute in collection.disputes)
