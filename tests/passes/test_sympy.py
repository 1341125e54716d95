"""The border to sympy: values are kept both ways, and signs are those that quantities have."""

from __future__ import annotations

from itertools import permutations
from statistics import median

import numpy as np
import pytest
import sympy as sp
from strategies import apply, energy_weight

from ecdsl.diagnostics import EcdslError, InternalError
from ecdsl.ir.evaluate import evaluate
from ecdsl.ir.nodes import (
    Azimuth,
    Between,
    Column,
    Coordinate,
    Correlator,
    Energy,
    Jet,
    Member,
    Number,
    Pair,
    Parameter,
    ParameterSpec,
    Particles,
    Pt,
    Scale,
    Side,
    Support,
    Triple,
)
from ecdsl.passes._sympy import Bridge, Median, defined

S1, S2, S3 = (Side(k=k) for k in (1, 2, 3))
VALUES = {S1: np.array([0.1, 0.35]), S2: np.array([0.7, 0.4]), S3: np.array([1.3, 0.5])}
X, Y, Z = sp.symbols("x y z", real=True)


def num(value):
    return Number(value=value)


def there_and_back(expr, bridge=None):
    bridge = bridge or Bridge()
    return bridge.from_sympy(bridge.to_sympy(expr))


@pytest.mark.parametrize(
    "expr",
    [
        apply("pow", S1, num(-2.0)),
        apply("pow", S1, num(-1.0)),
        apply("pow", S1, num(2.5)),
        apply("pow", S1, num(-0.5)),
        apply("pow", num(0.5), S1),
        apply("pow", apply("add", S1, S2), apply("neg", S3)),
        apply("div", apply("mul", num(-3.0), S1), apply("mul", num(7.0), S2, S3)),
        apply("div", num(-1.0), num(3.0)),
        apply("sub", apply("exp", apply("neg", S1)), apply("exp", num(1.0))),
        apply("mul", apply("acos", num(-1.0)), S1),
        apply("sqrt", apply("add", S1, num(2.0))),
        apply("median", S3, apply("mul", S1, num(3.0)), S2),
        apply("median", S3, S1, S3),
        apply("mean", S1, S2, apply("min", S2, S3), apply("max", S1, num(0.2))),
        apply("tan", apply("sin", apply("cos", S1))),
        apply("asin", apply("atan", apply("log", apply("add", S1, num(1.0))))),
    ],
)
def test_values_are_kept(expr):
    wanted = evaluate(expr, VALUES.get)
    np.testing.assert_allclose(evaluate(there_and_back(expr), VALUES.get), wanted, rtol=1e-14)


def test_a_square_root_stays_one():
    """It is the exact square root of a float, which the power 1/2 need not be."""
    root = apply("sqrt", apply("add", S1, S2))
    assert there_and_back(root) == root


@pytest.mark.parametrize("depth", [0, 1, 2])
def test_factors_of_a_product_have_no_groups(depth):
    sums = [apply("add", side, num(1.0)) for side in (S1, S2)]
    groups = [
        apply("mul", num(2.0), *sums),
        apply("mul", apply("mul", num(2.0), sums[0]), sums[1]),
        apply("mul", num(2.0), apply("mul", *sums)),
    ]
    assert there_and_back(groups[depth]) == there_and_back(groups[0])


@pytest.mark.parametrize("numbers", [*permutations((1, 2, 5)), (3, 1, 3), (0, 0, 4)])
def test_median_of_numbers(numbers):
    assert Median(*map(sp.Integer, numbers)) == median(numbers)


def test_median_knows_what_stands_twice_and_no_order_of_its_arguments():
    assert {Median(*args) for args in permutations((X, Y, X))} == {X}
    assert len({Median(*args) for args in permutations((X, Y, Z))}) == 1


def test_median_of_real_numbers_is_real():
    """Otherwise its absolute value has a conjugate in it once a coordinate is put in."""
    assert Median(X, Y, Z).is_extended_real
    assert Median(X, Y, sp.Symbol("w")).is_extended_real is None
    assert sp.Abs(Median(X, Y, Z - 1)).subs(Z, X * Y) == sp.Abs(Median(X, Y, X * Y - 1))


