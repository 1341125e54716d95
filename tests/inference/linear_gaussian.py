"""Events whose posterior is known in closed form."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ecdsl.inference.samples import LabelledRows

Rows = NDArray[np.float64]


@dataclass(frozen=True)
class LinearGaussian:
    """Events whose rows are Gaussian with a mean linear in m: every posterior is known."""

    constant: Rows
    slope: Rows
    root: Rows

    def rows(self, m: float, n: int, rng: np.random.Generator) -> Rows:
        noise = rng.standard_normal((n, len(self.slope))) @ self.root.T
        return self.constant + self.slope * (m - 175) + noise

    def samples(self, n: int, step: float, rng: np.random.Generator) -> list[LabelledRows]:
        values = np.arange(170, 180 + step / 2, step)
        return [LabelledRows(float(m), self.rows(m, n, rng)) for m in values]

    def sigma(self, n_events: int) -> float:
        """Standard deviation of the parameter from so many events, for perfect templates."""
        weighted = np.linalg.solve(self.root @ self.root.T, self.slope)
        return float((n_events * self.slope @ weighted) ** -0.5)

    def estimate(self, x: Rows) -> Rows:
        """The parameter that maximises the likelihood of (..., n_bins) means."""
        weighted = np.linalg.solve(self.root @ self.root.T, self.slope)
        return 175 + (x - self.constant) @ weighted / (self.slope @ weighted)
