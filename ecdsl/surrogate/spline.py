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
from dataclasses import dataclass
from typing import TYPE_CHECKING

import torch
from torch import nn

from ecdsl.extensions import without_extensions
from ecdsl.surrogate import bsplines
from ecdsl.surrogate.bspline_kernels import accumulate, heights
from ecdsl.surrogate.features import ContextScale, log_mass
from ecdsl.surrogate.label_terms import label_terms

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from ecdsl.surrogate.config import SplineConfig
    from ecdsl.surrogate.coordinates import Chart

# Points evaluated at once: bounds memory, not results.
CHUNK = 1 << 16


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
        terms = math.comb(len(lower) + 2, 2)
        shape = [bsplines.functions(count) for count in self.intervals]
        self.register_buffer("basis", torch.eye(terms, dtype=torch.float64))
        self.register_buffer("coefficients", torch.zeros(terms, *shape, dtype=torch.float64))

    def log_cube(self, cube: Tensor, context: Tensor) -> Tensor:
        """Return ln p(u | m) (n,) at cube (n, P) and context (n, C)."""
        result = cube.new_empty(len(cube), dtype=torch.float64)
        rows, place = torch.unique(context, dim=0, return_inverse=True)
        for k, row in enumerate(rows):
            here = torch.nonzero(place == k)[:, 0]
            result[here] = self.at(row)(cube[here]).to(result.device)
        return result

    def at(self, context: Tensor) -> SplineAt:
        """Return the density at one context (C,), on the processor."""
        coefficients = torch.tensordot(
            self.polynomials(context[None])[0], self.coefficients, dims=1
        ).double()
        return SplineAt(
            chart=self.chart,
            log_factor=self.log_factor(context[None]).double().cpu(),
            coefficients=coefficients.cpu(),
            log_norm=float(log_integral(coefficients, self.intervals)),
        )

    def still(self, cube: Tensor, context: Tensor) -> tuple[Tensor, Tensor]:
        """Return v (n, P), where a peak of this mass stands still, and ln |dv/du| (n,)."""
        return self.chart.shrunk(cube, self.log_factor(context))

    def log_factor(self, context: Tensor) -> Tensor:
        """Return (n,) by how much triangles are shrunk at contexts (n, C): ln(m / m0)."""
        return log_mass(self.chart, self.scale, context.to(self.scale.middle))

    def add_moments(self, sums: Tensor, still: Tensor, factors: Tensor) -> None:
        """Add to sums (K1 + 3, ..., KP + 3, T) the functions' values at (n, P) times (n, T)."""
        places = _columns(still.cpu())
        with without_extensions():
            accumulate(_three(sums, 1).numpy(), places.numpy(), factors.cpu().numpy())

    def polynomials(self, context: Tensor) -> Tensor:
        """Return (n, T) phi_k at contexts (n, C)."""
        scaled = self.scale(context.to(self.basis.dtype)).unbind(1)
        return torch.stack(label_terms(scaled, 2), dim=1) @ self.basis.T


@dataclass(frozen=True)
class SplineAt:
    """The density of a spline at one context.

    Attributes:
        chart: Coordinates of the sides.
        log_factor: (1,) by how much triangles are shrunk.
        coefficients: (K1 + 3, ..., KP + 3) sum_k phi_k c_kj, float64.
        log_norm: ln int dv e^h.
    """

    chart: Chart
    log_factor: Tensor
    coefficients: Tensor
    log_norm: float

    def __call__(self, cube: Tensor) -> Tensor:
        """Return ln p(u | m) (n,) at (n, P), float64."""
        return torch.cat([self._part(part) for part in torch.split(cube.cpu().double(), CHUNK)])

    def _part(self, cube: Tensor) -> Tensor:
        still, log_jacobian = self.chart.shrunk(cube, self.log_factor)
        with without_extensions():
            height = heights(_three(self.coefficients, 0).numpy(), _columns(still).numpy())
        return log_jacobian.add_(torch.from_numpy(height)).sub_(self.log_norm)


def _three(values: Tensor, last: int) -> Tensor:
    """Return values with three axes, and `last` further ones: see `bspline_kernels`."""
    missing = 3 - (values.dim() - last)
    return values.reshape(*[1] * missing, *values.shape)


def _columns(places: Tensor) -> Tensor:
    return nn.functional.pad(places, (3 - places.shape[1], 0)).contiguous()


def log_integral(coefficients: Tensor, intervals: Sequence[int]) -> Tensor:
    """Return the logarithm of int dv exp(h(v)) over the cube, h the spline of (K + 3, ...)."""
    matrices, weights = [], []
    for count in intervals:
        points, factor = (x.to(coefficients) for x in bsplines.quadrature(count))
        matrices.append(bsplines.matrix(points, count))
        weights.append(factor)
    height = bsplines.expand(coefficients, matrices)
    highest = height.detach().max()
    integral = height.sub_(highest).exp_()
    for factor in weights:
        integral = torch.tensordot(factor, integral, dims=1)
    return highest + torch.log(integral)
