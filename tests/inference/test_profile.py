from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from ecdsl.inference.profile import profile_interval

Rows = NDArray[np.float64]

GRID = np.linspace(170, 180, 401)
COVARIANCE = np.array([[0.8**2, 0.7 * 0.8 * 0.02], [0.7 * 0.8 * 0.02, 0.02**2]])


def _gaussian(x: Rows, _n_events: int, mt: Rows, jes: Rows) -> Rows:
    away = x[:, None, :] - np.stack([mt, jes], axis=-1)
    return -0.5 * np.einsum("kmi,ij,kmj->km", away, np.linalg.inv(COVARIANCE), away)


def test_the_interval_of_a_gaussian_is_that_of_its_margin() -> None:
    x = np.array([173.4, 1.01])
    ((low, high),) = profile_interval(_gaussian, x, 1, GRID, [(0.9, 1.1)])
    assert (low + high) / 2 == pytest.approx(173.4, abs=0.01)
    assert (high - low) / 2 == pytest.approx(0.8, rel=0.01)


def test_a_nuisance_that_is_nearly_known_gives_the_conditional_interval() -> None:
    x = np.array([173.4, 1.0])
    ((low, high),) = profile_interval(_gaussian, x, 1, GRID, [(0.9999, 1.0001)])
    assert (high - low) / 2 == pytest.approx(0.8 * np.sqrt(1 - 0.7**2), rel=0.02)


def test_without_a_nuisance_it_is_half_a_unit_below_the_maximum_and_may_have_parts() -> None:
    def two(x: Rows, _n_events: int, mt: Rows) -> Rows:
        return np.logaddexp(-0.5 * (mt - x - 2) ** 2 / 0.09, -0.5 * (mt - x + 2) ** 2 / 0.09)

    parts = profile_interval(two, np.array([175.0]), 1, GRID)
    np.testing.assert_allclose(parts, [(172.7, 173.3), (176.7, 177.3)], atol=0.01)
