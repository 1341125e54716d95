"""Two parameters whose joint posterior is known: everything is marginal over the second."""

from __future__ import annotations

import numpy as np
import pytest
from linear_gaussian_pair import MASSES, SCALES, LinearGaussianPair
from scipy.stats import norm

from ecdsl.diagnostics import NumericalError
from ecdsl.inference import binned
from ecdsl.inference.budget import error_budget
from ecdsl.inference.coverage import (
    LogLikelihood,
    coverage,
    is_calibrated,
    leave_out,
    run_trials,
)
from ecdsl.inference.likelihoods import Method, joint_likelihood, log_likelihood
from ecdsl.inference.marginal import Joint, marginal, product_grid
from ecdsl.inference.nre import NreConfig, train_ratio
from ecdsl.inference.nuisances import Nuisance, measured_anew, with_measurements
from ecdsl.inference.posterior import posterior
from ecdsl.inference.pseudo import disjoint_experiments
from ecdsl.inference.samples import LabelledRows
from ecdsl.inference.templates import Templates, fit_templates

PRIOR = (170.0, 180.0)
JES = Nuisance("jes", (0.96, 1.04), (1.0, 0.008))
N_EVENTS = 500
METHOD = Method(PRIOR, (N_EVENTS, N_EVENTS), seed=1, nuisances=(JES,))


@pytest.fixture(scope="module")
def toy() -> LinearGaussianPair:
    rng = np.random.default_rng(1)
    root = np.eye(4) + 0.3 * rng.standard_normal((4, 4))
    slopes = np.array([[0.1, -0.04, 0.06, 0.02], [14.0, 6.0, 10.0, -2.0]])
    return LinearGaussianPair(np.full(4, 8.0), slopes, root)


@pytest.fixture(scope="module")
def samples(toy: LinearGaussianPair) -> list[LabelledRows]:
    return toy.samples(3000, np.random.default_rng(2))


@pytest.fixture(scope="module")
def templates(samples: list[LabelledRows]) -> Templates:
    return fit_templates(samples)


@pytest.fixture(scope="module")
def joints(samples: list[LabelledRows], templates: Templates) -> dict[str, Joint]:
    config = NreConfig(bank=50, max_steps=50, validation=200)
    ratio = train_ratio(
        samples,
        templates,
        (N_EVENTS, N_EVENTS),
        prior=PRIOR,
        nuisances=(JES.prior,),
        seed=1,
        config=config,
    )
    return {
        "binned": joint_likelihood("binned", METHOD, samples, templates),
        "nre": with_measurements(ratio.log_ratio, (JES,)),
    }


def test_means_are_recovered_in_both_parameters(
    toy: LinearGaussianPair, templates: Templates
) -> None:
    mt, jes = np.array([171.0, 176.3, 179.0]), np.array([0.97, 1.0, 1.035])
    truth = toy.constant + np.stack([mt - 175, jes - 1], axis=1) @ toy.slopes
    np.testing.assert_allclose(templates.mean(mt, jes), truth, atol=0.02)
    assert templates.ndf == 4 * (55 - 6)
    assert abs(templates.chi2 / templates.ndf - 1) < 4 * (2 / templates.ndf) ** 0.5


@pytest.mark.parametrize("kind", ["binned", "nre"])
def test_the_posterior_is_the_analytic_one(
    toy: LinearGaussianPair, joints: dict[str, Joint], kind: str
) -> None:
    expected = toy.covariance(N_EVENTS, JES)
    correlator = toy.rows(174.2, 1.004, N_EVENTS, np.random.default_rng(3)).mean(axis=0)
    x = np.append(correlator, 1.0)[None]
    for index, truth in enumerate((174.2, 1.004)):
        grid = np.linspace(*METHOD.priors[index], 201)
        found = posterior(grid, marginal(joints[kind], METHOD.priors, index)(x, N_EVENTS, grid)[0])
        sigma = expected[index, index] ** 0.5
        assert found.mode == pytest.approx(truth, abs=3 * sigma)
        assert found.region(0.68).half_width == pytest.approx(0.9945 * sigma, rel=0.02)
    m = product_grid(METHOD.priors, 81)
    logs = joints[kind](x, N_EVENTS, *m)[0]
    both = np.cov(np.array(m), aweights=np.exp(logs - logs.max()), ddof=0)
    correlation, truth = (c[0, 1] / np.sqrt(c[0, 0] * c[1, 1]) for c in (both, expected))
    assert truth < -0.5
    assert correlation == pytest.approx(truth, abs=0.02)


def test_nuisances_have_their_part_in_the_error_budget(
    toy: LinearGaussianPair, templates: Templates
) -> None:
    known = toy.covariance(N_EVENTS, Nuisance("jes", JES.prior, (1.0, 1e-9)))[0, 0]
    whole = toy.covariance(N_EVENTS, JES)[0, 0]
    x = np.append(toy.rows(175.0, 1.0, N_EVENTS, np.random.default_rng(4)).mean(axis=0), 1.0)
    grid = np.linspace(*PRIOR, 201)
    budget = error_budget(
        templates, x, N_EVENTS, grid, half_width=whole**0.5, nuisances=(JES,), at=(1.0,)
    )
    assert budget.data == pytest.approx(known**0.5, rel=0.03)
    assert budget.nuisances == pytest.approx((whole - known) ** 0.5, rel=0.03)
    parts = (budget.data, budget.simulation, budget.nuisances)
    assert np.linalg.norm(parts) == pytest.approx(whole**0.5)


