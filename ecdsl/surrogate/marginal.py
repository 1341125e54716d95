"""Bin contents of a shape, integrated from a surrogate's density.

`marginal` integrates over the shape's own coordinates (`from_cube` of a `region.py`), whose box is
the window, so that no point is wasted; `marginal_by_mask` throws points at the sides and asks the
shape which bin they fall in: slow, and independent of every change of variables.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import permutations, product
from typing import TYPE_CHECKING, Protocol

import numpy as np
import torch

from ecdsl.diagnostics import NumericalError, data_error
from ecdsl.surrogate.integrate import CubeMonteCarlo, gauss_legendre, sobol

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from numpy.typing import NDArray
    from torch import Tensor

    from ecdsl.surrogate.surrogate import Surrogate

# Gauss-Legendre nodes per coordinate: the result's, and the coarser rule's that it is judged by.
ORDERS = (12, 9)
# A bin whose two rules differ by more than this, relatively, is integrated with Sobol points.
TOLERANCE = 2e-3
SOBOL_POINTS = 1 << 12
SOBOL_REPLICATES = 4
MASK_CHUNK = 1 << 17


class RegionModule(Protocol):
    """A generated `region.py`, see `ecdsl.artifacts.manifest`."""

    SHARES: Sequence[float]
    CUBE_DIMENSION: int | None

    inside: Callable[[Tensor, Tensor, Tensor, Tensor], Tensor]
    values: Callable[[Tensor, Tensor, Tensor, Tensor], Tensor]
    from_cube: Callable[..., tuple[Tensor, Tensor]]


@dataclass(frozen=True)
class Marginal:
    """Bin contents per event.

    Attributes:
        contents: (B1, ..., BA) sum of weights per event in each bin.
        errors: (B1, ..., BA) numerical error of the integration alone.
    """

    contents: NDArray[np.float64]
    errors: NDArray[np.float64]


def marginal(
    surrogate: Surrogate,
    region: RegionModule,
    edges: Sequence[NDArray[np.float64]],
    parameters: Sequence[float],
    context: Mapping[str, float],
) -> Marginal:
    """Integrate the density over each bin in the shape's own coordinates.

    content = W(m) sum_r share_r int_box du |dz/du| p(z(u) | m): Gauss-Legendre of two orders, and
    where these disagree (an edge of phase space crosses the bin) scrambled Sobol points.

    Args:
        surrogate: Of the shape's correlator.
        region: The shape's generated module.
        edges: Per axis, (B + 1,) bin edges.
        parameters: The shape's parameters in their declared order.
        context: The simulation parameters, e.g. `{"mt": 172.5}`.

    Raises:
        EcdslError: D404 for a context outside the training range, D410 where the shape has no
            coordinates of its own.
    """
    if region.CUBE_DIMENSION is None:
        raise data_error(
            "D410",
            "this shape has no change of variables to integrate over",
            hint="integrate it with marginal_by_mask",
        )
    integral = _BoxIntegral(
        surrogate, region, torch.tensor(parameters, dtype=torch.float64), surrogate.context(context)
    )
    shape = tuple(len(e) - 1 for e in edges)
    bins = [
        (
            torch.tensor([e[k] for e, k in zip(edges, index, strict=True)], dtype=torch.float64),
            torch.tensor(
                [e[k + 1] for e, k in zip(edges, index, strict=True)], dtype=torch.float64
            ),
        )
        for index in product(*map(range, shape))
    ]
    fine, coarse = (
        integral.of_bins(bins, *gauss_legendre(region.CUBE_DIMENSION, order)) for order in ORDERS
    )
    contents, errors = fine, np.abs(fine - coarse)
    rough = np.flatnonzero(errors > TOLERANCE * contents)
    if len(rough):
        contents[rough], errors[rough] = integral.by_sobol(
            [bins[k] for k in rough], region.CUBE_DIMENSION
        )
    weight = surrogate.weight_per_event(integral.context)
    return Marginal(weight * contents.reshape(shape), weight * errors.reshape(shape))


@dataclass(frozen=True)
class _BoxIntegral:
    surrogate: Surrogate
    region: RegionModule
    parameters: Tensor
    context: Tensor

    def of_bins(
        self, bins: Sequence[tuple[Tensor, Tensor]], points: Tensor, weights: Tensor
    ) -> NDArray[np.float64]:
        """Return (B,) the integral over each bin by one rule on the unit cube."""
        result = np.zeros(len(bins))
        for number, share in enumerate(self.region.SHARES):
            pulled = [self._pull_back(number, points, bin_) for bin_ in bins]
            sides = torch.cat([s for s, _ in pulled])
            density = self._density(sides).reshape(len(bins), -1)
            jacobians = torch.stack([j for _, j in pulled])
            # A degenerate box has no width: 0 times an infinite density is none.
            terms = torch.where(jacobians > 0, density * jacobians, 0.0)
            result += share * (terms @ weights).numpy()
        return result

    def by_sobol(
        self, bins: Sequence[tuple[Tensor, Tensor]], dimension: int
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return (B,) the integral over each bin and its standard error over replicates.

        The scrambling seeds are fixed: neighbouring contexts share their points, and the integral
        varies with the context as smoothly as the density does.
        """
        weights = torch.full((SOBOL_POINTS,), 1 / SOBOL_POINTS, dtype=torch.float64)
        values = np.stack(
            [
                self.of_bins(bins, sobol(dimension, SOBOL_POINTS, seed), weights)
                for seed in range(SOBOL_REPLICATES)
            ]
        )
        return values.mean(axis=0), values.std(axis=0, ddof=1) / SOBOL_REPLICATES**0.5

    def _pull_back(
        self, number: int, points: Tensor, bin_: tuple[Tensor, Tensor]
    ) -> tuple[Tensor, Tensor]:
        chart = self.surrogate.chart
        return self.region.from_cube(
            number, points, *bin_, self.parameters, chart.floor, chart.ceil
        )

    def _density(self, sides: Tensor) -> Tensor:
        context = self.context.expand(len(sides), -1)
        return torch.exp(self.surrogate.log_density(sides, context))


