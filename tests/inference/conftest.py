from __future__ import annotations

import numpy as np
import pytest
from linear_gaussian import LinearGaussian

from ecdsl.inference.samples import LabelledRows


@pytest.fixture(scope="session")
def toy() -> LinearGaussian:
    rng = np.random.default_rng(1)
    root = np.eye(5) + 0.4 * rng.standard_normal((5, 5))
    slope = np.array([0.05, -0.02, 0.03, 0.0, 0.01])
    return LinearGaussian(np.full(5, 8.0), slope, root)


@pytest.fixture(scope="session")
def samples(toy: LinearGaussian) -> list[LabelledRows]:
    return toy.samples(5000, 0.5, np.random.default_rng(2))
