"""The value of an expression, by the table of builtins: no text is ever evaluated."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, assert_never

import numpy as np

from ecdsl.ir.builtins import BUILTINS, FUNCTIONS
from ecdsl.lang import ast

if TYPE_CHECKING:
    from collections.abc import Callable

    from ecdsl.diagnostics import Span

MAX_EXPONENT = 100
_GEV: dict[str | None, float] = {None: 1.0, "GeV": 1.0, "TeV": 1e3, "MeV": 1e-3}


class NotConstantError(Exception):
    """The expression names something whose value is not known."""

    def __init__(self, span: Span) -> None:
        super().__init__(span.text)
        self.span = span


class UndefinedError(Exception):
    """The value does not exist or is too large."""

    def __init__(self, span: Span, reason: str) -> None:
        super().__init__(reason)
        self.span = span
        self.reason = reason


def in_gev(number: ast.Number) -> float:
    """Return the value of a number, its unit converted to GeV."""
    return number.value * _GEV[number.unit]


def unit_in_gev(unit: str) -> float:
    """Return how many GeV a unit of energy is."""
    return _GEV[unit]


def _unknown(node: ast.Name | ast.Call) -> float:
    raise NotConstantError(node.span)


def evaluate(
    expression: ast.Expression, lookup: Callable[[ast.Name | ast.Call], float] = _unknown
) -> float:
    """Return the value of `expression`, which must have passed the checks of its arity.

    Args:
        expression: Without `lookup`, an expression of numbers.
        lookup: The value of a name, or of a call that is no function (`z(1, 2)`).

    Raises:
        NotConstantError: Something in it has no known value.
        UndefinedError: Division by zero, overflow, a logarithm of a negative number.
    """

    def value(node: ast.Expression) -> float:
        match node:
            case ast.Number():
                return in_gev(node)
            case ast.Name():
                return lookup(node)
            case ast.Call(function=function, arguments=arguments):
                if function.text not in FUNCTIONS:
                    return lookup(node)
                return _apply(function.text, [value(item) for item in arguments], node.span)
            case ast.Minus(operand=operand):
                return -value(operand)
            case ast.Sum(terms=terms):
                return _fold(0.0, [(_BUILTIN[op], value(item)) for op, item in terms], node.span)
            case ast.Product(factors=factors):
                return _fold(1.0, [(_BUILTIN[op], value(item)) for op, item in factors], node.span)
            case ast.Power(base=base, exponent=exponent):
                return _apply("pow", [value(base), value(exponent)], node.span)
        assert_never(node)

    return value(expression)


_BUILTIN = {"+": "add", "-": "sub", "*": "mul", "/": "div"}


def _fold(start: float, steps: list[tuple[str, float]], span: Span) -> float:
    result = start
    for name, item in steps:
        result = _apply(name, [result, item], span)
    return result


def _apply(name: str, arguments: list[float], span: Span) -> float:
    if name == "pow" and abs(arguments[1]) > MAX_EXPONENT:
        raise UndefinedError(span, f"the exponent is beyond {MAX_EXPONENT}")
    with np.errstate(all="ignore"):
        result = float(BUILTINS[name].evaluate(*(np.float64(item) for item in arguments)))
    if name == "div" and arguments[1] == 0:
        raise UndefinedError(span, "division by zero")
    if math.isnan(result):
        raise UndefinedError(span, f"outside the domain of the {BUILTINS[name].doc}")
    if math.isinf(result):
        raise UndefinedError(span, "it is infinite")
    return result
