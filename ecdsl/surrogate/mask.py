"""Integrate a density over the bins of a shape by asking where each point of the sides falls."""

from __future__ import annotations

from itertools import permutations
from typing import TYPE_CHECKING

import numpy as np
import torch

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from torch import Tensor

    from ecdsl.surrogate.protocol import RegionModule
    from ecdsl.surrogate.surrogate import Surrogate


class ShapeMask:
    """Which bin of a shape a tuple falls into, and with what density."""

    def __init__(
        self,
        surrogate: Surrogate,
        region: RegionModule,
        edges: Sequence[NDArray[np.float64]],
        parameters: Sequence[float],
        context: Tensor,
    ) -> None:
        self.surrogate, self.region, self.context = surrogate, region, context
        self.edges = [torch.from_numpy(np.ascontiguousarray(e)) for e in edges]
        self.parameters = torch.tensor(parameters, dtype=torch.float64)
        self.bins = int(np.prod([len(e) - 1 for e in edges]))
        self.hits = 0

    def with_square(self, cube: Tensor) -> Tensor:
        """Return (n, 2, B): `contents` and their squares, and count the hits."""
        content = self.contents(cube)
        self.hits += int((content > 0).sum())
        return torch.stack([content, content**2], dim=1)

    def _density(self, cube: Tensor) -> Tensor:
        context = self.context.expand(len(cube), -1)
        return torch.exp(self.surrogate.log_cube_density(cube, context))

    def contents(self, cube: Tensor) -> Tensor:
        """Return (n, B) the density where the tuple falls into the bin, else 0.

        Every labelling of the vertices is as likely as any other.
        """
        sides = self.surrogate.chart.from_cube(cube)
        density = self._density(cube)
        content = torch.zeros(len(cube), self.bins, dtype=torch.float64)
        labellings = list(permutations(range(cube.shape[1])))
        for labelling in labellings:
            rows, bins = hits(
                self.region,
                self.surrogate.chart.order,
                self.edges,
                self.parameters,
                sides[:, labelling],
            )
            content[rows, bins] += density[rows] / len(labellings)
        return content


def hits(
    region: RegionModule,
    order: int,
    edges: Sequence[Tensor],
    parameters: Tensor,
    pairs: Tensor,
) -> tuple[Tensor, Tensor]:
    """Return which tuples fall into the histogram, and into which bin.

    Args:
        region: The shape's generated module.
        order: Particles of a tuple.
        edges: Per axis, (B + 1,) bin edges.
        parameters: The shape's parameters in their declared order.
        pairs: (n, P) distances of labelled pairs.
    """
    # A surrogate exists only for shapes of distances: energies play no part.
    energies = torch.ones(len(pairs), order, 2, dtype=torch.float64)
    arguments = (pairs, energies, torch.ones(len(pairs), dtype=torch.float64), parameters)
    selected = region.inside(*arguments)
    values = region.values(*arguments)
    number = torch.zeros(len(pairs), dtype=torch.int64)
    for axis, axis_edges in enumerate(edges):
        place = torch.bucketize(values[:, axis].contiguous(), axis_edges, right=True) - 1
        selected = selected & (place >= 0) & (place < len(axis_edges) - 1)
        number = number * (len(axis_edges) - 1) + place
    rows = torch.nonzero(selected)[:, 0]
    return rows, number[rows]
