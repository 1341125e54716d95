"""The density of events over that of a surrogate, in the cells of two coordinates."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

# Cells along each axis, and the least share of the weight that one must hold.
CELLS = 12
LEAST = 1e-4

Rows = tuple[tuple[float | None, ...], ...]


@dataclass(frozen=True)
class RatioMap:
    """A ratio in cells, and what counting there is uncertain by; None where there is too little.

    Attributes:
        edges: (B + 1,) of each coordinate.
        ratio: (B, B).
        errors: (B, B).
    """

    edges: tuple[tuple[float, ...], tuple[float, ...]]
    ratio: Rows
    errors: Rows


def ratio_map(
    columns: tuple[NDArray[np.float64], NDArray[np.float64]],
    ratio: NDArray[np.float64],
    weights: NDArray[np.float64],
    real: NDArray[np.bool_],
    groups: NDArray[np.int64],
) -> RatioMap:
    """Return the mean of a ratio in cells of equal weight of the surrogate along each coordinate.

    Args:
        columns: Two coordinates (n,).
        ratio: (n,) what is averaged, over the points of the surrogate.
        weights: (n,) positive.
        real: (n,) whether a tuple is of events.
        groups: (n,) what is independent.
    """
    edges = [_quantiles(column[~real], weights[~real]) for column in columns]
    shape = (len(edges[0]) - 1, len(edges[1]) - 1)
    places = [
        np.clip(np.searchsorted(e, c, side="right") - 1, 0, len(e) - 2)
        for e, c in zip(edges, columns, strict=True)
    ]
    cell = places[0] * shape[1] + places[1]
    held = [_Cells.of(cell[k], weights[k], groups[k], shape) for k in (real, ~real)]
    enough = (held[0].sums > 0) & (held[1].sums > LEAST * held[1].sums.sum())
    learned = np.bincount(cell[~real], (weights * ratio)[~real], math.prod(shape))
    means = learned.reshape(shape) / np.where(enough, held[1].sums, 1.0)
    errors = np.hypot(*(np.sqrt(part.squares) / np.where(enough, part.sums, 1) for part in held))
    first, second = (tuple(e.tolist()) for e in edges)
    return RatioMap((first, second), _or_none(means, enough), _or_none(errors, enough))


@dataclass(frozen=True)
class _Cells:
    """Sums of weights in the cells of the map, and what they vary by from group to group."""

    sums: NDArray[np.float64]
    squares: NDArray[np.float64]

    @classmethod
    def of(
        cls,
        cell: NDArray[np.int64],
        weights: NDArray[np.float64],
        groups: NDArray[np.int64],
        shape: tuple[int, int],
    ) -> _Cells:
        """Return those of (n,) tuples in (n,) cells."""
        count = math.prod(shape)
        both, number = np.unique(groups * count + cell, return_inverse=True)
        filled = [
            np.bincount(cell, weights, count),
            np.bincount(both % count, np.bincount(number, weights) ** 2, count),
        ]
        sums, squares = (np.asarray(part, dtype=np.float64).reshape(shape) for part in filled)
        return cls(sums, squares)


def _or_none(values: NDArray[np.float64], known: NDArray[np.bool_]) -> Rows:
    return tuple(
        tuple(float(v) if k else None for v, k in zip(*rows, strict=True))
        for rows in zip(values, known, strict=True)
    )


def _quantiles(values: NDArray[np.float64], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the edges of at most `CELLS` intervals of equal weight."""
    order = np.argsort(values)
    below = np.cumsum(weights[order]) / weights.sum()
    inner = values[order][np.searchsorted(below, np.arange(1, CELLS) / CELLS)]
    return np.unique(np.concatenate([[values.min()], inner, [values.max()]]))
