"""Conditions in canonical form: constants are decided, and nothing else is."""

from __future__ import annotations

import pytest
import sympy as sp

from ecdsl.ir.nodes import Compare, Logic, Number, Side
from ecdsl.passes import simplify
from ecdsl.passes._sympy import Bridge


def less(lhs, rhs, op="<"):
    return Compare(op=op, lhs=lhs, rhs=rhs)


def number(op, lhs, rhs):
    return less(Number(value=lhs), Number(value=rhs), op)


S1, S2 = Side(k=1), Side(k=2)
OPEN = less(S1, S2)
OTHER = less(S1, Number(value=0.5))
THIRD = less(S2, Number(value=0.25))
TRUE, FALSE = number("<", 0.0, 1.0), number("<", 1.0, 0.0)


def canonical(condition):
    return simplify.condition(condition, Bridge())


@pytest.mark.parametrize(
    ("op", "below", "equal", "above"),
    [
        ("<", True, False, False),
        ("<=", True, True, False),
        ("==", False, True, False),
        ("!=", True, False, True),
    ],
)
def test_constants_are_compared(op, below, equal, above):
    for difference, expected in ((-0.25, below), (0.0, equal), (0.25, above)):
        assert canonical(number(op, 1.0 + difference, 1.0)) is expected


def test_the_opposite():
    assert canonical(Logic(op="not", args=(TRUE,))) is False
    assert canonical(Logic(op="not", args=(FALSE,))) is True
    assert canonical(Logic(op="not", args=(OPEN,))) == Logic(op="not", args=(OPEN,))


@pytest.mark.parametrize(("op", "decisive", "idle"), [("or", TRUE, FALSE), ("and", FALSE, TRUE)])
def test_constants_among_conditions(op, decisive, idle):
    assert canonical(Logic(op=op, args=(OPEN, decisive))) is (decisive is TRUE)
    assert canonical(Logic(op=op, args=(idle, idle))) is (idle is TRUE)
    assert canonical(Logic(op=op, args=(OPEN, idle))) == OPEN
    kept = canonical(Logic(op=op, args=(OPEN, idle, OTHER)))
    assert kept.op == op
    assert set(kept.args) == {OPEN, OTHER}


@pytest.mark.parametrize("op", ["or", "and"])
def test_order_and_repetition_leave_no_trace(op):
    conditions = (OPEN, OTHER, THIRD)
    one = canonical(Logic(op=op, args=conditions))
    assert set(one.args) == set(conditions)
    assert canonical(Logic(op=op, args=(*reversed(conditions), OPEN))) == one


def test_sides_of_an_equality_have_an_order_and_those_of_an_inequality_a_meaning():
    assert canonical(less(S1, S2, "==")) == canonical(less(S2, S1, "=="))
    assert canonical(less(S1, S2, "!=")) == canonical(less(S2, S1, "!="))
    assert canonical(less(S1, S2)) == less(S1, S2)
    assert canonical(less(S2, S1)) == less(S2, S1)


X, Y, Z = sp.symbols("x y z", nonnegative=True)


@pytest.mark.parametrize(
    ("expr", "factors"),
    [
        (X / 3 + Y / 3 + Z / 3, (sp.Rational(1, 3), X + Y + Z)),
        (X * Y + X * Z, (X, Y + Z)),
        (-X - Y, (-1, X + Y)),
        (2 * X + 2, (2 * X + 2,)),
        (X * Y + X, (X * Y + X,)),
    ],
)
def test_a_common_factor_is_taken_out_where_that_is_shorter(expr, factors):
    assert simplify.tidy(expr) == sp.Mul(*factors, evaluate=False)
