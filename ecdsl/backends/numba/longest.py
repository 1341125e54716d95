"""Sums that only the longest side enters: which observables they are, and what a particle adds.

Where the shape looks at the longest side alone and the weight is a product over the particles, all
tuples with a given longest pair share one bin. Their sum is the pair's weight times the sum over
its lens: the particles that are nearer to both of its ends than these are to each other.
"""

from __future__ import annotations

from dataclasses import dataclass
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
    Side,
    Triple,
    pairs,
)
from ecdsl.ir.walk import (
    bottom_up,
    condition_expressions,
    leaves,
    map_observable,
    shape_expressions,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ecdsl.ir.nodes import Expr, Observable
    from ecdsl.ir.plan import Plan

ORDER = 3
_LONGEST = Pair(i=1, j=2)
_ONE = Number(value=1.0)

# A product, by particle; what belongs to none of them stands under 0.
Factors = dict[int, "Expr"]


@dataclass(frozen=True)
class LongestSide:
    """An observable of the longest side.

    Attributes:
        shape: The observable with the longest side written as the distance of particles 1 and 2.
        common: The part of the weight that all tuples of a jet share.
        factor: What each particle multiplies the weight with, written for particle 1.
    """

    shape: Observable
    common: Expr
    factor: Expr


def longest_side(plan: Plan) -> LongestSide | str:
    """Return an observable's form as a sum over longest pairs, or why it has none."""
    correlator = plan.observable.correlator
    order = correlator.order
    if order != ORDER:
        return f"it is for {ORDER} points, not {order}"
    if plan.loop.kind != "sets" or not plan.symmetry.is_full:
        return "not every relabelling of the particles leaves the integrand unchanged"
    if correlator.tuples == "all" and correlator.distance is not None:
        return "with a declared distance, a particle need not be nearest to itself"
    shape = map_observable(plan.observable, lambda expr: _with_longest(expr, order))
    looked_at = {leaf for leaf in _selecting(shape) if vertices(leaf)}
    if looked_at != {_LONGEST}:
        return "the shape looks at other than the longest side"
    factors = factorised(correlator.weight)
    if factors is None:
        return "the weight is no product of factors of one particle each"
    alike = {bottom_up(factors.get(i, _ONE), _of_first) for i in range(1, order + 1)}
    if len(alike) != 1:
        return "the weight tells the particles apart"
    return LongestSide(shape=shape, common=factors.get(0, _ONE), factor=alike.pop())


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
        case "pow", (base, exponent) if not any(map(vertices, leaves(exponent))):
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


def _selecting(shape: Observable) -> Iterator[Expr]:
    """Yield the leaves of what decides whether a tuple counts, and where."""
    for window in shape.correlator.windows:
        for expr in condition_expressions(window):
            yield from leaves(expr)
    for expr in shape_expressions(shape):
        yield from leaves(expr)


def _with_longest(expr: Expr, order: int) -> Expr:
    every = {Pair(i=i, j=j) for i, j in pairs(order)}

    def change(node: Expr) -> Expr:
        if node == Side(k=len(every)):
            return _LONGEST
        if isinstance(node, Apply) and node.fn == "max" and set(node.args) == every:
            return _LONGEST
        return node

    return bottom_up(expr, change)


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
    return {v: Apply(fn="div", args=(_ONE, factor)) for v, factor in factors.items()}


def _power(factors: Factors | None, exponent: Expr) -> Factors | None:
    if factors is None:
        return None
    return {v: Apply(fn="pow", args=(factor, exponent)) for v, factor in factors.items()}


def _of_first(leaf: Expr) -> Expr:
    """Return the leaf of another particle as that of particle 1."""
    return (
        leaf.model_copy(update={"i": 1})
        if isinstance(leaf, Energy | Pt | Member | Between)
        else leaf
    )
