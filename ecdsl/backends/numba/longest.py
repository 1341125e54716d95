"""Sums that only the longest side enters: which observables they are, and what a particle adds.

Where the shape looks at the longest side alone and the weight is a product over the particles, all
tuples with a given longest pair share one bin. Their other particles lie in its lens: they are
nearer to both of its ends, and to each other, than these are to each other.

Where the order need not be whole, sets of particles are summed in the place of tuples. Those with a
given longest side share a bin.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecdsl.backends.numba.products import ONE, factorised, vertices
from ecdsl.ir.nodes import (
    Apply,
    Between,
    Energy,
    Member,
    Pair,
    Pt,
    Side,
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
    from collections.abc import Iterator

    from ecdsl.ir.nodes import Expr, Observable
    from ecdsl.ir.plan import Plan

_LEAST_ORDER = 3
_LONGEST = Pair(i=1, j=2)


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
    if correlator.nu is not None:
        if correlator.ranked:
            return "a particle is special"
        if any(leaf != _LONGEST for leaf in selecting(plan.observable) if vertices(leaf)):
            return "the shape looks at other than the longest side"
        return LongestSide(shape=plan.observable, common=ONE, factor=correlator.weight)
    if order < _LEAST_ORDER:
        return f"it is for {_LEAST_ORDER} points or more"
    if plan.loop.kind != "sets" or not plan.symmetry.is_full:
        return "not every relabelling of the particles leaves the integrand unchanged"
    if correlator.tuples == "all" and correlator.distance is not None:
        return "with a declared distance, a particle need not be nearest to itself"
    shape = map_observable(plan.observable, lambda expr: _with_longest(expr, order))
    looked_at = {leaf for leaf in selecting(shape) if vertices(leaf)}
    if looked_at != {_LONGEST}:
        return "the shape looks at other than the longest side"
    factors = factorised(correlator.weight)
    if factors is None:
        return "the weight is no product of factors of one particle each"
    alike = {bottom_up(factors.get(i, ONE), of_first) for i in range(1, order + 1)}
    if len(alike) != 1:
        return "the weight tells the particles apart"
    return LongestSide(shape=shape, common=factors.get(0, ONE), factor=alike.pop())


def selecting(shape: Observable) -> Iterator[Expr]:
    """Yield the leaves of what decides whether a tuple counts, and where."""
    for window in shape.correlator.windows:
        for expr in condition_expressions(window):
            yield from leaves(expr)
    for expr in shape_expressions(shape):
        yield from leaves(expr)


def _with_longest(expr: Expr, order: int) -> Expr:
    every = {Pair(i=i, j=j) for i, j in pairs(order)}
    roots = {_root(pair) for pair in every}

    def change(node: Expr) -> Expr:
        if node == Side(k=len(every)):
            return _LONGEST
        if isinstance(node, Apply) and node.fn == "max" and set(node.args) in (every, roots):
            # Roots are rounded in the order of what they are taken of.
            return _LONGEST if set(node.args) == every else _root(_LONGEST)
        return node

    return bottom_up(expr, change)


def _root(expr: Expr) -> Apply:
    return Apply(fn="sqrt", args=(expr,))


def of_first(leaf: Expr) -> Expr:
    """Return the leaf of another particle as that of particle 1."""
    return (
        leaf.model_copy(update={"i": 1})
        if isinstance(leaf, Energy | Pt | Member | Between)
        else leaf
    )
