"""What a corpus may hold that nobody wishes for, and what must become of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from b12assistant.types import FileEnd

LEFT_OUT = frozenset({FileEnd.LEFT_OUT})
WARNINGS = frozenset({FileEnd.WARNINGS})
INDEXED = frozenset({FileEnd.INDEXED})
READ = INDEXED | WARNINGS  # what a library of another version may or may not remark on

Made = Callable[[], bytes]  # large ones, when they are asked for
Put = Callable[[Path], object]  # what is no plain file


@dataclass(frozen=True)
class BadInput:
    """``row`` of docs/reference/stress.md, 1-54; ``name`` in the corpus; its bytes, or what puts it there.

    ``ends`` are the ends that are right, and a reason or warning holds ``says``. ``slow``: takes seconds to read.
    """

    row: int
    name: str
    content: bytes | Made
    ends: frozenset[FileEnd]
    says: str = ""
    slow: bool = False
    placed: Put | None = None  # in the place of ``content``

    def put(self, corpus: Path) -> None:
        path = corpus / self.name
        path.parent.mkdir(parents=True, exist_ok=True)
        if self.placed is not None:
            self.placed(path)
        else:
            path.write_bytes(self.content if isinstance(self.content, bytes) else self.content())
