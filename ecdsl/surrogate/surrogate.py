"""A trained surrogate: the energy-weighted density of one correlator's sorted sides."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

import numpy as np
import torch

from ecdsl.diagnostics import NumericalError, data_error
from ecdsl.surrogate.device import log_cube, of
from ecdsl.surrogate.integrate import gauss_legendre
from ecdsl.surrogate.readers import Itself, Tabulated
from ecdsl.surrogate.spline import Spline, SplineAt
from ecdsl.surrogate.table import GRID, DensityTable, Grid

if TYPE_CHECKING:
    from collections.abc import Mapping

    from torch import Tensor

    from ecdsl.surrogate.coordinates import Chart
    from ecdsl.surrogate.networks import Model
    from ecdsl.surrogate.readers import Reader
    from ecdsl.surrogate.total_weight import TotalWeight

_Key = TypeVar("_Key")
_Value = TypeVar("_Value")

# Points evaluated at once: bounds memory, not results.
CHUNK = 1 << 15
# Nodes per coordinate of the normalisation, by number of sides.
NORMALISATION_ORDER = {1: 256, 3: 40}
# Contexts of which a table, of 3 MB, or the coefficients of a spline are kept.
KEPT = 32


@dataclass(frozen=True)
class Surrogate:
    """The density of a correlator's sides given the simulation parameters.

    Attributes:
        correlator_fingerprint: Of the correlator that it was trained on.
        chart: Coordinates of the sides.
        labels: Names of the context, e.g. `("mt",)`.
        network: In float64, not to be trained further.
        total_weight: Weight per event of all tuples; the density's integral in a histogram.
    """

    correlator_fingerprint: str
    chart: Chart
    labels: tuple[str, ...]
    network: Model
    total_weight: TotalWeight
    _log_norms: dict[tuple[float, ...], float] = field(default_factory=dict, repr=False)
    _tables: dict[tuple[object, ...], DensityTable] = field(default_factory=dict, repr=False)
    _splines: dict[tuple[float, ...], SplineAt] = field(default_factory=dict, repr=False)

    def context(self, values: Mapping[str, float]) -> Tensor:
        """Return (C,) the context with these parameter values.

        Raises:
            EcdslError: D404 for a missing parameter or one outside the training range.
        """
        ranges = zip(self.total_weight.lower, self.total_weight.upper, strict=True)
        for name, (low, high) in zip(self.labels, ranges, strict=True):
            if name not in values:
                raise data_error("D404", f"the surrogate depends on `{name}`, which has no value")
            if not low <= values[name] <= high:
                raise data_error(
                    "D404",
                    f"{name} = {values[name]:g} lies outside the surrogate's training range "
                    f"[{low:g}, {high:g}]",
                    hint=f"simulate events that cover {values[name]:g} and train again",
                )
        return torch.tensor([values[name] for name in self.labels], dtype=torch.float64)

    @torch.no_grad()
    def log_density(self, sides: Tensor, context: Tensor) -> Tensor:
        """Return ln p(sides | context) (n,), -inf outside the physical region.

        Args:
            sides: (n, P) float64, sorted within each row.
            context: (n, C) float64.
        """
        cube, log_jacobian, inside = self.chart.to_cube(sides)
        result = torch.full((len(sides),), -torch.inf, dtype=torch.float64)
        density = self.log_cube_density(cube[inside], context[inside])
        result[inside] = density + log_jacobian[inside]
        return result

    @torch.no_grad()
    def log_cube_density(self, cube: Tensor, context: Tensor) -> Tensor:
        """Return ln p(cube | context) (n,), normalised over the unit cube.

        Args:
            cube: (n, P) float64.
            context: (n, C) float64.

        Raises:
            NumericalError: If the network returns NaN or +inf.
        """
        result = torch.empty(len(cube), dtype=torch.float64)
        for start in range(0, len(cube), CHUNK):
            part = slice(start, start + CHUNK)
            result[part] = log_cube(self.network, cube[part], context[part])
        if not (result < torch.inf).all():
            raise NumericalError("the surrogate's density is not a number at some points")
        return result if self.network.normalised else result - self._log_norm(context)

    def reader(self, *, exact: bool = False) -> Reader:
        """Return how to read its density at many points.

        A spline is evaluated as fast as a table is read; a network takes forty times as long.

        Args:
            exact: Not from a table, whatever it takes.
        """
        return Itself() if exact or isinstance(self.network, Spline) else Tabulated(self.grid)

    @cached_property
    def grid(self) -> Grid:
        """Where its tables have their points: closer where it bends at the middle of the range."""
        ends = zip(self.total_weight.lower, self.total_weight.upper, strict=True)
        middle = torch.tensor([(low + high) / 2 for low, high in ends], dtype=torch.float64)
        dimension = self.chart.dimension
        return Grid.following(
            lambda points: self.density(points, middle), dimension, GRID[dimension]
        )

    def table(self, context: Tensor, grid: Grid | None = None) -> DensityTable:
        """Return the density over the cube at one context (C,), evaluated when first asked for.

        Args:
            context: Where.
            grid: Its points; `self.grid` unless given.

        Raises:
            NumericalError: If the network returns NaN or +inf.
        """
        grid = grid or self.grid
        key = (grid, *context.tolist())
        if key not in self._tables:
            density = self.density(grid.points(self.chart.dimension), context)
            _keep(self._tables, key, DensityTable.of(density, grid))
        return self._tables[key]

    @torch.no_grad()
    def density(self, points: Tensor, context: Tensor) -> Tensor:
        """Return the density (n,) float64 at points (n, P) of the cube and one context (C,).

        Networks work it out in float32.

        Raises:
            NumericalError: If the network returns NaN or +inf.
        """
        if isinstance(self.network, Spline):
            parts = [self._spline_at(self.network, context)(points)]
        else:
            row = context.float()
            parts = [
                log_cube(self._single, part.float(), row.expand(len(part), -1))
                for part in torch.split(points, CHUNK)
            ]
        density = torch.cat(parts).double().exp_()
        # A sum of what is never negative.
        if not torch.isfinite(density.sum()):
            raise NumericalError("the surrogate's density is not a number at some points")
        if not self.network.normalised:
            density = density / torch.exp(self._log_norm(context[None]))
        return density

    def _spline_at(self, spline: Spline, context: Tensor) -> SplineAt:
        key = tuple(context.tolist())
        if key not in self._splines:
            _keep(self._splines, key, spline.at(context.to(of(spline))))
        return self._splines[key]

    @cached_property
    def _single(self) -> Model:
        """The network in float32, which is twice as fast."""
        return deepcopy(self.network).float()

    def _log_norm(self, context: Tensor) -> Tensor:
        """Return ln int du NN(u, m) (n,) by Gauss-Legendre, once for every distinct context."""
        rows, inverse = torch.unique(context, dim=0, return_inverse=True)
        norms = torch.tensor([self._log_norm_at(row) for row in rows], dtype=torch.float64)
        return norms[inverse]

    def _log_norm_at(self, row: Tensor) -> float:
        key = tuple(row.tolist())
        if key not in self._log_norms:
            dimension = self.chart.dimension
            points, weights = gauss_legendre(dimension, NORMALISATION_ORDER[dimension])
            values = torch.cat(
                [
                    log_cube(self.network, part, row.expand(len(part), -1))
                    for part in torch.split(points, CHUNK)
                ]
            )
            self._log_norms[key] = float(torch.logsumexp(values + torch.log(weights), dim=0))
        return self._log_norms[key]

    def weight_per_event(self, context: Tensor) -> float:
        """Return the total weight per event at one context (C,)."""
        return self.total_weight.at(context.numpy().astype(np.float64))


def _keep(kept: dict[_Key, _Value], key: _Key, value: _Value) -> None:
    """Add an entry in place of the oldest, where there are enough."""
    if len(kept) == KEPT:
        del kept[next(iter(kept))]
    kept[key] = value
