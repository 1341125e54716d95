"""Run torch and numpy's linear algebra on a fixed number of threads for a while."""

from __future__ import annotations

from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING

import torch
from threadpoolctl import ThreadpoolController

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def pinned_threads(number: int = 1) -> Iterator[None]:
    """Give torch and BLAS `number` threads, and back what they had.

    Sums depend on how many threads share them, so a fixed number makes results reproducible. The
    matrices here are small: one thread is nearly as fast as two on idle cores, and up to ten times
    faster where other processes want the cores too, for threads of one operation wait for each
    other.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(number)
    try:
        with _libraries().limit(limits=number, user_api="blas"):
            yield
    finally:
        torch.set_num_threads(before)


@cache
def _libraries() -> ThreadpoolController:
    """Return the libraries of this process that have threads: looking for them takes long."""
    return ThreadpoolController()
