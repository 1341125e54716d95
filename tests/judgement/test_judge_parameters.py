"""Values of parameters at which nothing is left, and parameters that change nothing."""

from __future__ import annotations

import pytest
from judgement_cases import Z1, Z3, Z12, apply, exact, less, number, observable

from ecdsl.ir.nodes import Delta, Parameter, ParameterSpec, Triple
from ecdsl.passes.judge import judge
from ecdsl.passes.judge_case import Place

A, B = Parameter(index=0), Parameter(index=1)


def spec(name, lower, upper, value, **ends):
    return ParameterSpec(name=name, lower=lower, upper=upper, value=value, **ends)


def judged(found):
    return judge(found, lambda place: place.part)


def left(finding):
    """Return the range that the note says is left."""
    words = finding.notes[0].split()
    return float(words[-3]), float(words[-1])


@pytest.mark.parametrize(
    ("window", "value", "ends"),
    [
        # z12 is at most 1; steps of 0.25 find it exactly.
        (less(A, Z12), 0.5, (0, 1)),
        (less(Z12, apply("sub", A, 3)), 3.5, (3, 4)),
        (less(apply("abs", apply("sub", A, apply("add", 2, Z12))), 0.5), 2.5, (1.5, 3.5)),
    ],
)
def test_the_part_of_a_range_where_tuples_exist_is_told(window, value, ends):
    (finding,) = judged(observable(window, parameters=(spec("a", 0, 4, value),)))

    assert (finding.code, finding.place) == ("W320", Place("parameter", 0))
    assert finding.related == ((Place("observable"), "in this observable"),)
    assert finding.message == "parameter `a` leaves nothing in a part of its range"
    assert left(finding) == ends
    assert finding.hints == (f"let it range `in [{ends[0]:g}, {ends[1]:g}]`",)


@pytest.mark.parametrize(
    ("window", "value", "end"),
    [
        (less(apply("sub", A, 2), Z12), 2.5, 1),
        (less(apply("sub", 6.1, Z12), A), 5.9, 0),
    ],
)
def test_an_end_is_found_to_a_fraction_of_a_step(window, value, end):
    (finding,) = judged(observable(window, parameters=(spec("a", 2, 6.1, value),)))

    found, exactly = left(finding)[end], (5.1, 3.0)[end]
    outside = found - exactly if end else exactly - found
    assert -1e-3 <= outside <= 4.1 / 16 / 32


def test_the_others_have_their_values_meanwhile():
    a, b = Parameter(index=2), Parameter(index=3)
    fixed, free = spec("c", 1, 1, 1), spec("d", 0, 0.5, 0)
    specs = (fixed, free, spec("a", 0, 2, 0.25), spec("b", 0, 2, 0.5))

    first, second = judged(observable(less(apply("add", a, b), Z12), parameters=specs))

    assert (first.place, left(first)) == (Place("parameter", 2), (0, 0.5))
    assert (second.place, left(second)) == (Place("parameter", 3), (0, 0.75))
    assert "`a`" in first.message
    assert "`b`" in second.message


def test_bins_bound_the_values_of_a_parameter():
    axis = apply("mul", A, Triple(i=1, j=2, k=3))
    found = observable(axis=axis, bins=(0.5, 1), parameters=(spec("a", 0, 4, 1),))

    (finding,) = (one for one in judged(found) if one.code == "W320")
    low, high = left(finding)
    assert 0.5 - 4 / 16 / 32 <= low <= 0.5
    assert high == 4


@pytest.mark.parametrize(
    ("ends", "hint"),
    [
        ({"lower_open": True, "upper_open": True}, "(0, 1]"),
        ({"upper_open": True}, "[0, 1]"),
        ({"lower_open": True}, "(0, 1]"),
    ],
)
def test_an_open_end_stays_open_where_it_stays(ends, hint):
    (finding,) = judged(observable(less(A, Z12), parameters=(spec("a", 0, 4, 0.5, **ends),)))

    assert finding.hints == (f"let it range `in {hint}`",)


def test_an_open_upper_end_stays_open():
    window = less(Z12, apply("sub", A, 3))
    specs = (spec("a", 0, 4, 3.5, lower_open=True, upper_open=True),)

    (finding,) = judged(observable(window, parameters=specs))

    assert finding.hints == ("let it range `in [3, 4)`",)


def test_a_range_that_is_all_possible_is_left_alone():
    assert judged(observable(less(Z12, A), parameters=(spec("a", 0.1, 0.9, 0.5),))) == []


NOTHING = apply("sub", A, A)


@pytest.mark.parametrize(
    "found",
    [
        observable(less(apply("add", Z12, NOTHING), 0.5), parameters=(spec("a", 0, 1, 0.5),)),
        observable(axis=apply("add", Z1, NOTHING), parameters=(spec("a", 0, 1, 0.5),)),
        observable(
            deltas=(Delta(expr=Z1, lower=number(0), upper=apply("add", 0.1, NOTHING)),),
            bins=(0, 0.1),
            parameters=(spec("a", 0, 1, 0.5),),
        ),
    ],
)
def test_a_parameter_that_cancels_changes_nothing(found):
    (finding,) = judged(found)

    assert (finding.code, finding.place) == ("W321", Place("parameter", 0))
    assert finding.message == "parameter `a` cancels: it changes nothing"
    assert finding.related == ((Place("observable"), "in this observable"),)
    assert finding.hints == ("remove it, or look for the term that takes it away",)


@pytest.mark.parametrize(
    "found",
    [
        observable(less(Z12, A)),
        observable(axis=apply("mul", A, Z1)),
        # Inside a function, and inside a function of one.
        observable(axis=apply("exp", apply("mul", A, apply("neg", Z1))), bins=(0, 1)),
        observable(axis=apply("atan", apply("exp", apply("mul", A, Z1))), bins=(0, 2)),
        observable(deltas=(exact(apply("sub", Z3, apply("mul", apply("add", 1, A), Z1))),)),
        # Not written at all.
        observable(),
    ],
)
def test_a_parameter_that_changes_something_is_left_alone(found):
    given = found.model_copy(update={"parameters": (spec("a", 0.1, 0.9, 0.5),)})

    assert [f.code for f in judged(given) if f.code == "W321"] == []


def test_parameters_in_different_functions_act():
    both = apply("add", apply("exp", apply("mul", A, Z1)), apply("atan", apply("mul", B, Z12)))
    specs = (spec("a", 0.1, 0.9, 0.5), spec("b", 0.1, 0.9, 0.5))

    assert judged(observable(axis=both, bins=(1, 1.5), parameters=specs)) == []


def test_a_parameter_of_one_value_does_not_cancel():
    assert judged(observable(less(Z12, A), parameters=(spec("a", 0.5, 0.5, 0.5),))) == []


def test_the_one_of_two_parameters_that_cancels_is_named():
    window = less(apply("add", Z12, apply("sub", B, B)), A)
    specs = (spec("a", 0.1, 0.9, 0.5), spec("b", 0, 1, 0.5))

    (finding,) = judged(observable(window, parameters=specs))

    assert finding.place == Place("parameter", 1)
    assert finding.message == "parameter `b` cancels: it changes nothing"
