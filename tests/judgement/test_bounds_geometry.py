"""What is known of the quantities of a tuple is true of real ones, and all of it is used."""

from __future__ import annotations

from itertools import permutations
from math import inf, pi

import numpy as np
import pytest
import strategies
from hypothesis import given, settings
from hypothesis import strategies as st
from judgement_cases import Z12, Z13, Z23, apply, less, observable, reader, tuples

from ecdsl.ir.evaluate import evaluate
from ecdsl.ir.nodes import (
    Azimuth,
    Between,
    Column,
    Energy,
    Jet,
    Logic,
    Member,
    Pair,
    Parameter,
    ParameterSpec,
    Pt,
    Scale,
    Side,
    Triple,
    pairs,
)
from ecdsl.passes import bounds_conditions as conditions
from ecdsl.passes import bounds_polynomials as poly
from ecdsl.passes.bounds_geometry import geometries
from ecdsl.passes.bounds_search import point_values, search
from ecdsl.passes.bounds_system import System


@pytest.mark.parametrize("order", [2, 3, 4])
@pytest.mark.parametrize("measure", ["ee", "hadron"])
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_no_tuple_leaves_the_enclosure_of_an_expression(order, measure, data):
    expr = data.draw(strategies.expressions(order, 0))
    distances = tuples(measure, order, np.random.default_rng(7), 300)
    values = np.broadcast_to(evaluate(expr, reader(distances, order)), len(distances))
    values = values[np.isfinite(values)]

    enclosures = [
        geometry.algebra.enclosure(geometry.expression(expr))
        for geometry in geometries(observable(order=order, measure=measure), [expr])
    ]

    # Random tuples were rounded, which no enclosure knows of.
    slack = 1e-9 * (1 + np.abs(values))
    assert np.all(min(low for low, _ in enclosures) <= values + slack)
    assert np.all(max(high for _, high in enclosures) >= values - slack)


def test_equal_terms_cancel_and_ratios_of_sides_become_pure():
    s1, s2, s3 = (Side(k=k) for k in (1, 2, 3))
    (geometry,) = geometries(observable(), [s1, s2, s3])

    assert (
        geometry.expression(apply("sub", apply("add", s1, s2), apply("add", s2, s1))) == poly.ZERO
    )
    ratio = geometry.algebra.enclosure(geometry.expression(apply("div", s1, s3)))
    assert ratio == (0.0, 1.0)


def test_angle_of_a_triangle_is_an_angle():
    """arXiv:2201.07800: phi = asin sqrt(1 - (R_L - R_M)^2 / R_S^2) is defined for any triangle."""
    short, middle, long = (apply("sqrt", Side(k=k)) for k in (1, 2, 3))
    ratio = apply("div", apply("pow", apply("sub", long, middle), 2), apply("pow", short, 2))
    phi = apply("asin", apply("sqrt", apply("sub", 1, ratio)))
    (geometry,) = geometries(observable(measure="hadron"), [phi])

    lower, upper = geometry.algebra.enclosure(geometry.expression(phi))

    assert lower == 0
    assert upper == pytest.approx(np.pi / 2)
    assert geometry.algebra.is_total(0, coincident=False)
    assert not geometry.algebra.is_total(0, coincident=True)


def test_pairs_of_three_points_are_sides_in_every_order():
    pair = Pair(i=1, j=2)

    assert len(geometries(observable(), [pair])) == 6
    assert len(geometries(observable(), [Side(k=2)])) == 1
    assert len(geometries(observable(order=2), [pair])) == 1


# --- real tuples -----------------------------------------------------------------------------


def coordinates(geometry, distances):
    """Return the variables of a geometry for real tuples, calls included, and which have them.

    A tuple has the coordinates k, x, v of an assignment only if its pairs are sorted that way.
    """
    chords, order = np.sqrt(distances), geometry.observable.correlator.order
    short, middle, long = np.sort(chords, axis=1).T if order == 3 else (np.ones(len(chords)),) * 3
    known = {
        "k": middle,
        "x": short / middle,
        "v": (long / middle - 1) / (short / middle),
        **{("chord", *pair): chords[:, n] for n, pair in enumerate(pairs(order))},
        **{("side", n + 1): np.sort(chords, axis=1)[:, n] for n in range(chords.shape[1])},
    }
    # Relations may be about more than what was read.
    assert geometry.relations is not None
    ranks = np.argsort(np.argsort(chords, axis=1), axis=1) + 1
    mine = np.ones(len(chords), dtype=bool)
    for n, pair in enumerate(pairs(order)):
        if pair in geometry.assignment:
            mine &= ranks[:, n] == geometry.assignment[pair]
    variables = geometry.algebra.variables
    return point_values(geometry.algebra, [known.get(v.key, 0.0) for v in variables]), mine


