r"""The surrogate without a network: a spline for the logarithm of the density.

Cubic B-splines :math:`B_j` of all coordinates of the cube, times polynomials in the label,

.. math:: p(u | m) = \frac{e^{h(u, m)}}{\int dv\, e^{h(v, m)}}\,
                     \Bigl|\frac{\partial v}{\partial u}\Bigr|, \qquad
          h(v, m) = \sum_{k} \phi_k(m) \sum_j c_{kj} B_j(v(u, m)),

the :math:`\phi_k` orthonormal over the labels of the weighted training tuples (C. J. Stone, Ann.
Statist. 18 (1990) 717, for one coordinate). The map v shrinks the triangles by m / m0, the first
label over the middle of its range: a particle of mass m decays into angles r ~ m / E, and edges of
phase space that move with m are sharper than what a polynomial in m can follow. `spline_fit.py`
finds the c_kj.
"""

from __future__ import annotations

import math
from itertools import product
from typing import TYPE_CHECKING

import torch
from torch import nn

from ecdsl.surrogate import bsplines
from ecdsl.surrogate.features import ContextScale
from ecdsl.surrogate.label_terms import label_terms

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from torch import Tensor

    from ecdsl.surrogate.config import SplineConfig
    from ecdsl.surrogate.coordinates import Chart


class Spline(nn.Module):
    """A density on the unit cube, with T polynomials in the label.

    Args:
        chart: Coordinates of the sides.
        lower: (C,) smallest context in training.
        upper: (C,) largest context.
        config: Of the splines.

    Attributes:
        basis: (T, T) row k holds the terms of phi_k.
        coefficients: (T, K1 + 3, ..., KP + 3) c_kj.
    """

    normalised = True
    basis: Tensor
    coefficients: Tensor

    def __init__(
        self, chart: Chart, lower: Sequence[float], upper: Sequence[float], config: SplineConfig
    ) -> None:
        super().__init__()
        self.config, self.chart = config, chart
        self.intervals = config.intervals[: chart.dimension]
        self.scale = ContextScale(lower, upper).double()
        # A label that reaches zero, or over too many octaves, is not the mass of a peak.
        self.is_mass = lower[0] > 0 and math.log(upper[0] / lower[0]) <= chart.widest_factor
        terms = math.comb(len(lower) + 2, 2)
        shape = [bsplines.functions(count) for count in self.intervals]
        self.register_buffer("basis", torch.eye(terms, dtype=torch.float64))
        self.register_buffer("coefficients", torch.zeros(terms, *shape, dtype=torch.float64))

    def log_cube(self, cube: Tensor, context: Tensor) -> Tensor:
        """Return ln p(u | m) (n,) at cube (n, P) and context (n, C)."""
        still, result = self.still(cube, context)
        rows, place = torch.unique(context, dim=0, return_inverse=True)
        for k, phi in enumerate(self.polynomials(rows)):
            here = torch.nonzero(place == k)[:, 0]
            coefficients = torch.tensordot(phi, self.coefficients, dims=1)
            height = sum(
                values * coefficients.reshape(-1)[index]
                for index, values in self.supports(still[here])
            )
            result[here] += height - log_integral(coefficients, self.intervals)
        return result

    def still(self, cube: Tensor, context: Tensor) -> tuple[Tensor, Tensor]:
        """Return v (n, P), where a peak of this mass stands still, and ln |dv/du| (n,)."""
        cube = cube.to(self.coefficients.dtype)
        if not self.is_mass:
            return cube, cube.new_zeros(len(cube))
        mass = context[:, 0].to(cube.dtype)
        return self.chart.shrunk(cube, torch.log(mass / self.scale.middle[0]))

    def supports(self, cube: Tensor) -> Iterator[tuple[Tensor, Tensor]]:
        """Yield (n,) the flat index of each function that does not vanish at (n, P), its values."""
        axes = [
            bsplines.at(column, count)
            for column, count in zip(cube.unbind(1), self.intervals, strict=True)
        ]
        for offsets in product(range(bsplines.SUPPORT), repeat=len(axes)):
            index, value = torch.zeros_like(axes[0][0]), cube.new_ones(len(cube))
            for (first, values), offset, count in zip(axes, offsets, self.intervals, strict=True):
                index = index * bsplines.functions(count) + first + offset
                value = value * values[offset]
            yield index, value

    def polynomials(self, context: Tensor) -> Tensor:
        """Return (n, T) phi_k at contexts (n, C)."""
        scaled = self.scale(context.to(self.basis.dtype)).unbind(1)
        return torch.stack(label_terms(scaled, 2), dim=1) @ self.basis.T


def log_integral(coefficients: Tensor, intervals: Sequence[int]) -> Tensor:
    """Return the logarithm of int dv exp(h(v)) over the cube, h the spline of (K + 3, ...)."""
    matrices, weights = [], coefficients.new_ones(())
    for count in intervals:
        points, factor = (x.to(coefficients) for x in bsplines.quadrature(count))
        matrices.append(bsplines.matrix(points, count))
        weights = weights[..., None] * factor
    height = bsplines.expand(coefficients, matrices)
    return torch.logsumexp((height + torch.log(weights)).reshape(-1), dim=0)
