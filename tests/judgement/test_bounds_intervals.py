"""Interval arithmetic against exact fractions: every result is enclosed, by one rounding only."""

from __future__ import annotations

from fractions import Fraction
from itertools import product
from math import inf, log, nextafter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ecdsl.passes.bounds_intervals import (
    add,
    divide,
    hull,
    intersect,
    invert,
    multiply,
    negate,
    of_fraction,
    power,
    widen,
)

ENDS = (-inf, -3.0, -1.0, -0.1, 0.0, 0.1, 0.5, 1.0, 1e200, inf)
INTERVALS = [(a, b) for a, b in product(ENDS, ENDS) if a <= b and a < inf and b > -inf]
FINITE = [a for a in INTERVALS if abs(a[0]) < inf and abs(a[1]) < inf]
# Their squares and products fit into a float.
LARGEST = Fraction(1.7976931348623157e308)
SHORT = (-2.0, -1.5, 0.0, 0.5, 1.0, 3.0)


def exact(value):
    """Return a float as a fraction; what is infinite stays as it is."""
    return value if value in (inf, -inf) else Fraction(value)


def rounds(end, value, towards):
    """Tell whether `end` is `value`, or is beside it on the safe side by one rounding."""
    if value in (inf, -inf):
        return end == value
    safe = exact(end) <= value if towards < 0 else exact(end) >= value
    if abs(value) > LARGEST:
        return safe and abs(end) >= 1.7e308
    slack = Fraction(1, 2**51) if abs(value) > 1e-289 else 1
    return safe and abs(exact(end) - value) <= abs(value) * slack


def is_tight(found, values):
    return rounds(found[0], min(values), -inf) and rounds(found[1], max(values), inf)


def times(x, y):
    return 0 if x == 0 or y == 0 else exact(x) * exact(y)


@pytest.mark.parametrize("a", INTERVALS, ids=str)
def test_sums_and_products_are_those_of_the_ends(a):
    for b in INTERVALS:
        assert is_tight(multiply(a, b), [times(x, y) for x in a for y in b])
        assert is_tight(add(a, b), [exact(a[0]) + exact(b[0]), exact(a[1]) + exact(b[1])])


@pytest.mark.parametrize("b", INTERVALS, ids=str)
def test_quotients_are_those_of_the_ends(b):
    for a in INTERVALS:
        found = divide(a, b)
        if (b[0] <= 0 <= b[1] and a[0] <= 0 <= a[1]) or b[0] < 0 < b[1] or b == (0.0, 0.0):
            assert found == (-inf, inf)
        else:
            ends = [reciprocal(end, b) for end in b]
            assert is_tight(found, [times(x, y) for x in a for y in ends]), (a, found)


def reciprocal(end, b):
    if end == 0:
        return inf if b[1] > 0 else -inf
    return 0 if end in (inf, -inf) else 1 / exact(end)


@pytest.mark.parametrize("a", INTERVALS, ids=str)
def test_reciprocals(a):
    if a[0] < 0 < a[1]:
        assert invert(a) == (-inf, inf)
    elif a == (0.0, 0.0):
        assert invert(a) == (inf, inf)
    else:
        assert is_tight(invert(a), [reciprocal(end, a) for end in a])


@pytest.mark.parametrize("exponent", [1, 2, 3, 4, 5, 8])
def test_whole_powers(exponent):
    for a in FINITE:
        ends = [exact(x) ** exponent for x in a]
        low, high = power(a, exponent)
        least = 0 if exponent % 2 == 0 and a[0] < 0 < a[1] else min(ends)
        assert exact(low) <= least
        assert exact(high) >= max(ends)
        if max(abs(x) for x in a) < 1e100:
            assert abs(exact(low) - least) <= abs(least) * Fraction(1, 2**48)
            assert abs(exact(high) - max(ends)) <= abs(max(ends)) * Fraction(1, 2**48)


def test_powers_of_unbounded_intervals():
    assert power((-inf, 2.0), 2) == (0.0, inf)
    assert power((-inf, 2.0), 3) == (-inf, 8.0)
    assert power((-inf, -2.0), 4) == (16.0, inf)
    assert power((1.0, inf), -1) == (0.0, 1.0)
    assert power((2.0, inf), Fraction(1, 2))[1] == inf
    assert power((0.0, inf), -2) == (0.0, inf)
    assert power((0.0, 0.25), Fraction(-1, 2)) == (2.0, inf)


BROKEN = (Fraction(1, 2), Fraction(3, 2), Fraction(1, 3), Fraction(1, 5))


