"""Polynomials on boxes: enclosed forwards, narrowed backwards, and never too far."""

from __future__ import annotations

from fractions import Fraction
from math import inf

import numpy as np
import pytest

from ecdsl.passes import bounds_polynomials as poly
from ecdsl.passes.bounds_forms import Form

X, Y, Z = (poly.variable(k) for k in range(3))
ONE = poly.constant(1.0)


def power(p, exponent):
    return ((poly.raised(p[0][0], exponent), 1),)


def linear(*coefficients):
    return poly.add(*(poly.scale(poly.variable(k), c) for k, c in enumerate(coefficients)))


SAMPLES = [
    poly.add(X, poly.scale(Y, -2)),
    poly.multiply(X, poly.add(Y, poly.scale(Z, -1), ONE)),
    poly.add(power(X, 2), poly.scale(power(Y, 3), Fraction(-1, 3)), poly.scale(Z, 5)),
    poly.add(poly.multiply(power(X, Fraction(1, 2)), Y), poly.constant(-0.1)),
    poly.add(poly.multiply(power(X, -1), Z), poly.multiply(X, Y)),
    poly.multiply(poly.multiply(X, power(Y, -1)), poly.add(X, Z)),
    poly.scale(poly.multiply(X, Y), 7),
    poly.constant(3.0),
]
BOXES = [
    [(0.25, 1.0), (-1.0, 2.0), (0.5, 0.5)],
    [(1.0, 4.0), (0.5, 0.75), (-3.0, -1.0)],
    [(0.1, 0.2), (-4.0, -0.5), (-1.0, 1.0)],
]


def grid(box, n=9):
    return [axis.ravel() for axis in np.meshgrid(*(np.linspace(*end, n) for end in box))]


@pytest.mark.parametrize("p", SAMPLES)
@pytest.mark.parametrize("box", BOXES)
def test_value_at_points_is_in_what_it_can_be(p, box):
    points = grid(box)
    at = np.broadcast_to(Form(p).at(points), points[0].shape)

    for index in (0, 100, -1):
        exact = sum(
            float(c) * np.prod([float(points[i][index]) ** float(e) for i, e in monomial])
            for monomial, c in p
        )
        assert at[index] == pytest.approx(exact, rel=1e-12, abs=1e-12)
    low, high = Form(p).evaluate(box)
    assert low <= at.min() + 1e-12
    assert at.max() - 1e-12 <= high


@pytest.mark.parametrize("p", SAMPLES)
@pytest.mark.parametrize("box", BOXES)
@pytest.mark.parametrize("value", [(-inf, 0.0), (0.0, inf), (0.2, 0.3), (-2.0, -1.0), (9.0, 9.5)])
def test_narrowing_keeps_every_point_with_the_value(p, box, value):
    points = grid(box)
    at = np.broadcast_to(Form(p).at(points), points[0].shape)
    inside = (value[0] <= at) & (at <= value[1])
    narrowed = list(box)

    possible = Form(p).contract(value, narrowed)

    assert possible or not inside.any()
    for point, (low, high), before in zip(points, narrowed, box, strict=True):
        assert before[0] <= low <= high <= before[1]
        if inside.any():
            assert low <= point[inside].min() + 1e-12
            assert point[inside].max() - 1e-12 <= high


def test_sums_are_narrowed_term_by_term():
    box = [(0.0, 1.0), (0.0, 1.0)]
    assert Form(linear(1, 1)).contract((1.5, 2.0), box)
    assert box == [(0.5, 1.0), (0.5, 1.0)]

    box = [(0.0, 8.0), (0.0, 1.0), (0.0, 1.0)]
    assert Form(linear(1, -2, -4)).contract((0.0, 0.0), box)
    assert box == [(0.0, 6.0), (0.0, 1.0), (0.0, 1.0)]

    box = [(0.0, 8.0), (0.0, 1.0), (0.0, 1.0)]
    assert not Form(linear(1, -2, -4)).contract((9.0, 10.0), box)
    assert not Form(linear(1, -2, -4)).contract((-9.0, -8.0), box)


