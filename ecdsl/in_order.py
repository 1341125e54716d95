"""Work on threads whose results come in the order of what was given."""

from __future__ import annotations

from collections import deque
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import TypeVar

    T = TypeVar("T")
    R = TypeVar("R")


def in_order(function: Callable[[T], R], items: Iterable[T], workers: int) -> Iterator[R]:
    """Yield `function(item)` in order, a few ahead on `workers` threads."""
    iterator = iter(items)
    with ThreadPoolExecutor(workers) as pool:
        pending = deque(pool.submit(function, item) for item in islice(iterator, workers + 1))
        try:
            while pending:
                yield pending.popleft().result()
                pending.extend(pool.submit(function, item) for item in islice(iterator, 1))
        finally:
            for future in pending:
                future.cancel()
