"""Windows that select nothing: by themselves, or beside the others."""

from __future__ import annotations

import pytest
from judgement_cases import Z1, Z2, Z3, Z12, Z13, apply, less, number, observable

from ecdsl.ir.nodes import (
    Delta,
    Energy,
    Logic,
    Member,
    Parameter,
    ParameterSpec,
    Particles,
    Pt,
)
from ecdsl.passes.judge import judge
from ecdsl.passes.judge_case import Place
from ecdsl.passes.judge_region import ORDER, TRIANGLE

E1, E2 = Energy(i=1), Energy(i=2)
FACTOR = Parameter(index=0)


def judged(found):
    return judge(found, lambda place: f"{place.part} {place.index}")


def found_at(found):
    return [(finding.code, finding.place.part, finding.place.index) for finding in judged(found)]


@pytest.mark.parametrize(
    ("found", "notes"),
    [
        (observable(less(Z12, 1, "<=")), ()),
        (observable(less(Z1, Z3, "<=")), (ORDER,)),
        (
            observable(
                less(apply("sqrt", Z3), apply("add", apply("sqrt", Z1), apply("sqrt", Z2)), "<=")
            ),
            (TRIANGLE,),
        ),
        (observable(less(Z13, Z12, "<="), ranked=True), ()),
        (
            observable(
                less(Member(quantity="charge", i=2), 0, "!="), constituents=Particles(charged=True)
            ),
            (),
        ),
    ],
)
def test_what_always_holds_is_told_with_the_fact_behind_it(found, notes):
    (finding,) = judged(found)

    assert (finding.code, finding.place) == ("W310", Place("window", 0))
    assert finding.notes == notes
    assert finding.hints == ("remove it",)


def test_cuts_and_windows_of_both_are_looked_at():
    always = less(0, E1, "<=")
    cut = Logic(op="and", args=(less(E1, 50), always))

    found = observable(
        less(Z12, 0.5), less(Z12, 1, "<="), where=cut, windows=(less(Z1, 0.5), always)
    )

    assert found_at(found) == [
        ("W310", "where", 0),
        ("W310", "correlator_window", 1),
        ("W310", "window", 1),
    ]


@pytest.mark.parametrize(("lower", "code"), [(1, {"W310"}), (0.5, set())])
def test_a_window_is_judged_over_the_range_of_its_parameters(lower, code):
    spec = ParameterSpec(name="a", lower=lower, upper=2, value=2)

    found = judged(observable(less(Z12, FACTOR, "<="), parameters=(spec,)))

    assert {finding.code for finding in found} == code


def test_the_later_of_equal_windows_is_too_much():
    half = less(Z12, 0.5)

    found = judged(observable(half, less(E1, 5), half, less(Z12, 0.5)))

    assert [(f.code, f.place.index) for f in found] == [("W311", 2), ("W311", 3)]
    for finding in found:
        assert finding.related == ((Place("window", 0), "implied by this"),)
        assert finding.hints == ("remove it",)


def test_only_what_a_window_follows_from_is_named():
    steps = (less(E1, Pt(i=2)), less(Z3, 0.5), less(Pt(i=2), Pt(i=3)), less(E1, Pt(i=3)))

    (finding,) = judged(observable(*steps))

    assert (finding.code, finding.place) == ("W311", Place("window", 3))
    assert [place.index for place, _ in finding.related] == [0, 2]


@pytest.mark.parametrize(
    ("found", "by"),
    [
        (observable(less(Z1, 0.6), windows=(less(Z1, 0.5),)), Place("correlator_window", 0)),
        (
            observable(less(Z1, 0.6), deltas=(Delta(expr=Z1, lower=number(0), upper=number(0.5)),)),
            Place("delta", 0),
        ),
        (observable(less(3, E2), where=less(5, E1)), Place("where")),
        (observable(less(Z2, 0.5), less(Z3, 0.5)), Place("window", 1)),
    ],
)
def test_a_window_may_follow_from_whatever_is_asked(found, by):
    (finding,) = judged(found)

    assert (finding.code, finding.place) == ("W311", Place("window", 0))
    assert finding.related == ((by, "implied by this"),)


def test_a_window_that_always_holds_is_not_said_to_follow_too():
    found = observable(less(Z12, 0.5), less(Z12, 1, "<="), less(Z13, 0.5))

    assert found_at(found) == [("W310", "window", 1)]


def test_a_window_that_selects_something_is_left_alone():
    assert judged(observable(less(Z12, 0.5), less(Z13, 0.4), less(E1, 5), less(E2, 6))) == []
    # Each follows from the other, but both do not follow from nothing.
    assert found_at(observable(less(Z12, 0.5), less(apply("mul", 2, Z12), 1))) == [
        ("W311", "window", 1)
    ]
