"""What is asked of a tuple, constraint by constraint, and which of it bears on what."""

from __future__ import annotations

import pytest
from judgement_cases import Z1, Z3, Z12, Z13, Z23, apply, less, number, observable

from ecdsl.ir.nodes import (
    Azimuth,
    Between,
    Column,
    Delta,
    Energy,
    Jet,
    Logic,
    Member,
    Pair,
    Parameter,
    ParameterSpec,
    Particles,
    Pt,
    Scale,
    Triple,
)
from ecdsl.passes.judge_case import Case, Place

E1, E2 = Energy(i=1), Energy(i=2)
P0, P1 = Parameter(index=0), Parameter(index=1)
SPECS = tuple(ParameterSpec(name=name, lower=0, upper=1, value=0.5) for name in "ab")
Z14 = Pair(i=1, j=4)


def is_empty(*windows, **others):
    case = Case(observable(*windows, **others))
    return case.is_empty(case.all)


def charge(i):
    return Member(quantity="charge", i=i)


@pytest.mark.parametrize("i", [1, 2, 3])
@pytest.mark.parametrize(
    "quantity",
    [
        lambda i: Energy(i=i),
        lambda i: Pt(i=i),
        lambda i: Member(quantity="mass", i=i),
        lambda i: Between(quantity="deta", i=i, j="jet"),
        lambda i: Between(quantity="z", i=i, j="beam"),
    ],
)
def test_a_cut_holds_for_each_particle_of_a_tuple(quantity, i):
    cut = less(apply("mul", 2, quantity(1)), 1)

    assert is_empty(less(0.75, quantity(i)), where=cut)
    assert not is_empty(less(0.25, quantity(i)), where=cut)
    assert not is_empty(less(0.75, quantity(i)))


def test_parts_of_a_cut_are_each_by_itself():
    both = apply("add", E1, Pt(i=1))
    cut = less(1, both), less(both, 2)

    case = Case(observable(where=Logic(op="and", args=cut)))

    assert [item.what for item in case.where] == list(cut)
    assert [item.place for item in case.given] == [Place("where")] * 6


@pytest.mark.parametrize("far", [Z13, Z14])
def test_ranked_distances_fall_all_along(far):
    found = (less(Z12, 0.1), less(0.2, far))

    assert is_empty(*found, order=4, ranked=True)
    assert not is_empty(*found, order=4)
    # And rise nowhere.
    assert not is_empty(less(far, 0.1), less(0.2, Z12), order=4, ranked=True)


def test_ranked_distances_of_pairs_that_the_special_particle_is_not_in_are_free():
    assert not is_empty(less(Z13, Z23), order=3, ranked=True)
    assert not is_empty(less(Z23, Z13), order=3, ranked=True)


def test_each_charge_that_is_looked_at_is_one_of_charged_particles():
    only = Particles(charged=True)

    assert is_empty(less(charge(3), 0, "=="), constituents=only)
    assert not is_empty(less(charge(3), 0, "=="))
    assert not is_empty(less(charge(3), 1, "=="), constituents=only)
    assert not is_empty(less(Member(quantity="pdgid", i=3), 0, "=="), constituents=only)
    # It may stand in `where` alone.
    assert is_empty(where=less(charge(1), 0, "=="), constituents=only)


def test_each_proof_spends_a_little_of_what_there_is():
    case = Case(observable(less(2, apply("asin", apply("sqrt", Z12)))))
    there_was = case.work

    assert case.is_empty(case.all)
    left = case.work
    assert case.is_empty(case.all)

    assert 0.9 * there_was < left < there_was
    assert there_was - left == left - case.work


BEARING = {
    "directions with each other": (
        Z1,
        [
            less(Z12, 0.5),
            less(Member(quantity="eta", i=1), 2),
            less(Between(quantity="deta", i=1, j=2), 2),
            less(Triple(i=1, j=2, k=3), 0.5),
            less(Azimuth(pole=1, j=2, k=3), 1),
        ],
        [less(E2, Pt(i=3)), less(charge(2), 0), less(Column(name="x_B"), 0.5)],
    ),
    "one particle with what is its own": (
        E2,
        [
            less(apply("mul", 2, Pt(i=2)), 5),
            less(charge(2), 0),
            less(Between(quantity="mass", i=1, j=2), 3),
        ],
        [less(Pt(i=3), 5)],
    ),
    "a mass with both of its particles and their angle": (
        Between(quantity="mass", i=1, j=3),
        [less(E1, 5), less(Energy(i=3), 5), less(Z12, 0.5)],
        [less(E2, 5)],
    ),
    "a jet with all of its particles": (
        Jet(quantity="pt_sum"),
        [less(E1, 5), less(Pt(i=2), 5), less(charge(3), 0)],
        [less(Z12, 0.5), less(Column(name="x_B"), 0.5), less(Scale(), 90)],
    ),
    "what a parameter ties together": (
        Z12,
        [less(Z3, P0), less(E1, apply("mul", P0, Scale())), less(Scale(), 90), less(Pt(i=1), 5)],
        [less(charge(2), P1), less(E2, 5)],
    ),
    "nothing with itself": (number(1), [], [less(Z12, 0.5), less(number(1), Z3)]),
}


@pytest.mark.parametrize(("expr", "near", "far"), BEARING.values(), ids=BEARING)
def test_constraints_bear_on_what_they_have_subjects_in_common_with(expr, near, far):
    case = Case(observable(*far, *near, parameters=SPECS))

    assert [item.what for item in case.bearing_on(expr)] == near


def test_a_delta_bears_on_what_its_ends_look_at():
    delta = Delta(expr=E1, lower=number(0), upper=apply("mul", Z12, Scale()))
    case = Case(observable(deltas=(delta,)))

    assert [item.what for item in case.bearing_on(Z3)] == [delta]
    assert [item.what for item in case.bearing_on(Pt(i=1))] == [delta]
    assert case.bearing_on(Pt(i=2)) == []
