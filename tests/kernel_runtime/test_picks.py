"""What a row keeps is listed as pairs of particles, in order and none behind its end."""

from __future__ import annotations

import numba
import numpy as np
import pytest

from ecdsl.kernel_runtime.lanes import sixteen
from ecdsl.kernel_runtime.picks import listed, noted


def kept(values, limit, stops):
    """Return pairs (row, particle before it) of the values below a limit, as kernels list them."""
    found = np.zeros(values.size // 16 + 1, dtype=np.int64)
    pairs = np.zeros(values.size + 8, dtype=np.uint32)
    n_found = 0
    for k in range(len(stops)):
        for start in range(0, stops[k], 16):
            near = sixteen(values, k, start) < limit
            n_found = noted(near, start, stops[k], found, n_found)
    return pairs[: listed(found, n_found, pairs)]


@pytest.mark.parametrize("limit", [0.0, 0.03, 0.5, 2.0])
def test_all_that_is_kept_is_listed_in_order(limit):
    values = np.random.default_rng(2).random((9, 96))
    stops = np.array([1, 7, 8, 9, 15, 16, 17, 40, 81])
    expected = [
        (stop, c)
        for row, stop in zip(values, stops, strict=True)
        for c in range(stop)
        if row[c] < limit
    ]
    pairs = numba.njit(kept)(values, limit, stops)
    assert [(int(p) >> 16, int(p) & 0xFFFF) for p in pairs] == expected
