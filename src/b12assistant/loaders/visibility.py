"""Find out which letters of a PDF page a reader can see, by a process that draws it (``page_sight``).

A page is drawn with and without its text: a letter that changes no pixel is not seen. What is drawn is matched with
what is read by the order of the operators that show text. Lengths are points, the origin is at the bottom left.
"""

from __future__ import annotations

import atexit
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from threading import Timer
from typing import IO, Any, cast

from b12assistant.types import OBJECT

Box = tuple[float, float, float, float]  # left, bottom, right, top

SHOWING = (b"Tj", b"TJ", b"'", b'"')  # the operators that show text
_SECONDS = 5.0  # of processor time for a request
_PATIENCE = 6  # by the clock, times as much
_MOST_SECONDS = 120.0  # by the clock, for all pages of a file
_MOST_FAILURES = 3  # of the process, for a file
_LONGEST = 1 << 24  # bytes of an answer


@dataclass(frozen=True, slots=True)
class Text:
    """A piece of text that is drawn: where it begins, the size of its letters, and a sign for each letter.

    ``signs``: "s" seen, "u" unseen, "p" seen in part, "o" unseen over a picture of letters, as in a scan, "b" blank.
    """

    x: float
    y: float
    size: float
    upright: bool
    signs: str

    @property
    def is_recognised(self) -> bool:
        """Check for the invisible text that text recognition adds to a scan."""
        return "o" in self.signs


@dataclass(frozen=True, slots=True)
class Sight:
    """What is drawn on a page: its texts in order, and the boxes of pictures and horizontal strokes."""

    texts: tuple[Text, ...]
    drawn: tuple[Box, ...]


class Viewer:
    """Looks at the pages of one document at a time. What cannot be drawn in time is ``None``."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._data = b""
        self._repaired: Callable[[], bytes] | None = None
        self._is_open = False
        self._failures = 0
        self._left = 0.0

    def open(self, data: bytes, repaired: Callable[[], bytes] | None = None) -> None:
        """Begin a document. ``repaired``: writes a copy, if pdfium cannot open the file itself."""
        self._data, self._repaired, self._is_open = data, repaired, False
        self._failures, self._left = 0, _MOST_SECONDS

    def look(self, number: int, *, unit: float = 1.0) -> Sight | None:
        """Draw page ``number``, 0-based. ``unit``: points of a unit of the page."""
        if self._failures >= _MOST_FAILURES or self._left <= 0:
            return None
        began = time.monotonic()
        answer = self._asked({"page": number, "unit": unit}) if self._opened() else None
        self._left -= time.monotonic() - began
        with suppress(KeyError, TypeError, ValueError):
            if answer is not None and "error" not in answer:
                texts = (
                    Text(float(x), float(y), float(size), bool(up), str(signs))
                    for x, y, size, up, signs in answer["texts"]
                )
                boxes = ((float(a), float(b), float(c), float(d)) for a, b, c, d in answer["drawn"])
                return Sight(tuple(texts), tuple(boxes))
        return None

    def close(self) -> None:
        """End the process, if there is one."""
        process, self._process, self._is_open = self._process, None, False
        if process is not None:
            process.kill()
            with suppress(OSError), process:  # closes its pipes
                process.wait()

    def _opened(self) -> bool:
        while not self._is_open and self._failures < _MOST_FAILURES:
            answer = self._asked({"length": len(self._data)}, self._data)
            self._is_open = answer is not None and "error" not in answer
            if answer is not None and not self._is_open:
                repair, self._repaired = self._repaired, None
                self._failures += 1 if repair else _MOST_FAILURES
                self._data = repair() if repair else self._data
        return self._is_open

    def _asked(self, request: Mapping[str, object], data: bytes = b"") -> dict[str, Any] | None:
        """Return the process's answer; ``None`` if it cannot be started, dies or takes too long."""
        try:
            process = self._process = self._process or _started()
        except OSError:
            self._failures = _MOST_FAILURES
            return None
        requests, replies = cast("IO[bytes]", process.stdin), cast("IO[bytes]", process.stdout)
        timer = Timer(_SECONDS * _PATIENCE, process.kill)
        timer.start()
        try:
            requests.write(json.dumps(request).encode() + b"\n" + data)
            requests.flush()
            answer: object = json.loads(replies.readline(_LONGEST))
        except (OSError, ValueError, RecursionError):
            self._failures += 1
            self.close()
            return None
        finally:
            timer.cancel()
        return answer if isinstance(answer, dict) else None


def _started() -> subprocess.Popen[bytes]:
    environment = os.environ | {
        "PYTHONPATH": os.pathsep.join(part or str(Path.cwd()) for part in sys.path),
        "OPENBLAS_NUM_THREADS": "1",  # each takes address space, which is limited
    }
    return subprocess.Popen(  # noqa: S603 - our own module, in this interpreter
        [sys.executable, "-P", "-m", "b12assistant.loaders.page_sight", str(_SECONDS)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env=environment,
    )


VIEWER = Viewer()  # starting its process takes longer than drawing a page
atexit.register(VIEWER.close)


class Shows:
    """The operators of a page that show text, in order, as pypdf comes to them."""

    def __init__(self) -> None:
        self.lengths: list[int] = []  # bytes of a font
        self.blank: list[bool] = []

    def before(self, operator: bytes, operands: Any, *_: object) -> None:
        """Take an operator before its text is read."""
        if operator in SHOWING:
            parts = _parts(operands)
            self.lengths.append(sum(map(len, parts)))
            self.blank.append(not any(part.strip() for part in parts))

    def matched(self, texts: Sequence[Text]) -> dict[int, Text] | None:
        """Return the text of each operator; ``None`` if pypdf and pdfium read different operators."""
        numbers = [number for number, length in enumerate(self.lengths) if length]
        return dict(zip(numbers, texts, strict=True)) if len(numbers) == len(texts) else None

    def is_seen(self, number: int, text: Text) -> bool:
        """Check if a reader sees any letter of a text, or it is blank."""
        return self.blank[number] or any(sign in "spo" for sign in text.signs) or set(text.signs) == {"b"}

    def is_whole(self, text: Text) -> bool:
        """Check if a reader sees all letters of a text."""
        return all(sign in "sob" for sign in text.signs)


def _parts(operands: Any) -> list[Any]:
    last = operands[-1] if operands else ()
    return [part for part in (last if isinstance(last, list) else [last]) if isinstance(part, (str, bytes))]


def blank(operator: bytes, operands: Any) -> None:
    """Take the text out of an operator that shows text."""
    at = 2 if operator == b'"' else 0
    if len(operands) > at:
        operands[at] = type(operands[at])() if operator == b"TJ" else b""


def blank_in_part(operator: bytes, operands: Any, signs: str) -> None:
    """Put the sign of something drawn into a text, in the place of letters that are not seen whole.

    If its letters cannot be told apart, it gives way as a whole.
    """
    parts = _parts(operands)
    width, rest = divmod(sum(map(len, parts)), len(signs) or 1)
    if operator != b"TJ" or rest or width not in (1, 2):
        operands[-1] = [OBJECT] if operator == b"TJ" else OBJECT
        return
    kept: list[Any] = []
    at = 0
    for part in operands[0]:
        if not isinstance(part, (str, bytes)):
            kept.append(part)
            continue
        for start in range(0, len(part), width):
            is_seen = signs[min(at // width, len(signs) - 1)] in "sob"
            at += width
            if is_seen:
                kept.append(part[start : start + width])
            elif not kept or kept[-1] != OBJECT:
                kept.append(OBJECT)
    operands[0][:] = kept
