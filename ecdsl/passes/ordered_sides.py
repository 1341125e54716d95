"""In a chamber of sorted sides: what ordering alone decides about an expression.

What: `max`, `min` and `median` of sides become a side, `abs` of a difference loses its bars.
Requires: sides are symbols s_1 <= s_2 <= ... and nonnegative.
Example: `abs(s_1 - s_3) < w` -> `s_3 - s_1 < w`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import sympy as sp

from ecdsl.ir.nodes import Side
from ecdsl.passes._sympy import Median

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ecdsl.passes._sympy import Bridge, SympyExpr


def side_symbols(bridge: Bridge, count: int) -> list[SympyExpr]:
    """Return the symbols of the sides from the shortest to the longest."""
    return [bridge.symbol(Side(k=k)) for k in range(1, count + 1)]


def use_order(expr: SympyExpr, sides: Sequence[SympyExpr]) -> SympyExpr:
    """Return `expr` with everything folded that the order of the sides decides."""

    def fold(extreme: type[SympyExpr], last: bool) -> object:
        def replace(*args: SympyExpr) -> SympyExpr:
            known = sorted((a for a in args if a in sides), key=sides.index)
            kept = [a for a in args if a not in sides]
            return extreme(*kept, *(known[-1:] if last else known[:1]))

        return replace

    expr = expr.replace(sp.Max, fold(sp.Max, last=True))
    expr = expr.replace(sp.Min, fold(sp.Min, last=False))
    expr = expr.replace(Median, lambda *args: _middle(args, sides))
    return expr.replace(
        sp.Abs, lambda arg: arg * sign if (sign := _sign(arg, sides)) else sp.Abs(arg)
    )


def _middle(args: tuple[SympyExpr, ...], sides: Sequence[SympyExpr]) -> SympyExpr:
    if all(arg in sides for arg in args):
        return sorted(args, key=sides.index)[1]
    return Median(*args)


def _sign(expr: SympyExpr, sides: Sequence[SympyExpr]) -> int:
    """Return 1 or -1 where the order decides the sign of a linear form in the sides, else 0.

    Writing s_k as a sum of nonnegative steps s_1, s_2 - s_1, ..., the form has a sign if the
    coefficients of all steps do.
    """
    steps = sp.symbols(f"step:{len(sides)}", nonnegative=True)
    sums = {side: sp.Add(*steps[: k + 1]) for k, side in enumerate(sides)}
    expanded = sp.expand(expr.subs(sums))
    if expanded.is_nonnegative:
        return 1
    return -1 if expanded.is_nonpositive else 0
