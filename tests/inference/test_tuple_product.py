from __future__ import annotations

import numpy as np
import pytest

from ecdsl.diagnostics import InternalError, NumericalError
from ecdsl.inference.coverage import coverage, is_calibrated, run_trials
from ecdsl.inference.likelihoods import Method, log_likelihood
from ecdsl.inference.posterior import posterior
from ecdsl.inference.pseudo import disjoint_experiments
from ecdsl.inference.results import CoverageResult, Likelihood
from ecdsl.inference.samples import LabelledRows
from ecdsl.inference.templates import fit_templates, with_means
from ecdsl.inference.tuples import TupleCounts, sandwich_exponent
from ecdsl.inference.tuples import log_likelihood as product

GRID = np.linspace(165, 185, 401)
PRIOR = (165.0, 185.0)
EDGES = np.linspace(-3, 3, 7)
TUPLES, EVENTS = 20, 200


def events(m: float, n: int, shared: float, rng: np.random.Generator) -> LabelledRows:
    """Histograms of 20 weighted tuples of each event, which share a part of their fluctuation."""
    own = rng.standard_normal((n, TUPLES))
    z = (m - 175) / 10 + shared * rng.standard_normal((n, 1)) + (1 - shared**2) ** 0.5 * own
    place = np.clip(np.digitize(z, EDGES), 1, 6) - 1
    weights = rng.exponential(size=(n, TUPLES)) if shared else np.ones((n, TUPLES))
    rows = np.zeros((n, 6))
    np.add.at(rows, (np.arange(n)[:, None], place), weights)
    return LabelledRows(m, rows)


def simulated(shared: float, seed: int) -> list[LabelledRows]:
    rng = np.random.default_rng(seed)
    return [events(m, 1000, shared, rng) for m in np.arange(165.0, 185.5)]


@pytest.fixture(scope="module")
def judged() -> dict[Likelihood, tuple[CoverageResult, ...]]:
    """Coverage of every likelihood where tuples of an event share most of their fluctuation."""
    samples, rng = simulated(0.8, 1), np.random.default_rng(2)
    templates = fit_templates(samples)
    cut = [
        disjoint_experiments(events(m, 30 * EVENTS, 0.8, rng), EVENTS)
        for m in (172.3, 175.6, 177.7)
    ]
    # The effective number of exponential weights is half of their number.
    method = Method(
        PRIOR, (EVENTS, EVENTS), seed=1, beside="tuples", tuples=TupleCounts(TUPLES, TUPLES / 2)
    )
    trials = {
        kind: run_trials(log_likelihood(kind, method, samples, templates), cut, GRID)
        for kind in ("nre", *method.kinds)
    }
    return {
        kind: coverage(tested, trials["binned"], observable="toy", likelihood=kind)
        for kind, tested in trials.items()
    }


def test_the_naive_product_does_not_cover_and_likelihoods_of_events_do(
    judged: dict[Likelihood, tuple[CoverageResult, ...]],
) -> None:
    assert is_calibrated(judged["nre"])
    assert is_calibrated(judged["binned"])
    assert not is_calibrated(judged["tuples"])
    assert judged["tuples"][0].covered < 0.5 * 90
    assert judged["tuples"][0].half_width < 0.4 * judged["binned"][0].half_width


def test_the_effective_number_of_tuples_is_not_enough_where_weights_do_not_say_it_all(
    judged: dict[Likelihood, tuple[CoverageResult, ...]],
) -> None:
    assert not is_calibrated(judged["tuples_effective"])
    ratio = judged["tuples_effective"][0].half_width / judged["tuples"][0].half_width
    assert ratio == pytest.approx(2**0.5, rel=0.05)


def test_the_sandwich_covers_and_is_no_better_than_the_event_likelihood(
    judged: dict[Likelihood, tuple[CoverageResult, ...]],
) -> None:
    assert is_calibrated(judged["tuples_sandwich"])
    width = judged["tuples_sandwich"][0].half_width
    assert 0.98 < width / judged["binned"][0].half_width < 1.5


def test_independent_tuples_need_no_correction() -> None:
    samples = simulated(0.0, 3)
    templates = fit_templates(samples)
    x = events(174.0, EVENTS, 0.0, np.random.default_rng(4)).rows.mean(axis=0)[None]
    (exponent,) = sandwich_exponent(templates, x, EVENTS, GRID)
    # A little smaller for the noise of the templates.
    assert exponent == pytest.approx(EVENTS * TUPLES, rel=0.1)


def test_the_product_is_that_of_a_surrogates_density_too() -> None:
    samples, values = simulated(0.0, 3), np.linspace(165, 185, 5)
    contents = np.exp(-0.5 * (np.arange(6) - 2.5 - (values[:, None] - 175) / 10) ** 2)
    templates = with_means(fit_templates(samples), values, 7 * contents)
    x = 3 * contents[2:3]
    found = posterior(GRID, product(templates, x, 4000.0, GRID)[0])
    assert found.mode == pytest.approx(175, abs=0.1)


def test_a_single_bin_says_nothing() -> None:
    samples = [LabelledRows(s.value, s.rows.sum(axis=1, keepdims=True)) for s in simulated(0.8, 1)]
    method = Method(PRIOR, (EVENTS, EVENTS), 1, tuples=TupleCounts(TUPLES, TUPLES / 2))
    for kind in ("tuples", "tuples_sandwich"):
        likelihood = log_likelihood(kind, method, samples, fit_templates(samples))
        assert np.ptp(likelihood(np.array([[20.0]]), EVENTS, GRID)) == 0


def test_a_density_that_is_not_positive_is_refused() -> None:
    samples, values = simulated(0.8, 1), np.linspace(165, 185, 5)
    contents = np.ones((5, 6))
    contents[:, 2] = -9
    templates = with_means(fit_templates(samples), values, contents)
    with pytest.raises(NumericalError, match="not positive"):
        product(templates, np.ones((1, 6)), 1.0, GRID)


def test_no_product_without_the_number_of_tuples() -> None:
    samples = simulated(0.0, 3)
    with pytest.raises(InternalError, match="number of tuples"):
        log_likelihood("tuples", Method(PRIOR, (9, 9), 1), samples, fit_templates(samples))
