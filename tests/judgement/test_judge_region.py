"""Contradictions: which constraints they are between, and how they are told."""

from __future__ import annotations

import pytest
from judgement_cases import Z1, Z2, Z3, Z12, Z13, Z23, apply, exact, less, number, observable

from ecdsl.ir.nodes import Between, Delta, Energy, Logic, Member, Particles, Pt
from ecdsl.passes.judge import judge
from ecdsl.passes.judge_case import Place
from ecdsl.passes.judge_region import CHORDS, ORDER, SPHERE, TRIANGLE

E1 = Energy(i=1)
CHARGE = Member(quantity="charge", i=1)
AT = less(apply("abs", apply("sub", Z12, 0.2)), 0, "<=")
IMPOSSIBLE = less(Z12, -1)


def judged(found):
    return judge(found, lambda place: f"{place.part} {place.index}")


def only(found):
    (finding,) = judged(found)
    return finding


def within(expr, lower, upper):
    return Delta(expr=expr, lower=number(lower), upper=number(upper))


def test_one_window_that_never_holds():
    finding = only(observable(less(Z1, 0.5), IMPOSSIBLE))

    assert (finding.code, finding.place) == ("E330", Place("window", 1))
    assert finding.message == "no tuple passes: `window 1` never holds"
    assert finding.hints == ("compare with a value that the expression can have",)
    assert (finding.notes, finding.related) == ((), ())


def test_windows_that_contradict_each_other():
    finding = only(observable(less(0.5, Z12), less(E1, 3), less(Z12, 0.2), less(Z13, 0.9)))

    assert (finding.code, finding.place) == ("E330", Place("window", 2))
    assert finding.message == ("no tuple passes: `window 0` and `window 2` contradict each other")
    assert finding.hints == ("relax or remove one of them",)
    assert finding.related == ((Place("window", 0), "together with this"),)


def test_three_that_only_contradict_each_other_together():
    finding = only(observable(less(E1, Pt(i=2)), less(Pt(i=2), Pt(i=3)), less(Pt(i=3), E1)))

    assert finding.message == (
        "no tuple passes: `window 0`, `window 1` and `window 2` contradict each other"
    )
    assert [place.index for place, _ in finding.related] == [0, 1]


def test_contradictions_of_the_correlator_come_first():
    above = less(0.5, Z12)

    finding = only(observable(less(Z12, 0.1), IMPOSSIBLE, windows=(above, less(Z12, 0.2))))

    assert (finding.code, finding.place) == ("E334", Place("correlator_window", 1))
    assert finding.related == ((Place("correlator_window", 0), "together with this"),)
    across = only(observable(less(Z12, 0.1), windows=(above,)))
    assert (across.code, across.place) == ("E330", Place("window", 0))


def test_a_cut_that_nothing_passes():
    cut = Logic(op="and", args=(less(E1, 1), less(2, E1)))

    finding = only(observable(IMPOSSIBLE, where=cut))

    assert (finding.code, finding.place) == ("E333", Place("where"))
    assert finding.message == "no particle passes `where`, so that there is nothing to sum"
    assert finding.hints == ("look at its comparisons: they contradict each other",)
    neutral = observable(where=less(CHARGE, 0, "=="), constituents=Particles(charged=True))
    assert only(neutral).code == "E333"
    # Not by itself, but with what a window asks.
    mixed = only(observable(less(2, Energy(i=3)), where=less(E1, 1)))
    assert (mixed.code, mixed.place) == ("E330", Place("window", 0))
    assert mixed.related == ((Place("where"), "together with this"),)


@pytest.mark.parametrize(
    ("found", "fact"),
    [
        (observable(less(0.3, Z1), less(Z3, 0.2)), (ORDER,)),
        (observable(less(0.3, Z12), less(Z12, 0.2)), ()),
        (observable(less(apply("mul", 4.1, Z2), Z3), measure="hadron"), (TRIANGLE,)),
        (observable(less(apply("mul", 4.1, Z2), Z3)), (TRIANGLE,)),
        (observable(less(0.76, Z1)), (SPHERE,)),
        (
            observable(
                less(0.5, apply("sqrt", Z12)),
                less(apply("sqrt", Z13), 0.2),
                less(apply("sqrt", Z23), 0.2),
                order=4,
            ),
            (CHORDS,),
        ),
    ],
)
def test_the_fact_of_geometry_that_is_needed_is_told(found, fact):
    assert only(found).notes == fact


