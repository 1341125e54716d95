"""The search between a grid's points, on a landscape whose best place is known."""

from __future__ import annotations

import numpy as np
import pytest

from ecdsl.inference.refine import Refinement

BOUNDS = {"n1": (1.0, 3.0), "n2": (1.0, 3.0)}
BEST = (1.3, 1.7)


def width(point: dict[str, float], noise: float) -> float:
    """A flat landscape, as that of triangles, with the noise of a finite sample."""
    distance = (point["n1"] - BEST[0]) ** 2 + 0.5 * (point["n2"] - BEST[1]) ** 2
    return float(np.exp(0.4 * distance + noise))


@pytest.fixture
def search():
    search, rng = Refinement(BOUNDS, seed=3), np.random.default_rng(4)
    for n1 in (1.0, 2.0, 3.0):
        for n2 in (1.0, 2.0, 3.0):
            point = {"n1": n1, "n2": n2}
            search.know(point, width(point, 0.02 * rng.standard_normal()))
    return search


def test_it_goes_where_shapes_are_best_in_spite_of_noise(search):
    rng = np.random.default_rng(5)
    for _ in range(3):
        points = search.ask(4)
        search.tell([width(point, 0.02 * rng.standard_normal()) for point in points])
    # The grid's best point is 10% wider than the best there is; proposals come within 3%.
    assert min(width(point, 0.0) for point in points) < 1.03


def test_what_it_proposes_lies_within_bounds_and_differs(search):
    points = search.ask(6)
    assert all(low <= point[n] <= high for point in points for n, (low, high) in BOUNDS.items())
    assert len({tuple(point.values()) for point in points}) == 6


def test_proposals_depend_on_the_seed_and_on_what_was_told():
    one, same, other = (Refinement(BOUNDS, seed) for seed in (1, 1, 2))
    assert one.ask(2) == same.ask(2)
    assert one.ask(2) != other.ask(2)


def test_a_shape_without_information_drives_the_search_away(search):
    (first,) = search.ask(1)
    search.tell([None])
    (second,) = search.ask(1)
    assert first != second
