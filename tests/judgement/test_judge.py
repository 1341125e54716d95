"""Judgements are true of real tuples, and hand-made contradictions are found."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import strategies
from hypothesis import given, settings
from hypothesis import strategies as st
from judgement_cases import (
    Z1,
    Z2,
    Z3,
    Z12,
    Z13,
    Z23,
    apply,
    exact,
    less,
    number,
    observable,
    reader,
    selected,
    tied,
    tuples,
)

from ecdsl.checking import check_paths
from ecdsl.ir.evaluate import holds
from ecdsl.ir.nodes import (
    Between,
    Delta,
    Energy,
    Jet,
    Logic,
    Member,
    Parameter,
    ParameterSpec,
    Particles,
    Pt,
)
from ecdsl.passes.judge import judge
from ecdsl.passes.judge_case import Case

ROOT = Path(__file__).parents[2]
CHARGE = Member(quantity="charge", i=1)
ANGLE = Between(quantity="angle", i=1, j=2)


def codes(found):
    return {finding.code for finding in judge(found, lambda place: place.part)}


def within(expr, lower, upper):
    return Delta(expr=expr, lower=number(lower), upper=number(upper))


CONTRADICTIONS = {
    "range": observable(less(1, Z12)),
    "touched range": observable(less(Z12, 0, "<=")),
    "sides": observable(less(Z3, Z1)),
    "sides and numbers": observable(less(0.3, Z1), less(Z3, 0.2)),
    "cycle of pairs": observable(less(Z12, Z23), less(Z23, Z13), less(Z13, Z12)),
    "absolute value": observable(
        less(apply("abs", apply("sub", Z12, Z23)), 0.01),
        less(0.02, apply("abs", apply("sub", Z23, Z12))),
    ),
    "triangle": observable(less(apply("mul", 4.1, Z2), Z3), measure="hadron"),
    "triangle at all scales": observable(
        less(apply("mul", 10, Z1), Z3), less(Z2, apply("mul", 1.01, Z1))
    ),
    "triangle of pairs": observable(less(5, Z12), less(Z13, 1), less(Z23, 1), measure="hadron"),
    "sphere": observable(less(0.76, Z1)),
    "sphere, perimeter": observable(less(2.6, apply("add", Z1, Z2, Z3))),
    "four points": observable(
        less(0.5, apply("sqrt", Z12)),
        less(apply("sqrt", Z13), 0.2),
        less(apply("sqrt", Z23), 0.2),
        order=4,
    ),
    "energies": observable(less(5, Pt(i=1)), less(Pt(i=1), 1)),
    "cycle of energies": observable(
        less(Energy(i=1), Energy(i=2)),
        less(Energy(i=2), Energy(i=3)),
        less(Energy(i=3), Energy(i=1)),
    ),
    "pT above E": observable(less(Energy(i=1), Pt(i=1))),
    "one particle above all": observable(less(Jet(quantity="pt_sum"), Pt(i=2))),
    "charges": observable(less(CHARGE, 1, "=="), less(CHARGE, 1)),
    "between whole numbers": observable(less(0, CHARGE), less(CHARGE, 1)),
    "neutral among charged": observable(
        less(CHARGE, 0, "=="), constituents=Particles(charged=True)
    ),
    "either": observable(Logic(op="or", args=(less(0.5, Z12), less(0.5, Z13))), less(Z3, 0.4)),
    "neither": observable(Logic(op="not", args=(less(Z1, Z3, "<="),))),
    "delta and window": observable(
        less(0.02, apply("sub", Z3, Z2)), deltas=(within(apply("sub", Z3, Z1), 0, 0.01),)
    ),
    "arcsine": observable(less(2, apply("asin", apply("sqrt", Z12)))),
    "exponential": observable(less(3, apply("exp", Z12))),
    "ranked": observable(less(Z12, 0.1), less(0.2, Z13), ranked=True),
    "user's distance": observable(less(0.6, Z12), less(Z3, 0.5), distance=apply("sqrt", ANGLE)),
}


@pytest.mark.parametrize("found", CONTRADICTIONS.values(), ids=CONTRADICTIONS)
def test_contradiction_is_found(found):
    assert codes(found) == {"E330"}


def ratio(n1, n2, *, width=None):
    differences = (
        apply("sub", Z2, apply("mul", n1, Z1)),
        apply("sub", Z3, apply("mul", n2, Z1)),
    )
    return tuple(exact(d) if width is None else within(d, 0, width) for d in differences)


@pytest.mark.parametrize("n2", [4.1, 10])
def test_exact_ratio_against_the_triangle_inequality(n2):
    assert codes(observable(deltas=ratio(1, n2))) == {"E331"}


@pytest.mark.parametrize("n2", [1, 2, 3.5])
def test_exact_ratio_of_a_triangle_is_fine(n2):
    assert codes(observable(deltas=ratio(1, n2), bins=(0.0, 0.01))) == set()


def test_open_ratio_is_only_possible_below_the_axis():
    # At z1 = 0.003 the chords are at most 0.055 + 0.114 < sqrt(0.03).
    assert codes(observable(deltas=ratio(1, 10, width=0.01), bins=(0.003, 0.3))) == {"E332"}
    assert codes(observable(deltas=ratio(1, 2, width=0.01), bins=(0.003, 0.3))) == set()


def test_range_where_triangles_exist_is_named():
    specs = (ParameterSpec(name="n2", lower=1, upper=8, value=2),)
    found = observable(deltas=ratio(1, Parameter(index=0)), parameters=specs, bins=(0.0, 0.1))

    (finding,) = judge(found, lambda place: place.part)

    assert finding.code == "W320"
    # sqrt(n2) <= 1 + sqrt(n1)
    assert "between 1 and 4.0" in finding.notes[0]


def test_conflict_names_only_what_is_needed():
    found = observable(less(0.3, Z1), less(Z2, 0.9), less(Z3, 0.2))

    (finding,) = judge(found, lambda place: f"{place.part} {place.index}")

    assert finding.place.index == 2
    assert [place.index for place, _ in finding.related] == [0]
    assert finding.notes == ("the sides are sorted: z1 <= z2 <= z3",)


@pytest.mark.parametrize(
    "window",
    [
        less(Z1, Z3, "<="),
        less(apply("sqrt", Z3), apply("add", apply("sqrt", Z1), apply("sqrt", Z2)), "<="),
        less(Z12, 1, "<="),
        less(0, Z12, "<="),
        less(Pt(i=1), Energy(i=1), "<="),
        less(apply("div", Z1, Z2), 1, "<="),
    ],
)
def test_window_that_always_holds(window):
    assert codes(observable(window)) == {"W310"}


@pytest.mark.parametrize(
    "window",
    [
        less(0, Z12),
        less(apply("sqrt", apply("sub", Z12, Z13)), 2),
        less(apply("div", Z1, Z2), 1.5),
    ],
)
def test_window_that_excludes_what_is_undefined_or_coincides_is_no_idle_one(window):
    assert "W310" not in codes(observable(window, tuples="all"))


def test_contact_terms_alone_can_be_selected():
    # All of them are in the first bin.
    assert codes(observable(less(Z3, 0, "<="), tuples="all")) == {"W312"}


@pytest.mark.parametrize("measure", ["ee", "hadron"])
@settings(max_examples=15, deadline=None)
@given(windows=st.lists(strategies.conditions(3, 0), min_size=1, max_size=3))
def test_what_is_claimed_is_true_of_random_triangles(measure, windows):
    found = observable(*windows, measure=measure)
    distances = tuples(measure, 3, np.random.default_rng(3))
    for window in windows:
        kept = ~tied(window, reader(distances, 3))
        distances = distances[np.broadcast_to(kept, len(distances))]
    case = Case(found)

    passed = selected(found, distances)
    if case.is_empty(case.all):
        assert not passed.any()
    for finding in judge(found, lambda place: place.part):
        if finding.code == "W310":
            assert holds(found.windows[finding.place.index], reader(distances, 3)).all()
        if finding.code == "W311":
            others = [w for k, w in enumerate(found.windows) if k != finding.place.index]
            without = selected(observable(*others, measure=measure), distances)
            assert (without == passed).all()


@pytest.mark.parametrize(("op", "code"), [("<", "E330"), ("<=", "W310")])
def test_rounding_is_no_difference(op, code):
    assert code in codes(observable(less(Z12, apply("mean", Z12, Z12, Z12), op)))


def test_cut_knows_that_charged_particles_are_charged():
    neutral = less(CHARGE, 0, "==")

    assert codes(observable(where=neutral, constituents=Particles(charged=True))) == {"E333"}
    assert codes(observable(where=neutral)) == set()


def test_more_windows_than_anyone_writes_are_not_compared_with_each_other():
    few = [less(Z12, 0.5 + k / 1000) for k in range(20)]
    many = [less(Z12, 0.5 + k / 1000) for k in range(400)]

    assert codes(observable(*few)) == {"W311"}
    assert codes(observable(*many)) == set()


@pytest.mark.parametrize(("parameters", "judged"), [(63, {"E330"}), (64, set())])
def test_parameters_count_among_the_64_things_that_are_compared(parameters, judged):
    specs = [ParameterSpec(name=f"p{k}", lower=1, upper=1, value=1) for k in range(parameters)]

    assert codes(observable(less(1, Z12), parameters=specs)) == judged


def test_library_is_without_findings_of_its_meaning():
    found = check_paths(sorted((ROOT / "observables").rglob("*.obs")), ROOT)

    judged = [d for d in found if d.code[:3] in {"E33", "W31", "W32"}]
    assert judged == []
