"""How far a sum over dynamic subjets is from the sum over all particles, as measured."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


# Of a bin: what two orders of the same additions may differ by.
ROUNDING = 1e-10


@dataclass(frozen=True)
class ResolutionError:
    """The difference to the exact sum over the same jets.

    Attributes:
        resolution: The factor f.
        n_jets: Jets of which both sums were taken.
        largest: The largest of a bin, relative to its exact content.
        mean: That of all bins, each weighted with its exact content.
        total: That of the sum of all bins.
    """

    resolution: float
    n_jets: int
    largest: float
    mean: float
    total: float

    @classmethod
    def between(
        cls,
        found: NDArray[np.float64],
        exact: NDArray[np.float64],
        *,
        resolution: float,
        n_jets: int,
    ) -> Self:
        """Return the error of the contents (n_bins,) of a histogram."""
        held = exact != 0
        off, size = np.abs(found - exact), np.abs(exact)
        return cls(
            resolution=resolution,
            n_jets=n_jets,
            largest=float((off[held] / size[held]).max(initial=0.0)),
            mean=_relative(off.sum(), size.sum()),
            total=_relative(abs(found.sum() - exact.sum()), abs(exact.sum())),
        )

    def remark(self) -> str:
        """Return it as a sentence."""
        jets = f"{self.n_jets:,} {'jet' if self.n_jets == 1 else 'jets'}"
        if self.largest < ROUNDING:
            return f"resolution {self.resolution:g} equals the exact sum over {jets}"
        return (
            f"resolution {self.resolution:g} is off the exact sum over {jets} by {self.mean:.2g} of"
            f" a bin on average, {self.largest:.2g} at most, and {self.total:.2g} of the sum of all"
            " bins"
        )

    def metadata(self) -> dict[str, float]:
        """Return what a file says about it."""
        return {
            "resolution": self.resolution,
            "resolution_checked_jets": self.n_jets,
            "resolution_error_largest": self.largest,
            "resolution_error_mean": self.mean,
            "resolution_error_total": self.total,
        }


def _relative(off: float, size: float) -> float:
    return float(off / size) if size else 0.0
