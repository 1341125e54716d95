"""Tables are empty, and vectors of them lie in one line of the cache."""

from __future__ import annotations

import numba
import numpy as np
import pytest

from ecdsl.kernel_runtime.tables import (
    narrow_table_of_pairs,
    table_of_pairs,
    table_of_tuples,
    whole_table_of_tuples,
)


@pytest.mark.parametrize(
    ("make", "rows"),
    [
        (table_of_pairs, ()),
        (narrow_table_of_pairs, ()),
        (table_of_tuples, (3,)),
        (whole_table_of_tuples, (5,)),
    ],
)
def test_tables_start_on_a_line_of_the_cache(make, rows):
    @numba.njit
    def compiled(*shape):
        return make(*shape)

    for n in (16, 32, 48, 112, 400):
        table = compiled(*rows, n)
        assert table.ctypes.data % 64 == 0
        assert table.flags.c_contiguous
        assert table.dtype == make(*rows, n).dtype
        np.testing.assert_array_equal(table, make(*rows, n))
        table[:] = -1


def test_a_table_outlives_the_call_that_made_it():
    @numba.njit
    def twice(n):
        first, second = table_of_pairs(n), table_of_pairs(n)
        first[:], second[:] = 1.0, 2.0
        return first, second[1:]

    first, second = twice(64)
    others = [twice(64) for _ in range(20)]
    assert (first == 1.0).all()
    assert (second == 2.0).all()
    assert len(others) == 20
