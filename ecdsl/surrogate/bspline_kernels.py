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


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def _at(x: float, functions: int, values: NDArray[np.float64]) -> tuple[int, int]:
    """Write the values at x, 6 times as large; return the first function and how many there are."""
    if functions == 1:
        values[0] = 6.0
        return 0, 1
    place = x * (functions - 3)
    first = min(max(int(place), 0), functions - 4)
    f = place - first
    g = 1 - f
    values[0] = g * g * g
    values[1] = (3 * f - 6) * f * f + 4
    values[2] = (3 * g - 6) * g * g + 4
    values[3] = f * f * f
    return first, 4


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def heights(coefficients: NDArray[np.float64], places: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the spline (n,) of coefficients (F1, F2, F3) at places (n, 3)."""
    first, second, third = coefficients.shape
    a, b, c = np.ones(4), np.ones(4), np.ones(4)
    result = np.empty(len(places))
    for n in range(len(places)):
        i, many = _at(places[n, 0], first, a)
        j, more = _at(places[n, 1], second, b)
        k, _ = _at(places[n, 2], third, c)
        total = 0.0
        for p in range(many):
            part = 0.0
            for q in range(more):
                row = coefficients[i + p, j + q]
                here = c[0] * row[k] + c[1] * row[k + 1] + c[2] * row[k + 2] + c[3] * row[k + 3]
                part += b[q] * here
            total += a[p] * part
        result[n] = total / 216
    return result


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def accumulate(
    sums: NDArray[np.float64], places: NDArray[np.float64], factors: NDArray[np.float64]
) -> None:
    """Add to sums (F1, F2, F3, T) every function's values at places (n, 3) times factors (n, T)."""
    first, second, third, terms = sums.shape
    a, b, c = np.ones(4), np.ones(4), np.ones(4)
    for n in range(len(places)):
        i, many = _at(places[n, 0], first, a)
        j, more = _at(places[n, 1], second, b)
        k, _ = _at(places[n, 2], third, c)
        for p in range(many):
            for q in range(more):
                value = a[p] * b[q] / 216
                for r in range(4):
                    for t in range(terms):
                        sums[i + p, j + q, k + r, t] += value * c[r] * factors[n, t]
