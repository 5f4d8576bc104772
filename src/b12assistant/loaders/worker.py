"""The process that reads files: it may be killed at any moment without harm to anything else.

Run as ``python -m b12assistant.loaders.worker MEMORY SECONDS``. A request on standard input is a file's name, its bytes
and how to split it; the answer on standard output is the prepared file. It imports the loaders and their
libraries; of the encoder and the indexes, only the tokenizer.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from contextlib import suppress
from functools import lru_cache, partial
from pathlib import Path

from b12assistant.errors import SourceError
from b12assistant.language.words import count_pieces, open_tokenizer
from b12assistant.loaders import isolation, load
from b12assistant.loaders.passages import Splitting, prepare


def main() -> None:
    """Answer requests until the input ends."""
    limit, seconds = int(sys.argv[1]), float(sys.argv[2])
    with suppress(ImportError, ValueError, OSError):  # macOS refuses, Windows has no such module
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))
    # Standard output is for answers: what a library prints goes to standard error.
    claimed = os.dup(sys.stdout.fileno())
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    with os.fdopen(claimed, "wb") as output:
        while (name := isolation.receive(sys.stdin.buffer)) is not None:
            data, splitting = isolation.receive(sys.stdin.buffer), isolation.receive(sys.stdin.buffer)
            if data is None or splitting is None:
                return
            _limit_time(seconds)
            answer = _answer(data, name.decode(), isolation.unpack_splitting(splitting), limit)
            _limit_time(0)
            isolation.send(output, answer)


def _answer(data: bytes, name: str, splitting: Splitting, limit: int) -> bytes:
    try:
        return isolation.pack(prepare(load(data, name), splitting, _count(splitting.tokenizer)))
    except SourceError as error:
        return isolation.pack(error)
    except MemoryError:
        return isolation.pack(SourceError(f"needs more than {limit / 2**30:g} GiB of memory"))
    except Exception as error:  # noqa: BLE001 - a parser's bug costs one file, and its reason is reported
        return isolation.pack(SourceError(f"the reader failed ({type(error).__name__})"))


@lru_cache(1)
def _count(tokenizer: Path | None) -> Callable[[str], int] | None:
    return partial(count_pieces, open_tokenizer(tokenizer)) if tokenizer else None


def _limit_time(seconds: float) -> None:
    """Have the system end this process after ``seconds`` of processor time from now; 0: never."""
    with suppress(AttributeError, OSError):  # Windows has no such timer
        signal.setitimer(signal.ITIMER_PROF, seconds)


if __name__ == "__main__":
    main()
