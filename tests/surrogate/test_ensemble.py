"""An ensemble scatters as simulations would, and a marginal's deviation is that of its members."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from ecdsl.surrogate.config import preset
from ecdsl.surrogate.marginal import ShapeIntegral, ShapeMonteCarlo
from ecdsl.surrogate.sample import resampled, validate
from ecdsl.surrogate.total_weight import TotalWeight


def test_resampled_sums_scatter_as_sums_over_events_do(chart, draw):
    """Every tuple of an event moves with it, or the scatter would be too small."""
    sample = draw(chart, 500)
    per_event = np.bincount(sample.events, weights=sample.weights)
    moved = [resampled(sample, seed=1, member=k) for k in range(1, 201)]
    sums = np.array([s.weights.sum() for s in moved])
    assert sums.mean() == pytest.approx(per_event.sum(), rel=0.02)
    assert sums.std() == pytest.approx(np.sqrt((per_event**2).sum()), rel=0.2)
    totals = np.array([s.total_weight.sum() for s in moved])
    np.testing.assert_allclose(totals, sums, rtol=1e-5)


def test_a_resampled_sample_is_reproducible_and_can_be_learned_from(chart, draw):
    sample = draw(chart, 50)
    one, again, other = (resampled(sample, seed=3, member=k) for k in (1, 1, 2))
    assert validate(one).fingerprint() == again.fingerprint() != other.fingerprint()


def test_members_have_files_and_short_trainings_of_their_own():
    config = preset()
    member = config.of_member(3)
    assert (config.stem, member.stem) == ("flow-fast", "flow-fast-3")
    assert member.epochs == config.refit_epochs < config.epochs


@pytest.mark.parametrize("kind", [ShapeIntegral, ShapeMonteCarlo])
def test_the_deviation_of_a_member_is_the_difference_of_marginals(peak_surrogate, ratio, kind):
    weight = TotalWeight((170.0,), (180.0,), 1, (0.22, 0.011))
    member = replace(peak_surrogate, total_weight=weight, _tables={})
    edges = [np.geomspace(0.02, 0.15, 4)]
    integral = kind(peak_surrogate, ratio, edges, (1.0, 1.5, 0.03))
    context = {"mt": 176.0}
    contents = ShapeIntegral(peak_surrogate, ratio, edges, (1.0, 1.5, 0.03)).at(context).contents
    np.testing.assert_allclose(integral.deviation(member, context), 0.1 * contents, rtol=0.2)
    np.testing.assert_array_equal(integral.deviation(peak_surrogate, context), 0 * contents)
