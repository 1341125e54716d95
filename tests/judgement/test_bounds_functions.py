"""What functions do to intervals, held against their values at many points."""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from math import inf, nextafter, pi

import numpy as np
import pytest

from ecdsl.ir.builtins import BUILTINS
from ecdsl.passes.bounds_functions import domain, forward, is_defined

ENDS = (-40.0, -4.0, -pi / 2, -1.2, -1.0, -0.3, 0.0, 0.4, 1.0, 1.5, pi, 5.0, 6.5, 30.0)
INTERVALS = [(a, b) for a, b in product(ENDS, ENDS) if a <= b]
FUNCTIONS = ("abs", "sqrt", "exp", "log", "sin", "cos", "asin", "acos", "atan")


# Multiples of pi/2, where sine and cosine turn, and the ends of domains.
SPECIAL = np.array([*(pi / 2 * np.arange(-30, 31)), -1.0, 0.0, 1.0])


def points(a):
    """Return points of an interval, its ends and special ones among them."""
    inside = SPECIAL[(a[0] <= SPECIAL) & (a[1] >= SPECIAL)]
    return np.concatenate([np.linspace(*a, 20), a, inside])


def values(fn, *args):
    with np.errstate(all="ignore"):
        found = BUILTINS[fn].evaluate(*args)
    return found[~np.isnan(found)]


def is_hull(found, every):
    """Tell whether an interval holds some values, and little more."""
    with np.errstate(all="ignore"):
        near = [
            end == value or abs(end - value) <= 1e-12 * (1 + abs(value))
            for end, value in ((found[0], every.min()), (found[1], every.max()))
        ]
    return found[0] <= every.min() and every.max() <= found[1] and all(near)


@pytest.mark.parametrize("fn", FUNCTIONS)
def test_function_of_an_interval_is_the_hull_of_its_values(fn):
    for a in INTERVALS:
        every = values(fn, points(a))
        if not len(every):
            continue
        found = forward(fn, [a])
        assert is_hull(found, every), (a, found)


@pytest.mark.parametrize("fn", ["sin", "cos"])
def test_angles_of_many_turns_are_any_angle(fn):
    for a in ((1e7, 1e7 + 0.1), (0.0, 1e7), (-1e7, 0.0), (-inf, 0.0), (0.0, inf)):
        assert forward(fn, [a]) == (-1.0, 1.0)
    assert forward(fn, [(1e5, 1e5 + 0.1)]) != (-1.0, 1.0)


@pytest.mark.parametrize("turn", [-3, 0, 2])
def test_tangent_between_and_across_its_poles(turn):
    low, high = turn * pi - 1.5, turn * pi + 1.5

    assert is_hull(forward("tan", [(low, high)]), values("tan", points((low, high))))
    assert forward("tan", [(low, high + 0.2)]) == (-inf, inf)
    assert forward("tan", [(low - 0.2, low + 0.2)]) == (-inf, inf)
    assert forward("tan", [(1e7, 1e7 + 0.01)]) == (-inf, inf)


# The number itself, to 39 digits.
PI = Fraction(3141592653589793238462643383279502884197, 10**39)


@pytest.mark.parametrize("turn", range(-100_000, 300_000, 3919))
def test_poles_and_turns_are_not_missed_by_rounding(turn):
    pole = float((turn + Fraction(1, 2)) * PI)
    around = nextafter(pole, -inf), nextafter(pole, inf)

    assert forward("tan", [around]) == (-inf, inf)
    assert (1.0 if turn % 2 == 0 else -1.0) in forward("sin", [around])


@pytest.mark.parametrize("turn", [-2, 0, 1, 5])
def test_extremes_of_sine_and_cosine_are_exact(turn):
    around = (2 * pi * turn - 0.1, 2 * pi * turn + 0.1)

    assert forward("cos", [around])[1] == 1
    assert forward("sin", [(around[0] + pi / 2, around[1] + pi / 2)])[1] == 1
    assert forward("cos", [(around[0] + pi, around[1] + pi)])[0] == -1
    assert forward("sin", [(around[0] - pi / 2, around[1] - pi / 2)])[0] == -1


def test_sine_and_cosine_stay_in_their_range_beside_a_turn():
    assert forward("cos", [(1e-8, 1.0)])[1] <= 1
    assert forward("cos", [(pi + 1e-8, 4.0)])[0] >= -1
    assert forward("sin", [(pi / 2 + 1e-8, 2.0)])[1] <= 1
    assert forward("sin", [(-pi / 2 + 1e-8, 0.5)])[0] >= -1


def test_overflow_is_above_every_float_and_below_infinity():
    low, high = forward("exp", [(800.0, 900.0)])
    assert 1e308 < low < high == inf
    low, high = forward("pow", [(1e300, 1e301), (2.0, 2.0)])
    assert 1e308 < low < high == inf


