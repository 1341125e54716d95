"""Conditions as comparisons with 0: the same yes or no at every point."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import strategies
from hypothesis import given, settings
from judgement_cases import Z12, Z13, Z23, apply, exact, less, number, observable, reader

from ecdsl.ir.evaluate import evaluate, holds
from ecdsl.ir.nodes import Delta, Energy, Logic
from ecdsl.passes import bounds_conditions as conditions
from ecdsl.passes import bounds_polynomials as poly
from ecdsl.passes.bounds_geometry import geometries
from ecdsl.passes.bounds_search import point_values

DIFFERENCE = apply("sub", Z12, Z13)
# All distances of a grid, whether or not a triangle has them: knowledge is none.
GRID = np.stack(np.meshgrid(*[[0.0, 0.1, 0.25, 0.3, 0.6, 0.9]] * 3), axis=-1).reshape(-1, 3)


def geometry_of(*exprs, **kinds):
    (geometry,) = geometries(observable(**kinds), exprs, knowledge="none")
    for expr in exprs:
        geometry.expression(expr)
    return geometry


def passing(geometry, alternatives, distances=GRID):
    """Return where one of some alternatives holds, each comparison looked at by itself."""
    pairs = {("chord", i, j): k for k, (i, j) in enumerate(((1, 2), (1, 3), (2, 3)))}
    chords = [
        0.0 if variable.fn else np.sqrt(distances[:, pairs[variable.key]])
        for variable in geometry.algebra.variables
    ]
    values = point_values(geometry.algebra, chords)
    found = np.zeros(len(distances), dtype=bool)
    for together in alternatives:
        mask = np.ones(len(distances), dtype=bool)
        for item in together:
            at = np.broadcast_to(geometry.algebra.form(item.left).at(values), len(distances))
            near = np.abs(at) < 1e-12
            mask &= (at < 0) & ~near if item.strict else (at < 0) | near
        found |= mask
    return found


CONDITIONS = {
    "less": less(Z12, Z13),
    "not above": less(Z12, Z13, "<="),
    "equal": less(Z12, Z13, "=="),
    "unequal": less(Z12, Z13, "!="),
    "absolute": less(apply("abs", DIFFERENCE), 0.17),
    "absolute, above": less(0.17, apply("abs", DIFFERENCE)),
    "absolute, not above": less(apply("abs", DIFFERENCE), 0.17, "<="),
    "absolute, equal": less(apply("abs", DIFFERENCE), 0.25, "=="),
    "absolute, unequal": less(apply("abs", DIFFERENCE), 0.25, "!="),
    "maximum": less(apply("max", Z12, Z13, Z23), 0.3),
    "maximum, above": less(0.3, apply("max", Z12, Z13, Z23)),
    "minimum": less(apply("min", Z12, Z13, Z23), 0.3),
    "minimum, above": less(0.3, apply("min", Z12, Z13, Z23)),
    "twice": less(apply("mul", 2, apply("min", Z12, Z23)), apply("max", Z13, Z23)),
    "nested": less(apply("abs", apply("sub", apply("max", Z12, Z13), Z23)), 0.17),
    "in a product": less(apply("mul", Z12, apply("abs", DIFFERENCE)), 0.1),
    "with itself": less(apply("mul", apply("abs", DIFFERENCE), apply("abs", DIFFERENCE)), 0.1),
    "negative": less(apply("neg", apply("abs", DIFFERENCE)), -0.17),
    "quotient": less(apply("div", Z12, apply("add", Z13, 0.1)), 1),
}
CONDITIONS |= {
    "and": Logic(op="and", args=(CONDITIONS["less"], CONDITIONS["maximum"])),
    "or": Logic(op="or", args=(CONDITIONS["less"], CONDITIONS["maximum"])),
    "not": Logic(op="not", args=(CONDITIONS["absolute"],)),
    "not and": Logic(
        op="not", args=(Logic(op="and", args=(CONDITIONS["less"], CONDITIONS["minimum"])),)
    ),
    "not or": Logic(
        op="not", args=(Logic(op="or", args=(CONDITIONS["less"], CONDITIONS["unequal"])),)
    ),
}


@pytest.mark.parametrize("expected", [True, False])
@pytest.mark.parametrize("condition", CONDITIONS.values(), ids=CONDITIONS)
def test_alternatives_hold_where_the_condition_does(condition, expected):
    geometry = geometry_of(Z12, Z13, Z23)
    found = conditions.alternatives(geometry, condition, holds=expected)

    at = holds(condition, reader(GRID, 3))

    assert (passing(geometry, found) == (at == expected)).all()


@settings(max_examples=60, deadline=None)
@given(strategies.conditions(2, 0))
def test_alternatives_of_random_conditions(condition):
    distances = np.array([[x, 0.5, 0.5] for x in (0.013, 0.1, 0.37, 0.71, 0.93)])
    (geometry,) = geometries(observable(order=2), [Z12])
    for expected in (True, False):
        found = conditions.alternatives(geometry, condition, holds=expected)
        at = np.broadcast_to(holds(condition, reader(distances[:, :1], 2)), 5)
        mask = passing(geometry, found, distances)
        # What is only just one or the other is left to rounding.
        assert (mask | (at != expected) | (passing(geometry, _touching(found), distances))).all()


def _touching(alternatives):
    return [[replace(item, strict=False) for item in together] for together in alternatives]


@pytest.mark.parametrize("upper", [0.05, 0.2])
def test_open_and_exact_deltas(upper):
    geometry = geometry_of(Z12, Z13, Z23)
    size = apply("abs", DIFFERENCE)
    within = Delta(expr=size, lower=number(0.01), upper=number(upper))
    leaf = reader(GRID, 3)
    value = evaluate(size, leaf)

    found = conditions.of_delta(geometry, within)
    assert (passing(geometry, found) == ((value >= 0.01) & (value <= upper))).all()
    found = conditions.of_delta(geometry, exact(DIFFERENCE))
    assert (passing(geometry, found) == (value == 0)).all()
    assert all(item.apart for together in found for item in together)
    found = conditions.alternatives(geometry, less(DIFFERENCE, 0, "=="))
    assert not any(item.apart for together in found for item in together)


def test_what_is_fixed_is_written_out_too():
    geometry = geometry_of(Z12, Z13, Z23)
    largest = apply("max", Z12, Z13)

    found = conditions.of_delta(geometry, exact(apply("sub", largest, 0.25)))
    assert (passing(geometry, found) == (GRID[:, :2].max(axis=1) == 0.25)).all()
    assert all(item.apart for together in found for item in together)
    for lower, upper in ((0.25, None), (None, 0.25)):
        found = conditions.of_range(geometry, largest, lower, upper)
        expected = (GRID[:, :2].max(axis=1) < 0.25) == (lower is None)
        assert (passing(geometry, found) == expected).all()


@pytest.mark.parametrize("fn", ["max", "min"])
def test_extremes_in_a_sum_are_written_out(fn):
    e1, e2, e3 = (Energy(i=i) for i in (1, 2, 3))
    geometry = geometry_of(e1, e2, e3)

    def alternatives(of):
        return conditions.alternatives(geometry, less(apply("add", e1, of), 1))

    found = [item for together in alternatives(apply(fn, e2, e3)) for item in together]
    pieces = [item for one in (e2, e3) for (item,) in alternatives(one)]
    assert found == pieces
    assert len(alternatives(apply(fn, e2, e3))) == (1 if fn == "max" else 2)


def test_delta_between_expressions():
    geometry = geometry_of(Z12, Z13, Z23)
    found = conditions.of_delta(geometry, Delta(expr=Z12, lower=Z13, upper=Z23))

    between = (GRID[:, 1] <= GRID[:, 0]) & (GRID[:, 0] <= GRID[:, 2])
    assert (passing(geometry, found) == between).all()


@pytest.mark.parametrize(("lower", "upper"), [(0.1, 0.6), (None, 0.3), (0.3, None), (None, None)])
def test_bins_hold_their_lower_edge(lower, upper):
    geometry = geometry_of(Z12, Z13, Z23)
    found = conditions.of_range(geometry, Z12, lower, upper)

    value = GRID[:, 0]
    inside = (value >= (-1 if lower is None else lower)) & (value < (9 if upper is None else upper))
    assert (passing(geometry, found) == inside).all()


def test_negation_of_what_is_not_always_defined_says_nothing():
    root = apply("sqrt", apply("sub", Z12, 0.3))
    geometry = geometry_of(Z12)

    assert conditions.alternatives(geometry, less(root, 1), holds=False) == conditions.ANYTHING
    assert conditions.alternatives(geometry, less(root, 1, "!=")) == conditions.ANYTHING
    assert conditions.alternatives(geometry, less(root, 1)) != conditions.ANYTHING
    assert conditions.alternatives(geometry, less(root, 1, "=="), holds=False) == [[]]
    assert conditions.alternatives(geometry, less(root, 1, "!="), holds=False) != [[]]
    # Only what is compared counts, not what was read before.
    assert conditions.alternatives(geometry, less(Z12, 1), holds=False) != conditions.ANYTHING


def test_what_contact_terms_leave_undefined_counts_where_they_are_summed():
    inverse = less(apply("div", 0.1, Z12), 1)

    apart = conditions.alternatives(geometry_of(Z12), inverse, holds=False)
    touching = conditions.alternatives(geometry_of(Z12, tuples="all"), inverse, holds=False)
    assert apart != conditions.ANYTHING
    assert touching == conditions.ANYTHING


def test_too_many_alternatives_are_left_out():
    geometry = geometry_of(Energy(i=1))

    def part(n):
        comparison = conditions.Comparison(geometry.expression(Energy(i=1)), strict=True)
        return [[comparison]] * n

    assert len(conditions.every([part(8), part(4)])) == 32
    assert conditions.every([part(8), part(5)]) == part(8)
    assert conditions.every([part(33), part(2)]) == part(2)
    assert conditions.every([]) == [[]]
    assert len(conditions.either([part(30), part(2)])) == 32
    assert conditions.either([part(30), part(3)]) == conditions.ANYTHING


@pytest.mark.parametrize("depth", [3, 9])
def test_deep_nesting_is_written_out_as_far_as_it_goes(depth):
    nested = Z12
    for k in range(depth):
        nested = apply("abs", apply("sub", nested, 0.5 ** (k + 1)))
    geometry = geometry_of(Z12, Z13, Z23)
    condition = less(nested, 0.9 * 0.5**depth)

    found = conditions.alternatives(geometry, condition)

    mask, at = passing(geometry, found), holds(condition, reader(GRID, 3))
    assert (mask == at).all() if depth == 3 else mask[at].all()
    left = {geometry.algebra.variables[i].fn for one in found for c in one for i in _used(c)}
    assert ("abs" in left) is (depth == 9)


def _used(comparison):
    return poly.variables(comparison.left)
