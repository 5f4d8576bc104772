"""The process that reads files: it may be killed at any moment, and takes nothing with it.

Run as ``python -m b12assistant.loaders.worker MEMORY``; bytes of files come in on standard input, extracts go out on
standard output. It imports the loaders and their libraries, nothing of the encoder or the indexes.
"""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from typing import IO

from b12assistant.errors import SourceError
from b12assistant.loaders import load, wire


def main() -> None:
    """Serve until the input ends."""
    limit = int(sys.argv[1])
    _limit_memory(limit)
    with _claimed_output() as output:
        while (name := wire.receive(sys.stdin.buffer)) is not None:
            data = wire.receive(sys.stdin.buffer)
            if data is None:
                return
            wire.send(output, _answer(data, name.decode("utf-8", "surrogateescape"), limit))


def _answer(data: bytes, name: str, limit: int) -> bytes:
    try:
        return wire.pack(load(data, name))
    except SourceError as error:
        return wire.pack_error(error)
    except MemoryError:
        return wire.pack_error(SourceError(f"needs more than {limit / 2**30:g} GiB of memory"))
    except Exception as error:  # noqa: BLE001 - a parser's own fault must cost one file, with its reason
        return wire.pack_error(SourceError(f"the reader failed ({type(error).__name__})"))


def _claimed_output() -> IO[bytes]:
    """Standard output for us alone: what a library prints goes to standard error instead."""
    claimed = os.dup(sys.stdout.fileno())
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return os.fdopen(claimed, "wb")


def _limit_memory(limit: int) -> None:
    """Address space in bytes, where the system can limit it: macOS refuses, Windows has no such module."""
    with suppress(ImportError, ValueError, OSError):
        import resource

        resource.setrlimit(resource.RLIMIT_AS, (limit, limit))


if __name__ == "__main__":
    main()
