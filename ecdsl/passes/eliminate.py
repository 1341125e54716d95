"""Fourier-Motzkin elimination: constraints become nested bounds of one coordinate after another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import sympy as sp

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from ecdsl.passes._sympy import SympyExpr

Bounds = tuple[list[Any], list[Any]]


@dataclass(frozen=True)
class Constraint:
    """`expr <= 0`; or `exact_bound_of >= bound`, used only where that is a bare coordinate."""

    expr: SympyExpr
    exact_bound_of: SympyExpr | None = None
    bound: SympyExpr | None = None

    def subs(self, rule: Mapping[SympyExpr, SympyExpr]) -> Constraint:
        """Return the constraint in other coordinates."""
        return self._each(lambda part: part.subs(rule))

    def xreplace(self, rule: Mapping[SympyExpr, SympyExpr]) -> Constraint:
        """Return the constraint with symbols replaced."""
        return self._each(lambda part: part.xreplace(rule))

    def _each(self, change: Callable[[SympyExpr], SympyExpr]) -> Constraint:
        parts = (self.expr, self.exact_bound_of, self.bound)
        return Constraint(*(None if part is None else change(part) for part in parts))


def bounds_of(
    constraints: Sequence[Constraint], coordinates: Sequence[SympyExpr]
) -> tuple[dict[SympyExpr, Bounds], list[SympyExpr]]:
    """Return each coordinate's lower and upper bounds, and what no bound could express.

    Bounds of a coordinate use only the coordinates before it. A constraint that is not linear in
    the coordinate being eliminated, or whose sign of the slope is unknown, becomes a guard, and so
    does what holds for some parameters only and bounds no coordinate.
    Consequences of two constraints (the shadow on the earlier coordinates) tighten the box but
    are not needed: where their sign is unknown they are dropped.
    """
    given = [sp.expand(c.expr) for c in constraints if c.exact_bound_of is None]
    special = [c for c in constraints if c.exact_bound_of is not None]
    active = [(expr, True) for expr in dict.fromkeys(given)]
    bounds: dict[SympyExpr, Bounds] = {}
    guards: list[SympyExpr] = []
    for place in reversed(range(len(coordinates))):
        symbol, earlier = coordinates[place], set(coordinates[:place])
        lower, upper, rest = _split(active, symbol, guards)
        active = _merge(rest, [sp.expand(low - high) for low in lower for high in upper])
        bounds[symbol] = (lower + _outright(special, symbol, earlier, coordinates), upper)
    guards += [expr for expr, needed in active if needed and not expr.is_nonpositive]
    return bounds, guards


def _split(
    active: Sequence[tuple[SympyExpr, bool]], symbol: SympyExpr, guards: list[SympyExpr]
) -> tuple[list[SympyExpr], list[SympyExpr], list[tuple[SympyExpr, bool]]]:
    lower: list[Any] = []
    upper: list[Any] = []
    rest: list[tuple[SympyExpr, bool]] = []
    for expr, needed in active:
        if not expr.has(symbol):
            rest.append((expr, needed))
            continue
        slope = sp.diff(expr, symbol)
        if slope.has(symbol) or not (slope.is_positive or slope.is_negative):
            if needed:
                guards.append(expr)
            continue
        bound = sp.expand(symbol - expr / slope)
        (upper if slope.is_positive else lower).append(bound)
    return list(dict.fromkeys(lower)), list(dict.fromkeys(upper)), rest


def _merge(
    rest: Sequence[tuple[SympyExpr, bool]], shadow: Sequence[SympyExpr]
) -> list[tuple[SympyExpr, bool]]:
    merged = dict(rest)
    for expr in shadow:
        merged.setdefault(expr, False)
    return list(merged.items())


def _outright(
    special: Sequence[Constraint],
    symbol: SympyExpr,
    earlier: set[SympyExpr],
    coordinates: Sequence[SympyExpr],
) -> list[SympyExpr]:
    later = set(coordinates) - earlier
    return [
        c.bound
        for c in special
        if c.exact_bound_of == symbol and c.bound is not None and not c.bound.free_symbols & later
    ]