def test_coverage_holds_at_points_that_were_left_out(samples: list[LabelledRows]) -> None:
    def build(kept: list[LabelledRows]) -> LogLikelihood:
        return log_likelihood("binned", METHOD, kept, fit_templates(kept))

    # Wider than what was simulated: truths at the prior's edge are another matter.
    grid, seen = np.linspace(165, 185, 201), []
    tested = leave_out(samples, build, N_EVENTS, grid, folds=3, nuisances=(JES,), seed=7)
    assert len(tested.truths) == 11 * 3 * 6
    assert is_calibrated(coverage(tested, tested, observable="toy", likelihood="binned"))

    def recorded(kept: list[LabelledRows]) -> LogLikelihood:
        seen.append([sample.point for sample in kept])
        return build(kept)

    leave_out(samples, recorded, 6 * N_EVENTS, grid, folds=2, nuisances=(JES,))
    places = [{(MASSES.index(m) + SCALES.index(s)) % 2 for m, s in points} for points in seen]
    assert places == [{1}, {0}]


def test_a_neglected_nuisance_biases_and_inferring_it_mends_that(
    toy: LinearGaussianPair, samples: list[LabelledRows], templates: Templates
) -> None:
    rng, grid = np.random.default_rng(5), np.linspace(*PRIOR, 201)
    shifted = [
        disjoint_experiments(
            LabelledRows(mt, toy.rows(mt, 1.01, 40 * N_EVENTS, rng), (1.01,)), N_EVENTS
        )
        for mt in (173.1, 176.3)
    ]

    def neglected(x: np.ndarray, n_events: int, m: np.ndarray) -> np.ndarray:
        return binned.log_likelihood(templates, x, n_events, m, np.ones_like(m))

    inferred = log_likelihood("binned", METHOD, samples, templates)
    both = [
        run_trials(neglected, shifted, grid),
        run_trials(
            inferred, [measured_anew(e, (JES,), (6, k)) for k, e in enumerate(shifted)], grid
        ),
    ]
    wrong, right = (
        coverage(trials, both[1], observable="toy", likelihood="binned") for trials in both
    )
    assert not is_calibrated(wrong)
    assert abs(wrong[0].bias) > 2 * wrong[0].half_width
    assert is_calibrated(right)
    assert abs(right[0].bias) < 4 * right[0].bias_error
    assert right[0].half_width > wrong[0].half_width


def test_a_ridge_between_two_parameters_is_resolved() -> None:
    """Conditional widths of a thousandth of the range, and a marginal 20 times as wide."""

    def joint(x: np.ndarray, _n: int, m: np.ndarray, nu: np.ndarray) -> np.ndarray:
        return norm.logpdf(nu, m + x[:, :1], 1e-3) + norm.logpdf(m, 0.5, 0.02)

    grid = np.linspace(0, 1, 401)
    found = marginal(joint, ((0.0, 1.0), (0.0, 1.0)))(np.zeros((1, 1)), 1, grid)
    density = posterior(grid, found[0])
    assert density.mean == pytest.approx(0.5, abs=1e-6)
    assert density.standard_deviation == pytest.approx(0.02, rel=1e-3)


def test_what_no_grid_resolves_is_said() -> None:
    def joint(x: np.ndarray, _n: int, m: np.ndarray, nu: np.ndarray) -> np.ndarray:
        return norm.logpdf(nu, m + x[:, :1], 1e-6)

    with pytest.raises(NumericalError, match="narrower range"):
        marginal(joint, ((0.0, 1.0), (0.0, 1.0)))(np.zeros((1, 1)), 1, np.linspace(0, 1, 11))


def test_two_nuisances_are_integrated_over_a_grid_of_both() -> None:
    covariance = np.array([[1.0, 0.6, 0.3], [0.6, 1.0, 0.4], [0.3, 0.4, 1.0]]) / 400
    precision = np.linalg.inv(covariance)

    def joint(x: np.ndarray, _n: int, *m: np.ndarray) -> np.ndarray:
        away = np.stack(m) - 0.5
        return -0.5 * np.einsum("am,ab,bm->m", away, precision, away) + 0 * x[:, :1]

    grid = np.linspace(0, 1, 101)
    for index in range(3):
        found = marginal(joint, ((0.0, 1.0),) * 3, index)(np.zeros((1, 1)), 1, grid)
        assert posterior(grid, found[0]).standard_deviation == pytest.approx(0.05, rel=1e-3)


def test_a_measurement_is_a_part_of_the_datum() -> None:
    free = Nuisance("alpha", (0.0, 1.0))
    joint = with_measurements(lambda x, _n, m, alpha, jes: 0 * x[:, :1] + m, (free, JES))
    x = np.array([[5.0, 6.0, 1.0], [5.0, 6.0, 1.016]])
    m = np.array([1.0, 2.0])
    found = joint(x, 1, m, np.array([0.3, 0.3]), np.array([1.0, 1.008]))
    assert found - m == pytest.approx(norm.logpdf([[0, 1], [2, 1]]) - np.log(0.008))


def test_quartiles_are_those_of_what_is_known() -> None:
    assert Nuisance("alpha", (0.0, 1.0)).quartiles == pytest.approx((0.25, 0.5, 0.75))
    sigma = 0.6744897501960817 * 0.001
    narrow = Nuisance("jes", (0.96, 1.04), (1.0, 0.001)).quartiles
    assert narrow == pytest.approx((1 - sigma, 1, 1 + sigma))
