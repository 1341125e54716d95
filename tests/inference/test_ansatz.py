"""The Gaussian ansatz against a problem whose likelihood is known in closed form."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from linear_gaussian import LinearGaussian

from ecdsl.inference.ansatz import AnsatzConfig, donsker_varadhan, train_ansatz
from ecdsl.inference.likelihoods import Method, log_likelihood
from ecdsl.inference.posterior import posterior
from ecdsl.inference.templates import fit_templates

PRIOR = (170.0, 180.0)
SIZES = (500, 5000)


@pytest.fixture(scope="module")
def toy():
    rng = np.random.default_rng(1)
    root = np.tril(0.2 * rng.normal(size=(5, 5))) + np.eye(5)
    return LinearGaussian(np.full(5, 5.0), np.linspace(-0.05, 0.08, 5), root)


@pytest.fixture(scope="module")
def samples(toy):
    return toy.samples(20000, 1.0, np.random.default_rng(2))


@pytest.fixture(scope="module")
def estimator(samples):
    return train_ansatz(samples, fit_templates(samples), SIZES, prior=PRIOR, seed=3)


@pytest.mark.parametrize("n_events", SIZES)
@pytest.mark.parametrize("m", [172.5, 175.0, 177.5])
def test_estimate_and_resolution_are_those_of_the_likelihood(toy, estimator, n_events, m):
    rng = np.random.default_rng(4)
    x = np.array([toy.rows(m, n_events, rng).mean(axis=0) for _ in range(200)])
    estimate, resolution = estimator.estimate(x, n_events)
    sigma = toy.sigma(n_events)
    assert resolution.mean() == pytest.approx(sigma, rel=0.1)
    assert np.std(estimate - toy.estimate(x)) < 0.1 * sigma
    # Templates of 220,000 events are off by as much as their own error.
    assert abs(np.mean(estimate - toy.estimate(x))) < 0.3 * sigma


def test_the_estimate_is_where_the_ratio_is_largest(toy, estimator):
    rng = np.random.default_rng(5)
    x = np.array([toy.rows(174.0, 2000, rng).mean(axis=0) for _ in range(20)])
    grid = np.linspace(172, 176, 801)
    estimate, resolution = estimator.estimate(x, 2000)
    largest = grid[estimator.log_ratio(x, 2000, grid).argmax(axis=1)]
    assert np.abs(largest - estimate).max() < 0.1 * resolution.min()


def test_a_posterior_from_another_prior_is_that_of_the_binned_likelihood(toy, samples):
    x = toy.rows(174.0, 2000, np.random.default_rng(6)).mean(axis=0)
    method = Method((172.0, 177.0), (2000, 2000), seed=3, beside="ansatz")
    assert method.kinds == ("binned", "ansatz")
    templates, grid = fit_templates(samples), np.linspace(172, 177, 401)
    binned, ansatz = (
        posterior(grid, log_likelihood(kind, method, samples, templates)(x[None], 2000, grid)[0])
        for kind in method.kinds
    )
    assert ansatz.mode == pytest.approx(binned.mode, abs=0.15 * toy.sigma(2000))
    width = binned.region(0.68).half_width
    assert ansatz.region(0.68).half_width == pytest.approx(width, rel=0.1)


def test_the_bound_is_the_information_of_correlated_gaussians():
    rho, rng = 0.8, np.random.default_rng(6)
    x = rng.standard_normal(3000)
    m = rho * x + np.sqrt(1 - rho**2) * rng.standard_normal(3000)
    ratio = -((m - rho * x[:, None]) ** 2) / (2 * (1 - rho**2)) + m**2 / 2 - np.log(1 - rho**2) / 2
    bound = float(donsker_varadhan(torch.as_tensor(ratio)))
    assert bound == pytest.approx(-np.log(1 - rho**2) / 2, abs=0.04)


def test_the_same_seed_trains_the_same(toy, samples):
    templates = fit_templates(samples)
    config = AnsatzConfig(steps=3, bank=50)
    x = toy.rows(175.0, 500, np.random.default_rng(7)).mean(axis=0)[None]
    one, same = (
        train_ansatz(samples, templates, (500, 500), prior=PRIOR, seed=8, config=config)
        for _ in range(2)
    )
    assert np.array_equal(one.estimate(x, 500), same.estimate(x, 500))
