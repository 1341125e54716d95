"""Polynomials on intervals, forwards and backwards, and at points."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ecdsl.passes import bounds_polynomials as poly
from ecdsl.passes.bounds_intervals import (
    ALL,
    Interval,
    add,
    divide,
    intersect,
    multiply,
    negate,
    of_fraction,
    power,
)
from ecdsl.passes.bounds_inverse import root

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ecdsl.passes.bounds_polynomials import Monomial, Polynomial

_ONE: Interval = (1.0, 1.0)
_NOTHING: Interval = (0.0, 0.0)
# Backwards through a longer sum is not worth its time: bisection does the same.
_LONGEST = 8


class Form:
    """`factor * (sum of terms)`, the common factor of a polynomial taken out.

    Attributes:
        indices: The variables, each once.
        length: How many terms there are.
    """

    def __init__(self, p: Polynomial) -> None:
        self._factor, rest = poly.factored(p)
        self._terms = tuple((of_fraction(c), float(c), monomial) for monomial, c in rest)
        self.length = len(rest)
        self.indices = tuple(dict.fromkeys(poly.variables(p)))

    def evaluate(self, box: Sequence[Interval]) -> Interval:
        """Return what the polynomial can be where each variable is in its interval."""
        total = _NOTHING
        for coefficient, _, monomial in self._terms:
            total = add(total, _monomial(monomial, box, coefficient))
        return _monomial(self._factor, box, total)

    def contract(self, value: Interval, box: list[Interval]) -> bool:
        """Narrow the variables to where the polynomial can be in `value`; False for nowhere."""
        parts = [_monomial(m, box, c) for c, _, m in self._terms]
        total = _sum(parts)
        factor = _monomial(self._factor, box, _ONE)
        inner = intersect(total, divide(value, factor))
        outer = intersect(factor, divide(value, total))
        if inner is None or outer is None or not _narrow(self._factor, outer, box):
            return False
        if len(parts) > _LONGEST:
            return True
        for k, (coefficient, _, monomial) in enumerate(self._terms):
            others = _sum(parts[:k] + parts[k + 1 :])
            part = intersect(parts[k], add(inner, negate(others)))
            if part is None or not _narrow(monomial, divide(part, coefficient), box):
                return False
            parts[k] = part
        return True

    def at(self, values: Sequence[Any]) -> Any:
        """Return the value at a point, or at an array of points."""
        total: Any = 0.0
        for _, coefficient, monomial in self._terms:
            total = total + coefficient * _power_product(monomial, values)
        return total * _power_product(self._factor, values)


def _power_product(monomial: Monomial, values: Sequence[Any]) -> Any:
    result: Any = 1.0
    for index, exponent in monomial:
        result = result * values[index] ** float(exponent)
    return result


def _monomial(monomial: Monomial, box: Sequence[Interval], start: Interval) -> Interval:
    result = start
    for index, exponent in monomial:
        result = multiply(result, power(box[index], exponent))
    return result


def _sum(parts: Sequence[Interval]) -> Interval:
    total = _NOTHING
    for part in parts:
        total = add(total, part)
    return total


def _narrow(monomial: Monomial, value: Interval, box: list[Interval]) -> bool:
    """Narrow the variables of a monomial to where it can be in `value`; False for nowhere."""
    if value == ALL:
        return True
    powers = [power(box[index], exponent) for index, exponent in monomial]
    for k, (index, exponent) in enumerate(monomial):
        others = _ONE
        for other in powers[:k] + powers[k + 1 :]:
            others = multiply(others, other)
        narrowed = root(divide(value, others), exponent, box[index])
        if narrowed is None:
            return False
        box[index] = narrowed
        powers[k] = power(narrowed, exponent)
    return True
