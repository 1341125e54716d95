"""Whatever an interval claims is true of every point: tried on random expressions."""

from __future__ import annotations

import numpy as np
import pytest
import strategies
from hypothesis import given, settings
from hypothesis import strategies as st
from judgement_cases import apply, observable, reader, tuples

from ecdsl.ir.evaluate import evaluate
from ecdsl.ir.nodes import Pair, Side
from ecdsl.passes import bounds_polynomials as poly
from ecdsl.passes.bounds_geometry import geometries


@pytest.mark.parametrize("order", [2, 3, 4])
@pytest.mark.parametrize("measure", ["ee", "hadron"])
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_no_tuple_leaves_the_enclosure_of_an_expression(order, measure, data):
    expr = data.draw(strategies.expressions(order, 0))
    distances = tuples(measure, order, np.random.default_rng(7), 300)
    values = np.broadcast_to(evaluate(expr, reader(distances, order)), len(distances))
    values = values[np.isfinite(values)]

    enclosures = [
        geometry.algebra.enclosure(geometry.expression(expr))
        for geometry in geometries(observable(order=order, measure=measure), [expr])
    ]

    # Random tuples were rounded, which no enclosure knows of.
    slack = 1e-9 * (1 + np.abs(values))
    assert np.all(min(low for low, _ in enclosures) <= values + slack)
    assert np.all(max(high for _, high in enclosures) >= values - slack)


def test_equal_terms_cancel_and_ratios_of_sides_become_pure():
    s1, s2, s3 = (Side(k=k) for k in (1, 2, 3))
    (geometry,) = geometries(observable(), [s1, s2, s3])

    assert (
        geometry.expression(apply("sub", apply("add", s1, s2), apply("add", s2, s1))) == poly.ZERO
    )
    ratio = geometry.algebra.enclosure(geometry.expression(apply("div", s1, s3)))
    assert ratio == (0.0, 1.0)


def test_angle_of_a_triangle_is_an_angle():
    """arXiv:2201.07800: phi = asin sqrt(1 - (R_L - R_M)^2 / R_S^2) is defined for any triangle."""
    short, middle, long = (apply("sqrt", Side(k=k)) for k in (1, 2, 3))
    ratio = apply("div", apply("pow", apply("sub", long, middle), 2), apply("pow", short, 2))
    phi = apply("asin", apply("sqrt", apply("sub", 1, ratio)))
    (geometry,) = geometries(observable(measure="hadron"), [phi])

    lower, upper = geometry.algebra.enclosure(geometry.expression(phi))

    assert lower == 0
    assert upper == pytest.approx(np.pi / 2)
    assert geometry.algebra.is_total(0, coincident=False)
    assert not geometry.algebra.is_total(0, coincident=True)


def test_pairs_of_three_points_are_sides_in_every_order():
    pair = Pair(i=1, j=2)

    assert len(geometries(observable(), [pair])) == 6
    assert len(geometries(observable(), [Side(k=2)])) == 1
    assert len(geometries(observable(order=2), [pair])) == 1
