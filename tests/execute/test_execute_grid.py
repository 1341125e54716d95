from __future__ import annotations

from itertools import product

import numpy as np
import pytest

from ecdsl.execute_grid import as_grids


def points(*columns):
    return [np.array(point, dtype=float) for point in product(*columns)]


def test_a_product_is_one_grid_in_any_order():
    every = points([1, 2, 3], [5], [0.5, 0.25])
    shuffled = [every[k] for k in (3, 0, 5, 1, 4, 2)]
    (grid,) = as_grids(shuffled, (0, 2))
    np.testing.assert_array_equal(grid.parameters, [1, 5, 0.25])
    np.testing.assert_array_equal(np.concatenate(grid.axes), [1, 2, 3, 0.25, 0.5])
    np.testing.assert_array_equal(grid.offsets, [0, 3, 5])
    in_order = [shuffled[k] for k in grid.points]
    np.testing.assert_array_equal(in_order, points([1, 2, 3], [5], [0.25, 0.5]))


def test_parameters_that_stay_fixed_make_grids_of_their_own():
    grids = as_grids(points([1, 2], [5, 6]), (0,))
    assert [grid.parameters[1] for grid in grids] == [5, 6]
    assert [list(grid.points) for grid in grids] == [[0, 2], [1, 3]]


@pytest.mark.parametrize(
    ("some", "over"),
    [
        (points([1], [2]), (0, 1)),
        (points([1], [2, 3, 4]), (0,)),
        (points([1, 2], [5, 6])[:3], (0, 1)),
        ([*points([1, 2], [5]), *points([1, 2], [6, 6])], (0,)),
    ],
    ids=["one point", "one point each", "missing", "doubled"],
)
def test_what_is_no_grid(some, over):
    assert as_grids(some, over) is None
