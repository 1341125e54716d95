"""Fisher information against problems whose answer is known."""

from __future__ import annotations

import numpy as np
import pytest

from ecdsl.inference.fisher import Moments, information, information_of

VALUES = np.linspace(170.0, 180.0, 11)
BLOCKS = 20


def gaussian_moments(
    slope: np.ndarray, covariance: np.ndarray, n_events: int, seed: int
) -> Moments:
    """Events whose row is N(1 + slope (m - 175), covariance), at each of `VALUES`."""
    generator = np.random.default_rng(seed)
    moments = Moments.empty(VALUES, BLOCKS, len(slope))
    for label, value in enumerate(VALUES):
        for block in range(BLOCKS):
            mean = 1 + slope * (value - 175)
            rows = generator.multivariate_normal(mean, covariance, n_events // BLOCKS)
            moments.add(block, label, rows)
    return moments


def toy_covariance(n_bins: int) -> np.ndarray:
    """Neighbouring bins correlated by a half, spreads from 0.5 up."""
    spread = np.linspace(0.5, 2.0, n_bins)
    distance = np.abs(np.subtract.outer(np.arange(n_bins), np.arange(n_bins)))
    return np.outer(spread, spread) * 0.5**distance


def test_information_of_linear_gaussian_events() -> None:
    slope = np.array([0.02, -0.01, 0.03, 0.0])
    covariance = toy_covariance(4)
    truth = slope @ np.linalg.solve(covariance, slope)
    found = information(gaussian_moments(slope, covariance, 4000, seed=1), at=175.0)
    assert found.event_error < 0.1 * truth
    assert abs(found.per_event - truth) < 3 * found.event_error


def test_events_that_were_added_up_say_the_same() -> None:
    """Rows of up to five events each hold the same sums, and the covariance of one event."""
    slope, covariance = np.array([0.02, -0.01, 0.03]), toy_covariance(3)
    generator = np.random.default_rng(9)
    labels = np.repeat(VALUES, 4002)
    rows = generator.multivariate_normal(np.ones(3), covariance, len(labels))
    rows += np.outer(labels - 175, slope)
    starts = np.concatenate([np.arange(0, 4002, 5) + 4002 * k for k in range(len(VALUES))])
    sizes = np.diff(np.append(starts, len(rows)))
    each, joined = (Moments.empty(VALUES, BLOCKS, 3, (1,)) for _ in range(2))
    each.spread(labels, rows[None])
    joined.spread(labels[starts], np.add.reduceat(rows, starts)[None], sizes)
    assert set(sizes) == {5, 2}
    assert joined.counts.sum() == each.counts.sum() == len(rows)
    np.testing.assert_array_equal(joined.of(0).groups(2000), each.of(0).groups(2000))
    ratio = information(joined.of(0), 175.0).per_event / information(each.of(0), 175.0).per_event
    # The variances of 8,800 rows are known to 1.5%.
    assert ratio == pytest.approx(1, abs=0.03)


def test_a_slope_from_elsewhere_adds_no_noise() -> None:
    slope = np.array([0.02, -0.01, 0.03, 0.0])
    covariance = toy_covariance(4)
    found = information_of(gaussian_moments(slope, covariance, 400, seed=2), slope)
    assert found == pytest.approx(slope @ np.linalg.solve(covariance, slope), rel=0.05)
    assert information_of(gaussian_moments(slope, covariance, 400, seed=2), 0 * slope) == 0


def test_no_information_is_not_invented() -> None:
    """The noise of the slopes, squared, is subtracted: without it every bin adds to this mean."""
    covariance = toy_covariance(12)
    found = [
        information(gaussian_moments(np.zeros(12), covariance, 400, seed=seed), at=175.0)
        for seed in range(20)
    ]
    values = np.array([item.per_event for item in found])
    error = values.std(ddof=1) / np.sqrt(len(values))
    assert abs(values.mean()) < 3 * error


def test_jackknife_error_is_the_scatter_between_samples() -> None:
    slope = np.full(3, 0.02)
    found = [
        information(gaussian_moments(slope, toy_covariance(3), 1000, seed=seed), at=175.0)
        for seed in range(60)
    ]
    scatter = np.std([item.per_event for item in found], ddof=1)
    quoted = np.mean([item.event_error for item in found])
    assert quoted == pytest.approx(scatter, rel=0.3)


def test_per_tuple_information_is_that_of_the_normalised_density() -> None:
    """Poisson-like rows: p(m) known, so that sum p'^2/p is known."""
    generator = np.random.default_rng(5)
    moments = Moments.empty(VALUES, BLOCKS, 3)
    for label, value in enumerate(VALUES):
        shift = 0.01 * (value - 175)
        p = np.array([0.3 + shift, 0.4, 0.3 - shift])
        for block in range(BLOCKS):
            moments.add(block, label, generator.poisson(20 * p, size=(300, 3)).astype(float))
    truth = 0.01**2 / 0.3 * 2
    found = information(moments, at=175.0)
    assert abs(found.per_tuple - truth) < 3 * found.tuple_error
    assert found.tuple_error < 0.1 * truth


def test_bins_are_merged_until_they_hold_enough() -> None:
    moments = Moments.empty(VALUES, 1, 4)
    rows = np.zeros((100, 4))
    rows[:, 0], rows[:10, 1], rows[:60, 2], rows[:5, 3] = 1, 1, 1, 1
    for label in range(len(VALUES)):
        moments.add(0, label, rows)
    groups = moments.groups(50 * len(VALUES))
    assert list(groups) == [0, 1, 4]
    assert moments.merged(groups).sums[0, 0] == pytest.approx([100, 75])
