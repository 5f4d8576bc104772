"""How often each term stands in each passage: what lexical search is computed from, kept for the documents that stay.

To find the terms of a text is most of what a lexical index costs. A document's counts depend on nothing but itself;
what depends on the whole collection (lengths, idf) is computed from counts anew.
"""

from __future__ import annotations

import io
import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from b12assistant.language.words import terms

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Numbers = NDArray[np.int32]


@dataclass(frozen=True)
class TermCounts:
    """Row ``i`` holds the terms ``numbers[starts[i]:starts[i + 1]]`` of ``names``, in ascending order.

    ``body`` and ``title``: how often each stands in the row's passage and in its titles; one of both is above zero.
    ``names`` are sorted; a part of a whole may name terms that it does not hold.
    """

    names: tuple[str, ...]
    starts: NDArray[np.int64]
    numbers: Numbers
    body: Numbers
    title: Numbers

    @classmethod
    def of(cls, bodies: Sequence[str], titles: Sequence[str]) -> TermCounts:
        """``bodies[i]`` and ``titles[i]`` are the two fields of row ``i``."""
        rows = [(Counter(terms(body)), Counter(terms(title))) for body, title in zip(bodies, titles, strict=True)]
        held = [sorted(body.keys() | title.keys()) for body, title in rows]
        names = tuple(sorted({name for row in held for name in row}))
        number = {name: place for place, name in enumerate(names)}
        return cls(
            names,
            np.cumsum([0, *map(len, held)], dtype=np.int64),
            np.array([number[name] for row in held for name in row], np.int32),
            np.array([body[name] for (body, _), row in zip(rows, held, strict=True) for name in row], np.int32),
            np.array([title[name] for (_, title), row in zip(rows, held, strict=True) for name in row], np.int32),
        )

    @classmethod
    def join(cls, parts: Sequence[TermCounts]) -> TermCounts:
        """The rows of all ``parts``, in order, and the names that they hold; at least one part."""
        lists = {id(part.names): part.names for part in parts}  # parts of one whole share theirs
        every = sorted(set().union(*lists.values()))
        number = {name: place for place, name in enumerate(every)}
        maps = {key: np.array([number[name] for name in names], np.int32) for key, names in lists.items()}
        numbers = np.concatenate([maps[id(part.names)][part.numbers] for part in parts])
        held = np.zeros(len(every), bool)
        held[numbers] = True
        return cls(
            tuple(name for name, there in zip(every, held.tolist(), strict=True) if there),
            np.concatenate([[0], *(np.diff(part.starts) for part in parts)]).cumsum(dtype=np.int64),
            (np.cumsum(held) - 1).astype(np.int32)[numbers],
            np.concatenate([part.body for part in parts]),
            np.concatenate([part.title for part in parts]),
        )

    def part(self, first: int, last: int) -> TermCounts:
        """Rows ``first`` … ``last - 1``."""
        begin, end = int(self.starts[first]), int(self.starts[last])
        there = slice(begin, end)
        starts = self.starts[first : last + 1] - begin
        return TermCounts(self.names, starts, self.numbers[there], self.body[there], self.title[there])

    def __len__(self) -> int:
        return len(self.starts) - 1

    def to_bytes(self) -> bytes:
        names = np.frombuffer(json.dumps(self.names, ensure_ascii=False).encode(), np.uint8)
        buffer = io.BytesIO()
        np.savez(buffer, names=names, starts=self.starts, numbers=self.numbers, body=self.body, title=self.title)
        return buffer.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes) -> TermCounts:
        """Read bytes that were already verified against their digest."""
        with np.load(io.BytesIO(data), allow_pickle=False) as arrays:
            names = tuple(json.loads(arrays["names"].tobytes()))
            return cls(names, arrays["starts"], arrays["numbers"], arrays["body"], arrays["title"])
