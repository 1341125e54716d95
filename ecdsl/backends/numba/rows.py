"""Sums without a selection: the innermost loop first computes what the axes look at, as vectors.

Of an axis, a vector holds the cheaper value that it follows from; of one that rises with a sorted
side, the bin itself, which is then the sorted bin of the pairs.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from ecdsl.backends.numba.chains import ARGUMENT, Chain, chains_of
from ecdsl.backends.numba.masks import all_conditions, deep_term, is_lanewise_value
from ecdsl.ir.nodes import Apply, Coordinate, Pair, Side
from ecdsl.ir.walk import bottom_up

if TYPE_CHECKING:
    from ecdsl.ir.nodes import Expr, Observable
    from ecdsl.ir.plan import Plan

_LEAST_ORDER = 3


@dataclass(frozen=True)
class RowAxis(Chain):
    """An axis of an observable.

    Attributes:
        per_pair: Whether the bin of each pair is found beforehand, and sorted instead of distances.
    """

    per_pair: bool


@dataclass(frozen=True)
class RowForm:
    """How the axes of an observable are computed along a row.

    Attributes:
        axes: One by one.
        roots: The sides and pairs whose roots enter; the k-th stands as `Coordinate` k.
    """

    axes: tuple[RowAxis, ...]
    roots: tuple[Pair | Side, ...]


def row_form(plan: Plan) -> RowForm | str:
    """Return how a sum runs along rows, or why it does not."""
    observable = plan.observable
    if observable.correlator.order < _LEAST_ORDER:
        return f"the loops are too short for it below {_LEAST_ORDER} points"
    term = deep_term(plan.loop, observable.correlator.order)
    if term is None:
        return "the innermost loop evaluates more than one term"
    if all_conditions(observable):
        return "there are windows or deltas"
    axes = [_axis(chain, observable) for chain in chains_of(observable)]
    if not all(is_lanewise_value(axis.value, term.word) for axis in axes):
        return "an axis cannot be computed for many particles at once"
    if observable.correlator.distance is not None:
        # A declared distance may have no root.
        return RowForm(axes=tuple(axes), roots=())
    roots: list[Pair | Side] = []
    named = [replace(a, value=bottom_up(a.value, partial(_named, roots=roots))) for a in axes]
    return RowForm(axes=tuple(named), roots=tuple(roots))


def _axis(chain: Chain, observable: Observable) -> RowAxis:
    known = observable.correlator.distance is None
    bare = known and chain.function == ARGUMENT
    per_pair = isinstance(chain.value, Side) and (chain.pulled or bare)
    return RowAxis(chain.value, chain.function, chain.pulled, per_pair=per_pair)


def _named(expr: Expr, roots: list[Pair | Side]) -> Expr:
    match expr:
        case Apply(fn="sqrt", args=(Pair() | Side() as distance,)):
            if distance not in roots:
                roots.append(distance)
            return Coordinate(index=roots.index(distance))
        case _:
            return expr
