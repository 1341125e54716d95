"""Trees taken apart and rebuilt: nothing is lost on the way, and nothing is left out."""

from __future__ import annotations

import math

import pytest
from strategies import apply

from ecdsl.ir.nodes import (
    Apply,
    Axis,
    Between,
    Bins,
    Compare,
    Correlator,
    Delta,
    Energy,
    Logic,
    Number,
    Observable,
    Pair,
    Parameter,
    ParameterSpec,
    Pt,
    Side,
    Subjets,
)
from ecdsl.ir.walk import (
    bottom_up,
    condition_expressions,
    conjuncts,
    fold_constants,
    is_angular,
    leaves,
    map_observable,
    shape_expressions,
    tuple_expressions,
)

ONE, TWO, HALF = (Number(value=v) for v in (1.0, 2.0, 0.5))
X, Y, Z = Side(k=1), Side(k=2), Side(k=3)
BINS = Bins(n=3, lower=0.5, upper=2.0, spacing="log")


def below(lhs, rhs):
    return Compare(op="<", lhs=lhs, rhs=rhs)


# Every expression of it is another number, and no field has its default.
FULL = Observable(
    name="full",
    correlator=Correlator(
        order=2,
        constituents=Subjets(algorithm="kt", radius=0.3),
        group="event",
        where=Logic(op="not", args=(below(Number(value=1), Number(value=2)),)),
        hardest=7,
        measure="hadron",
        distance=Number(value=3),
        weight=Number(value=4),
        tuples="sets",
        windows=(below(Number(value=5), Number(value=6)),),
        ranked=True,
        resolution=32,
    ),
    parameters=(ParameterSpec(name="w", lower=0, upper=1, value=0.5),),
    deltas=(
        Delta(expr=Number(value=7), lower=Number(value=8), upper=Number(value=9)),
        Delta(expr=Number(value=10), exact=True),
    ),
    windows=(Logic(op="or", args=(below(Number(value=11), Number(value=12)),)),),
    axes=(Axis(name="x", expr=Number(value=13), bins=BINS),),
)


def test_a_change_reaches_every_expression_and_nothing_else():
    reached = []

    def shifted(expr):
        reached.append(expr.value)
        return Number(value=expr.value + 100)

    there = map_observable(FULL, shifted)
    back = map_observable(there, lambda expr: Number(value=expr.value - 100))

    assert sorted(reached) == list(range(1, 14))
    assert back == FULL
    assert there != FULL
    assert [expr.value for expr in tuple_expressions(there)] == [
        *(104, 105, 106),
        *(113, 107, 108, 109, 110, 111, 112),
    ]


def test_expressions_of_the_shape_are_those_of_a_tuple_but_the_correlators():
    assert [expr.value for expr in shape_expressions(FULL)] == [13, 7, 8, 9, 10, 11, 12]


def test_trees_are_changed_from_the_leaves_up():
    tree = apply("add", apply("mul", X, Y), Z)

    def change(node):
        if node == X:
            return Y
        # What is above sees what is below as it is changed already.
        return apply("pow", Y, TWO) if node == apply("mul", Y, Y) else node

    assert bottom_up(tree, change) == apply("add", apply("pow", Y, TWO), Z)


def test_only_conjunctions_are_taken_apart():
    a, b, c = below(X, Y), below(Y, Z), below(X, Z)
    either = Logic(op="or", args=(a, b))

    both = Logic(op="and", args=(a, Logic(op="and", args=(either, c))))

    assert conjuncts(both) == [a, either, c]
    assert conjuncts(Logic(op="not", args=(both,))) == [Logic(op="not", args=(both,))]


def test_expressions_of_a_condition_come_from_left_to_right():
    found = Logic(op="and", args=(below(X, Y), Logic(op="not", args=(below(Z, ONE),))))

    assert list(condition_expressions(found)) == [X, Y, Z, ONE]


def test_leaves_come_from_left_to_right():
    tree = apply("add", X, apply("mul", ONE, apply("neg", Y)), Z)

    assert list(leaves(tree)) == [X, ONE, Y, Z]


@pytest.mark.parametrize(
    ("expr", "value"),
    [
        (apply("add", ONE, TWO, HALF), 3.5),
        (apply("pow", apply("neg", TWO), TWO), 4.0),
        (apply("atan", apply("div", apply("sqrt", TWO), TWO)), math.atan(math.sqrt(2) / 2)),
    ],
)
def test_numbers_alone_are_folded(expr, value):
    assert fold_constants(expr) == Number(value=value)


@pytest.mark.parametrize(
    "expr",
    [
        apply("div", ONE, Number(value=0.0)),
        apply("sqrt", Number(value=-1.0)),
        apply("pow", Number(value=-1.0), HALF),
        apply("exp", Number(value=1000.0)),
        apply("add", X, ONE, TWO),
    ],
)
def test_what_is_infinite_or_no_number_or_not_constant_stays(expr):
    assert fold_constants(expr) is expr


def test_numbers_inside_are_folded():
    assert fold_constants(apply("mul", apply("add", ONE, ONE), X)) == Apply(fn="mul", args=(TWO, X))


@pytest.mark.parametrize(
    ("expr", "angular"),
    [
        (apply("add", ONE, apply("mul", Parameter(index=0), Pair(i=1, j=2))), True),
        (Side(k=1), True),
        (apply("mul", Pair(i=1, j=2), Energy(i=1)), False),
        (Pt(i=1), False),
        (Between(quantity="angle", i=1, j=2), False),
    ],
)
def test_a_shape_is_angular_where_it_looks_at_distances_alone(expr, angular):
    pair = Pair(i=1, j=2)
    plain = Observable(
        name="x", correlator=FULL.correlator, axes=(Axis(name="x", expr=pair, bins=BINS),)
    )
    as_axis = plain.model_copy(update={"axes": (Axis(name="x", expr=expr, bins=BINS),)})
    as_window = plain.model_copy(update={"windows": (below(pair, expr),)})

    assert is_angular(plain)
    assert is_angular(as_axis) is angular
    assert is_angular(as_window) is angular
