"""Fourier-Motzkin elimination: constraints become nested bounds of one coordinate after another."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import sympy as sp

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ecdsl.passes._sympy import SympyExpr

Bounds = tuple[list[Any], list[Any]]


def bounds_of(
    constraints: Sequence[SympyExpr],
    outright: Sequence[tuple[SympyExpr, SympyExpr]],
    coordinates: Sequence[SympyExpr],
) -> tuple[dict[SympyExpr, Bounds], list[SympyExpr]]:
    """Return each coordinate's lower and upper bounds, and what no bound could express.

    Bounds of a coordinate use only the coordinates before it. A constraint that is not linear in
    the coordinate being eliminated, or whose sign of the slope is unknown, becomes a guard, and so
    does what holds for some parameters only and bounds no coordinate.
    Consequences of two constraints (the shadow on the earlier coordinates) tighten the box but
    are not needed: where their sign is unknown they are dropped.

    Args:
        constraints: What is <= 0.
        outright: Quantities and what they are at least, used where a quantity is a bare coordinate.
        coordinates: In the order in which they are chosen.
    """
    active = [(expr, True) for expr in dict.fromkeys(map(sp.expand, constraints))]
    bounds: dict[SympyExpr, Bounds] = {}
    guards: list[SympyExpr] = []
    for place in reversed(range(len(coordinates))):
        symbol = coordinates[place]
        lower, upper, rest = _split(active, symbol, guards)
        active = _merge(rest, [sp.expand(low - high) for low in lower for high in upper])
        later = set(coordinates[place:])
        lower += [b for q, b in outright if q == symbol and not b.free_symbols & later]
        bounds[symbol] = (lower, upper)
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
