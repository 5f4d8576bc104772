"""Let threads share parts and memory: load each part once, give freed memory back, and end cleanly."""

from __future__ import annotations

import atexit
import contextlib
import ctypes
import functools
import gc
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Concatenate, ParamSpec, TypeVar

Owner = TypeVar("Owner")
Given = ParamSpec("Given")
Made = TypeVar("Made")

if TYPE_CHECKING:
    once = functools.cached_property
else:

    class once(functools.cached_property):  # noqa: N801 - used like the decorator it is
        """A ``cached_property`` that only one thread computes; since Python 3.12 the standard one has no lock.

        A failure is not kept: the next access tries again.
        """

        def __init__(self, compute: Any) -> None:
            super().__init__(compute)
            self._computing = threading.RLock()

        def __get__(self, instance: Any, owner: Any = None) -> Any:
            with self._computing:
                return super().__get__(instance, owner)


def cached(
    most: int | None,
) -> Callable[[Callable[Concatenate[Owner, Given], Made]], functools.cached_property[Callable[Given, Made]]]:
    """Keep a method's results for the ``most`` latest arguments, or for all, as long as its object lives."""

    def keeping(method: Callable[Concatenate[Owner, Given], Made]) -> functools.cached_property[Callable[Given, Made]]:
        def kept(owner: Owner) -> Any:
            return functools.lru_cache(maxsize=most)(functools.partial(method, owner))

        kept.__doc__ = method.__doc__
        return once(kept)

    return keeping


class NativeCalls:
    """A guard around calls of native code that release the GIL: ``with NATIVE_CALLS:``.

    A daemon thread that returns from native code while Python shuts down aborts the process ("terminate called without
    an active exception", exit status 134; https://github.com/python/cpython/issues/87135). So shutdown waits for the
    calls in progress, and after that only the main thread may begin another.
    """

    _MOST = 10.0  # seconds that shutdown waits

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._inside = 0
        self._closed = False

    def __enter__(self) -> None:
        with self._changed:
            if threading.current_thread() is not threading.main_thread():
                self._changed.wait_for(lambda: not self._closed)
            self._inside += 1

    def __exit__(self, *_: object) -> None:
        with self._changed:
            self._inside -= 1
            self._changed.notify_all()

    def close(self) -> None:
        with self._changed:
            self._closed = True
            self._changed.wait_for(lambda: not self._inside, self._MOST)


NATIVE_CALLS = NativeCalls()
atexit.register(NATIVE_CALLS.close)


_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8  # of malloc.h
_NEW = 10_000  # objects, 20 times, before older ones are looked through too; Python's own numbers are 700 and 10
_LARGE = 1024 * 1024  # bytes; with 64 kB each question took memory anew a thousand times, a fifth of its time


def spare_memory() -> None:
    """Let all threads share two heaps, and give large blocks back at once.

    Otherwise each thread keeps a heap of its own, and once a large block is freed glibc keeps those up to its size, at
    most 32 MB (man mallopt). Call it before threads start; encoding in bulk takes a third more time with it.
    """
    # All objects of an opened index take 0.1 s, which every fifth long message would wait for with Python's numbers.
    gc.set_threshold(_NEW, 20)
    _glibc("mallopt", _ARENA_MAX, 2)
    _glibc("mallopt", _MMAP_THRESHOLD, _LARGE)
    _glibc("mallopt", _TRIM_THRESHOLD, _LARGE)


def give_back() -> None:
    """Return freed memory to the system; otherwise a server grows with each new index, an indexer with a long file."""
    gc.collect()  # an index is part of reference cycles
    trim()


def trim() -> None:
    """Return what is free already, as `give_back` does."""
    with NATIVE_CALLS:
        _glibc("malloc_trim", 0)


def _glibc(function: str, *arguments: int) -> None:
    with contextlib.suppress(OSError, AttributeError):  # other C libraries lack these
        getattr(ctypes.CDLL(None), function)(*arguments)
