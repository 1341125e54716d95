from __future__ import annotations

import numpy as np
import pytest

from ecdsl.inference.pseudo import disjoint_experiments, pseudo_experiments, resampled_means
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
        assert abs(skewness) == pytest.approx(2 / n_events**0.5, rel=0.3)


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
    np.testing.assert_array_equal(disjoint_experiments(sample, 3, most=1).x, [[2, 3]])
    assert disjoint_experiments(sample, 8).x.shape == (0, 2)
