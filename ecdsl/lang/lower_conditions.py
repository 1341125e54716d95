"""Lower conditions: chains become comparisons of neighbours, `>` is written the other way round."""

from __future__ import annotations

from typing import TYPE_CHECKING, assert_never

from ecdsl.ir import nodes as ir
from ecdsl.lang import ast
from ecdsl.lang.lower_expressions import Scope, expression

if TYPE_CHECKING:
    from ecdsl.diagnostics import Span


def conjuncts(node: ast.Condition, scope: Scope) -> list[tuple[Span, ir.Condition]]:
    """Return the windows that a condition is, each with its place.

    A window on `a and b` is a window on `a` and one on `b`: both are products of steps.
    """
    match node:
        case ast.And(operands=operands):
            return [part for item in operands for part in conjuncts(item, scope)]
        case ast.Comparison():
            return _steps(node, scope)
        case _:
            return [(node.span, condition(node, scope))]


def condition(node: ast.Condition, scope: Scope) -> ir.Condition:
    """Return the IR of a condition."""
    match node:
        case ast.Comparison():
            steps = tuple(step for _, step in _steps(node, scope))
            return steps[0] if len(steps) == 1 else ir.Logic(op="and", args=steps)
        case ast.Not(operand=operand):
            return ir.Logic(op="not", args=(condition(operand, scope),))
        case ast.And(operands=operands):
            return ir.Logic(op="and", args=tuple(condition(item, scope) for item in operands))
        case ast.Or(operands=operands):
            return ir.Logic(op="or", args=tuple(condition(item, scope) for item in operands))
    assert_never(node)


def _steps(node: ast.Comparison, scope: Scope) -> list[tuple[Span, ir.Condition]]:
    """`a < b < c` compares neighbours."""
    steps: list[tuple[Span, ir.Condition]] = []
    before, left = node.first, expression(node.first, scope)
    for operator, item in node.rest:
        right = expression(item, scope)
        span = before.span.to(item.span)
        match operator:
            case "<" | "<=" | "==" | "!=":
                steps.append((span, ir.Compare(op=operator, lhs=left, rhs=right)))
            case ">":
                steps.append((span, ir.Compare(op="<", lhs=right, rhs=left)))
            case ">=":
                steps.append((span, ir.Compare(op="<=", lhs=right, rhs=left)))
        before, left = item, right
    return steps
