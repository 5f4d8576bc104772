"""Return freed memory to the system, which glibc keeps by itself, and look for reference cycles seldom."""

from __future__ import annotations

import contextlib
import ctypes
import gc

from b12assistant.threads import NATIVE_CALLS

_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8  # of malloc.h
_NEW = 10_000  # objects, 20 times, before older ones are looked through too; Python's own numbers are 700 and 10
_LARGE = 1024 * 1024  # bytes; with 64 kB each question took memory anew a thousand times, a fifth of its time


def collect_seldom() -> None:
    """Look for reference cycles less often: all objects of an opened index take 0.1 s, in which nothing else runs.

    With Python's own numbers every fifth long message waited for that.
    """
    gc.set_threshold(_NEW, 20)


def spare_memory() -> None:
    """Let all threads share two heaps, and give large blocks back at once.

    Otherwise each thread keeps a heap of its own, and once a large block is freed glibc keeps those up to its size, at
    most 32 MB (man mallopt). Call it before threads start; encoding in bulk takes a third more time with it.
    """
    collect_seldom()
    _glibc("mallopt", _ARENA_MAX, 2)
    _glibc("mallopt", _MMAP_THRESHOLD, _LARGE)
    _glibc("mallopt", _TRIM_THRESHOLD, _LARGE)


def give_back() -> None:
    """Return freed memory to the system; otherwise a server grows with each new index, an indexer with a long file."""
    gc.collect()  # an index is part of reference cycles
    with NATIVE_CALLS:
        _glibc("malloc_trim", 0)


def _glibc(function: str, *arguments: int) -> None:
    with contextlib.suppress(OSError, AttributeError):  # other C libraries lack these
        getattr(ctypes.CDLL(None), function)(*arguments)
