"""How the density of a surrogate is read at many points of the cube: from a table, or itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from torch import Tensor

if TYPE_CHECKING:
    from ecdsl.surrogate.surrogate import Surrogate
    from ecdsl.surrogate.table import Grid

# From places (n, K) of points to (1, n) the density, or to (2, n) it and what it is off by.
Density = Callable[[Tensor], Tensor]


class Reader(Protocol):
    """A way of reading a density at points that stay the same while its context changes."""

    def places(self, cube: Tensor) -> Tensor:
        """Return (..., K) what is to be kept of points (..., P) of the cube."""

    def density(self, surrogate: Surrogate, context: Tensor) -> Density:
        """Return the density at one context (C,)."""


@dataclass(frozen=True)
class Itself:
    """The model is evaluated at every point."""

    def places(self, cube: Tensor) -> Tensor:
        """Return the points."""
        return cube

    def density(self, surrogate: Surrogate, context: Tensor) -> Density:
        """Return (1, n) the density."""
        return lambda cube: surrogate.density(cube, context)[None]


@dataclass(frozen=True)
class Tabulated:
    """A table is interpolated.

    Attributes:
        grid: Where the table has its points.
    """

    grid: Grid

    def places(self, cube: Tensor) -> Tensor:
        """Return (..., 3) where the points lie in the grid."""
        return self.grid.places(cube)

    def density(self, surrogate: Surrogate, context: Tensor) -> Density:
        """Return (2, n) the density and what the table is off by."""
        return surrogate.table(context, self.grid).at
