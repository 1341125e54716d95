"""Simplify: one canonical form per expression, so that spelling does not survive.

What: sums and products flattened and ordered, numbers folded, `mean` written out, a common
    factor taken out where that is shorter; `a > b` and `0 < a - b` become one comparison, and so
    do `a == b` and `b == a`. Windows stand in a fixed order.
Requires: nothing.  Guarantees: the same value up to rounding; idempotent.
Example: `mean(z12, z23, z31)` -> `(z12 + z13 + z23)/3`.

Nothing is expanded: `(sqrt(z2) - sqrt(z1))^2` is exact where its expansion cancels.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import sympy as sp

from ecdsl.diagnostics import Diagnostic, EcdslError
from ecdsl.ir.nodes import Compare, Correlator, Delta, Logic, Observable
from ecdsl.ir.walk import conjuncts, map_observable
from ecdsl.passes._sympy import Bridge, defined

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ecdsl.ir.nodes import Condition, Expr
    from ecdsl.passes._sympy import SympyExpr


def run(observable: Observable) -> Observable:
    """Return `observable` in canonical form."""
    bridge = Bridge(observable.parameters, observable.correlator)

    def canonical(expr: Expr) -> Expr:
        return bridge.from_sympy(tidy(defined(bridge.to_sympy(expr))))

    changed = map_observable(observable, canonical)
    return Observable(
        name=changed.name,
        correlator=_correlator(observable.correlator, changed.correlator, bridge),
        parameters=changed.parameters,
        deltas=tuple(sorted(changed.deltas, key=Delta.model_dump_json)),
        windows=_windows(observable.windows, bridge),
        axes=changed.axes,
    )


def _correlator(given: Correlator, changed: Correlator, bridge: Bridge) -> Correlator:
    """Return `changed`, whose expressions are canonical, with canonical conditions."""
    where = None if given.where is None else condition(given.where, bridge)
    if where is False:
        message = "`where` is never fulfilled, so no constituent counts"
        raise EcdslError([Diagnostic("E330", message, hints=("look at its constant terms",))])
    return Correlator(
        order=changed.order,
        constituents=changed.constituents,
        group=changed.group,
        where=None if isinstance(where, bool) else where,
        hardest=changed.hardest,
        measure=changed.measure,
        distance=changed.distance,
        weight=changed.weight,
        tuples=changed.tuples,
        windows=_windows(given.windows, bridge),
        ranked=changed.ranked,
        nu=changed.nu,
        resolution=changed.resolution,
    )


def _windows(windows: Sequence[Condition], bridge: Bridge) -> tuple[Condition, ...]:
    found = {condition(part, bridge) for window in windows for part in conjuncts(window)}
    if False in found:
        message = "a window is never fulfilled, so no tuple is selected"
        raise EcdslError([Diagnostic("E330", message, hints=("look at its constant terms",))])
    kept = [window for window in found if not isinstance(window, bool)]
    return tuple(sorted(kept, key=lambda window: window.model_dump_json()))


def tidy(expr: SympyExpr) -> SympyExpr:
    """Return `expr` with common factors taken out if that is fewer operations."""
    factored = sp.factor_terms(expr)
    return factored if sp.count_ops(factored) < sp.count_ops(expr) else expr


def condition(window: Condition, bridge: Bridge) -> Condition | bool:
    """Return the canonical form of a condition, or its value where that is always the same."""
    if isinstance(window, Logic):
        return _connect(window.op, {condition(arg, bridge) for arg in window.args})
    difference = defined(bridge.to_sympy(window.lhs)) - defined(bridge.to_sympy(window.rhs))
    if not difference.free_symbols:
        return _constant(window.op, difference)
    positive, negative = _by_sign(difference, bridge.from_sympy)
    if window.op in {"==", "!="}:
        positive, negative = sorted((positive, negative), key=lambda side: side.model_dump_json())
    return Compare(op=window.op, lhs=positive, rhs=negative)


def _constant(op: Literal["<", "<=", "==", "!="], difference: SympyExpr) -> bool:
    match op:
        case "<":
            return bool(difference < 0)
        case "<=":
            return bool(difference <= 0)
        case "==":
            return bool(difference == 0)
        case "!=":
            return bool(difference != 0)


def _connect(op: Literal["and", "or", "not"], parts: set[Condition | bool]) -> Condition | bool:
    if op == "not":
        (part,) = parts
        return not part if isinstance(part, bool) else Logic(op=op, args=(part,))
    decisive = op == "or"
    if any(part is decisive for part in parts):
        return decisive
    open_parts = [part for part in parts if not isinstance(part, bool)]
    if len(open_parts) < 2:
        return open_parts[0] if open_parts else not decisive
    return Logic(op=op, args=tuple(sorted(open_parts, key=lambda part: part.model_dump_json())))


def _by_sign(difference: SympyExpr, from_sympy: Callable[[SympyExpr], Expr]) -> tuple[Expr, Expr]:
    terms = sp.Add.make_args(difference)
    negative = [term for term in terms if term.as_coeff_Mul()[0].is_negative]
    left = sp.Add(*(term for term in terms if term not in negative))
    right = sp.Add(*(-term for term in negative))
    return from_sympy(tidy(left)), from_sympy(tidy(right))
