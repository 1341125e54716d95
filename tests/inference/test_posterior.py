from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

from ecdsl.diagnostics import NumericalError
from ecdsl.inference.posterior import posterior, resolved

GRID = np.linspace(170, 180, 401)


def test_a_gaussian_likelihood_is_normalised_with_its_mode_and_mean() -> None:
    density = posterior(GRID, norm.logpdf(GRID, 173.371, 0.5) - 1e6)
    assert np.trapezoid(density.density, GRID) == pytest.approx(1)
    assert density.mode == pytest.approx(173.371, abs=1e-4)
    assert density.mean == pytest.approx(173.371, abs=1e-4)


@pytest.mark.parametrize("sigmas", [-2.0, -0.3, 0.0, 1.0])
def test_rank_and_credibility_of_a_gaussian(sigmas: float) -> None:
    density = posterior(GRID, norm.logpdf(GRID, 175, 0.5))
    value = 175 + 0.5 * sigmas
    assert density.standard_deviation == pytest.approx(0.5, rel=1e-3)
    assert density.rank(value) == pytest.approx(norm.cdf(sigmas), abs=2e-3)
    assert density.credibility(value) == pytest.approx(1 - 2 * norm.sf(abs(sigmas)), abs=5e-3)


def test_a_mode_at_the_edge_is_the_edge() -> None:
    assert posterior(GRID, -(GRID - 170)).mode == 170


def test_a_posterior_narrower_than_the_grid_is_refused() -> None:
    with pytest.raises(NumericalError, match=r"step is 0\.025"):
        posterior(GRID, norm.logpdf(GRID, 173.37, 0.005))


def test_a_likelihood_that_is_not_finite_is_refused() -> None:
    with pytest.raises(NumericalError, match="not finite"):
        posterior(GRID, np.where(GRID > 175, np.nan, 0))


@pytest.mark.parametrize("sigma", [0.5, 0.05, 0.005, 1e-6])
def test_a_grid_is_made_finer_where_the_posterior_asks_for_it(sigma: float) -> None:
    def tabulate(m: np.ndarray) -> np.ndarray:
        return np.asarray(norm.logpdf(m, 173.3712, sigma))

    found = resolved(GRID, tabulate(GRID), tabulate)
    assert found.mode == pytest.approx(173.3712, abs=0.02 * sigma)
    assert found.standard_deviation == pytest.approx(sigma, rel=0.02)
    assert found.region(0.68).half_width == pytest.approx(0.9945 * sigma, rel=0.02)
    assert np.trapezoid(found.density, found.grid) == pytest.approx(1)
    assert (found.grid[0], found.grid[-1]) == (170, 180)
    if sigma == 0.5:
        np.testing.assert_array_equal(found.grid, GRID)


def test_a_posterior_that_falls_from_the_edge_is_resolved_there() -> None:
    found = resolved(GRID, -1e3 * (GRID - 170), lambda m: -1e3 * (m - 170))
    assert found.mode == 170
    assert found.mean - 170 == pytest.approx(1e-3, rel=0.05)


def test_what_is_not_finite_is_refused_however_fine_the_grid() -> None:
    with pytest.raises(NumericalError, match="not finite"):
        resolved(GRID, np.full(401, np.nan), lambda m: np.full(len(m), np.nan))
