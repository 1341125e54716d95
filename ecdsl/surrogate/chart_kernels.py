"""The map of the cube that makes triangles smaller, point by point: compiled by numba."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numba import njit

if TYPE_CHECKING:
    from numpy.typing import NDArray

# How flat the middle of the cube is that moves as a whole.
FLAT = 12
# Where what is left for the second side has its end, its logarithm is kept from zero.
LEAST = 1e-8


class Ends(NamedTuple):
    """What the map needs of a chart.

    Attributes:
        floor: Shortest angle.
        span: Of ln r1.
        reach: ln(c / floor), c the longest angle.
        closing: u1 from which on the sphere leaves less than c for the second side.
    """

    floor: float
    span: float
    reach: float
    closing: float


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def _log_room(first: float, ends: Ends) -> float:
    """Return ln(t2 / r1) at u1."""
    room = ends.reach - first * ends.span
    if first > ends.closing:
        room = math.log(math.pi / ends.floor - math.exp(first * ends.span) / 2) - first * ends.span
    return max(room, LEAST)


@njit(cache=True, nogil=True, error_model="numpy")  # type: ignore[untyped-decorator]
def shrunk(
    cube: NDArray[np.float64], log_factors: NDArray[np.float64], ends: Ends
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the image (n, P) and the Jacobian (n,) of `Chart.shrunk` at (n, P), factors (n,)."""
    image, jacobian = np.empty_like(cube), np.empty(len(cube))
    for n in range(len(cube)):
        first, shift = cube[n, 0], log_factors[n] / ends.span
        arm = 2 * first - 1
        bend = arm ** (FLAT - 1)
        moved = min(max(first - shift * (1 - bend * arm), 0.0), 1.0)
        image[n, 0] = moved
        jacobian[n] = 1 + 2 * FLAT * shift * bend
        if cube.shape[1] > 1:
            ratio = _log_room(first, ends) / _log_room(moved, ends)
            slope = 1 / (1 + (ratio - 1) * cube[n, 1])
            image[n, 1] = min(max(ratio * cube[n, 1] * slope, 0.0), 1.0)
            image[n, 2] = cube[n, 2]
            jacobian[n] *= ratio * slope * slope
    return image, jacobian
