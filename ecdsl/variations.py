"""Histograms of a generator's variations: the rows of events, each times the event's weight.

A tuple's bin is found once. Weights of scales, PDFs and showers (arXiv:1605.08352) belong to the
event, so that they multiply what the kernel has summed.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ecdsl.diagnostics import data_error
from ecdsl.events.read_parquet import weight_names

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray


@dataclass(frozen=True)
class Variation:
    """A histogram with the weights of one variation.

    Attributes:
        contents: (n_cells,) what each cell holds.
        variances: (n_cells,) of these, from the scatter between events; NaN where unknown.
    """

    contents: NDArray[np.float64]
    variances: NDArray[np.float64]


class VariedSums:
    """The sums over events of rows times weights, and of their squares.

    Args:
        names: Of the variations.
        n_cells: Cells of a row.
    """

    def __init__(self, names: Sequence[str], n_cells: int) -> None:
        self._names = tuple(names)
        self._sums = np.zeros((len(names), n_cells))
        self._squares = np.zeros((len(names), n_cells))
        self._n_events = 0

    def add(self, rows: NDArray[np.float64], weights: Mapping[str, NDArray[np.float64]]) -> None:
        """Add events: rows (n_events, n_cells), and the weight of each event in each variation."""
        self._n_events += len(rows)
        if self._names:
            each = np.stack([weights[name] for name in self._names])
            self._sums += each @ rows
            self._squares += each**2 @ rows**2

    def each(self) -> Iterator[tuple[str, Variation]]:
        """Yield the histograms by name, with the variances of `EventSums.covariance`."""
        n = self._n_events
        for name, sums, squares in zip(self._names, self._sums, self._squares, strict=True):
            scatter = squares - sums**2 / n if n > 1 else np.full_like(sums, np.nan)
            yield name, Variation(sums, scatter * n / max(n - 1, 1))


def common_variations(events: Sequence[Path]) -> tuple[str, ...]:
    """Return the variations that some files have weights for, in the order of the first.

    Raises:
        EcdslError: D332 for a file that lacks one of another.
    """
    found = {path: weight_names(path) for path in events}
    every = tuple(dict.fromkeys(name for names in found.values() for name in names))
    for path, names in found.items():
        missing = [f"`weight_{name}`" for name in every if name not in names]
        if missing:
            raise data_error(
                "D332",
                f"{path} has no column {', '.join(missing)}, which another file has",
                hint="fill files with the same weights together, or leave the column out of all",
            )
    return every
