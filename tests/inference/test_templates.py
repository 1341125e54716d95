from __future__ import annotations

import numpy as np
import pytest
from linear_gaussian import LinearGaussian

from ecdsl.diagnostics import EcdslError
from ecdsl.inference.samples import LabelledRows
from ecdsl.inference.templates import fit_templates, merged_groups, with_means


def sparse(values: list[float], rates: list[float], n: int) -> list[LabelledRows]:
    """Events that put weight 1 into bin b with probability `rates[b]`."""
    rng = np.random.default_rng(5)
    return [
        LabelledRows(value, (rng.random((n, len(rates))) < rates).astype(float)) for value in values
    ]


def test_neighbouring_bins_are_merged_until_each_holds_enough() -> None:
    samples = sparse([1, 2, 3], [0.0, 0.02, 0.02, 0.5, 0.04, 0.04, 0.3, 0.01], 2000)
    groups = merged_groups(samples, 100)
    np.testing.assert_array_equal(groups, [0, 4, 6, 8])


def test_effective_events_count_weights_and_not_entries() -> None:
    rows = np.ones((2000, 2))
    rows[:5] *= 1000
    samples = [LabelledRows(m, rows) for m in (1.0, 2.0, 3.0)]
    with pytest.raises(EcdslError, match="all bins together hold 10 effective events"):
        merged_groups(samples, 100)


def test_mean_and_covariance_are_recovered(
    toy: LinearGaussian, samples: list[LabelledRows]
) -> None:
    templates = fit_templates(samples)
    truth = toy.constant + np.multiply.outer(np.array([-3.0, 2.0]), toy.slope)
    np.testing.assert_allclose(templates.mean(np.array([172.0, 177.0])), truth, atol=0.02)
    covariance = toy.root @ toy.root.T
    np.testing.assert_allclose(
        templates.event_covariance(173.0), covariance, atol=0.04 * np.diag(covariance).max()
    )
    assert templates.ndf == 5 * (21 - 3)
    assert abs(templates.chi2 / templates.ndf - 1) < 4 * (2 / templates.ndf) ** 0.5


def test_covariance_follows_the_parameter() -> None:
    rng = np.random.default_rng(6)
    samples = [
        LabelledRows(m, 10 + rng.standard_normal((4000, 2)) * np.sqrt([1 + 0.1 * (m - 175), 1.0]))
        for m in np.arange(170.0, 180.5)
    ]
    templates = fit_templates(samples)
    for m in (171.0, 175.0, 179.0):
        expected = np.diag([1 + 0.1 * (m - 175), 1.0])
        np.testing.assert_allclose(templates.event_covariance(m), expected, atol=0.08)


def test_noise_of_the_templates_is_the_scatter_of_refits(toy: LinearGaussian) -> None:
    rng = np.random.default_rng(7)
    fits = [fit_templates(toy.samples(200, 1, rng)) for _ in range(200)]
    for m in (170.0, 174.0):
        scatter = np.cov([t.mean(m) for t in fits], rowvar=False)
        stated = np.mean([t.unwhiten**2 @ t.mean_variances(m) for t in fits], axis=0)
        assert stated.sum() == pytest.approx(np.trace(scatter), rel=0.2)


def test_bins_tied_by_a_sum_rule_lose_one_direction(toy: LinearGaussian) -> None:
    rng = np.random.default_rng(8)
    samples = [
        LabelledRows(s.value, np.column_stack((s.rows, 100 - s.rows.sum(axis=1))))
        for s in toy.samples(500, 1, rng)
    ]
    templates = fit_templates(samples)
    assert templates.slope.shape == (1, 5)
    assert templates.mean(174.2).sum() == pytest.approx(100)


def test_means_of_a_surrogate_replace_those_of_the_simulation(
    toy: LinearGaussian, samples: list[LabelledRows]
) -> None:
    values = np.linspace(170, 180, 5)
    contents = toy.constant + 0.5 + np.multiply.outer(values - 175, toy.slope)
    templates = with_means(fit_templates(samples), values, contents)
    np.testing.assert_allclose(
        templates.mean(173.37), toy.constant + 0.5 - 1.63 * toy.slope, rtol=1e-9
    )


@pytest.mark.parametrize(("shape", "code"), [((2, 5), "D501"), ((3, 4), "D504")])
def test_unusable_means_are_refused(
    samples: list[LabelledRows], shape: tuple[int, int], code: str
) -> None:
    with pytest.raises(EcdslError) as caught:
        with_means(fit_templates(samples), np.linspace(170, 180, shape[0]), np.ones(shape))
    assert caught.value.diagnostics[0].code == code


def test_one_bin_and_three_values_are_enough_and_powers_beyond_them_left_out() -> None:
    templates = fit_templates(sparse([1, 2, 3], [0.5], 1000), degree=4)
    assert templates.factors == ((), (0,), (0, 0))
    assert templates.ndf == 0
    assert templates.mean(2.0).shape == (1,)
