"""Random tuples are tuples: on all scales, as geometry has it, touching where that counts."""

from __future__ import annotations

from itertools import combinations
from math import pi

import numpy as np
import pytest
from judgement_cases import Z12, Z13, Z23, apply, less, observable

from ecdsl.ir.nodes import Between, Energy, Jet, Member, Pair, Parameter, ParameterSpec, Side, pairs
from ecdsl.passes import bounds_conditions as conditions
from ecdsl.passes.bounds_geometry import geometries
from ecdsl.passes.bounds_sample import draw, selected
from ecdsl.passes.bounds_system import System

SPEC = ParameterSpec(name="a", lower=2, upper=6, value=3)


def drawn(exprs, *, ranges=False, **kinds):
    """Return a geometry and the values of some expressions for random tuples."""
    geometry = geometries(observable(**kinds), exprs, ranges=ranges)[0]
    assert geometry.relations is not None
    read = [geometry.expression(expr) for expr in exprs]
    values = draw(geometry)
    return geometry, values, [geometry.algebra.form(p).at(values) for p in read]


def whole(geometry, values):
    return selected(System(geometry, []), values)


@pytest.mark.parametrize("measure", ["ee", "hadron"])
def test_triangles_of_three(measure):
    geometry, values, (z12, z13, z23) = drawn([Z12, Z13, Z23], measure=measure)
    mask = whole(geometry, values)
    a, b, c = np.sqrt(np.sort([z12, z13, z23], axis=0))

    assert 0.3 < mask.mean() <= 1
    assert ((a + b) * (1 + 1e-9) >= c)[mask].all()
    for z in (z12, z13, z23):
        assert z[mask].min() < 1e-5
        assert z[mask].max() > 0.3
        assert (z[mask] > 0).all()
    if measure == "ee":
        assert (a <= np.sqrt(0.75) + 1e-9)[mask].all()
        assert c[mask].max() <= 1


@pytest.mark.parametrize("measure", ["ee", "hadron"])
@pytest.mark.parametrize("order", [2, 4])
def test_directions_of_others(measure, order):
    exprs = [Pair(i=i, j=j) for i, j in pairs(order)]
    sides = [Side(k=k + 1) for k in range(len(exprs))]
    _, _, found = drawn([*exprs, *sides], measure=measure, order=order)
    distances, ordered = np.array(found[: len(exprs)]), np.array(found[len(exprs) :])

    np.testing.assert_allclose(np.sort(distances, axis=0), ordered)
    chords = {pair: np.sqrt(z) for pair, z in zip(pairs(order), distances, strict=True)}
    for i, j, k in combinations(range(1, order + 1), 3):
        assert (chords[i, j] <= (chords[i, k] + chords[j, k]) * (1 + 1e-9)).all()
        assert (chords[i, k] <= (chords[i, j] + chords[j, k]) * (1 + 1e-9)).all()
    assert distances.min() < 1e-5
    assert distances.max() > 0.5
    if measure == "ee":
        assert distances.max() <= 1 + 1e-12
    else:
        assert distances.max() > 2
    assert (distances > 0).all()


@pytest.mark.parametrize("order", [2, 3, 4])
def test_some_particles_coincide_where_contact_terms_are_summed(order):
    exprs = [Pair(i=i, j=j) for i, j in pairs(order)]

    _, _, apart = drawn(exprs, order=order)
    _, _, touching = drawn(exprs, order=order, tuples="all")

    assert (np.array(apart) > 0).all()
    share = (np.array(touching) == 0).any(axis=0).mean()
    assert 0.02 < share < 0.2
    for one in exprs if order != 3 else exprs[:1]:
        assert (touching[exprs.index(one)] == 0).any()
    if order == 3:
        # two of them, and all three
        assert set((np.array(touching) == 0).sum(axis=0)) >= {0, 1, 3}


@pytest.mark.parametrize("order", [3, 4])
def test_sides_of_a_users_distance_are_its_sorted_values(order):
    pair = [Pair(i=i, j=j) for i, j in pairs(order)]
    sides = [Side(k=k + 1) for k in range(len(pair))]
    distance = apply("mul", 3, Between(quantity="angle", i=1, j=2))
    _, _, found = drawn([*pair, *sides], order=order, distance=distance)

    np.testing.assert_allclose(np.sort(found[: len(pair)], axis=0), found[len(pair) :])
    assert found[-1].max() > 2


def test_distance_in_rapidity_and_azimuth_is_split():
    deta, dphi = (Between(quantity=q, i=1, j=2) for q in ("deta", "dphi"))
    for order in (2, 3):
        geometry, values, (x, y, z) = drawn([deta, dphi, Z12], order=order, measure="hadron")
        np.testing.assert_allclose(x**2 + y**2, z)
        assert (y >= 0).all()
        assert (y <= pi * (1 + 1e-12)).all()
        assert (x >= 0).all()
        assert (x < 0.5 * y).any()
        assert (y < 0.5 * x).any()
        assert whole(geometry, values).mean() > 0.9
    _, _, (x, z) = drawn([deta, Z12], order=2, measure="hadron")
    assert (x**2 <= z * (1 + 1e-9)).all()
    _, _, (x, y, z) = drawn([deta, dphi, Z12], order=2, measure="hadron", tuples="all")
    np.testing.assert_allclose(x**2 + y**2, z)
    assert (z == 0).any()
    far = [Between(quantity=q, i=2, j=3) for q in ("deta", "dphi")]
    _, _, (x, y, z) = drawn([*far, Z23], measure="hadron")
    np.testing.assert_allclose(x**2 + y**2, z)


