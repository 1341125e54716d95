from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from ecdsl.in_order import in_order

if TYPE_CHECKING:
    from collections.abc import Iterator


def numbers(fails_at: int) -> Iterator[int]:
    yield from range(fails_at)
    raise ValueError(f"no item {fails_at}")


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_results_come_in_the_order_of_items(workers: int) -> None:
    def slow_at_first(number: int) -> int:
        time.sleep(0.01 if number == 0 else 0)
        return number**2

    assert list(in_order(slow_at_first, range(20), workers)) == [n**2 for n in range(20)]


@pytest.mark.parametrize("workers", [1, 2, 5])
@pytest.mark.parametrize(
    ("function", "item", "first"), [(2, 3, "function of 2"), (3, 3, "no item 3"), (0, 0, "item 0")]
)
def test_what_fails_first_is_raised(workers: int, function: int, item: int, first: str) -> None:
    def fails_at(number: int) -> int:
        if number == function:
            raise ValueError(f"function of {number}")
        return number

    results = in_order(fails_at, numbers(item), workers)
    assert [next(results) for _ in range(min(function, item))] == list(range(min(function, item)))
    with pytest.raises(ValueError, match=first):
        next(results)
