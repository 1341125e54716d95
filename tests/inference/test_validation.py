"""A right surrogate passes, a wrong one is seen for what it is."""

from __future__ import annotations

import numpy as np
import pytest
from linear_gaussian import LinearGaussian

from ecdsl.inference.samples import LabelledRows
from ecdsl.inference.templates import fit_templates
from ecdsl.inference.validation import Marginals, ValidationRow, judge

HELD_OUT = np.array([171.3, 173.1, 175.2, 177.4, 178.6])
N_EVENTS = 4000


def judged(
    toy: LinearGaussian,
    moved_by: float = 0.0,
    scale: float = 1.0,
    band: tuple[float, ...] = (),
) -> list[ValidationRow]:
    """Validate the true expectation at a mass that is off by `moved_by`, times `scale`."""
    templates = fit_templates(toy.samples(2000, 1.0, np.random.default_rng(1)))
    rng = np.random.default_rng(2)
    events = [LabelledRows(m, toy.rows(m, N_EVENTS, rng)) for m in HELD_OUT]
    masses = HELD_OUT + moved_by - 175
    contents = scale * (toy.constant + np.outer(masses, toy.slope))
    members = np.array([contents * (1 + off) for off in band]).reshape(-1, *contents.shape)
    marginals = Marginals(contents, 0 * contents, members)
    return list(judge("toy", templates, events, marginals))


def test_the_truth_passes(toy: LinearGaussian) -> None:
    rows = judged(toy)
    sigma = toy.sigma(N_EVENTS)
    assert [row.label for row in rows] == list(HELD_OUT)
    assert np.mean([row.chi2 / row.ndf for row in rows]) == pytest.approx(1, abs=0.5)
    assert np.mean([row.pull_width for row in rows]) == pytest.approx(1, abs=0.3)
    for row in rows:
        assert row.shift_error == pytest.approx(sigma, rel=0.15)
        assert abs(row.shift) < 4 * sigma


def test_the_training_sample_adds_its_own_error(toy: LinearGaussian) -> None:
    """Templates of 11 x 2000 events are off by what as many held-out events would be, or more."""
    for row in judged(toy):
        assert 0.8 * toy.sigma(22000) < row.training_error < 2.5 * toy.sigma(22000)


def test_a_surrogate_at_the_wrong_mass_shifts_the_fit(toy: LinearGaussian) -> None:
    """Templates that are those of m + 1 find the events at m - 1."""
    mean = np.mean([row.shift for row in judged(toy, moved_by=1.0)])
    assert mean == pytest.approx(-1, abs=4 * toy.sigma(N_EVENTS) / len(HELD_OUT) ** 0.5)


def test_a_wrong_shape_is_seen_in_chi2(toy: LinearGaussian) -> None:
    assert min(row.chi2 / row.ndf for row in judged(toy, scale=1.5)) > 5


def test_a_band_as_wide_as_the_error_makes_the_pulls_right(toy: LinearGaussian) -> None:
    for row in judged(toy, scale=1.2, band=(0.2, -0.2, 0.2)):
        assert row.band_pull_width is not None
        assert row.band_pull_width == pytest.approx(1, abs=0.3)
        assert row.pull_width > 2 * row.band_pull_width
        assert row.band_error is not None
        assert row.band_error > 0


def test_without_an_ensemble_nothing_is_said_of_a_band(toy: LinearGaussian) -> None:
    assert {(row.band_pull_width, row.band_error) for row in judged(toy)} == {(None, None)}


def test_the_divergence_is_that_of_shapes(toy: LinearGaussian) -> None:
    """A total that is off does not matter, a mass does."""
    assert max(row.kl for row in judged(toy, scale=1.2)) < 0.05
    assert max(row.kl for row in judged(toy)) < max(row.kl for row in judged(toy, moved_by=4.0))
