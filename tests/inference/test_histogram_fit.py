from __future__ import annotations

import numpy as np
import pytest
from linear_gaussian import LinearGaussian

from ecdsl.inference.coverage import Trials, coverage, is_calibrated, run_trials
from ecdsl.inference.histogram_fit import estimates
from ecdsl.inference.likelihoods import Method, log_likelihood
from ecdsl.inference.pseudo import drawn_experiments
from ecdsl.inference.results import Likelihood
from ecdsl.inference.samples import LabelledRows
from ecdsl.inference.templates import fit_templates

GRID = np.linspace(170, 180, 401)
SIZES = (250, 1000)


@pytest.fixture(scope="module")
def tested(
    toy: LinearGaussian, samples: list[LabelledRows]
) -> dict[tuple[int, Likelihood], Trials]:
    """Trials of both sizes, by the fit and by the binned likelihood."""
    templates, rng = fit_templates(samples), np.random.default_rng(6)
    method = Method((170.0, 180.0), SIZES, seed=1, beside="histogram")
    apart = [LabelledRows(m, toy.rows(m, 60_000, rng)) for m in (172.31, 175.64, 177.77)]
    likelihoods = {k: log_likelihood(k, method, samples, templates) for k in method.kinds}
    cut = {n: [drawn_experiments(sample, n, range(60), seed=0) for sample in apart] for n in SIZES}
    return {
        (n, kind): run_trials(likelihood, cut[n], GRID)
        for n in SIZES
        for kind, likelihood in likelihoods.items()
    }


@pytest.mark.parametrize("m", [166.2, 170.0, 173.37, 183.9])
def test_the_expected_correlator_is_found_again_beyond_the_simulated_values_too(
    samples: list[LabelledRows], m: float
) -> None:
    templates = fit_templates(samples)
    assert estimates(templates, templates.mean(m)[None]) == pytest.approx(m, abs=1e-3)


def test_no_value_of_a_fine_grid_differs_less(
    toy: LinearGaussian, samples: list[LabelledRows]
) -> None:
    templates, rng = fit_templates(samples), np.random.default_rng(3)
    x = templates.merge(toy.rows(174.2, 2000, rng).reshape(10, 200, -1).mean(axis=1))
    fine = np.linspace(165, 185, 20_001)
    distances = np.abs(x[:, None] - templates.mean(fine)).sum(axis=2)
    found = np.abs(x - templates.mean(estimates(templates, x))).sum(axis=1)
    assert (found < distances.min(axis=1) + 1e-5).all()


@pytest.mark.parametrize("n_events", SIZES)
def test_the_error_of_pseudo_experiments_covers(
    tested: dict[tuple[int, Likelihood], Trials], n_events: int
) -> None:
    fit, oracle = tested[n_events, "histogram"], tested[n_events, "binned"]
    results = coverage(fit, oracle, observable="toy", likelihood="histogram")
    assert results[0].pseudo_experiments == 180
    assert is_calibrated(results)
    # Here bins that share their noise do not share their slope, and the fit makes nothing of it.
    assert results[0].half_width > 1.5 * results[0].oracle_half_width


def test_the_error_of_a_fit_falls_with_the_root_of_the_events(
    tested: dict[tuple[int, Likelihood], Trials],
) -> None:
    widths = [
        np.median([p.standard_deviation for p in tested[n, "histogram"].posteriors]) for n in SIZES
    ]
    assert widths[0] / widths[1] == pytest.approx(2, rel=0.15)
