"""What a surrogate promises, and what it expects of networks and of generated shapes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from torch import Tensor


class Density(Protocol):
    """A normalised density of the sorted sides of a weighted tuple, given the context."""

    def log_density(self, sides: Tensor, context: Tensor) -> Tensor:
        """Return ln p(z_1..z_P | context); -inf outside the physical region.

        Args:
            sides: (n, P) float64, sorted within each row, in the correlator's measure.
            context: (n, C) float64 simulation parameters in their own units.

        Returns:
            (n,) float64; exp of it integrates to 1 over the sorted sides for each context.
        """
        ...


class CubeNetwork(Protocol):
    """A trainable density on the unit cube of a `Chart`."""

    normalised: bool

    def log_cube(self, cube: Tensor, context: Tensor) -> Tensor:
        """Return the logarithm of the density (n,) at cube (n, P), context (n, C).

        Where not `normalised`, up to a term that depends on the context alone.
        """
        ...


class RegionModule(Protocol):
    """A generated `region.py`, see `ecdsl.artifacts.manifest`."""

    SHARES: Sequence[float]
    CUBE_DIMENSION: int | None

    inside: Callable[[Tensor, Tensor, Tensor, Tensor], Tensor]
    values: Callable[[Tensor, Tensor, Tensor, Tensor], Tensor]
    from_cube: Callable[..., tuple[Tensor, Tensor]]