def marginal_by_mask(
    surrogate: Surrogate,
    region: RegionModule,
    edges: Sequence[NDArray[np.float64]],
    parameters: Sequence[float],
    context: Mapping[str, float],
    *,
    points: int = 1 << 20,
    min_hits: int = 1000,
    seed: int = 0,
) -> Marginal:
    """Integrate the density over each bin by Monte Carlo in the sides' cube, with a 0/1 mask.

    Args:
        surrogate: Of the shape's correlator.
        region: The shape's generated module.
        edges: Per axis, (B + 1,) bin edges.
        parameters: The shape's parameters in their declared order.
        context: The simulation parameters.
        points: Monte Carlo points, rounded up to whole chunks.
        min_hits: Points, counted once per labelling of their vertices, that must fall into the
            histogram.
        seed: Of the points.

    Raises:
        EcdslError: D404 for a context outside the training range.
        NumericalError: If fewer than `min_hits` points fall into the histogram.
    """
    mask = _Mask(surrogate, region, edges, parameters, surrogate.context(context))
    monte_carlo = CubeMonteCarlo(surrogate.chart.dimension, seed)
    chunks = -(-points // MASK_CHUNK)
    parts = [monte_carlo.integrate(mask, MASK_CHUNK) for _ in range(chunks)]
    mean = torch.stack(parts).mean(dim=0)
    if mask.hits < min_hits:
        raise NumericalError(
            f"only {mask.hits} of {chunks * MASK_CHUNK} points fall into the histogram "
            f"(at least {min_hits} are needed): use more points or wider windows"
        )
    first, second = mean[0].numpy(), mean[1].numpy()
    errors = np.sqrt(np.maximum(second - first**2, 0) / (chunks * MASK_CHUNK))
    weight = surrogate.weight_per_event(mask.context)
    shape = tuple(len(e) - 1 for e in edges)
    return Marginal(weight * first.reshape(shape), weight * errors.reshape(shape))


class _Mask:
    """The integrand: per bin, density and density squared where the tuple falls into the bin."""

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

    def __call__(self, cube: Tensor) -> Tensor:
        chart = self.surrogate.chart
        sides = chart.from_cube(cube)
        context = self.context.expand(len(cube), -1)
        density = torch.exp(self.surrogate.log_cube_density(cube, context))
        # Every labelling of the vertices is as likely as any other; those of one tuple are summed
        # before squaring, for they are not independent.
        content = torch.zeros(len(cube), self.bins, dtype=torch.float64)
        labellings = list(permutations(range(chart.dimension)))
        for labelling in labellings:
            rows, bins = self._hits(sides[:, labelling])
            self.hits += len(rows)
            content[rows, bins] += density[rows] / len(labellings)
        return torch.stack([content, content**2], dim=1)

    def _hits(self, pairs: Tensor) -> tuple[Tensor, Tensor]:
        """Return which rows fall into the histogram, and into which bin."""
        # A surrogate exists only for shapes of distances: energies play no part.
        order = self.surrogate.chart.order
        energies = torch.ones(len(pairs), order, 2, dtype=torch.float64)
        arguments = (pairs, energies, torch.ones(len(pairs), dtype=torch.float64), self.parameters)
        selected = self.region.inside(*arguments)
        values = self.region.values(*arguments)
        number = torch.zeros(len(pairs), dtype=torch.int64)
        for axis, edges in enumerate(self.edges):
            place = torch.bucketize(values[:, axis].contiguous(), edges, right=True) - 1
            selected = selected & (place >= 0) & (place < len(edges) - 1)
            number = number * (len(edges) - 1) + place
        rows = torch.nonzero(selected)[:, 0]
        return rows, number[rows]
