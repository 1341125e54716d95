"""The error of a surrogate, as its ensemble tells it, is in the likelihood and in the budget."""

from __future__ import annotations

import numpy as np
import pytest
from linear_gaussian import LinearGaussian
from scipy.stats import multivariate_normal

from ecdsl.inference import binned
from ecdsl.inference.infer import infer_surrogate
from ecdsl.inference.learned import LearnedTemplates, learned_templates
from ecdsl.inference.likelihoods import Method
from ecdsl.inference.templates import fit_templates

VALUES = np.linspace(170, 180, 5)
GRID = np.linspace(170, 180, 201)
N_EVENTS = 4000


def moved(toy: LinearGaussian, by: float) -> np.ndarray:
    """Return the expected correlators of a surrogate that is off by so much in the parameter."""
    return toy.constant + np.multiply.outer(VALUES + by - 175, toy.slope)


def learned(toy: LinearGaussian, *off: float) -> LearnedTemplates:
    templates = fit_templates(toy.samples(2000, 1.0, np.random.default_rng(1)))
    members = np.array([moved(toy, by) for by in off]).reshape(len(off), *moved(toy, 0).shape)
    return learned_templates(templates, VALUES, moved(toy, 0), members)


def test_without_an_ensemble_it_is_the_binned_likelihood(toy: LinearGaussian) -> None:
    x = toy.rows(174, 500, np.random.default_rng(2)).mean(axis=0)
    alone = learned(toy)
    expected = binned.log_likelihood(alone.templates, x, 500, GRID)
    np.testing.assert_array_equal(alone.log_likelihood(x, 500, GRID), expected)


def test_it_is_the_normal_density_with_the_whole_covariance(toy: LinearGaussian) -> None:
    model = learned(toy, 0.4, -0.7, 0.2)
    rows = toy.rows(176, 500, np.random.default_rng(3))
    x = np.stack([rows.mean(axis=0), rows[:250].mean(axis=0)])
    templates, expected = model.templates, np.empty((2, len(GRID)))
    for k, m in enumerate(GRID):
        off = model.deviations(m)
        noise = templates.event_variances(m) / 500 + templates.mean_variances(m)
        covariance = np.diag(noise) + off @ off.T / 3
        density = multivariate_normal(templates.mean_coordinates(m), covariance)
        expected[:, k] = density.logpdf(templates.coordinates(x))
    found = model.log_likelihood(x, 500, GRID)
    np.testing.assert_allclose(found - found[:, :1], expected - expected[:, :1], atol=1e-8)


def test_an_ensemble_that_scatters_in_the_parameter_widens_the_posterior_by_as_much(
    toy: LinearGaussian,
) -> None:
    """What is coherent over all bins does not average out, however many bins there are."""
    rows = toy.rows(174.6, N_EVENTS, np.random.default_rng(4))
    scatter = 3 * toy.sigma(N_EVENTS)
    samples = toy.samples(20, 1.0, np.random.default_rng(5))
    method = Method((170.0, 180.0), (N_EVENTS, N_EVENTS), seed=1)
    (sure,), (unsure,) = (
        infer_surrogate("toy", samples, model, rows, parameter="mt", method=method)
        for model in (learned(toy), learned(toy, scatter, -scatter))
    )
    added = np.sqrt(unsure.half_width68**2 - sure.half_width68**2)
    assert added == pytest.approx(scatter, rel=0.05)
    assert sure.budget is not None
    assert unsure.budget is not None
    assert sure.budget.surrogate is None
    assert unsure.budget.surrogate == pytest.approx(added, rel=0.05)
    parts = (unsure.budget.data, unsure.budget.simulation, unsure.budget.surrogate)
    assert np.hypot.reduce(parts) == pytest.approx(unsure.half_width68)
    assert unsure.budget.data == pytest.approx(sure.budget.data, rel=0.05)
