"""Polynomials with exact coefficients: the normal form in which equal things cancel.

Interval arithmetic takes both z12 of `z12 - z12` for free. In a sum of monomials they are one
term with coefficient 0, and a common factor is taken out before anything is evaluated. Exponents
may be negative or broken where a variable cannot be negative: z3/z1 and sqrt(z1) are monomials.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import TypeAlias

# Whole numbers are int, which is many times faster.
Exact: TypeAlias = Fraction | int
# (variable, exponent) sorted by variable; the empty monomial is 1.
Monomial: TypeAlias = tuple[tuple[int, Exact], ...]
# (monomial, coefficient) sorted by monomial, no coefficient 0.
Polynomial: TypeAlias = tuple[tuple[Monomial, Exact], ...]

ZERO: Polynomial = ()
# Longer products are left as they are: nothing is gained, and (a + b)^100 has many terms.
MAX_TERMS = 40


def ratio(above: Exact, below: Exact) -> Exact:
    """Return the quotient of two exact numbers."""
    return _reduced(Fraction(above, below))


def constant(value: float | Fraction) -> Polynomial:
    """Return a constant, exactly the float."""
    return (((), _reduced(Fraction(value))),) if value else ZERO


def variable(index: int) -> Polynomial:
    """Return the polynomial that is one variable."""
    return ((((index, 1),), 1),)


def value_of(p: Polynomial) -> Exact | None:
    """Return the value of a constant polynomial, None for another."""
    if not p:
        return 0
    return p[0][1] if len(p) == 1 and not p[0][0] else None


def add(*terms: Polynomial) -> Polynomial:
    """Return the sum."""
    total: dict[Monomial, Exact] = {}
    for p in terms:
        for monomial, coefficient in p:
            total[monomial] = total.get(monomial, 0) + coefficient
    return _sorted(total)


def minus(p: Polynomial, q: Polynomial) -> Polynomial:
    """Return p - q."""
    return add(p, scale(q, -1))


def scale(p: Polynomial, factor: Exact) -> Polynomial:
    """Return factor * p."""
    return (
        tuple((monomial, coefficient * factor) for monomial, coefficient in p) if factor else ZERO
    )


def multiply(p: Polynomial, q: Polynomial) -> Polynomial | None:
    """Return the product, or None where it would have too many terms."""
    if len(p) * len(q) > MAX_TERMS:
        return None
    total: dict[Monomial, Exact] = {}
    for left, a in p:
        for right, b in q:
            monomial = times(left, right)
            total[monomial] = total.get(monomial, 0) + a * b
    return _sorted(total)


def times(left: Monomial, right: Monomial) -> Monomial:
    """Return the product of two monomials."""
    if not left or not right:
        return left or right
    exponents: dict[int, Exact] = dict(left)
    for index, exponent in right:
        exponents[index] = exponents.get(index, 0) + exponent
    return _monomial(exponents)


def raised(monomial: Monomial, exponent: Exact) -> Monomial:
    """Return a power of a monomial."""
    return _monomial({index: e * exponent for index, e in monomial})


def factored(p: Polynomial) -> tuple[Monomial, Polynomial]:
    """Return the common factor of all terms, and what is left when it is divided out."""
    if not p:
        return (), p
    common: dict[int, Exact] = dict(p[0][0])
    for monomial, _ in p[1:]:
        here = dict(monomial)
        for index in {*common, *here}:
            common[index] = min(common.get(index, 0), here.get(index, 0))
    factor = _monomial(common)
    if not factor:
        return (), p
    inverse = raised(factor, -1)
    return factor, _sorted({times(monomial, inverse): c for monomial, c in p})


def split_constant(p: Polynomial) -> tuple[Polynomial, Exact]:
    """Return the terms with variables, and the constant."""
    rest = tuple(term for term in p if term[0])
    return rest, next((c for monomial, c in p if not monomial), 0)


def variables(p: Polynomial) -> Iterable[int]:
    """Yield the variables, repeated as they occur."""
    for monomial, _ in p:
        for index, _ in monomial:
            yield index


def _monomial(exponents: Mapping[int, Exact]) -> Monomial:
    return tuple((index, _reduced(e)) for index, e in sorted(exponents.items()) if e)


def _sorted(total: Mapping[Monomial, Exact]) -> Polynomial:
    return tuple(sorted(item for item in total.items() if item[1]))


def _reduced(value: Exact) -> Exact:
    return int(value) if value.denominator == 1 else value
