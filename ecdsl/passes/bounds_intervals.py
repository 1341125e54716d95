"""Interval arithmetic on floats, rounded outwards: what a value can be, never less.

An interval is a pair `(lower, upper)` of floats, closed, infinite ends allowed; `None` is empty.
A sum or product that is exact in floating point is not widened, so that a bound which is touched
(`sqrt(z12) <= 1` on [0, 1]) stays provable.
"""

from __future__ import annotations

import math
from fractions import Fraction
from math import inf, isinf, nextafter
from typing import TypeAlias

Interval: TypeAlias = tuple[float, float]

ALL: Interval = (-inf, inf)
NONNEGATIVE: Interval = (0.0, inf)
# What is infinite in floats is above this, if it is a number.
LARGEST = 1.7e308

_SPLIT = 134217729.0  # 2^27 + 1: Veltkamp's constant, see _is_short
_TINY = 1e-290
_LIBM = 8e-16  # functions of the C library are good to a few units in the last place


def add(a: Interval, b: Interval) -> Interval:
    """Return a + b."""
    return _sum(a[0], b[0], -inf), _sum(a[1], b[1], inf)


def negate(a: Interval) -> Interval:
    """Return -a."""
    return -a[1], -a[0]


def multiply(a: Interval, b: Interval) -> Interval:
    """Return a * b; 0 times an unbounded number is 0, since no number is infinite."""
    if b[0] >= 0:
        # The corners that matter follow from the signs of `a`.
        return (
            _product(a[0], b[0] if a[0] >= 0 else b[1], -inf),
            _product(a[1], b[1] if a[1] >= 0 else b[0], inf),
        )
    if b[1] <= 0:
        return multiply(negate(a), negate(b))
    return (
        min(_product(a[0], b[1], -inf), _product(a[1], b[0], -inf)),
        max(_product(a[0], b[0], inf), _product(a[1], b[1], inf)),
    )


def magnitude(a: Interval) -> Interval:
    """Return |a|."""
    return max(a[0], -a[1], 0.0), max(-a[0], a[1])


def invert(a: Interval) -> Interval:
    """Return 1/a; 1/0 is infinite, positive where `a` is never negative."""
    if a[0] < 0 < a[1]:
        return ALL
    if a[0] >= 0:
        return 0.0 if isinf(a[1]) else _quotient(1.0, a[1], -inf), _quotient(1.0, a[0], inf)
    return negate(invert(negate(a)))


def divide(a: Interval, b: Interval) -> Interval:
    """Return what x can be where x * b = a: everything if both can be 0."""
    if b[1] <= 0:
        return divide(negate(a), negate(b)) if b[0] < 0 else ALL
    if b[0] < 0 or (b[0] == 0 and a[0] <= 0 <= a[1]):
        return ALL
    if b[1] == inf:
        return multiply(a, invert(b))
    return (
        _quotient(a[0], b[1] if a[0] >= 0 else b[0], -inf),
        _quotient(a[1], b[0] if a[1] >= 0 else b[1], inf),
    )


def power(a: Interval, exponent: Fraction | int) -> Interval:
    """Return a^exponent for a constant exponent that is not 0.

    Where it is no integer, of what is not negative.
    """
    if exponent == 1:
        return a
    if exponent < 0:
        return invert(power(a, -exponent))
    if exponent.denominator == 1:
        low, high = a if exponent % 2 else magnitude(a)
        return _chain(low, int(exponent), -inf), _chain(high, int(exponent), inf)
    broken = Fraction(exponent)
    return _root_power(max(a[0], 0.0), broken)[0], _root_power(max(a[1], 0.0), broken)[1]


def intersect(a: Interval, b: Interval) -> Interval | None:
    """Return what is in both, None for nothing."""
    lower, upper = max(a[0], b[0]), min(a[1], b[1])
    return (lower, upper) if lower <= upper else None


def hull(a: Interval, b: Interval) -> Interval:
    """Return the smallest interval that holds both."""
    return min(a[0], b[0]), max(a[1], b[1])


def of_fraction(value: Fraction | int) -> Interval:
    """Return the floats around an exact number."""
    try:
        nearest = float(value)
    except OverflowError:
        return (LARGEST, inf) if value > 0 else (-inf, -LARGEST)
    if nearest == value:
        return nearest, nearest
    return nextafter(nearest, -inf), nextafter(nearest, inf)


def widen(lower: float, upper: float) -> Interval:
    """Return an interval with room for the rounding of a library function."""
    low = lower if isinf(lower) else lower - abs(lower) * _LIBM - _TINY
    high = upper if isinf(upper) else upper + abs(upper) * _LIBM + _TINY
    return low, high


def _sum(x: float, y: float, towards: float) -> float:
    total = x + y
    if not math.isfinite(total):
        return towards
    # Knuth's two-sum: the rounding error, exactly.
    other = total - x
    error = (x - (total - other)) + (y - other)
    if error == 0 or (error > 0) == (towards < 0):
        return total
    return nextafter(total, towards)


def _product(x: float, y: float, towards: float) -> float:
    if x == 0 or y == 0:
        return 0.0
    product = x * y
    if isinf(product):
        return _overflow(product, towards)
    if _is_short(x) and _is_short(y) and abs(product) > _TINY:
        return product
    return nextafter(product, towards)


def _quotient(x: float, y: float, towards: float) -> float:
    if x == 0:
        return 0.0
    if y == 0:
        return math.copysign(inf, x)
    quotient = x / y
    if isinf(quotient):
        return _overflow(quotient, towards)
    if math.isnan(quotient):
        return towards
    if _is_short(quotient) and _is_short(y) and quotient * y == x and abs(x) > _TINY:
        return quotient
    return nextafter(quotient, towards)


def _overflow(value: float, towards: float) -> float:
    """Return an infinite result, rounded one way."""
    return value if value == towards else math.copysign(LARGEST, value)


def _is_short(x: float) -> bool:
    """Tell whether a float has at most 26 significant bits: a product of two such is exact."""
    scaled = x * _SPLIT
    return scaled - (scaled - x) == x


def _chain(x: float, exponent: int, towards: float) -> float:
    """Return x^exponent for an x that is not negative where the exponent is even."""
    if x < 0:
        return -_chain(-x, exponent, -towards)
    result = x
    for _ in range(exponent - 1):
        result = _product(result, x, towards)
    return result


def _root_power(x: float, exponent: Fraction) -> Interval:
    if x in (0.0, inf):
        return x, x
    if exponent == Fraction(1, 2):
        root = math.sqrt(x)
        if _is_short(root) and root * root == x:
            return root, root
        return nextafter(root, -inf), nextafter(root, inf)
    if x == 1:
        return 1.0, 1.0
    try:
        value = math.pow(x, exponent)
    except OverflowError:
        return LARGEST, inf
    # The exponent is rounded to a float as well, which log x multiplies.
    slack = abs(math.log(x) * float(exponent))
    lower, upper = widen(value, value)
    return max(lower - value * _LIBM * slack, 0.0), upper + value * _LIBM * slack
