"""Sums over events, and the covariance of whole events."""

from __future__ import annotations

import numpy as np
import pytest

from ecdsl.event_sums import EventSums


def total_of(*chunks, pairs=True):
    total = EventSums(chunks[0].shape[1], pairs=pairs)
    for chunk in chunks:
        total.add(chunk)
    return total


def test_covariance_formula_on_known_numbers():
    rows = np.array([[1.0, 0.0], [3.0, 2.0]])
    np.testing.assert_allclose(total_of(rows).covariance(), [[4.0, 4.0], [4.0, 4.0]])


@pytest.mark.parametrize("pairs", [True, False])
def test_nothing_is_known_of_the_scatter_of_one_event(pairs):
    for rows in (np.ones((1, 2)), np.ones((0, 2))):
        assert np.isnan(total_of(rows, pairs=pairs).covariance()).all()


def test_cells_may_be_reached_late_or_never():
    random = np.random.default_rng(1)
    rows = random.uniform(size=(30, 9)) * (random.uniform(size=(30, 9)) < 0.3)
    rows[:, 4] = 0.0
    rows[:20, 2] = 0.0
    rows[25, 2] = 1.0
    chunks = rows[:10], rows[10:10], rows[10:21], rows[21:]
    expected = len(rows) * np.cov(rows, rowvar=False)
    np.testing.assert_allclose(total_of(*chunks).covariance(), expected, atol=1e-14)
    alone = total_of(*chunks, pairs=False)
    np.testing.assert_allclose(alone.covariance(), expected.diagonal(), atol=1e-14)
    np.testing.assert_allclose(alone.sums, rows.sum(axis=0))