@pytest.mark.parametrize("order", [2, 3, 4])
@pytest.mark.parametrize("measure", ["ee", "hadron"])
def test_coordinates_of_real_tuples(order, measure):
    every = [Pair(i=i, j=j) for i, j in pairs(order)] + [
        Side(k=k + 1) for k in range(len(pairs(order)))
    ]
    distances = tuples(measure, order, np.random.default_rng(11), 500)
    leaf = reader(distances, order)
    seen = 0
    for geometry in geometries(observable(order=order, measure=measure), every):
        read = [geometry.expression(expr) for expr in every]
        values, mine = coordinates(geometry, distances)
        seen += mine.sum()
        for expr, p in zip(every, read, strict=True):
            found = np.broadcast_to(geometry.algebra.form(p).at(values), len(mine))
            np.testing.assert_allclose(found[mine], leaf(expr)[mine], rtol=1e-9)
        for relation in geometry.relations:
            at = np.broadcast_to(geometry.algebra.form(relation).at(values), len(mine))
            assert (at[mine] <= 1e-9).all()
        for variable, value in zip(geometry.algebra.variables, values, strict=True):
            low, high = variable.domain
            assert (low - 1e-9 <= value[mine]).all()
            assert (value[mine] <= high + 1e-9).all()
    assert seen == 500


@pytest.mark.parametrize(
    ("z", "measure", "knowledge"),
    [
        # distances that no three points have, and what it takes to know it
        ((0.1, 0.2, 0.9), "hadron", "plane"),
        ((0.1, 0.2, 0.9), "ee", "plane"),
        ((0.8, 0.8, 0.8), "ee", "sphere"),
        ((0.75, 0.8, 0.8), "ee", "sphere"),
    ],
)
def test_what_each_knowledge_excludes(z, measure, knowledge):
    ladder = ["none", "order", "plane", "sphere"]
    sides = [Side(k=k) for k in (1, 2, 3)]
    window = Logic(op="and", args=tuple(less(s, v, "==") for s, v in zip(sides, z, strict=True)))

    for known in ladder:
        (geometry,) = geometries(observable(measure=measure), sides, knowledge=known)
        found = conditions.alternatives(geometry, window)
        outcomes = {search(System(geometry, together), 3000) for together in found}
        excluded = ladder.index(known) >= ladder.index(knowledge)
        assert (outcomes == {"impossible"}) is excluded, known


# --- what is known of each quantity ----------------------------------------------------------

SPEC = ParameterSpec(name="a", lower=1, upper=3, value=2)
QUANTITIES = [
    (Energy(i=1), {}, (0.0, inf), "positive"),
    (Pt(i=2), {}, (0.0, inf), "positive"),
    (Scale(), {}, (0.0, inf), "positive"),
    (Member(quantity="et", i=1), {}, (0.0, inf), "positive"),
    (Member(quantity="mass", i=1), {}, (0.0, inf), ""),
    (Member(quantity="eta", i=1), {}, (-inf, inf), ""),
    (Member(quantity="charge", i=1), {}, (-inf, inf), "integer"),
    (Member(quantity="pdgid", i=1), {}, (-inf, inf), "integer"),
    (Jet(quantity="mass"), {}, (0.0, inf), ""),
    (Jet(quantity="eta"), {}, (-inf, inf), ""),
    (Jet(quantity="pt_sum"), {}, (0.0, inf), "positive"),
    (Column(name="w"), {}, (-inf, inf), ""),
    (Triple(i=1, j=2, k=3), {}, (-1.0, 1.0), ""),
    (Azimuth(pole=1, j=2, k=3), {}, (-pi, pi), ""),
    (Between(quantity="deta", i=1, j=2), {}, (0.0, inf), ""),
    (Between(quantity="dphi", i=1, j=2), {}, (0.0, pi), ""),
    (Between(quantity="mass", i=1, j=2), {}, (0.0, inf), ""),
    (Between(quantity="z", i=1, j="jet"), {}, (0.0, 1.0), "positive"),
    (Between(quantity="z", i=1, j="jet"), {"measure": "hadron"}, (0.0, inf), "positive"),
    (Between(quantity="z", i=1, j="jet"), {"distance": Z12}, (-inf, inf), ""),
    (Between(quantity="angle", i=1, j="jet"), {}, (0.0, 1.0), ""),
    (Between(quantity="angle", i=1, j=2), {"measure": "hadron"}, (0.0, 1.0), ""),
    (Between(quantity="angle", i=1, j=2), {"order": 2}, (0.0, 1.0), "square"),
    (Pair(i=1, j=2), {"order": 2}, (0.0, 1.0), "square"),
    (Pair(i=1, j=2), {"order": 2, "measure": "hadron"}, (0.0, inf), "square"),
    (Side(k=1), {"order": 2}, (0.0, 1.0), "square"),
    (Side(k=3), {"order": 4}, (0.0, 1.0), "square"),
    (Side(k=3), {"order": 4, "measure": "hadron"}, (0.0, inf), "square"),
]


