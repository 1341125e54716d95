"""The normal form of an expression has its value, and says where it has none."""

from __future__ import annotations

from fractions import Fraction
from math import inf

import numpy as np
import pytest
from judgement_cases import apply, number, observable

from ecdsl.ir.evaluate import evaluate
from ecdsl.ir.nodes import Energy, Jet, Member, Pt
from ecdsl.passes import bounds_polynomials as poly
from ecdsl.passes.bounds_geometry import geometries
from ecdsl.passes.bounds_search import point_values

A, B, C = (Energy(i=i) for i in (1, 2, 3))
ETA = Member(quantity="eta", i=1)
CHARGE = Member(quantity="charge", i=1)
MASS = Jet(quantity="mass")
LEAVES = (A, B, C, ETA, CHARGE, MASS)


def algebra_of(**kinds):
    (geometry,) = geometries(observable(**kinds), LEAVES)
    return geometry.algebra


def add(first, *others):
    return apply("add", first, others[0] if len(others) == 1 else add(*others))


def mul(a, b):
    return apply("mul", a, b)


def sub(a, b):
    return apply("sub", a, b)


EXPRESSIONS = {
    "sum": sub(add(A, B), mul(2, C)),
    "cancelled": sub(add(A, B), add(B, A)),
    "mean": apply("mean", A, B, 1),
    "negative": apply("neg", sub(A, ETA)),
    "product of many": apply("mul", A, B, C, ETA),
    "product": mul(sub(A, B), add(B, ETA)),
    "long product": mul(
        mul(add(A, B, C, ETA, 1), add(A, B, C, 2)), mul(add(A, mul(B, B), C), add(ETA, C, 3))
    ),
    "quotient": apply("div", sub(A, B), C),
    "quotient by a sum": apply("div", A, add(mul(2, B), C)),
    "quotient that cancels": apply("div", mul(3, sub(A, B)), mul(B, sub(A, B))),
    "quotient that is constant": apply("div", mul(3, sub(A, B)), sub(A, B)),
    "quotient by a number": apply("div", A, 3),
    "quotient by a multiple": apply("div", A, mul(4, mul(B, ETA))),
    "square": apply("pow", sub(A, B), 2),
    "cube": apply("pow", mul(2, mul(A, ETA)), 3),
    "no power": apply("pow", add(A, B), 0),
    "inverse square": apply("pow", add(A, B), -2),
    "high power": apply("pow", add(A, B, C), 7),
    "too high": apply("pow", A, 101),
    "broken power": apply("pow", mul(4, A), 1.5),
    "broken power of a sum": apply("pow", add(A, B), 2.5),
    "power without a root": apply("pow", mul(4, A), 0.3),
    "power of irrational": apply("pow", mul(3, A), 0.3),
    "variable power": apply("pow", A, B),
    "root": apply("sqrt", mul(4, mul(A, mul(B, B)))),
    "root of a sum": apply("sqrt", add(mul(A, A), mul(A, B))),
    "root with a sign": apply("sqrt", mul(A, mul(ETA, ETA))),
    "root of a number": apply("sqrt", 2),
    "root of a fraction": apply("sqrt", mul(0.25, A)),
    "absolute": apply("abs", sub(A, B)),
    "absolute, decided": apply("abs", apply("neg", add(A, B))),
    "maximum": apply("max", A, B, C),
    "maximum, decided": apply("max", A, add(A, B), A),
    "minimum": apply("min", A, ETA),
    "minimum, decided": apply("min", A, add(A, B), C),
    "median": apply("median", A, B, C),
    "median, decided": apply("median", add(A, 2), A, add(A, B, 5)),
    "median, decided below": apply("median", sub(A, 3), add(A, B), A),
    "exponential": apply("exp", sub(A, B)),
    "logarithm": apply("log", add(A, 1)),
    "tangent": apply("tan", mul(0.1, A)),
    "arcs": add(apply("asin", mul(0.1, A)), apply("acos", mul(0.1, A)), apply("atan", ETA)),
    "waves": add(apply("sin", A), apply("cos", ETA), 1),
}


def points(n=40):
    rng = np.random.default_rng(5)
    values = {leaf: rng.uniform(0.1, 4, n) for leaf in LEAVES}
    values[ETA] = rng.uniform(-2, 2, n)
    values[CHARGE] = rng.integers(-1, 2, n).astype(float)
    return values


