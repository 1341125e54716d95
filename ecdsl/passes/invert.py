"""Solve `expr = target` for one symbol by undoing one operation after another.

Only steps with a single real answer for nonnegative sides are taken, so that no branch is ever
chosen silently; where a step needs a condition (a square root is not negative), it is returned.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import sympy as sp

if TYPE_CHECKING:
    from ecdsl.passes._sympy import SympyExpr


def invert(
    expr: SympyExpr, symbol: SympyExpr, target: SympyExpr
) -> tuple[SympyExpr, list[SympyExpr]] | None:
    """Return the solution and conditions (each to be <= 0) under which it holds.

    Returns None where `symbol` occurs more than once in a way that is not linear, or under an
    operation without a unique inverse.
    """
    conditions: list[SympyExpr] = []
    while expr != symbol:
        step = _linear(expr, symbol, target) or _peel(expr, symbol, target, conditions)
        if step is None:
            return None
        expr, target = step
    return target, conditions


def neat(expr: SympyExpr) -> SympyExpr:
    """Return a polynomial multiplied out, anything else as it is.

    Differences of square roots cancel when they are multiplied out.
    """
    return sp.expand(expr) if expr.is_polynomial() else expr


def _linear(
    expr: SympyExpr, symbol: SympyExpr, target: SympyExpr
) -> tuple[SympyExpr, SympyExpr] | None:
    slope = sp.diff(expr, symbol)
    if slope.has(symbol) or slope.is_zero is not False:
        return None
    offset = expr.subs(symbol, 0)
    return symbol, neat((target - offset) / slope)


def _peel(
    expr: SympyExpr, symbol: SympyExpr, target: SympyExpr, conditions: list[SympyExpr]
) -> tuple[SympyExpr, SympyExpr] | None:
    if expr.is_Add or expr.is_Mul:
        holding = [arg for arg in expr.args if arg.has(symbol)]
        if len(holding) != 1:
            return None
        rest = expr.func(*(arg for arg in expr.args if not arg.has(symbol)))
        if expr.is_Add:
            return holding[0], target - rest
        return None if rest.is_zero is not False else (holding[0], target / rest)
    if isinstance(expr, sp.exp):
        return expr.args[0], sp.log(target)
    if isinstance(expr, sp.log):
        return expr.args[0], sp.exp(target)
    if expr.is_Pow and not expr.exp.has(symbol) and expr.exp.is_positive:
        if not expr.base.is_nonnegative:
            return None
        conditions.append(-target)
        return expr.base, target ** (1 / expr.exp)
    return None