@pytest.mark.parametrize("exponent", [*BROKEN, 12, 50])
@pytest.mark.parametrize("base", [1e-3, 0.25, 0.7, 2.0, 37.0, 1e5])
def test_other_powers_are_a_little_wider_than_the_exact_one(base, exponent):
    low, high = power((base, base), exponent)

    # exact: low^q <= base^p <= high^q for the exponent p/q
    p, q = Fraction(exponent).numerator, Fraction(exponent).denominator
    assert Fraction(low) ** q <= Fraction(base) ** p <= Fraction(high) ** q
    assert high - low <= 5e-15 * high * (1 + abs(exponent * log(base)))


@pytest.mark.parametrize("exponent", BROKEN)
def test_rounding_of_a_root_is_enclosed(exponent):
    p, q = exponent.numerator, exponent.denominator
    for base in [*map(float, range(2, 40)), nextafter(1.0, inf), 1e-300, 1e-200, 1e200]:
        low, high = power((base, base), exponent)
        assert Fraction(low) ** q <= Fraction(base) ** p <= Fraction(high) ** q, base


def test_roots_that_are_exact_stay_so():
    assert power((0.25, 4.0), Fraction(1, 2)) == (0.5, 2.0)
    assert power((0.0, 1.0), Fraction(1, 3)) == (0.0, 1.0)
    assert power((-5.0, 1.0), Fraction(1, 2)) == (0.0, 1.0)
    low, high = power((2.0, 2.0), Fraction(1, 2))
    assert nextafter(nextafter(low, inf), inf) == high
    low, high = power((1e-300, 1e300), 50)
    assert -1e-300 < low <= 0
    assert high == inf
    assert power((10.0, 1e300), Fraction(3, 2))[1] == inf


@pytest.mark.parametrize("x", SHORT)
def test_what_is_exact_in_floats_is_not_widened(x):
    for y in SHORT:
        assert multiply((x, x), (y, y)) == (x * y, x * y)
        assert add((x, x), (y, y)) == (x + y, x + y)
        if y and Fraction(x) / Fraction(y) == Fraction(x / y):
            assert divide((x, x), (y, y)) == (x / y, x / y)


def test_rounding_is_outwards():
    assert add((1.0, 1.0), (1e-30, 1e-30)) == (1.0, nextafter(1.0, inf))
    assert add((1.0, 1.0), (-1e-30, -1e-30)) == (nextafter(1.0, -inf), 1.0)
    third = divide((1.0, 1.0), (3.0, 3.0))
    assert Fraction(third[0]) < Fraction(1, 3) < Fraction(third[1])
    assert nextafter(nextafter(third[0], inf), inf) == third[1]


def test_overflow_is_between_the_largest_number_and_infinity():
    assert add((1e308, 1e308), (1e308, 1e308)) == (-inf, inf)
    assert add((-1e308, -1e308), (-1e308, -1e308)) == (-inf, inf)
    assert 1e308 < multiply((1e200, 1e200), (1e200, 1e200))[0] < inf
    assert multiply((1e200, 1e200), (1e200, 1e200))[1] == inf
    assert multiply((-1e200, -1e200), (1e200, 1e200))[0] == -inf
    assert -inf < multiply((-1e200, -1e200), (1e200, 1e200))[1] < -1e308
    assert divide((1e200, 1e200), (1e-200, 1e-200))[0] < inf
    assert of_fraction(Fraction(10) ** 400) == (1.7e308, inf)
    assert of_fraction(-(Fraction(10) ** 400)) == (-inf, -1.7e308)


def test_products_that_vanish_in_floats_keep_their_sign():
    low, high = multiply((1e-200, 1e-200), (1e-200, 1e-200))
    assert low <= 0 < high
    assert divide((1e-200, 1e-200), (1e200, 1e200))[1] > 0


@given(st.fractions(max_denominator=1000))
def test_floats_around_a_fraction(value):
    low, high = of_fraction(value)

    assert Fraction(low) <= value <= Fraction(high)
    if Fraction(float(value)) == value:
        assert low == high
    else:
        assert nextafter(nextafter(low, inf), inf) == high


def test_sets():
    assert negate((-1.0, 2.0)) == (-2.0, 1.0)
    assert intersect((0.0, 2.0), (1.0, 3.0)) == (1.0, 2.0)
    assert intersect((0.0, 1.0), (1.0, 3.0)) == (1.0, 1.0)
    assert intersect((0.0, 1.0), (2.0, 3.0)) is None
    assert hull((0.0, 1.0), (2.0, 3.0)) == (0.0, 3.0)
    assert hull((2.0, 3.0), (0.0, 1.0)) == (0.0, 3.0)


def test_room_for_a_library_function():
    for x in (-7.0, 0.3, 1e10):
        low, high = widen(x, x)
        assert 2e-16 * abs(x) < high - x < 2e-15 * abs(x)
        assert 2e-16 * abs(x) < x - low < 2e-15 * abs(x)
    assert widen(0.0, 0.0)[0] < 0 < widen(0.0, 0.0)[1] < 1e-280
    assert widen(-inf, inf) == (-inf, inf)
