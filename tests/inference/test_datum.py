from __future__ import annotations

import numpy as np
import pytest
from linear_gaussian import LinearGaussian

from ecdsl.diagnostics import EcdslError
from ecdsl.inference import binned
from ecdsl.inference.datum import datum_of, rows_of, samples_of
from ecdsl.inference.posterior import posterior
from ecdsl.inference.templates import fit_templates

GRID = np.linspace(170, 180, 401)


def test_normalized_rows_have_the_normalized_mean_and_its_propagated_covariance(
    toy: LinearGaussian,
) -> None:
    rng = np.random.default_rng(71)
    rows = toy.rows(173, 4000, rng)
    found = rows_of("normalized", rows)
    np.testing.assert_allclose(found.mean(axis=0), datum_of("normalized", rows.mean(axis=0)))
    assert datum_of("normalized", rows.mean(axis=0)).sum() == pytest.approx(1)
    # Against the scatter of the normalized means of 2,000 experiments of 100 events.
    means = rows[rng.integers(len(rows), size=(2000, 100))].mean(axis=1)
    scatter = np.cov(datum_of("normalized", means), rowvar=False)
    np.testing.assert_allclose(
        np.diagonal(np.cov(found, rowvar=False)) / 100, np.diagonal(scatter), rtol=0.15
    )


def test_a_common_factor_moves_the_absolute_correlator_and_not_the_normalized_one(
    toy: LinearGaussian,
) -> None:
    samples = toy.samples(1000, 1.0, np.random.default_rng(72))
    rows = toy.rows(173, 4000, np.random.default_rng(73))
    estimates = {}
    for kind in ("absolute", "normalized"):
        templates = fit_templates(samples_of(kind, samples))
        for factor in (1.0, 1.01):
            x = rows_of(kind, factor * rows).mean(axis=0)
            found = posterior(GRID, binned.log_likelihood(templates, x, len(rows), GRID))
            estimates[kind, factor] = found.mode
            width = found.standard_deviation
        assert abs(estimates[kind, 1.0] - 173) < 3 * width
    assert estimates["normalized", 1.01] == pytest.approx(estimates["normalized", 1.0], abs=1e-6)
    assert abs(estimates["absolute", 1.01] - estimates["absolute", 1.0]) > width


def test_the_absolute_datum_is_what_was_measured() -> None:
    rows = np.ones((12, 3))
    assert rows_of("absolute", rows) is rows
    assert datum_of("absolute", rows) is rows


def test_what_has_no_positive_sum_cannot_be_normalized() -> None:
    rows = np.array([[1.0, -1.0], [2.0, -2.0]])
    with pytest.raises(EcdslError, match="sum to 0 cannot be normalized") as error:
        rows_of("normalized", rows)
    assert error.value.diagnostics[0].code == "D505"