def test_a_difference_in_rapidity_is_free_where_no_distance_bounds_it():
    deta = Between(quantity="deta", i=1, j=2)

    _, _, (bare,) = drawn([deta], order=2, measure="hadron")
    assert bare.max() > 10
    _, _, (x, z) = drawn([deta, Z12], order=2, measure="ee")
    assert (x**2 > z).any()


def test_quantities_on_all_scales():
    exprs = [
        Energy(i=1),
        Member(quantity="eta", i=1),
        Between(quantity="angle", i=1, j="jet"),
        Parameter(index=0),
    ]
    _, _, (energy, eta, share, parameter) = drawn(exprs, order=2, parameters=[SPEC], ranges=True)

    assert energy.min() >= 0
    assert energy.min() < 0.01
    assert energy.max() > 1000
    assert eta.min() < -100
    assert eta.max() > 100
    assert abs(np.median(eta)) < 1
    assert 0 <= share.min() < 1e-4
    assert 1 - 1e-4 < share.max() <= 1
    assert 2 <= parameter.min() < 2.001
    assert 5.999 < parameter.max() <= 6
    assert 0.2 < (share < 0.3).mean() < 0.8


def test_whole_numbers():
    exprs = [Member(quantity=q, i=1) for q in ("charge", "pdgid")]
    _, _, (charge, species) = drawn(exprs, order=2)

    assert set(charge) == {-1, 0, 1}
    assert {211, -211, 22, 130} < set(species)


def test_calls_are_evaluated():
    product = apply("exp", apply("neg", Energy(i=1)))
    _, _, (energy, found, inverse) = drawn(
        [Energy(i=1), product, apply("div", 1, apply("add", Energy(i=1), 1))], order=2
    )

    np.testing.assert_allclose(found, np.exp(-energy))
    np.testing.assert_allclose(inverse, 1 / (energy + 1))


def test_tuples_are_the_same_every_time():
    read = [Z12, Energy(i=1), Between(quantity="deta", i=1, j=2)]
    first, second = (drawn(read, order=2, measure="hadron")[2] for _ in range(2))

    for one, again in zip(first, second, strict=True):
        assert (one == again).all()
    assert not (drawn([Energy(i=1), Energy(i=2)], order=2)[2][0] == first[1]).any()


def test_tuples_that_fulfil_a_system():
    e1, e2 = Energy(i=1), Energy(i=2)

    def mask_of(*windows):
        geometry, values, (x, y) = drawn([e1, e2], order=2)
        (found,) = conditions.every([conditions.alternatives(geometry, w) for w in windows])
        return selected(System(geometry, found), values), x, y

    mask, x, y = mask_of(less(e1, e2), less(e2, 3, "<="))
    assert (mask == ((x < y) & (y <= 3))).all()
    mask, x, y = mask_of(less(3, e1), less(e2, apply("mul", 2, e1), "<="))
    assert (mask == ((x > 3) & (y <= 2 * x))).all()
    assert not mask_of(less(e1, e1))[0].any()
    assert mask_of(less(e1, e1, "<="))[0].all()
    assert not mask_of(less(e1, e2, "=="))[0].any()


def test_each_comparison_of_a_system_counts():
    e1, e2, charge = Energy(i=1), Energy(i=2), Member(quantity="charge", i=1)
    windows = (less(e1, e2), less(charge, 1, "=="), less(e2, 3))
    geometry, values, (x, y, q) = drawn([e1, e2, charge], order=2)
    (found,) = conditions.every([conditions.alternatives(geometry, w) for w in windows])

    assert (selected(System(geometry, found), values) == ((x < y) & (q == 1) & (y < 3))).all()


@pytest.mark.parametrize(
    ("op", "passing"),
    [
        ("<", [True, False, False, False, False, False]),
        ("<=", [True, True, False, False, False, False]),
        # An equation holds up to rounding.
        ("==", [False, True, True, False, False, False]),
    ],
)
def test_what_is_only_just_so(op, passing):
    geometry, values, _ = drawn([Energy(i=1)], order=2)
    (found,) = conditions.alternatives(geometry, less(Energy(i=1), 1, op))
    near = np.array([0.5, 1, 1 + 5e-10, 1 + 5e-9, 1 + 5e-6, 1.5])
    values[0] = np.resize(near, len(values[0]))

    assert selected(System(geometry, found), values)[:6].tolist() == passing


def test_tuples_without_a_value_are_quietly_left_out():
    # log(z12) + 1/z12 is infinity - infinity where particles touch.
    total = apply("add", apply("log", Z12), apply("div", 1, Z12))
    geometry, values, (z12, _) = drawn([Z12, apply("log", Z12)], order=2, tuples="all")
    (found,) = conditions.alternatives(geometry, less(total, 10))
    with np.errstate(all="ignore"):
        expected = np.log(z12) + 1 / z12 < 10

    assert (z12 == 0).any()
    assert (selected(System(geometry, found), values) == expected).all()


@pytest.mark.parametrize(("op", "touches"), [("<", False), ("<=", True)])
def test_an_end_counts_where_it_is_not_strict(op, touches):
    geometry, values, (z12,) = drawn([Z12], order=2, tuples="all")

    (above,) = conditions.alternatives(geometry, less(0, Z12, op))
    assert selected(System(geometry, above), values).all() == touches
    (below,) = conditions.alternatives(geometry, less(Z12, 0, op))
    assert selected(System(geometry, below), values).any() == touches
    assert (z12 == 0).any()


def test_one_particle_below_the_sum_of_all():
    geometry, values, (energy, total) = drawn([Energy(i=1), Jet(quantity="energy_sum")], order=2)

    assert (whole(geometry, values) == (energy <= total)).all()