def symbol_sign(leaf, *, distance=None, parameters=()):
    correlator = Correlator(
        order=2,
        constituents=Particles(),
        measure="ee",
        weight=energy_weight(2),
        distance=distance,
    )
    symbol = Bridge(parameters, correlator).to_sympy(leaf)
    assert symbol.is_real
    return "positive" if symbol.is_positive else "nonnegative" if symbol.is_nonnegative else ""


ANGLE = Between(quantity="angle", i=1, j=2)
SIGNED = apply("sub", ANGLE, num(0.5))


@pytest.mark.parametrize(
    ("leaf", "sign"),
    [
        (Energy(i=1), "nonnegative"),
        (Pt(i=1), "nonnegative"),
        (Member(quantity="et", i=1), "nonnegative"),
        (Member(quantity="mass", i=1), "nonnegative"),
        (Member(quantity="eta", i=1), ""),
        (Member(quantity="charge", i=1), ""),
        (Member(quantity="pdgid", i=1), ""),
        (Scale(), "positive"),
        (Jet(quantity="pt"), "positive"),
        (Jet(quantity="energy_sum"), "positive"),
        (Jet(quantity="mass"), "nonnegative"),
        (Jet(quantity="eta"), ""),
        (Column(name="x_B"), ""),
        (Triple(i=1, j=2, k=3), ""),
        (Azimuth(pole=1, j=2, k=3), ""),
        (ANGLE, "nonnegative"),
        (Between(quantity="deta", i=1, j="beam"), "nonnegative"),
        (Coordinate(index=0), ""),
        (Support(end="floor"), "nonnegative"),
    ],
)
def test_sign_of_a_quantity(leaf, sign):
    assert symbol_sign(leaf) == sign


@pytest.mark.parametrize("leaf", [Pair(i=1, j=2), S1, Between(quantity="z", i=1, j="jet")])
def test_distances_have_the_sign_of_their_measure(leaf):
    assert symbol_sign(leaf) == "nonnegative"
    assert symbol_sign(leaf, distance=ANGLE) == "nonnegative"
    assert symbol_sign(leaf, distance=SIGNED) == ""


@pytest.mark.parametrize(
    ("lower", "open_", "sign"),
    [
        (-1.0, False, ""),
        (0.0, False, "nonnegative"),
        (0.0, True, "positive"),
        (0.5, False, "positive"),
    ],
)
def test_parameters_have_the_sign_of_their_range(lower, open_, sign):
    spec = ParameterSpec(name="p", lower=lower, lower_open=open_, upper=2.0, value=1.0)
    assert symbol_sign(Parameter(index=0), parameters=(spec,)) == sign


ZERO = apply("sub", S1, S1)
INFINITE = apply("div", num(1.0), ZERO)
IMAGINARY = apply("sqrt", apply("sub", ZERO, num(1.0)))


@pytest.mark.parametrize(
    ("expr", "code"),
    [
        (INFINITE, "E320"),
        (apply("mul", INFINITE, ZERO), "E320"),
        (apply("abs", INFINITE), "E320"),
        (apply("neg", apply("abs", INFINITE)), "E320"),
        (apply("exp", apply("neg", apply("abs", INFINITE))), "E320"),
        (apply("atan", INFINITE), "E320"),
        (apply("max", S2, INFINITE), "E320"),
        (apply("min", apply("log", ZERO), S2), "E320"),
        (apply("median", S2, S3, INFINITE), "E320"),
        (IMAGINARY, "E321"),
        (apply("max", IMAGINARY, S2), "E321"),
        (apply("abs", IMAGINARY), "E321"),
    ],
)
def test_what_has_no_value_is_an_error_wherever_it_stands(expr, code):
    with pytest.raises(EcdslError) as caught:
        defined(Bridge().to_sympy(expr))
    assert caught.value.diagnostics[0].code == code


def test_what_has_no_spelling_is_our_bug():
    with pytest.raises(InternalError):
        Bridge().from_sympy(sp.gamma(X))
    with pytest.raises(InternalError):
        Bridge().to_sympy(apply("gamma", S1))
    with pytest.raises(InternalError):
        Bridge().symbol(apply("neg", S1))
