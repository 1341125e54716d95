from __future__ import annotations

import numpy as np
import pytest
import torch
from linear_gaussian import LinearGaussian

from ecdsl.inference import binned
from ecdsl.inference.nre import (
    NreConfig,
    RatioEstimator,
    classification_loss,
    train_ratio,
)
from ecdsl.inference.posterior import posterior
from ecdsl.inference.samples import LabelledRows
from ecdsl.inference.templates import fit_templates

GRID = np.linspace(170, 180, 401)
PRIOR = (170.0, 180.0)
BRIEF = NreConfig(bank=50, max_steps=50, validation=200, pool=400)


@pytest.fixture(scope="module")
def ratio(samples: list[LabelledRows]) -> RatioEstimator:
    return train_ratio(samples, fit_templates(samples), 1000, prior=PRIOR, seed=1)


def test_the_posterior_is_the_analytic_one(toy: LinearGaussian, ratio: RatioEstimator) -> None:
    rng = np.random.default_rng(31)
    x = np.array([toy.rows(m, 1000, rng).mean(axis=0) for m in (173, 174, 175, 176, 177)])
    densities = [posterior(GRID, row) for row in ratio.log_ratio(x, GRID)]
    sigma = toy.sigma(1000)
    widths = [d.region(0.68).half_width for d in densities]
    np.testing.assert_allclose([d.mode for d in densities], toy.estimate(x), atol=0.25 * sigma)
    np.testing.assert_allclose(widths, 0.9945 * sigma, rtol=0.1)


def test_the_mean_ratio_is_one_for_every_value(ratio: RatioEstimator) -> None:
    templates = ratio.templates
    back = np.linalg.pinv(ratio.scores.directions)
    merged = templates.offset + ratio.pool.numpy() @ back @ templates.unwhiten.T
    mean = np.exp(ratio.log_ratio(merged, GRID)).mean(axis=0)
    np.testing.assert_allclose(mean, 1, rtol=1e-6)


def test_training_learns_what_the_gaussian_start_misses() -> None:
    # Twelve events that are rarely on: the mean is far from Gaussian.
    rng = np.random.default_rng(32)
    samples = [
        LabelledRows(m, rng.exponential(m - 169.0, (2000, 1)) * (rng.random((2000, 1)) < 0.3))
        for m in np.arange(170.0, 180.5)
    ]
    templates = fit_templates(samples)
    ratio = train_ratio(samples, templates, 12, prior=PRIOR, seed=2)
    started = train_ratio(
        samples, templates, 12, prior=PRIOR, seed=2, config=NreConfig(rate=0.0, max_steps=25)
    )
    assert min(ratio.validation_losses) < started.validation_losses[0] - 0.02


def test_the_same_seed_gives_the_same_numbers_and_leaves_global_state_alone(
    toy: LinearGaussian, samples: list[LabelledRows]
) -> None:
    templates, before = fit_templates(samples), torch.get_rng_state()
    threads = torch.get_num_threads()
    x = toy.rows(174, 1000, np.random.default_rng(33)).mean(axis=0)
    first, again, other = (
        train_ratio(samples, templates, 1000, prior=PRIOR, seed=s, config=BRIEF).log_ratio(x, GRID)
        for s in (5, 5, 6)
    )
    np.testing.assert_array_equal(first, again)
    assert not np.array_equal(first, other)
    assert torch.equal(torch.get_rng_state(), before)
    assert torch.get_num_threads() == threads


def test_progress_is_reported(samples: list[LabelledRows]) -> None:
    seen: list[tuple[int, int]] = []
    train_ratio(
        samples,
        fit_templates(samples),
        1000,
        prior=PRIOR,
        seed=1,
        config=BRIEF,
        progress=lambda done, total: seen.append((done, total)),
    )
    assert seen == [(25, 50), (50, 50)]


def test_the_loss_is_that_of_all_pairs_and_stable() -> None:
    assert float(classification_loss(torch.zeros(4, 4))) == pytest.approx(2 * np.log(2))
    huge = torch.full((3, 3), -1e4) + 2e4 * torch.eye(3)
    assert float(classification_loss(huge)) == 0
    logits = torch.tensor([[1.0, -2.0], [0.5, 3.0]], dtype=torch.float64)
    joint = np.log1p(np.exp([-1.0, -3.0])).mean()
    apart = np.log1p(np.exp([-2.0, 0.5])).mean()
    assert float(classification_loss(logits)) == pytest.approx(joint + apart)


def test_it_is_as_narrow_as_the_binned_likelihood_where_the_prior_is_wide(
    toy: LinearGaussian, samples: list[LabelledRows]
) -> None:
    templates, n_events = fit_templates(samples), 20000
    ratio = train_ratio(samples, templates, n_events, prior=PRIOR, seed=3, config=BRIEF)
    x = toy.rows(174, n_events, np.random.default_rng(34)).mean(axis=0)
    learned = posterior(GRID, ratio.log_ratio(x, GRID)).region(0.68).half_width
    oracle = posterior(GRID, binned.log_likelihood(templates, x, n_events, GRID)).region(0.68)
    assert learned == pytest.approx(oracle.half_width, rel=0.15)
