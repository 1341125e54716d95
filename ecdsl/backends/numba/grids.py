"""Which parameters of a shape a kernel can run over while it looks at each tuple once.

Where a tuple passes for an interval of each of some parameters, whatever the others are, it fills a
box of the grid of their values: the tuple, its bin and its weight are found once for all of it.
"""

from __future__ import annotations

import math
from itertools import combinations
from typing import TYPE_CHECKING

from ecdsl.backends.numba.masks import all_conditions, deep_term, is_lanewise
from ecdsl.diagnostics import InternalError
from ecdsl.ir.nodes import Apply, Compare, Number, Pair, Parameter, Side
from ecdsl.ir.walk import condition_expressions, leaves

if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Literal

    from ecdsl.ir.nodes import Condition, Expr
    from ecdsl.ir.plan import Plan

# Rounding keeps their order, so that what passes is an interval in floating point as well. A root
# would not do: what it is not defined for passes nowhere, on whichever side that is.
_STEADY = {"add", "sub", "mul", "neg"}


def gridded(plan: Plan) -> tuple[int, ...]:
    """Return the most parameters that one pass can run over, by their place.

    No window or delta looks at two of them, and each one that looks at one of them is a comparison
    that, as the parameter grows, changes its outcome at most once. Weight and axes look at none.
    """
    observable = plan.observable
    term = deep_term(plan.loop, observable.correlator.order)
    if term is None or observable.correlator.order == 1:
        return ()
    fixed = [observable.correlator.weight, *(axis.expr for axis in observable.axes)]
    conditions = [(c, parameters(condition_expressions(c))) for c in all_conditions(observable)]
    possible = [
        index
        for index in sorted({index for _, used in conditions for index in used})
        if index not in parameters(fixed)
        and all(
            _turns_once(c, index) and is_lanewise(c, term.word)
            for c, used in conditions
            if index in used
        )
    ]
    for size in range(len(possible), 0, -1):
        for chosen in combinations(possible, size):
            if all(len(used.intersection(chosen)) <= 1 for _, used in conditions):
                return chosen
    return ()


def parameters(exprs: Iterable[Expr]) -> set[int]:
    """Return the places of the parameters that expressions look at."""
    found = (leaf for expr in exprs for leaf in leaves(expr))
    return {leaf.index for leaf in found if isinstance(leaf, Parameter)}


def _turns_once(condition: Condition, index: int) -> bool:
    if not isinstance(condition, Compare) or condition.op not in {"<", "<="}:
        return False
    # What looks at no tuple is the same for all of them.
    looked_at = (leaf for expr in condition_expressions(condition) for leaf in leaves(expr))
    if all(isinstance(leaf, Number | Parameter) for leaf in looked_at):
        return False
    sides = [_occurrences(side, index) for side in (condition.lhs, condition.rhs)]
    moving = condition.lhs if sides[0] else condition.rhs
    return sum(sides) == 1 and _steady(moving, index)


def way(condition: Condition, index: int, *, positive: bool) -> Literal["up to", "from", ""]:
    """Tell whether a comparison that turns once holds up to where it turns, or from there on.

    Args:
        condition: The comparison.
        index: The place of the parameter.
        positive: Whether distances are known not to be negative.

    Returns:
        An empty text where that depends on the tuple.
    """
    if not isinstance(condition, Compare):
        raise InternalError("only a comparison turns at a value")
    growth = _growth(condition.rhs, index, positive) - _growth(condition.lhs, index, positive)
    if not growth:
        return ""
    return "from" if growth > 0 else "up to"


def _growth(expr: Expr, index: int, positive: bool) -> int:
    """Return 1 for what grows with the one place of a parameter, -1 for what falls, else 0."""
    if not isinstance(expr, Apply) or not _occurrences(expr, index):
        return int(expr == Parameter(index=index))
    (place,) = (k for k, arg in enumerate(expr.args) if _occurrences(arg, index))
    growth = _growth(expr.args[place], index, positive)
    if expr.fn in {"mul", "div"}:
        others = expr.args[:place] + expr.args[place + 1 :]
        return growth * math.prod(_sign(other, positive) for other in others)
    return -growth if expr.fn == "neg" or (expr.fn == "sub" and place) else growth


def _sign(expr: Expr, positive: bool) -> int:
    if isinstance(expr, Number):
        return -1 if expr.value < 0 else 1
    return int(positive and isinstance(expr, Pair | Side))


def turning_point(condition: Condition, index: int) -> Expr:
    """Return where a comparison turns, up to rounding: the parameter that makes both sides equal.

    Args:
        condition: One that turns once at most.
        index: The place of the parameter.
    """
    if not isinstance(condition, Compare):
        raise InternalError("only a comparison turns at a value")
    moving, value = condition.lhs, condition.rhs
    if not _occurrences(moving, index):
        moving, value = value, moving
    while isinstance(moving, Apply):
        (place,) = (k for k, arg in enumerate(moving.args) if _occurrences(arg, index))
        value = _undone(moving.fn, place, value, moving.args[:place] + moving.args[place + 1 :])
        moving = moving.args[place]
    return value


def _undone(fn: str, place: int, value: Expr, others: tuple[Expr, ...]) -> Expr:
    """Return what a steady function takes at a place, beside `others`, to give a value."""
    match fn:
        case "add":
            return _difference(value, _joined("add", others))
        case "sub" if place:
            return _difference(others[0], value)
        case "sub":
            return Apply(fn="add", args=(value, others[0]))
        case "mul":
            # A side that several comparisons divide by is divided by once.
            inverse = Apply(fn="div", args=(Number(value=1.0), _joined("mul", others)))
            return Apply(fn="mul", args=(value, inverse))
        case "div":
            return Apply(fn="mul", args=(value, others[0]))
        case "neg":
            return _difference(Number(value=0.0), value)
        case _:
            raise InternalError(f"`{fn}` is not steady")


def _difference(first: Expr, second: Expr) -> Expr:
    """Return what is left of one expression without another, with as few operations as it takes."""
    match first, second:
        case _, Number(value=0):
            return first
        case Number(value=0), Apply(fn="sub", args=(less, more)):
            return _difference(more, less)
        case Number(value=0), Apply(fn="neg", args=(positive,)):
            return positive
        case Number(value=0), _:
            return Apply(fn="neg", args=(second,))
        case _:
            return Apply(fn="sub", args=(first, second))


def _joined(fn: str, args: tuple[Expr, ...]) -> Expr:
    return Apply(fn=fn, args=args) if len(args) > 1 else args[0]


def _occurrences(expr: Expr, index: int) -> int:
    return sum(leaf == Parameter(index=index) for leaf in leaves(expr))


def _steady(expr: Expr, index: int) -> bool:
    """Tell whether an expression only grows, or only falls, with the one place of a parameter."""
    if not isinstance(expr, Apply):
        return True
    (place,) = (k for k, arg in enumerate(expr.args) if _occurrences(arg, index))
    known = expr.fn in _STEADY or (expr.fn == "div" and place == 0)
    return known and _steady(expr.args[place], index)
