"""Integrals over the unit cube. The only file that knows torchquad."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import numpy as np
import torch
from torchquad import RNG, MonteCarlo

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor


@cache
def gauss_legendre(dimension: int, order: int) -> tuple[Tensor, Tensor]:
    """Return the tensor Gauss-Legendre rule of the unit cube, exact for degree 2 `order` - 1.

    Returns:
        `(points (order^dimension, dimension), weights (order^dimension,))` float64.
    """
    nodes, weights = np.polynomial.legendre.leggauss(order)
    grids = np.meshgrid(*[(nodes + 1) / 2] * dimension, indexing="ij")
    factors = np.meshgrid(*[weights / 2] * dimension, indexing="ij")
    points = np.stack([g.ravel() for g in grids], axis=1)
    return torch.from_numpy(points), torch.from_numpy(np.prod(factors, axis=0).ravel())


class CubeMonteCarlo:
    """Monte Carlo integrals over the unit cube, reproducible and without touching global seeds.

    Args:
        dimension: Of the cube.
        seed: Of the points; successive integrals use successive points.
    """

    def __init__(self, dimension: int, seed: int) -> None:
        self._dimension = dimension
        self._domain = torch.tensor([[0.0, 1.0]] * dimension, dtype=torch.float64)
        self._random = RNG("torch", seed=seed, torch_save_state=True)
        self._rule = MonteCarlo()

    def integrate(self, integrand: Callable[[Tensor], Tensor], points: int) -> Tensor:
        """Return the integral of `integrand`, (points, dimension) float64 -> (points, ...)."""
        integral: Tensor = self._rule.integrate(
            integrand,
            dim=self._dimension,
            N=points,
            integration_domain=self._domain,
            rng=self._random,
        )
        return integral


def sobol(dimension: int, points: int, seed: int) -> Tensor:
    """Return (points, dimension) scrambled Sobol points of the unit cube, float64."""
    engine = torch.quasirandom.SobolEngine(  # type: ignore[no-untyped-call]
        dimension, scramble=True, seed=seed
    )
    return engine.draw(points, dtype=torch.float64)
