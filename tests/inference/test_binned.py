from __future__ import annotations

import numpy as np
import pytest
from linear_gaussian import LinearGaussian
from scipy.stats import kstest

from ecdsl.inference import binned
from ecdsl.inference.posterior import posterior
from ecdsl.inference.samples import LabelledRows
from ecdsl.inference.templates import Templates, fit_templates

GRID = np.linspace(170, 180, 401)


@pytest.fixture(scope="module")
def templates(samples: list[LabelledRows]) -> Templates:
    return fit_templates(samples)


def test_the_posterior_is_the_analytic_one(toy: LinearGaussian) -> None:
    n_events = 500
    templates = fit_templates(toy.samples(20000, 0.5, np.random.default_rng(10)))
    x = toy.rows(174.6, n_events, np.random.default_rng(11)).mean(axis=0)
    density = posterior(GRID, binned.log_likelihood(templates, x, n_events, GRID))
    sigma = toy.sigma(n_events)
    assert density.mode == pytest.approx(toy.estimate(x), abs=0.15 * sigma)
    assert density.region(0.68).half_width == pytest.approx(0.9945 * sigma, rel=0.02)


def test_noise_of_the_templates_widens_the_posterior(toy: LinearGaussian) -> None:
    few = fit_templates(toy.samples(500, 1, np.random.default_rng(12)))
    x = toy.rows(174.6, 5000, np.random.default_rng(13)).mean(axis=0)
    density = posterior(GRID, binned.log_likelihood(few, x, 5000, GRID))
    assert density.region(0.68).half_width > 1.15 * toy.sigma(5000)


def test_several_correlators_at_once(toy: LinearGaussian, templates: Templates) -> None:
    x = np.array([toy.rows(m, 500, np.random.default_rng(14)).mean(axis=0) for m in (172, 178)])
    together = binned.log_likelihood(templates, x, 500, GRID)
    assert together.shape == (2, 401)
    np.testing.assert_allclose(together[1], binned.log_likelihood(templates, x[1], 500, GRID))


def test_goodness_of_fit_is_uniform_where_the_templates_are_right(
    toy: LinearGaussian, templates: Templates
) -> None:
    rng = np.random.default_rng(15)
    values = []
    for _ in range(200):
        x = toy.rows(175, 400, rng).mean(axis=0)
        density = posterior(GRID, binned.log_likelihood(templates, x, 400, GRID))
        values.append(binned.goodness_of_fit(templates, x, 400, density.mode))
    assert kstest(values, "uniform").pvalue > 1e-3


def test_goodness_of_fit_is_small_for_data_of_another_kind(
    toy: LinearGaussian, templates: Templates
) -> None:
    x = toy.rows(175, 400, np.random.default_rng(16)).mean(axis=0)
    x[3] += 0.5
    assert binned.goodness_of_fit(templates, x, 400, 175.0) < 1e-3
