from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from linear_gaussian import LinearGaussian
from scipy.stats import gamma

from ecdsl.diagnostics import InternalError
from ecdsl.inference import binned
from ecdsl.inference.nre import NreConfig, RatioEstimator, train_ratio
from ecdsl.inference.posterior import GridPosterior, posterior
from ecdsl.inference.samples import LabelledRows
from ecdsl.inference.templates import Templates, fit_templates, with_means

GRID = np.linspace(170, 180, 1601)
PRIOR = (170.0, 180.0)
SIZES = (1000, 5000, 25000)
BRIEF = NreConfig(bank=50, max_steps=50, validation=200)


@pytest.fixture(scope="module")
def templates(toy: LinearGaussian, samples: list[LabelledRows]) -> Templates:
    """With the true mean, so that the posterior is known in closed form."""
    values = np.linspace(170, 180, 11)
    contents = toy.constant + np.multiply.outer(values - 175, toy.slope)
    found = with_means(fit_templates(samples), values, contents)
    return replace(found, coefficient_variances=np.zeros_like(found.coefficient_variances))


@pytest.fixture(scope="module")
def ratio(samples: list[LabelledRows], templates: Templates) -> RatioEstimator:
    config = NreConfig(max_steps=100)
    return train_ratio(
        samples, templates, (SIZES[0], SIZES[-1]), prior=PRIOR, seed=1, config=config
    )


@pytest.mark.parametrize("n_events", SIZES)
def test_one_training_gives_the_analytic_posterior_at_every_size(
    toy: LinearGaussian, ratio: RatioEstimator, n_events: int
) -> None:
    rng = np.random.default_rng(31)
    x = np.array([toy.rows(m, n_events, rng).mean(axis=0) for m in np.linspace(172, 178, 13)])
    found = [posterior(GRID, row) for row in ratio.log_ratio(x, n_events, GRID)]
    sigma = toy.sigma(n_events)
    exact = [posterior(GRID, -0.5 * ((GRID - m) / sigma) ** 2) for m in toy.estimate(x)]
    pairs = list(zip(found, exact, strict=True))
    widths = [d.region(0.68).half_width / e.region(0.68).half_width for d, e in pairs]
    np.testing.assert_allclose(widths, 1, atol=0.02)
    shifts = [(d.mean - e.mean) / sigma for d, e in pairs]
    np.testing.assert_allclose(shifts, 0, atol=0.02)


def exponential_events(n: int, seed: int) -> list[LabelledRows]:
    """One bin per event with an exponential content: the mean of N is Gamma-distributed."""
    rng = np.random.default_rng(seed)
    values = np.arange(170.0, 180.5, 0.5)
    return [LabelledRows(float(m), rng.exponential(m - 150, (n, 1))) for m in values]


def test_training_learns_what_the_gaussian_start_misses() -> None:
    """A skewed posterior, at three sizes from one training."""
    events = exponential_events(5000, 32)
    templates, grid = fit_templates(events), np.linspace(*PRIOR, 401)
    config = NreConfig(max_steps=400)
    ratio = train_ratio(events, templates, (6, 54), prior=PRIOR, seed=2, config=config)
    assert min(ratio.validation_losses) < ratio.validation_losses[0]
    rng = np.random.default_rng(33)
    for n in (6, 18, 54):
        x = np.array([[rng.exponential(scale, n).mean()] for scale in np.linspace(21, 29, 100)])
        exact = [posterior(grid, gamma.logpdf(m, n, scale=(grid - 150) / n)) for m in x]
        start = binned.log_likelihood(templates, x, n, grid)
        learned, gaussian = (
            [posterior(grid, row) for row in rows] for rows in (ratio.log_ratio(x, n, grid), start)
        )
        pairs = zip(learned, exact, strict=True)
        widths = [d.standard_deviation / e.standard_deviation for d, e in pairs]
        assert np.mean(widths) == pytest.approx(1, abs=0.02)
        assert distance(learned, exact) < 0.6 * distance(gaussian, exact)


def distance(found: list[GridPosterior], exact: list[GridPosterior]) -> float:
    """Mean Kullback-Leibler divergence in nat."""
    pairs = zip(found, exact, strict=True)
    return float(
        np.mean([np.trapezoid(e.density * np.log(e.density / d.density), e.grid) for d, e in pairs])
    )


def test_the_mean_ratio_is_one_for_every_value(toy: LinearGaussian, ratio: RatioEstimator) -> None:
    rng = np.random.default_rng(34)
    noise = rng.standard_normal((4000, 5)) @ toy.root.T / 1000**0.5
    m = np.linspace(*PRIOR, 4000)[:, None]
    x = toy.constant + toy.slope * (m - 175) + noise
    mean = np.exp(ratio.log_ratio(x, 1000, np.linspace(171, 179, 9))).mean(axis=0)
    np.testing.assert_allclose(mean, 1, atol=0.1)


def test_the_same_seed_gives_the_same_numbers_and_leaves_global_state_alone(
    toy: LinearGaussian, samples: list[LabelledRows], templates: Templates
) -> None:
    before, threads = torch.get_rng_state(), torch.get_num_threads()
    x = toy.rows(174, 1000, np.random.default_rng(33)).mean(axis=0)
    trained = [
        train_ratio(samples, templates, (1000, 1000), prior=PRIOR, seed=s, config=BRIEF)
        for s in (5, 5, 6)
    ]
    first, again, other = (ratio.validation_losses for ratio in trained)
    assert first == again
    assert first != other
    one, two = (ratio.log_ratio(x, 1000, GRID) for ratio in trained[:2])
    np.testing.assert_array_equal(one, two)
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.get_num_threads() == threads


def test_progress_is_reported(samples: list[LabelledRows], templates: Templates) -> None:
    seen: list[tuple[int, int]] = []
    train_ratio(
        samples,
        templates,
        (1000, 2000),
        prior=PRIOR,
        seed=1,
        config=BRIEF,
        progress=lambda done, total: seen.append((done, total)),
    )
    assert seen == [(25, 50), (50, 50)]


def test_a_size_that_was_not_trained_is_a_bug(ratio: RatioEstimator) -> None:
    with pytest.raises(InternalError, match="asked about 999"):
        ratio.log_ratio(np.zeros((1, 5)), 999, GRID)


def test_it_is_as_narrow_as_the_binned_likelihood_where_the_prior_is_wide(
    toy: LinearGaussian, samples: list[LabelledRows]
) -> None:
    templates, n_events = fit_templates(samples), 20000
    ratio = train_ratio(samples, templates, (1000, n_events), prior=PRIOR, seed=3, config=BRIEF)
    x = toy.rows(174, n_events, np.random.default_rng(34)).mean(axis=0)
    learned = posterior(GRID, ratio.log_ratio(x, n_events, GRID)).region(0.68).half_width
    oracle = posterior(GRID, binned.log_likelihood(templates, x, n_events, GRID)).region(0.68)
    assert learned == pytest.approx(oracle.half_width, rel=0.02)
