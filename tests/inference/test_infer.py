from __future__ import annotations

import numpy as np
import pytest
from linear_gaussian import LinearGaussian

from ecdsl.diagnostics import EcdslError
from ecdsl.inference.infer import (
    calibrate_observable,
    infer_observable,
    infer_surrogate,
    prior_grid,
    with_calibration,
)
from ecdsl.inference.learned import LearnedTemplates
from ecdsl.inference.likelihoods import Method
from ecdsl.inference.results import CoverageResult, PosteriorResult
from ecdsl.inference.samples import LabelledRows
from ecdsl.inference.templates import fit_templates, with_means

PRIOR = (170.0, 180.0)


@pytest.fixture(scope="module")
def posteriors(toy: LinearGaussian, samples: list[LabelledRows]) -> tuple[PosteriorResult, ...]:
    observed = toy.rows(173.37, 1000, np.random.default_rng(51))
    method = Method(PRIOR, (1000, 1000), seed=1)
    return infer_observable("toy", samples, observed, parameter="mt", method=method)


@pytest.fixture(scope="module")
def coverages(toy: LinearGaussian) -> tuple[CoverageResult, ...]:
    simulated = toy.samples(1500, 0.5, np.random.default_rng(52))
    return calibrate_observable("toy", simulated, method=Method(PRIOR, (500, 500), seed=1))


def test_both_likelihoods_agree_with_the_truth_and_with_each_other(
    toy: LinearGaussian, posteriors: tuple[PosteriorResult, ...]
) -> None:
    sigma = toy.sigma(1000)
    assert [p.likelihood for p in posteriors] == ["binned", "nre"]
    for result in posteriors:
        assert result.estimate == pytest.approx(173.37, abs=3 * sigma)
        assert result.half_width68 == pytest.approx(sigma, rel=0.1)
        assert result.n_events == 1000
        assert result.seconds > 0
        assert result.goodness_of_fit > 0.01
        assert np.trapezoid(result.density, result.grid) == pytest.approx(1)
        assert not result.calibrated
        assert not result.at_boundary
        # Of a Gaussian likelihood away from the ends, the profile's interval is the posterior's.
        if result.likelihood == "binned":
            np.testing.assert_allclose(result.profile68, result.interval68, atol=0.02 * sigma)
        else:
            assert result.profile68 is None
        assert PosteriorResult.model_validate_json(result.model_dump_json()) == result


def test_calibration_is_earned_by_coverage(
    posteriors: tuple[PosteriorResult, ...], coverages: tuple[CoverageResult, ...]
) -> None:
    assert [(c.likelihood, c.level) for c in coverages] == [
        ("binned", 0.68),
        ("binned", 0.95),
        ("nre", 0.68),
        ("nre", 0.95),
    ]
    assert all(c.pseudo_experiments == 63 for c in coverages)
    assert all(p.calibrated for p in with_calibration(posteriors, coverages))
    assert [p.calibrated for p in with_calibration(posteriors, coverages[:2])] == [True, False]
    missed = [c.model_copy(update={"covered": 20}) for c in coverages]
    assert not any(p.calibrated for p in with_calibration(posteriors, missed))


def test_a_surrogate_is_labelled_and_not_calibrated(
    toy: LinearGaussian, samples: list[LabelledRows]
) -> None:
    values = np.linspace(170, 180, 11)
    contents = toy.constant + np.multiply.outer(values - 175, toy.slope)
    templates = with_means(fit_templates(samples), values, contents)
    observed = toy.rows(173.37, 1000, np.random.default_rng(53))
    method = Method(PRIOR, (1000, 1000), seed=1, beside="histogram")
    binned, fit = infer_surrogate(
        "toy", samples, LearnedTemplates(templates), observed, parameter="mt", method=method
    )
    assert (binned.likelihood, binned.calibrated) == ("surrogate", False)
    assert binned.estimate == pytest.approx(toy.estimate(observed.mean(axis=0)), abs=0.1)
    assert (fit.likelihood, fit.calibrated) == ("histogram_surrogate", False)
    assert fit.interval95[0][0] < 173.37 < fit.interval95[0][1]
    assert fit.half_width68 > binned.half_width68


def test_data_beyond_the_prior_run_into_its_edge(
    toy: LinearGaussian, samples: list[LabelledRows]
) -> None:
    templates = fit_templates(samples)
    observed = toy.rows(184, 1000, np.random.default_rng(54))
    method = Method(PRIOR, (1000, 1000), seed=1)
    (result,) = infer_surrogate(
        "toy", samples, LearnedTemplates(templates), observed, parameter="mt", method=method
    )
    assert result.at_boundary
    assert result.interval68[-1][1] == 180


@pytest.mark.parametrize("prior", [(169.0, 180.0), (175.0, 175.0), (170.0, 181.0), (np.nan, 180.0)])
def test_a_prior_beyond_the_simulation_is_refused(
    samples: list[LabelledRows], prior: tuple[float, float]
) -> None:
    with pytest.raises(EcdslError, match="170 to 180") as caught:
        prior_grid(samples, prior)
    assert caught.value.diagnostics[0].code == "D506"


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (np.ones((9, 5)), "the data: 9 events"),
        (np.ones((20, 4)), r"expected rows of shape \(events, 5 bins\)"),
        (np.full((20, 5), np.nan), "event 0 has nan in bin 0"),
    ],
)
def test_unusable_data_are_refused(
    samples: list[LabelledRows], rows: np.ndarray, words: str
) -> None:
    with pytest.raises(EcdslError, match=words):
        infer_observable(
            "toy", samples, rows, parameter="mt", method=Method(PRIOR, (20, 20), seed=1)
        )
