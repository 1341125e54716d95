"""Sums without a selection: the innermost loop first computes where its tuples stand, as vectors.

Of an axis that rises with a sorted side, that is the bin itself, the sorted bin of the pairs. Of
any other it is the leading bits of the cheaper value that it follows from: a key to a table of
bins. The key may be that of a neighbouring float, so that quotients by sides are products with
inverses. Where the values of a key have more than one bin, the tuple is evaluated by itself.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from ecdsl.backends.numba.chains import ARGUMENT, Chain, chains_of
from ecdsl.backends.numba.masks import all_conditions, deep_term, is_lanewise_value
from ecdsl.ir.nodes import Apply, Coordinate, Pair, Side
from ecdsl.ir.walk import bottom_up

if TYPE_CHECKING:
    from ecdsl.ir.nodes import Expr, Observable
    from ecdsl.ir.plan import Plan

_LEAST_ORDER = 3

# The root of a distance, or the inverse of that ("over").
Tabled = tuple[Literal["root", "over"], Pair | Side]


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
        axes: One by one, their values up to some roundings.
        tabled: The roots and inverse roots of distances that enter; the k-th is `Coordinate` k.
    """

    axes: tuple[RowAxis, ...]
    tabled: tuple[Tabled, ...]


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
        return RowForm(axes=tuple(axes), tabled=())
    tabled: list[Tabled] = []
    named = [axis if axis.per_pair else _with_tables(axis, tabled) for axis in axes]
    return RowForm(axes=tuple(named), tabled=tuple(tabled))


def _axis(chain: Chain, observable: Observable) -> RowAxis:
    known = observable.correlator.distance is None
    bare = known and chain.function == ARGUMENT
    per_pair = isinstance(chain.value, Side) and (chain.pulled or bare)
    return RowAxis(chain.value, chain.function, chain.pulled, per_pair=per_pair)


def _with_tables(axis: RowAxis, tabled: list[Tabled]) -> RowAxis:
    def entry(kind: Literal["root", "over"], distance: Pair | Side) -> Expr:
        if (kind, distance) not in tabled:
            tabled.append((kind, distance))
        return Coordinate(index=tabled.index((kind, distance)))

    def change(expr: Expr) -> Expr:
        match expr:
            case Apply(fn="sqrt", args=(Pair() | Side() as distance,)):
                return entry("root", distance)
            case _:
                return expr

    inverses: tuple[Expr, ...]
    match axis.value:
        # Nothing is taken from a quotient that stands alone: some roundings more do not grow.
        case Apply(fn="div", args=(above, Pair() | Side() as by)):
            inverses = (entry("over", by),) * 2
        case Apply(fn="div", args=(above, Apply(fn="sqrt", args=(Pair() | Side() as by,)))):
            inverses = (entry("over", by),)
        case value:
            above, inverses = value, ()
    value = bottom_up(above, change)
    return replace(axis, value=Apply(fn="mul", args=(value, *inverses)) if inverses else value)
