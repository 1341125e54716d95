from __future__ import annotations

import numpy as np
import pytest

from ecdsl.inference.pseudo import (
    disjoint_experiments,
    drawn_experiments,
    pseudo_experiments,
    resampled_means,
)
from ecdsl.inference.samples import LabelledRows
from ecdsl.inference.templates import fit_templates


@pytest.mark.parametrize("n_events", [1000, 8000])
def test_draws_have_the_mean_and_the_variance_of_the_likelihood(
    samples: list[LabelledRows], n_events: int
) -> None:
    """Of blocks of 1,000 events, at the size of one and of eight."""
    templates, rng = fit_templates(samples), np.random.default_rng(21)
    draw = pseudo_experiments(samples, templates, 1000, 500, rng).draw
    x = draw(np.full(20000, 173.7), n_events, rng)
    variance = templates.event_variances(173.7) / n_events + templates.mean_variances(173.7)
    expected = templates.mean_coordinates(173.7)
    assert np.abs((x.mean(axis=0) - expected) / np.sqrt(variance)).max() < 0.05
    np.testing.assert_allclose(x.var(axis=0), variance, rtol=0.1)


def test_more_blocks_are_less_skewed() -> None:
    rng = np.random.default_rng(23)
    events = [LabelledRows(m, rng.exponential(m, (2000, 1))) for m in (170.0, 175.0, 180.0)]
    draw = pseudo_experiments(events, fit_templates(events), 25, 4000, rng).draw
    for n_events in (25, 225):
        x = draw(np.full(20000, 175.0), n_events, rng)[:, 0]
        skewness = (((x - x.mean()) / x.std()) ** 3).mean()
        assert abs(skewness) == pytest.approx(2 / n_events**0.5, rel=0.4)


def test_resampling_keeps_the_skewness_of_events() -> None:
    rng = np.random.default_rng(22)
    rows = rng.exponential(size=(3000, 1))
    means = resampled_means(rows, 25, 20000, rng)
    standard = (means - means.mean()) / means.std()
    assert (standard**3).mean() == pytest.approx(2 / np.sqrt(25), rel=0.2)


def test_experiments_share_no_event_and_leave_the_rest_out() -> None:
    sample = LabelledRows(175.0, np.arange(14.0).reshape(7, 2))
    cut = disjoint_experiments(sample, 3)
    assert (cut.value, cut.n_events) == (175.0, 3)
    np.testing.assert_array_equal(cut.x, [[2, 3], [8, 9]])
    np.testing.assert_array_equal(drawn_experiments(sample, 3, range(1), seed=5).x, [[2, 3]])
    assert disjoint_experiments(sample, 8).x.shape == (0, 2)


def test_experiments_share_no_event_until_the_sample_is_used_up():
    # Each event puts a digit of its own, so that a mean says which events it is made of.
    sample = LabelledRows(170.0, 2.0 ** np.arange(13)[:, None])
    members = [round(3 * x) for x in drawn_experiments(sample, 3, range(40), seed=5).x[:, 0]]
    events = [{bit for bit in range(13) if number >> bit & 1} for number in members]
    assert events[:4] == [{0, 1, 2}, {3, 4, 5}, {6, 7, 8}, {9, 10, 11}]
    for cut in range(10):
        assert len(set.union(*events[4 * cut : 4 * cut + 4])) == 12
    assert len(set(members)) > 30
    later = drawn_experiments(sample, 3, range(25, 29), seed=5)
    np.testing.assert_array_equal(later.x, drawn_experiments(sample, 3, range(40), seed=5).x[25:29])


def test_sharing_events_hardly_correlates_whether_intervals_hold():
    # Samples of 20 experiments, cut 8 times: the number of 68% intervals that hold the truth
    # scatters 1.1 to 1.2 times as much as for independent ones. If all cuts held alike, 2.8 times.
    rng = np.random.default_rng(8)
    held = []
    for _ in range(60):
        sample = LabelledRows(0.0, rng.standard_normal((400, 1)))
        x = drawn_experiments(sample, 20, range(160), seed=5).x[:, 0]
        held.append(np.count_nonzero(np.abs(x) * np.sqrt(20) < 1))
    assert np.std(held) == pytest.approx(np.sqrt(160 * 0.683 * 0.317), rel=0.4)
    assert np.mean(held) == pytest.approx(160 * 0.683, abs=3)