def value_of(algebra, p, values):
    every = point_values(algebra, [values.get(v.key, 0.0) for v in algebra.variables])
    for variable, at in zip(algebra.variables, every, strict=True):
        low, high = variable.domain
        finite = at[np.isfinite(at)]
        assert (low - 1e-9 <= finite).all()
        assert (finite <= high + 1e-9 * (1 + abs(finite))).all()
    return np.broadcast_to(algebra.form(p).at(every), len(values[A]))


@pytest.mark.parametrize("expr", EXPRESSIONS.values(), ids=EXPRESSIONS)
def test_normal_form_has_the_value_of_the_expression(expr):
    algebra, values = algebra_of(), points()

    found = value_of(algebra, algebra.expression(expr), values)

    np.testing.assert_allclose(found, evaluate(expr, values.__getitem__), rtol=1e-9)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (sub(add(A, B), B), A),
        (apply("abs", sub(A, B)), apply("abs", sub(B, A))),
        (apply("max", A, B), apply("max", B, A, A)),
        (apply("min", A, add(A, B)), A),
        (apply("max", A, add(A, B)), add(A, B)),
        (apply("max", B, A, add(A, C)), apply("max", B, add(A, C))),
        (apply("median", A, B, C), apply("median", C, A, B)),
        (apply("median", add(A, 2), A, add(A, B, 5)), add(A, 2)),
        (apply("abs", A), A),
        (apply("abs", apply("neg", A)), A),
        (apply("sqrt", mul(A, A)), A),
        (apply("sqrt", mul(4, A)), mul(2, apply("sqrt", A))),
        (apply("sqrt", mul(0.25, A)), mul(0.5, apply("sqrt", A))),
        (apply("sqrt", mul(mul(A, A), B)), mul(A, apply("sqrt", B))),
        (apply("pow", A, 0.5), apply("sqrt", A)),
        (apply("pow", apply("sqrt", A), 2), A),
        (apply("div", mul(3, sub(A, B)), sub(A, B)), number(3)),
        (apply("div", mul(A, sub(A, B)), mul(B, sub(A, B))), apply("div", A, B)),
        (apply("div", 1, add(A, B)), apply("div", 2, mul(2, add(A, B)))),
        (apply("pow", A, -1), apply("div", 1, A)),
        (apply("mean", A, B), mul(0.5, add(A, B))),
        (apply("exp", sub(A, B)), apply("exp", sub(A, B))),
    ],
)
def test_equal_expressions_have_one_normal_form(one, other):
    algebra = algebra_of()

    assert algebra.expression(one) == algebra.expression(other)


def test_different_calls_differ():
    algebra = algebra_of()

    assert algebra.expression(apply("exp", A)) != algebra.expression(apply("exp", B))
    assert algebra.expression(apply("exp", A)) != algebra.expression(apply("sin", A))


def test_the_root_of_a_square_is_known():
    algebra = algebra_of()
    p = algebra.expression(add(A, B))
    square = algebra.square(p)

    assert algebra._root(square, Fraction(1, 2)) == p


@pytest.mark.parametrize("exponent", [0.25, 1.5, -0.5, -1.5])
def test_powers_of_a_square_are_powers_of_its_root(exponent):
    algebra, values = algebra_of(), points()
    square = algebra.square(algebra.expression(add(A, B)))

    found = value_of(algebra, algebra._root(square, Fraction(exponent)), values)

    np.testing.assert_allclose(found, (values[A] + values[B]) ** (2 * exponent), rtol=1e-9)


# --- enclosures ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("expr", "expected"),
    [
        (A, (0.0, inf)),
        (ETA, (-inf, inf)),
        (apply("abs", ETA), (0.0, inf)),
        (apply("pow", ETA, 2), (0.0, inf)),
        (apply("pow", add(ETA, 1), 2), (-inf, inf)),
        (apply("pow", add(ETA, A, B, C, 1), 4), (0.0, inf)),
        (apply("exp", A), (1.0, inf)),
        (apply("max", A, 2), (2.0, inf)),
        (apply("min", A, 2), (0.0, 2.0)),
        (apply("div", A, add(A, 1)), (0.0, inf)),
        (sub(apply("min", A, 1), 3), (-3.0, -2.0)),
    ],
)
def test_all_that_an_expression_can_be(expr, expected):
    algebra = algebra_of()

    assert algebra.enclosure(algebra.expression(expr)) == expected


