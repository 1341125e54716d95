from __future__ import annotations

import numpy as np
import pytest

from ecdsl.inference.pseudo import disjoint_experiments, pseudo_experiments, resampled_means
from ecdsl.inference.samples import LabelledRows
from ecdsl.inference.templates import fit_templates


def test_draws_have_the_mean_and_the_variance_of_the_likelihood(
    samples: list[LabelledRows],
) -> None:
    templates, rng = fit_templates(samples), np.random.default_rng(21)
    draw = pseudo_experiments(samples, templates, 5000, 500, rng).draw
    x = draw(np.full(20000, 173.7), rng)
    variance = templates.event_variances(173.7) / 5000 + templates.mean_variances(173.7)
    expected = templates.mean_coordinates(173.7)
    assert np.abs((x.mean(axis=0) - expected) / np.sqrt(variance)).max() < 0.1
    np.testing.assert_allclose(x.var(axis=0), variance, rtol=0.1)


def test_resampling_keeps_the_skewness_of_events() -> None:
    rng = np.random.default_rng(22)
    rows = rng.exponential(size=(3000, 1))
    means = resampled_means(rows, 25, 20000, rng)
    standard = (means - means.mean()) / means.std()
    assert (standard**3).mean() == pytest.approx(2 / np.sqrt(25), rel=0.2)


def test_experiments_share_no_event_and_leave_the_rest_out() -> None:
    rows = np.arange(14.0).reshape(7, 2)
    np.testing.assert_array_equal(disjoint_experiments(rows, 3), [[2, 3], [8, 9]])
    assert disjoint_experiments(rows, 8).shape == (0, 2)
