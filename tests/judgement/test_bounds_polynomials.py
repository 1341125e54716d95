"""Polynomials keep their values under every operation, and equal ones look the same."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ecdsl.passes import bounds_polynomials as poly

X, Y = poly.variable(0), poly.variable(1)
AT = {0: Fraction(4, 9), 1: Fraction(25), 2: Fraction(1, 4)}
EXPONENTS = st.sampled_from([-2, -1, 1, 2, 3, Fraction(1, 2), Fraction(-3, 2)])
MONOMIALS = st.dictionaries(st.integers(0, 2), EXPONENTS, max_size=3).map(
    lambda found: tuple(sorted(found.items()))
)
COEFFICIENTS = st.sampled_from([-3, -1, 1, 2, Fraction(1, 2), Fraction(-2, 3)])
POLYNOMIALS = st.dictionaries(MONOMIALS, COEFFICIENTS, max_size=4).map(
    lambda found: tuple(sorted(found.items()))
)


def value(p):
    return sum((coefficient * product(monomial) for monomial, coefficient in p), Fraction(0))


def product(monomial):
    """Return a monomial at `AT`, whose values have rational roots."""
    result = Fraction(1)
    for index, exponent in monomial:
        root = Fraction(AT[index].numerator ** 0.5) / Fraction(AT[index].denominator ** 0.5)
        result *= root ** int(2 * exponent)
    return result


def is_normal(p):
    """Tell whether terms are sorted, and none is 0: then equal polynomials are equal tuples."""
    terms = [term for term, _ in p]
    return (
        terms == sorted(set(terms))
        and all(list(monomial) == sorted(dict(monomial).items()) for monomial in terms)
        and all(coefficient for _, coefficient in p)
        and all(exponent for monomial in terms for _, exponent in monomial)
    )


@settings(max_examples=50)
@given(POLYNOMIALS, POLYNOMIALS)
def test_operations_on_values(p, q):
    for found, expected in (
        (poly.add(p, q), value(p) + value(q)),
        (poly.add(p, q, p), 2 * value(p) + value(q)),
        (poly.minus(p, q), value(p) - value(q)),
        (poly.multiply(p, q), value(p) * value(q)),
        (poly.scale(p, -3), -3 * value(p)),
    ):
        assert value(found) == expected
    assert is_normal(poly.add(p, q))
    assert is_normal(poly.multiply(p, q))
    assert poly.minus(p, p) == poly.scale(p, 0) == poly.ZERO


@settings(max_examples=50)
@given(MONOMIALS, MONOMIALS, st.sampled_from([2, -1, 4]))
def test_operations_on_monomials(left, right, exponent):
    assert product(poly.times(left, right)) == product(left) * product(right)
    assert product(poly.raised(left, exponent)) == product(left) ** exponent
    assert poly.times(left, poly.raised(left, -1)) == ()


@settings(max_examples=50)
@given(POLYNOMIALS)
def test_common_factor_is_taken_out_whole(p):
    factor, rest = poly.factored(p)

    assert value(rest) * product(factor) == value(p)
    assert is_normal(rest)
    if rest:
        for index in AT:
            assert min(dict(monomial).get(index, 0) for monomial, _ in rest) == 0


@settings(max_examples=50)
@given(POLYNOMIALS)
def test_constant_is_split_off(p):
    rest, offset = poly.split_constant(p)

    assert value(rest) + offset == value(p)
    assert () not in dict(rest)


def test_constants():
    assert poly.value_of(poly.ZERO) == 0
    assert poly.value_of(poly.constant(0.1)) == Fraction(0.1)
    assert poly.value_of(poly.constant(Fraction(1, 3))) == Fraction(1, 3)
    assert poly.constant(0.0) == poly.ZERO
    assert poly.value_of(X) is None
    assert poly.value_of(poly.add(X, poly.constant(1))) is None
    assert isinstance(poly.value_of(poly.constant(2.0)), int)


@pytest.mark.parametrize(
    ("above", "below", "expected"), [(1, 2, Fraction(1, 2)), (6, -3, -2), (Fraction(1, 2), 2, 0.25)]
)
def test_ratio_is_exact(above, below, expected):
    found = poly.ratio(above, below)

    assert found == expected
    assert isinstance(found, int) is (found.denominator == 1)


def test_variables_as_they_occur():
    assert list(poly.variables(poly.multiply(X, poly.add(X, Y)))) == [0, 1, 0]
    assert list(poly.variables(poly.constant(2.0))) == []


def test_long_products_are_refused():
    def long(n):
        return tuple((((k, 1),), 1) for k in range(n))

    assert len(poly.multiply(long(8), long(5))) == 30
    assert poly.multiply(long(9), long(5)) is None
