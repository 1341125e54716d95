"""Events whose mean is linear in a parameter and a nuisance: the joint posterior is known."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from ecdsl.inference.nuisances import Nuisance
from ecdsl.inference.samples import LabelledRows

Rows = NDArray[np.float64]

MASSES = tuple(np.linspace(170, 180, 11).tolist())
SCALES = (0.96, 0.98, 1.0, 1.02, 1.04)


@dataclass(frozen=True)
class LinearGaussianPair:
    """Rows are Gaussian; `slopes` (2, n_bins) belong to the mass and to the energy scale."""

    constant: Rows
    slopes: Rows
    root: Rows

    def rows(self, mt: float, jes: float, n: int, rng: np.random.Generator) -> Rows:
        noise = rng.standard_normal((n, len(self.constant))) @ self.root.T
        return self.constant + np.array([mt - 175, jes - 1]) @ self.slopes + noise

    def samples(self, n: int, rng: np.random.Generator) -> list[LabelledRows]:
        return [
            LabelledRows(mt, self.rows(mt, jes, n, rng), (jes,))
            for mt, jes in product(MASSES, SCALES)
        ]

    def covariance(self, n_events: int, nuisance: Nuisance) -> Rows:
        """Of both parameters, for perfect templates."""
        information = (
            n_events * self.slopes @ np.linalg.solve(self.root @ self.root.T, self.slopes.T)
        )
        if nuisance.measured is not None:
            information[1, 1] += nuisance.measured[1] ** -2
        return np.linalg.inv(information)
