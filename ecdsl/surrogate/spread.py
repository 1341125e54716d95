"""Where points lie closer within bins: along each coordinate as if an integrand were a product.

The grid of VEGAS (G. P. Lepage, J. Comput. Phys. 27 (1978) 192), made once from a few points: more
of them where the integrand is large, and weights that make up for it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch.nn.functional import avg_pool1d, pad

if TYPE_CHECKING:
    from torch import Tensor

# Intervals along each coordinate in which points lie evenly, and the share that they have at least.
CELLS = 16
LEAST = 0.3


@dataclass(frozen=True)
class Spread:
    """A map of the unit cube onto itself for each bin, linear in intervals of each coordinate.

    Attributes:
        edges: (B, D, CELLS + 1) what equal intervals of each coordinate are mapped onto.
    """

    edges: Tensor

    @classmethod
    def even(cls, bins: int, dimension: int) -> Spread:
        """Return the map that leaves everything where it is."""
        line = torch.linspace(0, 1, CELLS + 1, dtype=torch.float64)
        return cls(line.expand(bins, dimension, CELLS + 1).contiguous())

    @classmethod
    def following(cls, points: Tensor, integrand: Tensor) -> Spread:
        """Return the map under which points lie as closely as an integrand is large.

        Args:
            points: (n, D) evenly in the unit cube.
            integrand: (B, n) at these.
        """
        axes = [_following(column, integrand**2) for column in points.unbind(1)]
        return cls(torch.stack(axes, dim=1))

    def __getitem__(self, bins: Tensor) -> Spread:
        return Spread(self.edges[bins])

    def __call__(self, points: Tensor, axes: slice) -> tuple[Tensor, Tensor]:
        """Return where points go, and the volume that each stands for.

        Args:
            points: (n, k) of k coordinates.
            axes: Which these are.

        Returns:
            `(points (B, n, k), volume (B, n))`.
        """
        edges = self.edges[:, axes]
        place = points.T * CELLS
        cell = place.long().clamp(max=CELLS - 1)
        index = cell.expand(len(edges), *cell.shape)
        start = edges.gather(2, index)
        width = edges.gather(2, index + 1) - start
        return (start + (place - cell) * width).movedim(1, 2), (CELLS * width).prod(dim=1)


def _following(column: Tensor, squares: Tensor) -> Tensor:
    """Return (B, CELLS + 1) the edges along one coordinate (n,), from squared integrands (B, n)."""
    cell = (column * CELLS).long().clamp(max=CELLS - 1)
    size = squares.new_zeros(len(squares), CELLS).index_add_(1, cell, squares).sqrt()
    size = avg_pool1d(pad(size[:, None], (1, 1), mode="replicate"), 3, stride=1)[:, 0]
    share = size / size.sum(dim=1, keepdim=True).clamp(min=torch.finfo(size.dtype).tiny)
    share = (1 - LEAST) * share + LEAST / CELLS
    below = pad(torch.cumsum(share / share.sum(dim=1, keepdim=True), dim=1), (1, 0))
    wanted = torch.linspace(0, 1, CELLS + 1, dtype=torch.float64).expand(len(below), -1)
    start = (torch.searchsorted(below, wanted.contiguous(), right=True) - 1).clamp(0, CELLS - 1)
    low = below.gather(1, start)
    edges = (start + (wanted - low) / (below.gather(1, start + 1) - low)) / CELLS
    edges[:, 0], edges[:, -1] = 0, 1
    return edges
