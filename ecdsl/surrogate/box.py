"""Integrate a density over the bins of a shape in the shape's own coordinates."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

import numpy as np
import torch

from ecdsl.surrogate.integrate import gauss_legendre, sobol
from ecdsl.surrogate.warp import Warp

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray
    from torch import Tensor

    from ecdsl.surrogate.protocol import RegionModule
    from ecdsl.surrogate.surrogate import Surrogate

# Gauss-Legendre nodes per coordinate: the result's, and those of the rules that judge it.
ORDERS = (12, 9, 7)
SOBOL_POINTS = 1 << 12
SOBOL_REPLICATES = 4
# Sets of points from which the importance of each part of the box is learned.
WARP_ROUNDS = 2

# Lower and upper corner of a bin, (n_axes,) each.
Bin = tuple["Tensor", "Tensor"]


@dataclass(frozen=True)
class BoxIntegral:
    """Integrals of a density over the bins of a shape, at one context (C,)."""

    surrogate: Surrogate
    region: RegionModule
    parameters: Tensor
    context: Tensor

    def of_bins(
        self, bins: Sequence[Bin], points: Tensor, weights: Tensor
    ) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
        """Integrate over each bin by one rule on the unit cube.

        Returns:
            `(integral (B,), whole (B,))`; `whole` where no point of the rule fell outside of phase
            space, or all did.
        """
        everywhere = points.expand(len(bins), *points.shape)
        terms = [s * self._terms(k, bins, everywhere) for k, s in enumerate(self.region.SHARES)]
        wholes = [(t > 0).all(dim=1) | (t == 0).all(dim=1) for t in terms]
        integrals = torch.stack([t @ weights for t in terms]).sum(dim=0)
        return integrals.numpy(), torch.stack(wholes).all(dim=0).numpy()

    def by_gauss_legendre(
        self, bins: Sequence[Bin], dimension: int
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return (B,) the integral over each bin, and by how much rules of other orders differ.

        Across an edge of phase space rules agree now and then by chance and are all wrong: where
        only a part of the points lies within phase space, the error is infinite.
        """
        rules = [self.of_bins(bins, *gauss_legendre(dimension, order)) for order in ORDERS]
        values = np.stack([value for value, _ in rules])
        whole = np.logical_and.reduce([whole for _, whole in rules])
        return values[0], np.where(whole, np.ptp(values, axis=0), np.inf)

    def by_sobol(
        self, bins: Sequence[Bin], dimension: int
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return (B,) the integral over each bin and its standard error over replicates.

        The scrambling seeds are fixed: neighbouring contexts share their points, and the integral
        varies with the context as smoothly as the density does.
        """
        values = torch.zeros(SOBOL_REPLICATES, len(bins), dtype=torch.float64)
        for number, share in enumerate(self.region.SHARES):
            warp = Warp.identity(len(bins), dimension)
            for seed in range(-WARP_ROUNDS, 0):
                warp = warp.learned(*self._warped(number, bins, warp, seed))
            for seed in range(SOBOL_REPLICATES):
                _, terms = self._warped(number, bins, warp, seed)
                values[seed] += share * terms.mean(dim=1)
        return values.mean(dim=0).numpy(), (values.std(dim=0) / SOBOL_REPLICATES**0.5).numpy()

    def _warped(
        self, number: int, bins: Sequence[Bin], warp: Warp, seed: int
    ) -> tuple[Tensor, Tensor]:
        """Return points (B, n, D) and terms (B, n) of one set of Sobol points."""
        dimension = warp.density.shape[1]
        points, jacobian = warp(sobol(dimension, SOBOL_POINTS, seed + WARP_ROUNDS))
        return points, self._terms(number, bins, points) * jacobian

    def _terms(self, number: int, bins: Sequence[Bin], points: Tensor) -> Tensor:
        """Return (B, n) density times Jacobian of one region at points (B, n, D), bin by bin."""
        chart = self.surrogate.chart
        pulled = [
            self.region.from_cube(number, p, *bin_, self.parameters, chart.floor, chart.ceil)
            for p, bin_ in zip(points, bins, strict=True)
        ]
        sides = torch.cat([s for s, _ in pulled])
        jacobians = torch.stack([j for _, j in pulled])
        log_density = self.surrogate.log_density(sides, self.context.expand(len(sides), -1))
        density = torch.exp(log_density).reshape(jacobians.shape)
        # A degenerate box has no width: 0 times an infinite density is none.
        return torch.where(jacobians > 0, density * jacobians, 0.0)


def bins_of(edges: Sequence[NDArray[np.float64]]) -> list[Bin]:
    """Return the lower and upper corner (n_axes,) of every bin, the last axis fastest."""
    lowers = product(*[e[:-1] for e in edges])
    uppers = product(*[e[1:] for e in edges])
    return [
        (torch.tensor(lower, dtype=torch.float64), torch.tensor(upper, dtype=torch.float64))
        for lower, upper in zip(lowers, uppers, strict=True)
    ]