def test_what_one_term_is_narrowed_to_counts_for_the_next():
    box = [(0.0, 1.0), (0.0, 10.0)]

    # 4 <= x + y <= 5 leaves y in [3, 5], and x where it was
    assert Form(linear(1, 1)).contract((4.0, 5.0), box)
    assert box == [(0.0, 1.0), (3.0, 5.0)]


def test_products_are_narrowed_factor_by_factor():
    p = poly.multiply(X, poly.add(Y, ONE))
    box = [(0.0, 8.0), (1.0, 3.0)]
    assert Form(p).contract((16.0, 20.0), box)
    assert box[0] == (4.0, 8.0)

    p = poly.multiply(power(X, 2), Y)
    box = [(-3.0, 2.0), (1.0, 4.0)]
    assert Form(p).contract((16.0, 100.0), box)
    assert box[0] == pytest.approx((-3.0, 2.0))
    assert box[1] == pytest.approx((16 / 9, 4.0))
    box = [(0.0, 2.0), (1.0, 4.0)]
    assert Form(p).contract((8.0, 8.0), box)
    assert box[0] == pytest.approx((2**0.5, 2.0))
    assert box[1] == pytest.approx((2.0, 4.0))
    box = [(0.0, 1.0), (1.0, 4.0)]
    assert not Form(p).contract((8.0, 8.0), box)


def test_common_factor_is_looked_at_once():
    # z3 - z1 with z1 = k^2 x^2 and z3 = k^2 is k^2 (1 - x^2), from 0 on
    p = poly.add(power(X, 2), poly.scale(poly.multiply(power(X, 2), power(Y, 2)), -1))

    assert Form(p).evaluate([(0.0, 1.0), (0.0, 1.0)]) == (0.0, 1.0)
    assert Form(p).evaluate([(-2.0, 1.0), (0.0, 0.5)]) == (0.0, 4.0)
    box = [(0.0, 1.0), (0.0, 1.0)]
    assert not Form(p).contract((-2.0, -1.0), box)
    box = [(0.0, 1.0), (0.6, 1.0)]
    assert Form(p).contract((0.36, 1.0), box)
    assert box[0] == pytest.approx((0.75, 1.0))


def test_a_pole_does_not_hide_that_a_value_is_out_of_reach():
    inverse = power(X, -1)

    assert not Form(inverse).contract((0.2, 0.5), [(-1.0, 1.0)])


def test_any_value_narrows_nothing():
    box = [(0.0, 1.0), (-2.0, 3.0)]

    assert Form(poly.multiply(X, Y)).contract((-inf, inf), box)
    assert box == [(0.0, 1.0), (-2.0, 3.0)]
    assert Form(X).contract((-inf, inf), [(-inf, inf)])


def test_nothing_is_0():
    form = Form(poly.ZERO)

    assert form.evaluate([]) == (0.0, 0.0)
    assert form.at([]) == 0
    assert form.indices == ()
    assert form.contract((-1.0, 0.0), [])
    assert form.contract((0.0, 1.0), [])
    assert not form.contract((0.5, 1.0), [])
    assert not form.contract((-1.0, -0.5), [])


def test_long_sums_are_not_taken_apart():
    box = [(0.0, 1.0)] * 9
    assert Form(linear(*[1] * 9)).contract((8.5, 9.0), box)
    assert box == [(0.0, 1.0)] * 9
    assert not Form(linear(*[1] * 9)).contract((9.5, 10.0), box)

    box = [(0.0, 1.0)] * 8
    assert Form(linear(*[1] * 8)).contract((7.5, 8.0), box)
    assert box == [(0.5, 1.0)] * 8


def test_terms_and_variables_are_counted():
    form = Form(poly.multiply(X, poly.add(Y, poly.scale(X, 2))))

    assert form.indices == (0, 1)
    assert form.length == 2
