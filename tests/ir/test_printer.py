"""Printed expressions mean what they were printed from: Python reads them for us."""

from __future__ import annotations

import ast
import math
import operator

import numpy as np
import pytest
from strategies import apply

from ecdsl.ir.evaluate import evaluate
from ecdsl.ir.nodes import Compare, Logic, Number, Side
from ecdsl.ir.printer import Spelling, print_condition, print_expr, print_number

X, Y, Z = Side(k=1), Side(k=2), Side(k=3)
TWO, MINUS = Number(value=2.0), Number(value=-1.5)
VALUES = {X: np.float64(0.7), Y: np.float64(1.9), Z: np.float64(0.31)}
PYTHON = Spelling(leaf=lambda leaf: f"z{leaf.k}", call=lambda fn, args: f"{fn}({', '.join(args)})")
OPERATORS = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
}


def value(node):
    """Return the value of what Python read."""
    match node:
        case ast.Constant():
            return np.float64(node.value)
        case ast.Name():
            return VALUES[Side(k=int(node.id[1:]))]
        case ast.UnaryOp(op=ast.USub()):
            return -value(node.operand)
        case ast.BinOp():
            return OPERATORS[type(node.op)](value(node.left), value(node.right))
        case ast.Call(func=ast.Name(id="max")):
            return max(map(value, node.args))
    raise AssertionError(ast.dump(node))


def operations(*args):
    """Every operation with these as its arguments, in every place."""
    pairs = [(a, b) for a in args for b in (X, TWO)] + [(Y, b) for b in args]
    yield from (apply("neg", arg) for arg in args)
    yield from (apply(fn, a, b) for fn in ("sub", "div", "pow") for a, b in pairs)
    for fn in ("add", "mul", "max"):
        yield from (apply(fn, a, b) for a, b in pairs)
        yield from (apply(fn, X, arg, Z) for arg in args)


@pytest.mark.parametrize("outer", ["neg", "sub", "div", "pow", "add", "mul", "max"])
def test_python_reads_the_same_float(outer):
    """To the last bit, so that what is grouped otherwise than it was is noticed."""
    inner = [X, MINUS, *operations(Y, MINUS)]
    for expr in operations(*inner, *(apply("neg", one) for one in inner)):
        if expr.fn != outer:
            continue
        text = print_expr(expr, PYTHON)
        with np.errstate(all="ignore"):
            found = value(ast.parse(text, mode="eval").body)
        wanted = evaluate(expr, VALUES.__getitem__)
        assert found == wanted or (math.isnan(found) and math.isnan(wanted)), text


def test_a_product_is_grouped_as_it_was():
    assert print_expr(apply("mul", X, apply("mul", Y, Z)), PYTHON) == "z1*(z2*z3)"
    assert print_expr(apply("mul", apply("mul", X, Y), Z), PYTHON) == "z1*z2*z3"
    assert print_expr(apply("div", apply("div", X, Y), Z), PYTHON) == "z1/z2/z3"
    assert print_expr(apply("mul", X, apply("pow", Y, TWO)), PYTHON) == "z1*z2**2"
    assert print_expr(apply("sub", apply("add", X, Y), apply("mul", Y, Z)), PYTHON) == (
        "z1 + z2 - z2*z3"
    )
    assert print_expr(apply("add", apply("sub", X, Y), apply("neg", Z)), PYTHON) == "z1 - z2 - z3"


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (3.0, "3"),
        (-3.0, "-3"),
        (0.1, "0.1"),
        (1e14, "100000000000000"),
        (1e15, "1000000000000000.0"),
        (-1e15, "-1000000000000000.0"),
        (1e300, "1e+300"),
        (1 / 3, "0.3333333333333333"),
    ],
)
def test_numbers_are_short_and_read_back(number, text):
    assert print_number(number) == text
    assert float(text) == number


def test_conditions_are_joined_by_the_words_of_the_target():
    below, equal = Compare(op="<", lhs=X, rhs=Y), Compare(op="==", lhs=apply("neg", X), rhs=TWO)
    both, either = (Logic(op=op, args=(below, equal)) for op in ("and", "or"))
    c = Spelling(leaf=PYTHON.leaf, call=PYTHON.call, connectives=("&", "|", "~"))

    assert print_condition(both, PYTHON) == "(z1 < z2) and (-z1 == 2)"
    assert print_condition(either, PYTHON) == "(z1 < z2) or (-z1 == 2)"
    assert print_condition(Logic(op="not", args=(both,)), PYTHON) == (
        "not ((z1 < z2) and (-z1 == 2))"
    )
    assert print_condition(Logic(op="not", args=(either,)), c) == "~((z1 < z2) | (-z1 == 2))"
    assert print_condition(both, c) == "(z1 < z2) & (-z1 == 2)"