@pytest.mark.parametrize(("leaf", "kinds", "domain", "kind"), QUANTITIES)
def test_domain_of_a_quantity(leaf, kinds, domain, kind):
    geometry = geometries(observable(**kinds), [leaf])[0]
    p = geometry.expression(leaf)

    assert geometry.algebra.enclosure(p) == pytest.approx(domain, abs=1e-12)
    ((((index, exponent),), _),) = p
    variable = geometry.algebra.variables[index]
    assert exponent == (2 if kind == "square" else 1)
    assert variable.is_positive is (kind in {"positive", "square"})
    assert variable.is_integer is (kind == "integer")


@pytest.mark.parametrize(
    ("leaf", "other", "kinds"),
    [
        (Between(quantity=quantity, i=1, j="jet"), Between(quantity=quantity, i=2, j="jet"), {})
        for quantity in ("angle", "z", "deta")
    ]
    + [
        (Side(k=1), Side(k=2), {"order": 4, "distance": Between(quantity="angle", i=1, j=2)}),
        (Parameter(index=0), Parameter(index=1), {}),
        (Column(name="w"), Column(name="v"), {}),
        (Triple(i=1, j=2, k=3), Triple(i=1, j=2, k=4), {"order": 4}),
        (Azimuth(pole=1, j=2, k=3), Azimuth(pole=2, j=1, k=3), {}),
    ],
)
def test_different_quantities_differ(leaf, other, kinds):
    specs = [SPEC, SPEC.model_copy(update={"name": "b"})]
    found = observable(parameters=specs, **kinds)
    geometry = geometries(found, [leaf, other], ranges=True)[0]

    assert geometry.expression(leaf) != geometry.expression(other)


def test_parameters_are_values_or_ranges():
    leaf = Parameter(index=0)
    fixed = SPEC.model_copy(update={"lower": 2.5, "upper": 2.5, "value": 2.5})

    def enclosure(spec, **kinds):
        (geometry,) = geometries(observable(order=2, parameters=[spec]), [leaf], **kinds)
        return geometry.algebra.enclosure(geometry.expression(leaf))

    assert enclosure(SPEC) == (2.0, 2.0)
    assert enclosure(SPEC, ranges=False) == (2.0, 2.0)
    assert enclosure(SPEC, ranges=True) == (1.0, 3.0)
    assert enclosure(fixed, ranges=True) == (2.5, 2.5)


@pytest.mark.parametrize("measure", ["ee", "hadron"])
@pytest.mark.parametrize("order", [2, 3, 4])
def test_users_distance(order, measure):
    angle = Between(quantity="angle", i=1, j=2)
    kinds = {"order": order, "measure": measure, "distance": apply("sqrt", angle)}
    n = len(pairs(order))
    geometry = geometries(observable(**kinds), [Side(k=1), Pair(i=1, j=2)])[0]

    pair = geometry.expression(Pair(i=1, j=2))
    assert pair == geometry.expression(apply("sqrt", angle))
    for k in range(1, n + 1):
        # The longest of three is written with the two others, and known less well.
        longest = 2.0 if order == k == 3 else 1.0
        assert geometry.algebra.enclosure(geometry.expression(Side(k=k))) == (0.0, longest)
    if order == 2:
        assert geometry.expression(Side(k=1)) == pair
    if order == 3:
        every = [Pair(i=i, j=j) for i, j in pairs(3)]
        for k, fn in enumerate(("min", "median", "max"), 1):
            assert geometry.expression(Side(k=k)) == geometry.expression(apply(fn, *every))


def relations(used, **kinds):
    """Return pairs (normal form, relations) of the first geometry of some leaves."""
    geometry = geometries(observable(**kinds), used)[0]
    return geometry, set(geometry.relations)


def test_energy_is_above_its_parts():
    whole = Energy(i=1)
    for part in (Pt(i=1), Member(quantity="et", i=1), Member(quantity="mass", i=1)):
        geometry, found = relations([whole, part], order=2)
        assert found == {poly.minus(geometry.expression(part), geometry.expression(whole))}
    for stranger in (Pt(i=2), Member(quantity="eta", i=1), Member(quantity="charge", i=1)):
        assert relations([whole, stranger], order=2)[1] == set()
    energy = Jet(quantity="energy")
    for quantity in ("pt", "mass"):
        part = Jet(quantity=quantity)
        geometry, found = relations([energy, part], order=2)
        assert found == {poly.minus(geometry.expression(part), geometry.expression(energy))}
    assert relations([energy, Jet(quantity="eta")], order=2)[1] == set()


