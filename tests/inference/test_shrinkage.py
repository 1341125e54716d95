from __future__ import annotations

import numpy as np
import pytest

from ecdsl.inference.shrinkage import _cut_gamma, shrink


@pytest.mark.parametrize(
    ("shape", "rate"), [(8, 9), (8, 400), (8, 0.1), (0.5, 1e-6), (100, 0.01), (20, 60)]
)
def test_moments_of_the_cut_gamma_density(shape: float, rate: float) -> None:
    root = np.linspace(0, 1, 1_000_001)

    def moment(n: int) -> float:
        # b = root^2 keeps the integrand finite at 0.
        return float(np.trapezoid(root ** (2 * (shape + n) - 1) * np.exp(-rate * root**2), root))

    mean, variance = _cut_gamma(shape, rate)
    assert mean == pytest.approx(moment(1) / moment(0), rel=1e-6)
    assert variance == pytest.approx(moment(2) / moment(0) - mean**2, rel=1e-3)


def test_clear_signal_is_left_alone_and_noise_is_removed() -> None:
    rng = np.random.default_rng(3)
    estimates = np.stack([np.zeros(20), 50 + rng.standard_normal(20), rng.standard_normal(20)])
    means, variances = shrink(estimates, np.ones_like(estimates))
    np.testing.assert_allclose(means[1], estimates[1], rtol=1e-3)
    np.testing.assert_allclose(variances[1], 1, rtol=0.01)
    assert (means[2] ** 2).sum() < 0.2 * (estimates[2] ** 2).sum()
    np.testing.assert_array_equal(means[0], estimates[0])


@pytest.mark.parametrize(("tau", "caution"), [(0.5, 1.6), (1.0, 1.15), (3.0, 1.05)])
def test_the_stated_variance_covers_the_error_made(tau: float, caution: float) -> None:
    rng = np.random.default_rng(4)
    errors, stated = [], []
    for _ in range(400):
        truth = tau * rng.standard_normal(15)
        means, variances = shrink(
            np.stack([truth, truth + rng.standard_normal(15)]), np.ones((2, 15))
        )
        errors.append(((means[1] - truth) ** 2).mean())
        stated.append(variances[1].mean())
    assert 0.95 * np.mean(errors) < np.mean(stated) < caution * np.mean(errors)


def test_two_coefficients_are_not_shrunk() -> None:
    estimates = np.array([[0.0, 0.0], [0.3, -0.2]])
    means, variances = shrink(estimates, np.ones((2, 2)))
    np.testing.assert_array_equal(means, estimates)
    np.testing.assert_array_equal(variances, 1)