def test_what_is_known_exactly_is_exact():
    assert forward("exp", [(0.0, 0.0)]) == (1.0, 1.0)
    assert forward("exp", [(-inf, inf)]) == (0.0, inf)
    assert forward("exp", [(-1e9, 1e9)]) == (0.0, inf)
    assert forward("log", [(1.0, inf)]) == (0.0, inf)
    assert forward("log", [(-2.0, 1.0)]) == (-inf, 0.0)
    assert forward("sin", [(0.0, 0.0)]) == (0.0, 0.0)
    assert forward("sin", [(0.0, 1.0)])[0] == 0
    assert forward("sin", [(-1.0, 0.0)])[1] == 0
    assert forward("sin", [(-1.0, 1.0)])[0] < -0.84
    assert forward("cos", [(0.0, 0.0)])[1] == 1
    assert forward("asin", [(0.0, 0.0)]) == (0.0, 0.0)
    assert forward("atan", [(0.0, 0.0)]) == (0.0, 0.0)
    assert forward("acos", [(0.0, 1.0)])[0] == 0
    assert forward("sqrt", [(-1.0, 4.0)]) == (0.0, 2.0)
    assert forward("abs", [(-3.0, 2.0)]) == (0.0, 3.0)
    assert forward("abs", [(-3.0, -2.0)]) == (2.0, 3.0)
    assert forward("atan", [(-inf, inf)])[1] == pytest.approx(pi / 2)


@pytest.mark.parametrize("base", [(0.0, 0.5), (0.0, 3.0), (0.2, 0.9), (0.5, 2.0), (1.0, 40.0)])
@pytest.mark.parametrize("exponent", [(-2.5, -0.5), (-1.5, 2.0), (0.0, 0.0), (0.5, 3.5)])
def test_power_of_two_intervals(base, exponent):
    x, y = (grid.ravel() for grid in np.meshgrid(points(base), np.linspace(*exponent, 30)))
    found = forward("pow", [base, exponent])

    if base[0] == 0 and exponent[0] < 0:
        assert found == (0.0, inf)
    else:
        assert is_hull(found, values("pow", x, y))


def test_power_without_bounds():
    assert forward("pow", [(-1.0, 2.0), (1.0, 2.0)]) == (-inf, inf)
    for unbounded in (
        [(0.0, inf), (1.0, 2.0)],
        [(0.0, 2.0), (1.0, inf)],
        [(0.5, 2.0), (-inf, 1.0)],
    ):
        assert forward("pow", unbounded) == (0.0, inf)
    assert forward("pow", [(1e300, 1e300), (2.0, 2.0)])[1] == inf


@pytest.mark.parametrize("fn", ["min", "max", "median"])
def test_order_statistics(fn):
    args = [(0.0, 3.0), (1.0, 2.0), (-1.0, 5.0)]
    grids = np.meshgrid(*(np.linspace(*arg, 7) for arg in args))

    assert is_hull(forward(fn, args), values(fn, *grids).ravel())


def test_reciprocal_and_product():
    assert forward("inv", [(2.0, 4.0)]) == (0.25, 0.5)
    assert forward("mul", [(2.0, 4.0), (-1.0, 0.5)]) == (-4.0, 2.0)


DEFINED = [
    ("inv", [(0.1, 1.0)], True),
    ("inv", [(-1.0, -0.1)], True),
    ("inv", [(0.0, 1.0)], False),
    ("inv", [(-1.0, 0.0)], False),
    ("inv", [(-1.0, 1.0)], False),
    ("log", [(0.1, 1.0)], True),
    ("log", [(0.0, 1.0)], False),
    ("log", [(-2.0, -1.0)], False),
    ("pow", [(0.1, 1.0), (-2.0, 2.0)], True),
    ("pow", [(0.0, 1.0), (0.0, 2.0)], True),
    ("pow", [(0.0, 1.0), (-1.0, 2.0)], False),
    ("pow", [(-0.1, 1.0), (0.0, 2.0)], False),
    ("tan", [(-1.5, 1.5)], True),
    ("tan", [(-1.5, 1.6)], False),
    ("tan", [(1.6, 4.7)], True),
    ("sqrt", [(0.0, inf)], True),
    ("sqrt", [(-0.1, 1.0)], False),
    ("asin", [(-1.0, 1.0)], True),
    ("asin", [(-1.1, 1.0)], False),
    ("acos", [(-1.0, 1.1)], False),
    ("exp", [(-inf, inf)], True),
]


@pytest.mark.parametrize(("fn", "args", "expected"), DEFINED, ids=str)
def test_where_functions_are_finite_numbers(fn, args, expected):
    assert is_defined(fn, args) is expected


@pytest.mark.parametrize("fn", FUNCTIONS)
def test_nothing_has_a_value_outside_the_domain(fn):
    lower, upper = domain(fn)
    outside = np.array([lower - 0.1, upper + 0.1])

    assert not len(values(fn, outside[np.isfinite(outside)]))
    inside = np.array([max(lower, -5.0) + 1e-9, min(upper, 5.0) - 1e-9])
    assert len(values(fn, inside)) == 2