def test_whole_numbers():
    algebra = algebra_of()

    def is_integer(expr):
        return algebra.is_integer(algebra.expression(expr))

    assert is_integer(CHARGE)
    assert is_integer(sub(mul(3, CHARGE), 2))
    assert is_integer(apply("abs", CHARGE))
    assert is_integer(apply("max", CHARGE, 2))
    assert is_integer(apply("min", CHARGE, 2))
    assert is_integer(apply("median", CHARGE, 2, 3))
    assert is_integer(apply("pow", CHARGE, 2))
    assert not is_integer(mul(0.5, CHARGE))
    assert not is_integer(apply("div", 1, CHARGE))
    assert not is_integer(apply("max", CHARGE, A))
    assert not is_integer(apply("exp", CHARGE))
    assert not is_integer(add(CHARGE, A))


# --- where there is no value -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("expr", "apart", "touching"),
    [
        (apply("sqrt", A), True, True),
        (apply("sqrt", sub(A, B)), False, False),
        (apply("sqrt", apply("neg", A)), False, False),
        (apply("log", add(A, 1)), True, True),
        (apply("log", A), True, False),
        (apply("log", mul(A, add(B, 1))), True, False),
        (apply("log", mul(A, B)), True, False),
        (apply("log", mul(A, sub(B, 1))), False, False),
        (apply("log", ETA), False, False),
        (apply("log", add(MASS, mul(ETA, ETA))), False, False),
        (apply("div", 1, A), True, False),
        (apply("div", 1, apply("neg", A)), False, False),
        (apply("div", 1, mul(A, add(1, B))), True, False),
        (apply("div", 1, sub(A, B)), False, False),
        (apply("div", 1, MASS), False, False),
        (apply("div", 1, 3), True, True),
        (apply("pow", A, 0.3), True, True),
        (apply("pow", A, -0.3), True, False),
        (apply("pow", ETA, 0.3), False, False),
        (apply("pow", A, B), True, True),
        (apply("pow", ETA, 101), False, False),
        (apply("pow", ETA, 100), True, True),
        (apply("pow", ETA, -100), False, False),
        (apply("asin", apply("min", 1, A)), True, True),
        (apply("asin", A), False, False),
        (apply("acos", ETA), False, False),
        (apply("tan", apply("min", 1.5, A)), True, True),
        (apply("tan", A), False, False),
        (apply("exp", ETA), True, True),
    ],
)
def test_whether_an_expression_always_has_a_value(expr, apart, touching):
    algebra = algebra_of()
    algebra.expression(expr)

    assert algebra.is_total(0, coincident=False) is apart
    assert algebra.is_total(0, coincident=True) is touching


def test_only_what_was_read_since_counts():
    algebra = algebra_of()
    algebra.expression(apply("log", ETA))
    first = len(algebra.partial)
    algebra.expression(apply("div", A, 2))

    assert first == 1
    assert algebra.is_total(first, coincident=False)
    assert not algebra.is_total(0, coincident=False)


@pytest.mark.parametrize("exponent", [-1, -2, -0.5, -1.5])
def test_dividing_by_nothing_is_noted(exponent):
    algebra = algebra_of()

    algebra.expression(apply("pow", sub(A, A), exponent))

    assert any(item.fn == "inv" and not item.args[0] for item in algebra.partial)


def test_powers_of_nothing():
    algebra = algebra_of()

    assert algebra.expression(apply("pow", sub(A, A), 0)) == poly.constant(1.0)
    inverse = algebra.expression(apply("div", 1, sub(A, A)))
    assert algebra.expression(apply("pow", sub(A, A), -1)) == inverse
    assert algebra.expression(apply("pow", sub(A, A), 0.5)) == poly.ZERO
    assert algebra.expression(apply("sqrt", sub(A, A))) == poly.ZERO


def test_quantities_are_made_once():
    algebra = algebra_of()
    first = algebra.quantity("new", (0.0, 1.0), positive=True)

    assert algebra.quantity("new", (0.0, 9.0)) == first
    made = algebra.variables[first[0][0][0][0]]
    assert made.domain == (0.0, 1.0)
    assert made.is_positive
    assert not made.is_integer
    assert algebra.quantity("newer", (0.0, 1.0), integer=True) != first
    assert algebra.variables[-1].is_integer
    assert not algebra.variables[-1].is_positive


def test_energies_are_positive_and_transverse_momenta_too():
    (geometry,) = geometries(observable(), [Pt(i=1), A])
    geometry.expression(apply("div", A, Pt(i=1)))

    assert geometry.algebra.is_total(0, coincident=False)
