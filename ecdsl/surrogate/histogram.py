r"""The non-parametric surrogate: a histogram in cube coordinates, smoothed in the label.

The cube is halved again and again, across its longest edge and into parts of equal weight, down to
cells :math:`c` of volume :math:`V_c`. In a cell the density is flat, and its logarithm is, but for
the norm, a polynomial in the label,

.. math:: p(u | m) = \frac{e^{h_c(m)}}{V_c \sum_d e^{h_d(m)}}, \qquad
          h_c(m) = b_c + \sum_{k \ge 1} a_{ck}\, \phi_k(m),

the :math:`\phi_k` orthonormal over the labels of the weighted training tuples.
`histogram_fit.py` finds the :math:`a_{ck}`, smooth from cell to cell. The density is positive and
normalised at every label whatever they are. It is what a network must beat.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch
from torch import nn

from ecdsl.surrogate.features import ContextScale
from ecdsl.surrogate.label_terms import label_terms

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from ecdsl.surrogate.config import HistogramConfig
    from ecdsl.surrogate.coordinates import Chart


# Labels whose cells are summed at once: bounds memory, not results.
LABELS = 64


class Histogram(nn.Module):
    """Cells of a binary tree with D levels, and how the content of each depends on the T terms.

    Args:
        chart: Coordinates of the sides.
        lower: (C,) smallest context in training.
        upper: (C,) largest context.
        config: Number and content of the cells.

    Attributes:
        axis: (2^D - 1,) the coordinate across which each node is cut, level after level.
        cut: (2^D - 1,) where; infinite for a node that stays whole.
        log_volume: (2^D,) ln V_c.
        content: (2^D,) b_c; -inf for a cell that does not exist.
        basis: (T, T) row k holds the terms of phi_k.
        slopes: (2^D, T - 1) a_ck.
    """

    normalised = True
    axis: Tensor
    cut: Tensor
    log_volume: Tensor
    content: Tensor
    basis: Tensor
    slopes: Tensor

    def __init__(
        self, chart: Chart, lower: Sequence[float], upper: Sequence[float], config: HistogramConfig
    ) -> None:
        super().__init__()
        self.config = config
        self.dimension = chart.dimension
        self.scale = ContextScale(lower, upper).double()
        cells = 1 << config.depth
        terms = math.comb(len(lower) + 2, 2)
        start = {
            "axis": torch.zeros(cells - 1, dtype=torch.int64),
            "cut": torch.full((cells - 1,), torch.inf, dtype=torch.float64),
            "log_volume": torch.zeros(cells, dtype=torch.float64),
            "content": torch.zeros(cells, dtype=torch.float64),
            "basis": torch.eye(terms, dtype=torch.float64),
            "slopes": torch.zeros(cells, terms - 1, dtype=torch.float64),
        }
        for name, tensor in start.items():
            self.register_buffer(name, tensor)

    def log_cube(self, cube: Tensor, context: Tensor) -> Tensor:
        """Return ln p(u | m) (n,) at cube (n, P) and context (n, C)."""
        cell = self.cell(cube)
        rows, place = torch.unique(context, dim=0, return_inverse=True)
        phi = self.polynomials(rows)
        norms = [torch.logsumexp(self.contents(part), dim=0) for part in torch.split(phi, LABELS)]
        here = self.content[cell] + (self.slopes[cell] * phi[place]).sum(dim=1)
        return here - self.log_volume[cell] - torch.cat(norms)[place]

    def contents(self, phi: Tensor) -> Tensor:
        """Return (2^D, n) h_c, from polynomials of the label (n, T - 1)."""
        return self.content[:, None] + self.slopes @ phi.T

    def cell(self, cube: Tensor) -> Tensor:
        """Return (n,) the cell that each point of the cube (n, P) lies in."""
        node = torch.zeros_like(cube[:, 0], dtype=torch.int64)
        for _ in range(self.config.depth):
            node = 2 * node + 1 + self.beyond(cube, node).long()
        return node - len(self.axis)

    def beyond(self, cube: Tensor, node: Tensor) -> Tensor:
        """Return (n,) whether each point lies in the upper half of its node (n,)."""
        return cube.gather(1, self.axis[node][:, None])[:, 0] >= self.cut[node]

    def polynomials(self, context: Tensor) -> Tensor:
        """Return (n, T - 1) phi_k, k > 0, at contexts (n, C)."""
        terms = torch.stack(
            label_terms(self.scale(context.to(self.basis.dtype)).unbind(1), 2), dim=1
        )
        return terms @ self.basis[1:].T
