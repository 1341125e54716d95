"""Which conditions of a tuple the innermost loop can test for many particles at once.

A test without branches or calls, on rows of the tables of pairs, becomes vector instructions. What
a condition must not look at is the innermost particle by itself: only tables of pairs are padded.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecdsl.ir.nodes import (
    Apply,
    Between,
    Column,
    Compare,
    Energy,
    Jet,
    Member,
    Number,
    Pair,
    Parameter,
    Pt,
    Scale,
    Side,
)
from ecdsl.ir.walk import bottom_up, condition_expressions, conjuncts, map_condition

if TYPE_CHECKING:
    from ecdsl.ir.nodes import Condition, Expr, Observable
    from ecdsl.ir.plan import Loop, Term

_FUNCTIONS = {"add", "sub", "mul", "div", "neg", "abs", "min", "max", "mean", "median", "sqrt"}
_MAX_POWER = 4


def all_conditions(observable: Observable) -> tuple[Condition, ...]:
    """Return what must hold of a tuple: windows, and deltas as two comparisons each."""
    windows = (*observable.correlator.windows, *observable.windows)
    found = [part for window in windows for part in conjuncts(window)]
    for delta in observable.deltas:
        if delta.lower is not None and delta.upper is not None:
            found.append(Compare(op="<=", lhs=delta.lower, rhs=delta.expr))
            found.append(Compare(op="<=", lhs=delta.expr, rhs=delta.upper))
    return tuple(found)


def deep_term(loop: Loop, order: int) -> Term | None:
    """Return the one term of the innermost loop over sets; None where there are others."""
    deep = [term for term in loop.terms if max(term.word) == order - 1]
    return deep[0] if loop.kind == "sets" and len(deep) == 1 else None


def is_lanewise(condition: Condition, word: tuple[int, ...]) -> bool:
    """Tell whether a condition can be tested for all places of the last letter of `word` at once.

    Args:
        condition: The condition.
        word: Which loop letter stands at each vertex.
    """
    return all(is_lanewise_value(expr, word) for expr in condition_expressions(condition))


def is_lanewise_value(expr: Expr, word: tuple[int, ...]) -> bool:
    """Tell whether a value can be computed for all places of the last letter of `word` at once."""
    if isinstance(expr, Apply):
        return _function(expr) and all(is_lanewise_value(arg, word) for arg in expr.args)
    match expr:
        case Number() | Parameter() | Scale() | Jet() | Column() | Pair() | Side():
            return True
        case Between(j=int()):
            return True
        case Energy(i=i) | Pt(i=i) | Member(i=i) | Between(i=i):
            return word[i - 1] != max(word)
        case _:
            return False


def without_powers(condition: Condition) -> Condition:
    """Return a condition whose powers are products, in the order in which numba multiplies."""
    return map_condition(condition, lambda expr: bottom_up(expr, _multiplied))


def _multiplied(expr: Expr) -> Expr:
    match expr:
        case Apply(fn="pow", args=(base, Number(value=exponent))):
            square = Apply(fn="mul", args=(base, base))
            cube, fourth = (Apply(fn="mul", args=(square, more)) for more in (base, square))
            return (base, square, cube, fourth)[int(exponent) - 1]
        case _:
            return expr


def _function(expr: Apply) -> bool:
    if expr.fn != "pow":
        return expr.fn in _FUNCTIONS
    exponent = expr.args[1]
    return isinstance(exponent, Number) and exponent.value in range(1, _MAX_POWER + 1)
