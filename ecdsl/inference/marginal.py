r"""Integrate a likelihood over all parameters but one.

.. math:: p(x \mid m) = \int p(x \mid m, \nu)\, d\nu

with a flat prior on the range of each other parameter; what is known of them besides is part of the
datum x (`nuisances.py`). The sum over a regular grid is exact, but for the ends of the range, once
its steps are as small as the likelihood is wide in :math:`\nu` at fixed m: with a step of one
standard deviation of a Gaussian the error is 5e-9. The grid is made finer until that is so.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from scipy.special import logsumexp

from ecdsl.diagnostics import NumericalError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ecdsl.inference.coverage import LogLikelihood

Joint = Callable[..., "NDArray[np.float64]"]
"""Maps (K, n_data) data of N events, N, and (M,) values of each parameter to (K, M) ln p(x | m)."""

Range = tuple[float, float]

# Values of one nuisance to begin with; of several, their grid has about so many points.
VALUES = 33
# Values within one standard deviation of the best that resolve a likelihood in each nuisance.
RESOLVED = 3
# Points that are held at once.
CHUNK = 1 << 15


def product_grid(limits: Sequence[Range], values: int) -> list[NDArray[np.float64]]:
    """Return the coordinates, each (values^P,), of a regular grid over P ranges."""
    axes = [np.linspace(*part, values) for part in limits]
    return [part.ravel() for part in np.meshgrid(*axes, indexing="ij")]


def marginal(joint: Joint, prior: Sequence[Range], index: int = 0) -> LogLikelihood:
    """Return the likelihood of one parameter, integrated over all others.

    Args:
        joint: Of all parameters.
        prior: Range of each.
        index: Which one is kept.

    Returns:
        A likelihood; it raises NumericalError where it cannot resolve the others.
    """
    others = [*prior[:index], *prior[index + 1 :]]

    def log_likelihood(
        x: NDArray[np.float64], n_events: int, grid: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        values = round(VALUES ** (1 / max(1, len(others))))
        while values ** len(others) <= CHUNK:
            points = product_grid(others, values)
            tabulate = partial(joint, x, n_events)
            found, resolved = _integrated(tabulate, len(x), grid, points, index)
            if resolved >= RESOLVED ** len(others):
                return found
            values = 2 * values - 1
        raise NumericalError(
            "the data tell more of the other parameters than a grid over their simulated range"
            " resolves: simulate a narrower range"
        )

    return log_likelihood


def _integrated(
    tabulate: Callable[..., NDArray[np.float64]],
    n_data: int,
    grid: NDArray[np.float64],
    points: Sequence[NDArray[np.float64]],
    index: int,
) -> tuple[NDArray[np.float64], int]:
    """Return (K, G) ln of the mean over the points, and how many there are around the best.

    The second is the number of points within half a unit of the highest, at its value on the grid,
    for the one of the K data where it is smallest.
    """
    n_points = len(points[0]) if points else 1
    size = max(1, CHUNK // n_points)
    parts = []
    highest = np.full(n_data, -np.inf)
    around = np.zeros(n_data, dtype=np.int64)
    for start in range(0, len(grid), size):
        part = grid[start : start + size]
        m = [np.tile(values, len(part)) for values in points]
        m.insert(index, np.repeat(part, n_points))
        logs = tabulate(*m).reshape(n_data, len(part), n_points)
        parts.append(logsumexp(logs, axis=-1) - np.log(n_points))
        top = logs.max(axis=-1)
        at = top.argmax(axis=1)
        rows = np.arange(n_data)
        near = (logs[rows, at] > top[rows, at, None] - 0.5).sum(axis=1)
        around = np.where(top[rows, at] > highest, near, around)
        highest = np.maximum(highest, top[rows, at])
    return np.concatenate(parts, axis=1), int(around.min(initial=n_points))
