"""Solving undoes each operation, and says under which conditions."""

from __future__ import annotations

import math

import pytest
import sympy as sp

from ecdsl.passes.invert import invert

X, Y = sp.symbols("x y", nonnegative=True)
P = sp.Symbol("p", positive=True)
R, T = sp.symbols("r t", real=True)


@pytest.mark.parametrize(
    "expr",
    [
        X,
        3 * X + Y,
        Y - X / 2,
        P * X,
        P * sp.sqrt(X),
        sp.sqrt(X) / P + Y,
        sp.log(X),
        P * sp.log(X) - 1,
        sp.exp(X),
        sp.exp(2 * X) + Y,
        X**3,
        X ** sp.Rational(1, 3),
        sp.sqrt(sp.exp(X) + Y),
        (P + 1) * X,
        (X + Y) / (P + 2),
        P * X + 2 * X - Y,
        3 * X + (X + Y) / P + sp.sqrt(Y),
    ],
)
def test_solution_gives_back_the_expression(expr):
    solution, _ = invert(expr, X, T)
    for x, y, p in ((0.3, 0.2, 1.5), (1.1, 0.0, 0.25), (0.01, 2.0, 7.0)):
        target = expr.subs({X: x, Y: y, P: p})
        assert float(solution.subs({T: target, Y: y, P: p})) == pytest.approx(x, rel=1e-9)


@pytest.mark.parametrize(
    "expr",
    [
        Y * X,  # y may be 0
        R * X,
        X * sp.exp(X),
        X + sp.sqrt(X),
        X**Y,
        X ** (X + 1),
        3 * X - X / P,  # 3 may be 1/p
        X**-1,
        sp.sin(X),
        Y,
        sp.Max(X, Y),
        (R - 1) ** 2 * X,
    ],
)
def test_what_has_no_single_answer_is_left(expr):
    assert invert(expr, X, T) is None


def test_even_powers_need_a_sign():
    assert invert((X - Y) ** 2, X, T) is None
    solution, conditions = invert((X + Y) ** 2, X, T)
    assert solution == sp.sqrt(T) - Y
    assert conditions == [-T]


def test_conditions_of_nested_roots_are_all_there():
    solution, conditions = invert(sp.sqrt(sp.sqrt(X) + Y), X, T)
    assert sp.expand(solution - (T**2 - Y) ** 2) == 0
    assert [sp.expand(c) for c in conditions] == [-T, Y - T**2]


def test_logarithms_and_exponentials_are_each_other():
    assert invert(sp.log(X), X, T) == (sp.exp(T), [])
    assert invert(sp.exp(X), X, T) == (sp.log(T), [])
    assert float(invert(sp.log(X), X, T)[0].subs(T, 2)) == pytest.approx(math.exp(2))