@pytest.mark.parametrize(
    ("total", "parts"),
    [
        ("energy_sum", [Energy(i=1), Energy(i=2)]),
        ("pt_sum", [Pt(i=1), Pt(i=2)]),
        ("et_sum", [Member(quantity="et", i=1), Member(quantity="et", i=2)]),
    ],
)
def test_sums_are_above_their_parts(total, parts):
    whole = Jet(quantity=total)

    # Different particles together, one particle at a time where it may be counted twice.
    geometry, found = relations([whole, *parts], order=2)
    read = [geometry.expression(part) for part in parts]
    assert found == {poly.minus(poly.add(*read), geometry.expression(whole))}
    geometry, found = relations([whole, *parts], order=2, tuples="all")
    read = [geometry.expression(part) for part in parts]
    assert found == {poly.minus(part, geometry.expression(whole)) for part in read}
    assert relations([whole], order=2)[1] == set()
    others = [Member(quantity="eta", i=1), Scale()]
    assert relations([whole, *others], order=2)[1] == set()


def test_rapidities_and_azimuths_make_up_a_distance():
    deta, dphi = (Between(quantity=q, i=1, j=2) for q in ("deta", "dphi"))
    geometry, found = relations([deta, Z12], order=2, measure="hadron")

    squares = geometry.expression(
        apply("sub", apply("add", apply("mul", deta, deta), apply("mul", dphi, dphi)), Z12)
    )
    assert found == {squares, poly.scale(squares, -1)}
    assert relations([dphi, Z12], order=2, measure="hadron")[1] == found
    assert relations([deta], order=2, measure="hadron")[1] == set()
    assert relations([deta, Z12], order=2, measure="ee")[1] == set()
    axis = Between(quantity="deta", i=1, j="jet")
    assert relations([axis, Z12], order=2, measure="hadron")[1] == set()
    (bare, *_) = geometries(observable(order=2, measure="hadron"), [deta, Z12], knowledge="none")
    assert bare.relations == []
    assert len(relations([deta], order=3, measure="hadron")[1]) == 2


def test_angles_of_four_points_obey_the_triangle_inequality():
    angles = [Between(quantity="angle", i=i, j=j) for i, j in ((1, 2), (1, 3), (2, 3))]

    assert len(relations(angles, order=4)[1]) == 3
    assert len(relations([*angles[:2], Z23], order=4)[1]) == 3
    assert relations(angles[:2], order=4)[1] == set()
    assert relations(angles, order=4, measure="hadron")[1] == set()
    far = [Between(quantity="angle", i=1, j="jet"), *angles[:2]]
    assert relations(far, order=4)[1] == set()
    assert len(relations([Z12, Z13, Z23], order=4, measure="hadron")[1]) == 3
    for one in (Z12, Side(k=1), Side(k=6)):
        # What a user's distance is made of is used where the distance is.
        assert len(relations([one], order=4, distance=angles[0])[1]) == 12
    assert len(relations([Side(k=1), Side(k=6)], order=4, distance=angles[0])[1]) == 13
    assert relations([Energy(i=1)], order=4, distance=angles[0])[1] == set()
    assert len(relations([Side(k=1), Side(k=4), Side(k=2)], order=4)[1]) == 2


def test_assignments():
    def number_of(used, **kinds):
        return len(geometries(observable(**kinds), used))

    assert number_of([Energy(i=1)]) == 1
    assert number_of([Z12, Side(k=1)]) == 6
    assert number_of([Between(quantity="angle", i=1, j=2)]) == 6
    assert number_of([Between(quantity="angle", i=1, j="jet")]) == 1
    assert number_of([Side(k=1)], distance=Between(quantity="angle", i=1, j=2)) == 6
    assert number_of([Energy(i=1)], distance=Between(quantity="angle", i=1, j=2)) == 1
    assert number_of([Z12], order=4) == 1
    assert len(geometries(observable(), [Z12], knowledge="none")) == 1
    assigned = [tuple(g.assignment.values()) for g in geometries(observable(), [Z12])]
    assert sorted(assigned) == sorted(permutations((1, 2, 3)))


def test_reading_again_notes_what_is_undefined_again():
    geometry = geometries(observable(), [Z12])[0]
    expr = apply("log", Z12)
    geometry.expression(expr)
    geometry.expression(expr)

    assert [item.fn for item in geometry.algebra.partial] == ["log", "log"]
    for _ in range(2):
        geometry.expression(Z13)
    assert [item.fn for item in geometry.algebra.partial] == ["log", "log"]
