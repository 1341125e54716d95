"""Backwards through a function: no argument that gives the value is lost, others are."""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from math import inf

import numpy as np
import pytest

from ecdsl.ir.builtins import BUILTINS
from ecdsl.passes.bounds_inverse import backward, root

ENDS = (-2.5, -1.0, -0.4, 0.0, 0.25, 1.0, 3.0)
INTERVALS = [(a, b) for a, b in product(ENDS, ENDS) if a <= b]
ONE_ARGUMENT = ("abs", "sqrt", "exp", "log", "asin", "acos", "atan")


def kept(evaluated, points, value):
    """Return the hull of the points whose image lies in an interval; None for none of them."""
    inside = points[(evaluated >= value[0]) & (evaluated <= value[1])]
    return (inside.min(), inside.max()) if len(inside) else None


def contains(found, expected):
    return found[0] <= expected[0] + 1e-12 and expected[1] - 1e-12 <= found[1]


def is_hull(found, expected, step):
    """Tell whether an interval holds another and is hardly larger, on the scale of a grid."""
    return (
        found is not None
        and contains(found, expected)
        and expected[0] - 2 * step <= found[0]
        and found[1] <= expected[1] + 2 * step
    )


@pytest.mark.parametrize("fn", ONE_ARGUMENT)
def test_argument_of_a_function(fn):
    for a in INTERVALS:
        points = np.linspace(*a, 241)
        with np.errstate(all="ignore"):
            evaluated = BUILTINS[fn].evaluate(points)
        for value in INTERVALS:
            if fn == "atan" and not -1.57 < value[0] <= value[1] < 1.57:
                assert backward(fn, value, [a]) == [a]
                continue
            found = backward(fn, value, [a])
            narrowed = None if found is None else found[0]
            expected = kept(evaluated, points, value)
            if expected is not None and value[0] < value[1]:
                assert is_hull(narrowed, expected, points[1] - points[0]), (a, value)


@pytest.mark.parametrize("exponent", [1, 2, 3, 4, -1, -2, -3, Fraction(1, 2), Fraction(-3, 2)])
def test_base_of_a_power(exponent):
    for a in INTERVALS:
        points = np.linspace(*a, 241)
        with np.errstate(all="ignore"):
            evaluated = points ** float(exponent)
        for value in INTERVALS:
            expected = kept(evaluated, points, value)
            if expected is None or value[0] == value[1]:
                continue
            found = root(value, exponent, a)
            assert contains(found, expected), (a, value)
            # 1/0 is infinite: around a pole nothing is dropped.
            if exponent > 0 or not (a[0] <= 0 <= a[1] or value[0] < 0 < value[1]):
                assert is_hull(found, expected, points[1] - points[0]), (a, value)


def test_powers_that_cannot_be():
    assert root((-4.0, -1.0), 2, (-5.0, 5.0)) is None
    assert root((-4.0, -1.0), Fraction(1, 2), (0.0, 5.0)) is None
    assert root((-8.0, 1.0), 3, (-5.0, 5.0)) == (
        pytest.approx(-2.0),
        pytest.approx(1.0),
    )
    assert root((4.0, 9.0), 2, (-5.0, 5.0)) == (pytest.approx(-3.0), pytest.approx(3.0))
    assert root((4.0, 9.0), 2, (-1.0, 5.0)) == (pytest.approx(2.0), pytest.approx(3.0))
    assert root((4.0, inf), 2, (-1.0, inf)) == (2.0, inf)
    # What is not negative has no negative reciprocal.
    assert root((-1.0, 4.0), -1, (0.0, 9.0)) == (0.25, 9.0)


def test_extremes():
    args = [(0.0, 3.0), (1.0, 5.0), (0.0, 1.0)]

    assert backward("max", (2.0, 4.0), args) == [(0.0, 3.0), (1.0, 4.0), (0.0, 1.0)]
    assert backward("max", (3.5, 4.0), args) == [(0.0, 3.0), (3.5, 4.0), (0.0, 1.0)]
    assert backward("max", (3.0, 3.0), args) == [(0.0, 3.0), (1.0, 3.0), (0.0, 1.0)]
    assert backward("max", (5.5, 9.0), args) is None
    assert backward("max", (-1.0, 0.5), args) is None
    assert backward("min", (0.5, 9.0), args) == [(0.5, 3.0), (1.0, 5.0), (0.5, 1.0)]
    assert backward("min", (1.0, 9.0), [(0.0, 3.0), (2.0, 5.0)]) == [(1.0, 3.0), (2.0, 5.0)]
    assert backward("min", (-1.0, 0.5), [(0.0, 3.0), (1.0, 5.0)]) == [(0.0, 0.5), (1.0, 5.0)]
    assert backward("min", (4.0, 9.0), [(0.0, 3.0), (2.0, 5.0)]) is None


def test_absolute_values():
    assert backward("abs", (0.5, 9.0), [(-1.0, 2.0)]) == [(-1.0, 2.0)]
    assert backward("abs", (1.5, 9.0), [(-1.0, 2.0)]) == [(1.5, 2.0)]
    assert backward("abs", (0.5, 0.75), [(-1.0, 0.25)]) == [(-0.75, -0.5)]
    assert backward("abs", (5.0, 9.0), [(-1.0, 2.0)]) is None
    assert backward("abs", (-2.0, -1.0), [(-1.0, 2.0)]) is None


def test_factors_of_a_product():
    assert backward("mul", (4.0, 8.0), [(1.0, 2.0), (0.0, 9.0)]) == [(1.0, 2.0), (2.0, 8.0)]
    assert backward("mul", (4.0, 8.0), [(0.0, 9.0), (1.0, 2.0)]) == [(2.0, 8.0), (1.0, 2.0)]
    assert backward("mul", (9.0, 9.5), [(1.0, 2.0), (-1.0, 1.0)]) is None
    assert backward("mul", (9.0, 9.5), [(-1.0, 1.0), (1.0, 2.0)]) is None
    assert backward("mul", (9.0, 9.5), [(1.0, 2.0), (0.0, 4.0)]) is None
    assert backward("mul", (9.0, 9.5), [(0.0, 4.0), (1.0, 2.0)]) is None


def test_calls_that_are_not_gone_back_through():
    args = [(0.0, 3.0), (1.0, 5.0), (2.0, 4.0)]

    assert backward("median", (2.0, 2.0), args) == args
    assert backward("pow", (2.0, 2.0), args[:2]) == args[:2]
    assert backward("sin", (0.1, 0.2), [(0.0, 9.0)]) == [(0.0, 9.0)]
    assert backward("inv", (2.0, 4.0), [(0.0, 9.0)]) == [(0.25, 0.5)]
    assert backward("inv", (2.0, 4.0), [(1.0, 9.0)]) is None


def test_arguments_outside_the_domain_are_dropped():
    assert backward("sqrt", (0.0, 9.0), [(-1.0, 4.0)]) == [(0.0, 4.0)]
    assert backward("asin", (-9.0, 9.0), [(-3.0, 4.0)])[0] == pytest.approx((-1.0, 1.0))
    assert backward("log", (-9.0, 9.0), [(-3.0, -1.0)]) is None
    assert backward("asin", (5.0, 9.0), [(-3.0, 4.0)]) == [(-1.0, 1.0)]
