"""Sums over the B-splines that do not vanish at a place, point by point: compiled by numba.

A spline of three coordinates is 64 products at a point. Arrays have three axes; a coordinate that
there is none of has a single function, one everywhere, and comes first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numba import njit

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Products and sums in one instruction, where the processor has it.
_compiled = njit(cache=True, nogil=True, error_model="numpy", fastmath={"contract"})


@_compiled  # type: ignore[untyped-decorator]
def _at(x: float, functions: int) -> tuple[np.uint64, tuple[float, float, float, float]]:
    """Return the first function that does not vanish at x, and the values, 6 times as large."""
    if functions == 1:
        return np.uint64(0), (6.0, 0.0, 0.0, 0.0)
    place = x * (functions - 3)
    first = min(max(int(place), 0), functions - 4)
    f = place - first
    g = 1 - f
    values = g * g * g, (3 * f - 6) * f * f + 4, (3 * g - 6) * g * g + 4, f * f * f
    # No index counts from the end.
    return np.uint64(first), values


@_compiled  # type: ignore[untyped-decorator]
def heights(coefficients: NDArray[np.float64], places: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the spline (n,) of coefficients (F1, F2, F3) at places (n, 3)."""
    first, second, third = coefficients.shape
    many, more, one = min(first, 4), min(second, 4), np.uint64(1)
    result = np.empty(len(places))
    for n in range(len(places)):
        i, a = _at(places[n, 0], first)
        j, b = _at(places[n, 1], second)
        k, c = _at(places[n, 2], third)
        # Four sums that do not wait for each other.
        t0 = t1 = t2 = t3 = 0.0
        for p in range(many):
            for q in range(more):
                row, share = coefficients[i + np.uint64(p), j + np.uint64(q)], a[p] * b[q]
                t0 += share * row[k]
                t1 += share * row[k + one]
                t2 += share * row[k + one + one]
                t3 += share * row[k + one + one + one]
        result[n] = (c[0] * t0 + c[1] * t1 + c[2] * t2 + c[3] * t3) / 216
    return result


@_compiled  # type: ignore[untyped-decorator]
def accumulate(
    sums: NDArray[np.float64], places: NDArray[np.float64], factors: NDArray[np.float64]
) -> None:
    """Add to sums (F1, F2, F3, T) every function's values at places (n, 3) times factors (n, T)."""
    first, second, third, terms = sums.shape
    many, more = min(first, 4), min(second, 4)
    for n in range(len(places)):
        i, a = _at(places[n, 0], first)
        j, b = _at(places[n, 1], second)
        k, c = _at(places[n, 2], third)
        for p in range(many):
            for q in range(more):
                row, share = sums[i + np.uint64(p), j + np.uint64(q)], a[p] * b[q] / 216
                for r in range(4):
                    for t in range(terms):
                        row[k + np.uint64(r), t] += share * c[r] * factors[n, t]
