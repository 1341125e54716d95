"""Cells of the full correlator, and the information that they hold."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest

from ecdsl.analysis.sides import CELLS, Cells


@pytest.fixture(scope="module")
def tuples():
    rng = np.random.default_rng(1)
    sides = np.sort(rng.exponential(0.05, size=(40000, 3)), axis=1)
    return sides, rng.exponential(size=40000) ** 2


def test_cells_hold_equal_weight(tuples):
    sides, weights = tuples
    cells = Cells.of(sides, weights)
    assert cells.n == CELLS
    held = np.bincount(cells(sides), weights=weights, minlength=cells.n)
    # A cell is right up to the weight of the tuples at its edges.
    assert held == pytest.approx(np.full(CELLS, weights.sum() / CELLS), rel=0.5)


def test_cells_are_nested_in_the_longest_side(tuples):
    sides, weights = tuples
    cells = Cells.of(sides, weights)
    part = cells(sides) // (CELLS // 6)
    longest = [sides[part == k, 2] for k in range(6)]
    assert all(a.max() <= b.min() for a, b in pairwise(longest))


def test_any_number_of_sides_has_cells():
    rng = np.random.default_rng(2)
    for n_sides in (1, 6, 10):
        sides = np.sort(rng.uniform(size=(20000, n_sides)), axis=1)
        cells = Cells.of(sides, np.ones(len(sides)))
        index = cells(sides)
        assert index.min() >= 0
        assert index.max() < cells.n
