"""Sums over events of what each put into each cell, and the covariance that follows from them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


class EventSums:
    """The sum of the rows of events, and of the products of all pairs of cells in each.

    Cells that no event reaches, half of many a map, take no part in the products.

    Args:
        n_cells: Cells of a row.
        pairs: Whether to sum the products of all pairs, or each cell's square alone.
    """

    def __init__(self, n_cells: int, *, pairs: bool = True) -> None:
        self.sums = np.zeros(n_cells)
        self.n_events = 0
        self._pairs = pairs
        self._reached = np.zeros(0, dtype=np.int64) if pairs else np.arange(n_cells)
        self._products = np.zeros((0, 0) if pairs else n_cells)

    @classmethod
    def of(cls, rows: NDArray[np.float64]) -> EventSums:
        """Return the sums over events that are all there, (n_events, n_cells)."""
        found = cls(rows.shape[1])
        found.add(rows)
        return found

    def add(self, rows: NDArray[np.float64]) -> None:
        """Add events, (n_events, n_cells)."""
        self.sums += rows.sum(axis=0)
        self.n_events += len(rows)
        if self._pairs:
            self._reach((rows != 0.0).any(axis=0))
            reached = rows[:, self._reached]
            # Of a matrix and itself turned, the library computes one half.
            self._products += reached.T @ reached
        else:
            self._products += np.einsum("ec,ec->c", rows, rows)

    def _reach(self, cells: NDArray[np.bool_]) -> None:
        """Make room for cells, behind those that were reached before."""
        cells[self._reached] = False
        new = np.flatnonzero(cells)
        if len(new):
            self._reached = np.append(self._reached, new)
            self._products = np.pad(self._products, (0, len(new)))

    def covariance(self) -> NDArray[np.float64]:
        """Return the covariance of the sums, or its diagonal where no pairs were summed.

        n/(n-1) (sum_e h_e h_e^T - S S^T / n) of the n rows h_e and their sum S: the event is the
        independent unit, never the tuple. It is NaN for less than two events.
        """
        n, n_cells = self.n_events, len(self.sums)
        found = np.zeros((n_cells, n_cells) if self._pairs else n_cells)
        if n < 2:
            return np.full_like(found, np.nan)
        sums = self.sums[self._reached]
        scatter = np.outer(sums, sums) if self._pairs else sums**2
        scatter /= -n
        scatter += self._products
        scatter *= n / (n - 1)
        found[np.ix_(*[self._reached] * found.ndim)] = scatter
        return found
