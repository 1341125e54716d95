"""Uniform cubic B-splines on the unit interval: K intervals, K + 3 functions, four at any place."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

# Functions that do not vanish at a place.
SUPPORT = 4
# Gauss-Legendre nodes per interval.
NODES = 2


def functions(intervals: int) -> int:
    """Return the number of functions on so many intervals."""
    return intervals + SUPPORT - 1


def at(x: Tensor, intervals: int) -> tuple[Tensor, Tensor]:
    """Return (n,) the first function that does not vanish at x (n,), and (4, n) the values."""
    place = x * intervals
    first = place.floor().clamp(0, intervals - 1)
    f = place - first
    g = 1 - f
    values = [
        g**3 / 6,
        (3 * f**3 - 6 * f**2 + 4) / 6,
        (3 * g**3 - 6 * g**2 + 4) / 6,
        f**3 / 6,
    ]
    return first.long(), torch.stack(values)


def matrix(x: Tensor, intervals: int) -> Tensor:
    """Return (n, K + 3) every function at x (n,)."""
    first, values = at(x, intervals)
    columns = first[:, None] + torch.arange(SUPPORT, device=x.device)
    return x.new_zeros(len(x), functions(intervals)).scatter_(1, columns, values.T)


def quadrature(intervals: int) -> tuple[Tensor, Tensor]:
    """Return (n,) nodes and (n,) weights, Gauss-Legendre in every interval, float64."""
    nodes, weights = np.polynomial.legendre.leggauss(NODES)
    inner = torch.from_numpy((nodes + 1) / 2)
    points = (torch.arange(intervals)[:, None] + inner) / intervals
    return points.reshape(-1), torch.from_numpy(weights / 2).repeat(intervals) / intervals


def refinement(intervals: int) -> Tensor:
    """Return (2 K + 3, K + 3) the coefficients of the same spline on twice as many intervals."""
    matrix = torch.zeros(functions(2 * intervals), functions(intervals), dtype=torch.float64)
    for row in range(len(matrix)):
        middle = (row + 1) // 2
        shares = (0.125, 0.75, 0.125) if row % 2 else (0.5, 0.5)
        first = middle - 1 if row % 2 else middle
        matrix[row, first : first + len(shares)] = torch.tensor(shares, dtype=torch.float64)
    return matrix


def expand(coefficients: Tensor, matrices: Sequence[Tensor]) -> Tensor:
    """Return (n1, ..., nP) the spline on a grid.

    Args:
        coefficients: (K1 + 3, ..., KP + 3).
        matrices: Every function at the grid's places along each axis (n, K + 3).
    """
    for axis in matrices:
        coefficients = torch.tensordot(coefficients, axis, dims=([0], [1]))
    return coefficients
