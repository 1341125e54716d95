from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from ecdsl.inference.intervals import highest_density_region

GRID = np.linspace(170, 180, 401)


def normalised(density: np.ndarray) -> np.ndarray:
    return density / np.trapezoid(density, GRID)


@pytest.mark.parametrize("level", [0.68, 0.95])
def test_gaussian(level: float) -> None:
    region = highest_density_region(GRID, norm.pdf(GRID, 174.3, 0.6), level)
    low, high = norm.interval(level, 174.3, 0.6)
    assert region.parts == (pytest.approx((low, high), abs=2e-3),)
    assert region.half_width == pytest.approx((high - low) / 2, abs=2e-3)
    assert (region.at_lower, region.at_upper) == (False, False)


def test_two_peaks_give_two_parts() -> None:
    mixture = 0.5 * norm.pdf(GRID, 172, 0.3) + 0.5 * norm.pdf(GRID, 177, 0.3)
    region = highest_density_region(GRID, normalised(mixture), 0.68)
    half = 0.3 * norm.ppf(0.84)
    assert region.parts == (
        pytest.approx((172 - half, 172 + half), abs=3e-3),
        pytest.approx((177 - half, 177 + half), abs=3e-3),
    )
    assert [region.holds(m) for m in (172, 177, 174.5)] == [True, True, False]


def test_triangle_is_exact() -> None:
    grid = np.array([0.0, 1.0, 2.0])
    region = highest_density_region(grid, np.array([0.0, 1.0, 0.0]), 0.75)
    assert region.parts == (pytest.approx((0.5, 1.5), abs=1e-12),)


def test_a_plateau_is_taken_whole() -> None:
    uniform = highest_density_region(GRID, np.full(401, 0.1), 0.68)
    assert uniform.parts == ((170.0, 180.0),)
    assert (uniform.at_lower, uniform.at_upper) == (True, True)


def test_a_region_that_runs_into_the_edge_says_so() -> None:
    region = highest_density_region(GRID, normalised(np.exp(-(GRID - 170))), 0.68)
    assert (region.at_lower, region.at_upper) == (True, False)
    assert region.parts[0][0] == 170.0


@given(
    st.lists(st.floats(0.001, 10), min_size=3, max_size=30),
    st.floats(0.05, 0.99),
)
def test_the_region_holds_its_probability_and_nothing_outside_is_denser(
    heights: list[float], level: float
) -> None:
    grid = np.arange(len(heights), dtype=float)
    density = np.array(heights) / np.trapezoid(heights, grid)
    region = highest_density_region(grid, density, level)
    fine = np.linspace(0, grid[-1], 20001)
    values = np.interp(fine, grid, density)
    inside = np.zeros(len(fine), dtype=bool)
    for low, high in region.parts:
        inside |= (fine >= low) & (fine <= high)
    held = (values * inside).mean() / values.mean()
    assert held > level - 0.01
    if inside.any() and not inside.all():
        assert values[~inside].max() <= values[inside].min() + 1e-6 + np.ptp(density) * 1e-2
