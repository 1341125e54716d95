"""Kernels run without what other packages add to numba: they take arrays alone.

awkward and vector register extensions, which numba loads, with sympy and much else, before it runs
its first function. That is a second at every start.
"""

from __future__ import annotations

from contextlib import contextmanager
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


class _Threads:
    """How many threads run a kernel, and whether numba had loaded extensions before the first."""

    def __init__(self) -> None:
        self.lock = Lock()
        self.inside = 0
        self.loaded = False


_THREADS = _Threads()


@contextmanager
def without_extensions() -> Iterator[None]:
    """Keep numba from loading extensions meanwhile; who compiles for awkward arrays still can."""
    from numba.core import entrypoints

    with _THREADS.lock:
        if _THREADS.inside == 0:
            _THREADS.loaded = entrypoints._already_initialized
        _THREADS.inside += 1
        entrypoints._already_initialized = True
    try:
        yield
    finally:
        with _THREADS.lock:
            _THREADS.inside -= 1
            if _THREADS.inside == 0:
                entrypoints._already_initialized = _THREADS.loaded
