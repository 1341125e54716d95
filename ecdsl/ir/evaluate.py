"""Evaluate expressions on numpy arrays: the same meaning as everywhere, many particles at once."""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING, Any

import numpy as np

from ecdsl.ir.builtins import BUILTINS
from ecdsl.ir.nodes import Apply, Compare, Number

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from ecdsl.ir.nodes import Condition, Expr


def evaluate(expr: Expr, leaf: Callable[[Expr], NDArray[np.float64]]) -> Any:
    """Return the value of `expr`; NaN or infinite outside its domain.

    Args:
        expr: The expression.
        leaf: The values of a leaf that is no number, all of one shape.
    """
    match expr:
        case Number(value=value):
            return np.float64(value)
        case Apply(fn=fn, args=args):
            with np.errstate(all="ignore"):
                return BUILTINS[fn].evaluate(*(evaluate(arg, leaf) for arg in args))
        case _:
            return leaf(expr)


def holds(condition: Condition, leaf: Callable[[Expr], NDArray[np.float64]]) -> NDArray[np.bool_]:
    """Return where a condition holds; a comparison with NaN does not, except `!=`."""
    if isinstance(condition, Compare):
        lhs, rhs = evaluate(condition.lhs, leaf), evaluate(condition.rhs, leaf)
        compare = {"<": np.less, "<=": np.less_equal, "==": np.equal, "!=": np.not_equal}
        return np.asarray(compare[condition.op](lhs, rhs))
    parts = [holds(arg, leaf) for arg in condition.args]
    match condition.op:
        case "and":
            return np.asarray(reduce(np.logical_and, parts))
        case "or":
            return np.asarray(reduce(np.logical_or, parts))
        case "not":
            return np.asarray(~parts[0])