@pytest.mark.parametrize(("order", "figure"), [(2, "pair"), (3, "triangle"), (4, "figure")])
def test_fixed_distances_that_do_not_exist(order, figure):
    deltas = (within(Z12, 0, 1), within(Z12, 1.5, 2))

    finding = only(observable(order=order, axis=Z12, deltas=deltas))

    assert (finding.code, finding.place) == ("E331", Place("delta", 1))
    assert finding.message == f"no {figure} has these distances: `delta 1`"
    assert finding.hints == ("change the values so that the distances fit together",)


def test_distances_that_do_not_fit_together():
    far = exact(apply("sub", Z13, apply("mul", 10, Z12)))

    finding = only(observable(deltas=(exact(apply("sub", Z23, Z12)), far), measure="hadron"))

    assert finding.message == "no triangle has these distances: `delta 0` and `delta 1`"
    assert finding.related == ((Place("delta", 0), "together with this"),)
    assert finding.notes == (TRIANGLE,)


def test_a_delta_of_something_else_is_no_distance():
    finding = only(observable(deltas=(within(E1, -2, -1),)))

    assert (finding.code, finding.place) == ("E330", Place("delta", 0))
    assert finding.message == "no tuple passes: `delta 0` has no solution"
    assert finding.hints == ("fix the expression to a value that it can have",)
    assert only(observable(deltas=(within(Z1, -2, -1),))).code == "E331"
    assert only(observable(less(Z2, 0.1), deltas=(within(Z1, 0.2, 0.3),))).code == "E330"


@pytest.mark.parametrize(
    ("found", "message"),
    [
        (observable(deltas=(within(Z1, 0.1, 0.1),)), "`delta 0` leaves a single value"),
        (
            observable(less(E1, 5), less(apply("abs", apply("sub", Z1, 0.1)), 0, "<=")),
            "`window 1` leaves a single value",
        ),
        (
            observable(less(Z3, 0.5), less(Z12, 0.1, "<="), less(E1, 5), less(0.1, Z12, "<=")),
            "`window 1` and `window 3` leave a single value",
        ),
        (
            observable(less(Z12, Z13, "<="), windows=(less(Z13, Z12, "<="),)),
            "`correlator_window 0` and `window 0` leave a single value",
        ),
        (
            observable(deltas=(within(Z1, 0, 0.1),), windows=(less(0.1, Z1, "<="),)),
            "`correlator_window 0` and `delta 0` leave a single value",
        ),
    ],
)
def test_a_single_value_has_no_measure(found, message):
    finding = only(found)

    assert finding.code == "E335"
    assert finding.message == f"{message}, which selects a set of measure zero"
    parts = message.split("`")[1::2]
    assert finding.hints[1] == "for the limit of a smooth density: `delta ... exact`"
    assert [f"{place.part} {place.index}" for place, _ in finding.related] == parts[:-1]
    assert {label for _, label in finding.related} <= {"together with this"}
    assert f"{finding.place.part} {finding.place.index}" == parts[-1]


@pytest.mark.parametrize(
    "found",
    [
        # Whole by nature.
        observable(less(CHARGE, 1, "==")),
        observable(less(apply("abs", Member(quantity="pdgid", i=2)), 211, "==")),
        # A part of a cut is about one particle; charges select more than one.
        observable(where=less(CHARGE, 1, "==")),
        # dEta^2 + dPhi^2 = z is an equation of geometry.
        observable(less(Between(quantity="deta", i=1, j=2), 0.1), measure="hadron"),
        # The limit of a smooth density is what `exact` is for.
        observable(deltas=(exact(apply("sub", Z2, Z1)),)),
        # One alternative of two is flat.
        observable(Logic(op="or", args=(less(Z12, 0.1), AT)), bins=(0, 0.1)),
    ],
)
def test_what_has_a_measure_is_left_alone(found):
    assert judged(found) == []


def test_both_alternatives_are_flat():
    other = less(apply("abs", apply("sub", Z12, 0.1)), 0, "<=")

    assert only(observable(Logic(op="or", args=(AT, other)))).code == "E335"


def test_neutral_particles_are_not_among_the_charged():
    only_charged = Particles(charged=True)
    neutral = less(Member(quantity="charge", i=2), 0, "==")

    finding = only(observable(neutral, constituents=only_charged))

    assert (finding.code, finding.place) == ("E330", Place("window", 0))
    assert finding.message == "no tuple passes: `window 0` never holds"


def test_a_ranked_distance_contradicts_by_itself():
    finding = only(observable(less(E1, 5), less(Z12, Z13), ranked=True))

    assert (finding.code, finding.place) == ("E330", Place("window", 1))
    assert finding.message == "no tuple passes: `window 1` never holds"
