"""A bad file in a corpus, and what must happen to it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from b12assistant.types import FileEnd

LEFT_OUT = frozenset({FileEnd.LEFT_OUT})
WARNINGS = frozenset({FileEnd.WARNINGS})
INDEXED = frozenset({FileEnd.INDEXED})
READ = INDEXED | WARNINGS  # another version of a library may or may not warn

Made = Callable[[], bytes]  # large ones are made on demand
Put = Callable[[Path], object]  # anything but a regular file


@dataclass(frozen=True)
class BadInput:
    """``row`` (1-54), ``name`` in the corpus, and its bytes or what puts it there.

    ``ends`` are the correct ends; a reason or warning contains ``says``. ``slow``: takes seconds to read.
    """

    row: int
    name: str
    content: bytes | Made
    ends: frozenset[FileEnd]
    says: str = ""
    slow: bool = False
    placed: Put | None = None  # instead of ``content``

    def put(self, corpus: Path) -> None:
        path = corpus / self.name
        path.parent.mkdir(parents=True, exist_ok=True)
        if self.placed is not None:
            self.placed(path)
        else:
            path.write_bytes(self.content if isinstance(self.content, bytes) else self.content())
