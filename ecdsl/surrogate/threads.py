"""Run torch on a fixed number of threads for a while."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def torch_threads(number: int = 1) -> Iterator[None]:
    """Give torch `number` threads, and back what it had.

    Sums depend on how many threads share them, so a fixed number makes results reproducible. The
    networks here are small: one thread is nearly as fast as two on idle cores, and ten times faster
    where other processes want the cores too, for threads of one operation wait for each other.
    """
    before = torch.get_num_threads()
    torch.set_num_threads(number)
    try:
        yield
    finally:
        torch.set_num_threads(before)
