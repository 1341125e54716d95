"""What spelling leaves open, settled without algebra: which of two equal forms stands first.

This is what `ecdsl.lock` pins. The canonical form of `ecdsl.passes.simplify` goes further, and with
the version of the algebra system that makes it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecdsl.ir.nodes import Apply, Compare, Delta, Logic, Number, Observable
from ecdsl.ir.walk import bottom_up, conjuncts, fold_constants, map_observable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ecdsl.ir.nodes import Condition, Expr

_ANY_ORDER = frozenset({"add", "mul", "min", "max", "mean", "median"})
_NESTING = _ANY_ORDER - {"mean", "median"}


def settled(observable: Observable) -> Observable:
    """Return an observable with numbers folded, and in order whatever may stand in any order.

    These are terms, factors, arguments such as those of `max`, windows, deltas, parts of conditions
    and the sides of `==`.
    """
    changed = map_observable(observable, lambda expr: bottom_up(fold_constants(expr), _settled))
    given = changed.correlator
    where = None if given.where is None else _condition(given.where)
    update = {"where": where, "windows": _windows(given.windows)}
    return Observable(
        name=changed.name,
        correlator=given.model_copy(update=update),
        parameters=changed.parameters,
        deltas=tuple(sorted(changed.deltas, key=Delta.model_dump_json)),
        windows=_windows(changed.windows),
        axes=changed.axes,
    )


def _settled(node: Expr) -> Expr:
    if isinstance(node, Number):
        # Its unit is told by where it stands, and folding does not keep it.
        return Number(value=node.value)
    if not isinstance(node, Apply) or node.fn not in _ANY_ORDER:
        return node
    args: list[Expr] = []
    for arg in node.args:
        nested = isinstance(arg, Apply) and arg.fn == node.fn and node.fn in _NESTING
        args.extend(arg.args if isinstance(arg, Apply) and nested else (arg,))
    return Apply(fn=node.fn, args=tuple(sorted(args, key=lambda arg: arg.model_dump_json())))


def _windows(windows: Iterable[Condition]) -> tuple[Condition, ...]:
    return _in_order(_condition(part) for window in windows for part in conjuncts(window))


def _condition(condition: Condition) -> Condition:
    if isinstance(condition, Logic):
        return Logic(op=condition.op, args=_in_order(map(_condition, condition.args)))
    if condition.op in {"==", "!="}:
        lhs, rhs = sorted((condition.lhs, condition.rhs), key=lambda side: side.model_dump_json())
        return Compare(op=condition.op, lhs=lhs, rhs=rhs)
    return condition


def _in_order(conditions: Iterable[Condition]) -> tuple[Condition, ...]:
    return tuple(sorted(conditions, key=lambda condition: condition.model_dump_json()))
