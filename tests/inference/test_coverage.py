from __future__ import annotations

import numpy as np
import pytest
from linear_gaussian import LinearGaussian
from scipy.stats import binom, norm

from ecdsl.diagnostics import EcdslError
from ecdsl.inference import binned
from ecdsl.inference.coverage import (
    LogLikelihood,
    Trials,
    binomial_band,
    coverage,
    is_calibrated,
    leave_out,
    ranks,
    run_trials,
    uniformity,
)
from ecdsl.inference.pseudo import disjoint_experiments
from ecdsl.inference.samples import LabelledRows
from ecdsl.inference.templates import fit_templates

GRID = np.linspace(160, 190, 601)
N_EVENTS = 500


def trials(toy: LinearGaussian, scale: float = 1.0, shift: float = 0.0) -> Trials:
    """The exact posterior, if its width is not scaled and its centre not shifted (in sigma)."""
    rng = np.random.default_rng(41)
    independent = [LabelledRows(m, toy.rows(m, 12 * N_EVENTS, rng)) for m in np.arange(171, 179.5)]
    sigma = toy.sigma(N_EVENTS)

    def likelihood(x: np.ndarray, _n: int, grid: np.ndarray) -> np.ndarray:
        centre = toy.estimate(x)[:, None] + shift * sigma
        return np.asarray(norm.logpdf(grid, centre, scale * sigma))

    return run_trials(likelihood, [disjoint_experiments(s, N_EVENTS) for s in independent], GRID)


def judged(tested: Trials, oracle: Trials) -> bool:
    return is_calibrated(coverage(tested, oracle, observable="toy", likelihood="binned"))


def test_the_exact_posterior_passes(toy: LinearGaussian) -> None:
    exact = trials(toy)
    narrow, wide = coverage(exact, exact, observable="toy", likelihood="binned")
    assert (narrow.level, wide.level) == (0.68, 0.95)
    assert narrow.pseudo_experiments == 108
    assert abs(narrow.bias) < 4 * toy.sigma(N_EVENTS) / 108**0.5
    assert narrow.half_width == pytest.approx(0.9945 * toy.sigma(N_EVENTS), rel=0.01)
    assert is_calibrated((narrow, wide))


def test_ranks_and_credibilities_of_the_exact_posterior_are_uniform(toy: LinearGaussian) -> None:
    exact = trials(toy)
    found = ranks(exact, observable="toy", likelihood="binned")
    assert len(found.ranks) == 108
    assert min(uniformity(found.ranks), uniformity(found.credibilities)) > 0.01
    narrow, _ = coverage(exact, exact, observable="toy", likelihood="binned")
    assert abs(narrow.pull_mean) < 3 / 108**0.5
    assert narrow.pull_width == pytest.approx(1, abs=3 / 216**0.5)


def test_a_bias_that_coverage_forgives_shows_in_the_ranks(toy: LinearGaussian) -> None:
    """0.6 sigma: 59% instead of 68%, within the band of 108 experiments."""
    shifted = trials(toy, shift=0.6)
    results = coverage(shifted, shifted, observable="toy", likelihood="binned")
    assert all(r.covered in binomial_band(r.level, 108) for r in results)
    assert results[0].rank_p < 1e-3
    assert not is_calibrated(results)


@pytest.mark.parametrize(("scale", "shift"), [(0.6, 0), (1, 1.5), (2, 0)])
def test_intervals_too_narrow_shifted_or_too_wide_fail(
    toy: LinearGaussian, scale: float, shift: float
) -> None:
    assert not judged(trials(toy, scale, shift), trials(toy))


def build(kept: list[LabelledRows]) -> LogLikelihood:
    templates = fit_templates(kept)
    return lambda x, n_events, grid: binned.log_likelihood(templates, x, n_events, grid)


def test_values_that_were_left_out_are_covered(toy: LinearGaussian) -> None:
    simulated = toy.samples(6 * N_EVENTS, 0.5, np.random.default_rng(43))
    grid = np.linspace(170, 180, 401)
    tested = leave_out(simulated, build, N_EVENTS, grid)
    assert len(tested.truths) == 21 * 6
    assert judged(tested, tested)


def test_folds_leave_out_every_value_once(samples: list[LabelledRows]) -> None:
    seen: list[list[float]] = []

    def recorded(kept: list[LabelledRows]) -> LogLikelihood:
        seen.append([s.value for s in kept])
        return build(kept)

    tested = leave_out(samples[:6], recorded, 5000, np.linspace(170, 180, 401), folds=2)
    assert seen == [[170.5, 171.5, 172.5], [170.0, 171.0, 172.0]]
    assert sorted(tested.truths) == [s.value for s in samples[:6]]


@pytest.mark.parametrize(("n_samples", "n_events", "words"), [(3, 500, "too few"), (4, 5001, "no")])
def test_too_little_to_leave_out_is_refused(
    samples: list[LabelledRows], n_samples: int, n_events: int, words: str
) -> None:
    with pytest.raises(EcdslError, match=words) as caught:
        leave_out(samples[:n_samples], build, n_events, GRID)
    assert caught.value.diagnostics[0].code == "D507"


def test_the_band_holds_what_it_says() -> None:
    band = binomial_band(0.68, 100)
    low, high = band.start, band.stop - 1
    assert binom.cdf(low - 1, 100, 0.68) <= 0.005 < binom.cdf(low, 100, 0.68)
    assert binom.sf(high, 100, 0.68) <= 0.005 < binom.sf(high - 1, 100, 0.68)


def test_few_experiments_prove_nothing(toy: LinearGaussian) -> None:
    exact = trials(toy)
    few = Trials(exact.truths[:19], exact.posteriors[:19], N_EVENTS, exact.replicas[:19])
    assert not judged(few, exact)
    assert not is_calibrated([])


def test_the_error_of_the_number_covered_is_that_of_the_scatter_between_replicas(
    toy: LinearGaussian,
) -> None:
    exact = trials(toy)
    alone, _ = coverage(exact, exact, observable="toy", likelihood="binned")
    shifts = [p.mode - t for p, t in zip(exact.posteriors, exact.truths, strict=True)]
    assert alone.bias_error == pytest.approx(np.std(shifts) / 108**0.5)
    share = alone.covered / 108
    assert alone.covered_error == pytest.approx((108 * share * (1 - share)) ** 0.5)
    held = np.array(
        [p.region(0.68).holds(t) for p, t in zip(exact.posteriors, exact.truths, strict=True)]
    )
    # Two replicas that each know the answer: one holds the truth always, the other never.
    split = Trials(exact.truths, exact.posteriors, N_EVENTS, held.astype(np.int64))
    several, _ = coverage(split, split, observable="toy", likelihood="binned")
    assert several.covered_error == pytest.approx(2 * 108 * share * (1 - share))
