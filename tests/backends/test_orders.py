"""Every order that tuples can have, contact terms included, against the definition."""

from __future__ import annotations

from itertools import product

import backends_under_test as backends
import numpy as np
import pytest
from ir_strategies import sample
from strategies import energy_weight
from test_strategies import observable, possible, rows_by

from ecdsl.backends.numba.planner import choose
from ecdsl.ir.nodes import Energy, Pair, Side
from ecdsl.passes import pipeline


@pytest.mark.parametrize(
    ("order", "what"),
    [(1, "energy"), *product(range(2, 9), ["energy", "longest side", "farthest"])],
)
def test_contact_terms_of_any_order(order, what):
    axis = {"energy": Energy(i=1), "farthest": Pair(i=1, j=2)}.get(what)
    seen = observable(
        axis or Side(k=order * (order - 1) // 2),
        order=order, weight=energy_weight(order), tuples="all", ranked=what == "farthest",
    )  # fmt: skip
    some = sample(np.random.default_rng(order), [3, 1] if order < 5 else [2, 1])
    expected = backends.reference_rows(seen, some)
    total = (some.energy[:-1].sum() / some.scale[0]) ** order
    assert expected[0].sum() == pytest.approx(total, rel=1e-12)
    for strategy in {choose(pipeline.run(seen)), "nest"} & possible(seen):
        np.testing.assert_allclose(rows_by(strategy, seen, some), expected, rtol=1e-11)


@pytest.mark.parametrize("order", [6, 7, 8])
def test_different_particles_of_high_orders(order):
    some = sample(np.random.default_rng(order), [order + 1])
    seen = observable(Side(k=order * (order - 1) // 2), order=order, tuples="sets")
    expected = backends.reference_rows(seen, some)
    assert expected.sum() > 0
    np.testing.assert_allclose(rows_by("longest", seen, some), expected, rtol=1e-11)
