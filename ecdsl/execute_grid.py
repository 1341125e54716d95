"""Which values of a shape's parameters make up grids, that one pass over the tuples fills."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray


@dataclass(frozen=True)
class Grid:
    """All combinations of the values of some parameters, beside fixed values of the others.

    Attributes:
        parameters: (n_parameters,) all parameters at the grid's first point.
        axes: The rising values of each parameter that varies.
        points: (n_points,) the number of each point of the grid, the last axis running fastest.
    """

    parameters: NDArray[np.float64]
    axes: tuple[NDArray[np.float64], ...]
    points: NDArray[np.int64]

    @property
    def offsets(self) -> NDArray[np.int64]:
        """Where each axis starts and ends, all of them in a row."""
        return np.cumsum([0, *(len(axis) for axis in self.axes)])


def as_grids(points: Sequence[NDArray[np.float64]], over: Sequence[int]) -> list[Grid] | None:
    """Return the grids that points make up, one for each value of the parameters that stay fixed.

    Args:
        points: Values of all parameters, (n_parameters,) each.
        over: Places of the parameters that may vary within a grid.

    Returns:
        None where points are missing or doubled, or where every grid would be a single point.
    """
    every = np.array(points)
    fixed = np.delete(every, list(over), axis=1)
    grids = []
    for values in np.unique(fixed, axis=0):
        mine = np.flatnonzero((fixed == values).all(axis=1))
        varied = every[mine][:, list(over)]
        axes = tuple(np.unique(column) for column in varied.T)
        if len(np.unique(varied, axis=0)) < len(mine) or len(mine) < np.prod([*map(len, axes)]):
            return None
        order = mine[np.lexsort(varied.T[::-1])]
        grids.append(Grid(every[order[0]], axes, order))
    return grids if len(grids) < len(points) else None
