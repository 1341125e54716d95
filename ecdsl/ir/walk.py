"""Traversal: every tree is taken apart and rebuilt here and nowhere else."""

from __future__ import annotations

from math import isfinite
from typing import TYPE_CHECKING

import numpy as np

from ecdsl.ir.builtins import BUILTINS
from ecdsl.ir.nodes import (
    Apply,
    Axis,
    Compare,
    Correlator,
    Delta,
    Logic,
    Number,
    Observable,
    Pair,
    Parameter,
    Side,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ecdsl.ir.nodes import Condition, Expr


def bottom_up(expr: Expr, change: Callable[[Expr], Expr]) -> Expr:
    """Return `expr` with `change` applied to every node, children first.

    Nodes are rebuilt through their constructors, so an invalid change is refused where it is made;
    a subtree that does not change is returned as it is.
    """
    if isinstance(expr, Apply):
        args = tuple(bottom_up(arg, change) for arg in expr.args)
        if any(new is not old for new, old in zip(args, expr.args, strict=True)):
            expr = Apply(fn=expr.fn, args=args)
    return change(expr)


def conjuncts(condition: Condition) -> list[Condition]:
    """Return the conditions that hold together where `condition` holds."""
    if isinstance(condition, Logic) and condition.op == "and":
        return [part for arg in condition.args for part in conjuncts(arg)]
    return [condition]


def fold_constants(expr: Expr) -> Expr:
    """Return `expr` with every function of numbers alone replaced by its value, where finite."""

    def fold(node: Expr) -> Expr:
        if not isinstance(node, Apply):
            return node
        # numpy's numbers follow IEEE rules; Python's have complex roots and exceptions.
        values = [np.float64(arg.value) for arg in node.args if isinstance(arg, Number)]
        if len(values) < len(node.args):
            return node
        with np.errstate(all="ignore"):
            value = float(BUILTINS[node.fn].evaluate(*values))
        return Number(value=value) if isfinite(value) else node

    return bottom_up(expr, fold)


def leaves(expr: Expr) -> Iterator[Expr]:
    """Yield the leaves of an expression from left to right."""
    if isinstance(expr, Apply):
        for arg in expr.args:
            yield from leaves(arg)
    else:
        yield expr


def map_condition(condition: Condition, change: Callable[[Expr], Expr]) -> Condition:
    """Return `condition` with `change` applied to each compared expression as a whole."""
    if isinstance(condition, Compare):
        return Compare(op=condition.op, lhs=change(condition.lhs), rhs=change(condition.rhs))
    return Logic(op=condition.op, args=tuple(map_condition(arg, change) for arg in condition.args))


def map_correlator(correlator: Correlator, change: Callable[[Expr], Expr]) -> Correlator:
    """Return `correlator` with `change` applied to each of its expressions as a whole."""
    where, distance = correlator.where, correlator.distance
    return Correlator(
        order=correlator.order,
        constituents=correlator.constituents,
        group=correlator.group,
        where=None if where is None else map_condition(where, change),
        hardest=correlator.hardest,
        measure=correlator.measure,
        distance=None if distance is None else change(distance),
        weight=change(correlator.weight),
        tuples=correlator.tuples,
        windows=tuple(map_condition(window, change) for window in correlator.windows),
        ranked=correlator.ranked,
        nu=correlator.nu,
        resolution=correlator.resolution,
    )


def map_observable(observable: Observable, change: Callable[[Expr], Expr]) -> Observable:
    """Return `observable` with `change` applied to each of its expressions as a whole."""
    return Observable(
        name=observable.name,
        correlator=map_correlator(observable.correlator, change),
        parameters=observable.parameters,
        deltas=tuple(
            Delta(
                expr=change(delta.expr),
                lower=None if delta.lower is None else change(delta.lower),
                upper=None if delta.upper is None else change(delta.upper),
                exact=delta.exact,
            )
            for delta in observable.deltas
        ),
        windows=tuple(map_condition(window, change) for window in observable.windows),
        axes=tuple(
            Axis(name=axis.name, expr=change(axis.expr), bins=axis.bins) for axis in observable.axes
        ),
    )


def condition_expressions(condition: Condition) -> Iterator[Expr]:
    """Yield the expressions that a condition compares."""
    if isinstance(condition, Compare):
        yield condition.lhs
        yield condition.rhs
    else:
        for arg in condition.args:
            yield from condition_expressions(arg)


def shape_expressions(observable: Observable) -> Iterator[Expr]:
    """Yield every expression of the shape: axes, deltas with their bounds, windows."""
    for axis in observable.axes:
        yield axis.expr
    for delta in observable.deltas:
        yield from (e for e in (delta.expr, delta.lower, delta.upper) if e is not None)
    for window in observable.windows:
        yield from condition_expressions(window)


def tuple_expressions(observable: Observable) -> Iterator[Expr]:
    """Yield every expression that is evaluated per tuple: weight, correlator's windows, shape."""
    yield observable.correlator.weight
    for window in observable.correlator.windows:
        yield from condition_expressions(window)
    yield from shape_expressions(observable)


def is_angular(observable: Observable) -> bool:
    """Tell whether the shape looks at the distances of the correlator's measure alone."""
    return all(map(is_of_distances, shape_expressions(observable)))


def is_of_distances(expr: Expr) -> bool:
    """Tell whether an expression looks at the distances of the correlator's measure alone."""
    return all(isinstance(leaf, Number | Parameter | Pair | Side) for leaf in leaves(expr))
