"""Weights that are a product of factors of one particle each."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecdsl.ir.nodes import (
    Apply,
    Azimuth,
    Between,
    Energy,
    Member,
    Number,
    Pair,
    Pt,
    Scale,
    Side,
    Triple,
)
from ecdsl.ir.walk import leaves

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ecdsl.ir.nodes import Expr

ONE = Number(value=1.0)

# A product, by particle; what belongs to none of them stands under 0.
Factors = dict[int, "Expr"]


def factorised(weight: Expr) -> Factors | None:
    """Return the factors of a weight by particle; None if it is no such product.

    E1*E2/Q^2 is 1/Q^2 (under 0) times E1 times E2.
    """
    used = {vertex for leaf in leaves(weight) for vertex in vertices(leaf)}
    if len(used) <= 1:
        return {used.pop() if used else 0: weight}
    if not isinstance(weight, Apply):
        return None
    match weight.fn, weight.args:
        case "mul", args:
            return _product(map(factorised, args))
        case "neg", (arg,):
            return _product(({0: Number(value=-1.0)}, factorised(arg)))
        case "div", (above, below):
            return _product((factorised(above), _inverse(factorised(below))))
        case "pow", (base, exponent) if _splits(base, exponent):
            return _power(factorised(base), exponent)
        case _:
            return None


def vertices(leaf: Expr) -> tuple[int, ...]:
    """Return the particles (from 1) that a leaf looks at; every pair's two for a side."""
    match leaf:
        case Energy(i=i) | Pt(i=i) | Member(i=i):
            return (i,)
        case Pair(i=i, j=j) | Between(i=i, j=int(j)):
            return (i, j)
        case Between(i=i):
            return (i,)
        case Triple(i=i, j=j, k=k) | Azimuth(pole=i, j=j, k=k):
            return (i, j, k)
        case Side():
            return (1, 2)
        case _:
            return ()


def _product(parts: Iterable[Factors | None]) -> Factors | None:
    found: dict[int, list[Expr]] = {}
    for part in parts:
        if part is None:
            return None
        for vertex, factor in part.items():
            found.setdefault(vertex, []).append(factor)
    return {
        vertex: factors[0] if len(factors) == 1 else Apply(fn="mul", args=tuple(factors))
        for vertex, factors in found.items()
    }


def _inverse(factors: Factors | None) -> Factors | None:
    if factors is None:
        return None
    return {v: Apply(fn="div", args=(ONE, factor)) for v, factor in factors.items()}


def _power(factors: Factors | None, exponent: Expr) -> Factors | None:
    if factors is None:
        return None
    return {v: Apply(fn="pow", args=(factor, exponent)) for v, factor in factors.items()}


def _splits(base: Expr, exponent: Expr) -> bool:
    """Tell whether the power of a product is the product of powers.

    Two negative factors may have a root together and none apart.
    """
    if any(map(vertices, leaves(exponent))):
        return False
    whole = isinstance(exponent, Number) and exponent.value.is_integer()
    return whole or _is_positive(base)


def _is_positive(expr: Expr) -> bool:
    match expr:
        case Apply(fn="add" | "mul" | "div" | "pow", args=args):
            return all(map(_is_positive, args))
        case Energy() | Pt() | Scale() | Member(quantity="et" | "mass"):
            return True
        case Number(value=value):
            return value >= 0
        case _:
            return False
