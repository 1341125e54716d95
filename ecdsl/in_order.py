"""Work on threads whose results come in the order of what was given."""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from itertools import islice
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import TypeVar

    T = TypeVar("T")
    R = TypeVar("R")


def in_order(function: Callable[[T], R], items: Iterable[T], workers: int) -> Iterator[R]:
    """Yield `function(item)` in order, a few ahead on `workers` threads.

    What fails first in that order is what is raised, an item or the function of one before it.
    """
    iterator = iter(items)
    with ThreadPoolExecutor(workers) as pool:
        pending: deque[Future[R]] = deque()

        def submit(count: int) -> None:
            try:
                for item in islice(iterator, count):
                    pending.append(pool.submit(function, item))
            except Exception as error:
                pending.append(_failed(error))

        try:
            # Two wait while all threads work: both may be taken before the next is there.
            submit(workers + 2)
            while pending:
                yield pending.popleft().result()
                submit(1)
        finally:
            for future in pending:
                future.cancel()


def _failed(error: Exception) -> Future[R]:
    future: Future[R] = Future()
    future.set_exception(error)
    return future
