"""What a surrogate expects of the generated code of a shape."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from torch import Tensor


class RegionModule(Protocol):
    """A generated `region.py`, see `ecdsl.artifacts.manifest`."""

    SHARES: Sequence[float]
    CUBE_DIMENSION: int | None

    inside: Callable[[Tensor, Tensor, Tensor, Tensor], Tensor]
    values: Callable[[Tensor, Tensor, Tensor, Tensor], Tensor]
    from_cube: Callable[..., tuple[Tensor, Tensor]]
