"""How far axes reach, and how many of their bins nothing falls into."""

from __future__ import annotations

from math import inf

import numpy as np
import pytest
from judgement_cases import (
    Z1,
    Z2,
    Z3,
    Z12,
    Z13,
    Z23,
    apply,
    less,
    observable,
    reader,
    selected,
    tuples,
)

from ecdsl.ir.evaluate import evaluate
from ecdsl.ir.nodes import Axis, Bins
from ecdsl.passes.judge import judge
from ecdsl.passes.judge_axes import reach
from ecdsl.passes.judge_case import Case, Place

HADRON = {"measure": "hadron"}


def judged(found):
    return judge(found, lambda place: f"{place.part} {place.index}")


def with_axes(found, *axes):
    axes = tuple(Axis(name=f"x{k}", expr=expr, bins=bins) for k, (expr, bins) in enumerate(axes))
    return found.model_copy(update={"axes": axes})


def bins(lower, upper, n=8):
    return Bins(n=n, lower=lower, upper=upper)


REACHES = {
    "a distance on the sphere": (observable(axis=Z3), (0, 1)),
    "a difference of sides": (observable(axis=apply("sub", Z3, Z1)), (0, 1)),
    "what a window leaves from below": (observable(less(0.125, Z1), axis=Z3), (0.125, 1)),
    "what a window leaves from above": (observable(less(Z3, 0.125), axis=Z1), (0, 0.125)),
    "a distance without an end": (observable(less(0.25, Z12), axis=Z12, **HADRON), (0.25, inf)),
    "its negative": (
        observable(less(0.25, Z12), axis=apply("neg", Z12), **HADRON),
        (-inf, -0.25),
    ),
    "one of six orders of pairs": (
        observable(less(0.25, Z23), less(Z12, 0.0625), less(Z23, 0.5), axis=Z23),
        (0.25, 0.5),
    ),
}


@pytest.mark.parametrize(("found", "ends"), REACHES.values(), ids=REACHES)
def test_axis_reaches_as_far_as_its_tuples(found, ends):
    low, high = reach(Case(found), found.axes[0])

    assert (low, high) == pytest.approx(ends, abs=1e-9)
    distances = tuples(found.correlator.measure, 3, np.random.default_rng(5))
    values = evaluate(found.axes[0].expr, reader(distances[selected(found, distances)], 3))
    assert len(values) > 10
    assert low - 1e-9 <= values.min()
    assert values.max() <= high + 1e-9


def test_boxes_are_cut_until_an_end_is_near():
    # With a chord sqrt(0.1) the two others make up as much, so that the sum is 0.15 at least.
    found = observable(less(0.1, Z12), axis=apply("add", Z12, Z13, Z23))

    low, _ = reach(Case(found), found.axes[0])

    assert 0.125 < low <= 0.15


@pytest.mark.parametrize(
    ("windows", "number"),
    [
        # A bin holds its lower edge.
        ([less(0.25, Z3, "<="), less(Z3, 0.5, "<=")], 5),
        ([less(0.25, Z3, "<=")], 2),
        ([less(Z3, 0.5, "<=")], 3),
        ([less(Z3, 0.49)], 4),
        ([less(0.26, Z3)], 2),
    ],
)
def test_bins_that_nothing_falls_into_are_counted(windows, number):
    found = with_axes(observable(*windows), (Z1, bins(0, 0.25)), (Z3, bins(0, 1)))

    (finding,) = judged(found)

    assert finding.code == "W312"
    assert finding.place == Place("bins", 1)
    assert finding.message == f"no tuple reaches {number} of the 8 bins of `x1`"


@pytest.mark.parametrize("window", [less(0.09, Z3), less(Z3, 0.91)])
def test_bins_that_are_reached_in_part_are_reached(window):
    assert judged(observable(window, axis=Z3, bins=(0, 1))) == []


@pytest.mark.parametrize(
    ("axis", "ends", "measure", "hint"),
    [
        (apply("add", 0.1234, Z12), (2, 3), "ee", "between 0.123 and 1.13"),
        (apply("sub", 0.12345, Z12), (2, 3), "ee", "between -0.877 and 0.124"),
        (apply("add", 12345, Z12), (2, 3), "hadron", "at least 12300"),
        (apply("sub", 12345, Z12), (2e4, 3e4), "hadron", "at most 12400"),
        (apply("neg", Z12), (2, 3), "hadron", "at most 0"),
        (apply("add", 1.5, Z12), (0, 1), "hadron", "at least 1.5"),
        # 0.1 + 0.2 is above 0.3, which is no news to a user.
        (apply("sub", 30000.000000000004, Z12), (4e4, 5e4), "hadron", "at most 30000"),
        (apply("sub", 0.1, apply("sub", Z12, 0.2)), (2, 3), "hadron", "at most 0.3"),
        (apply("sub", apply("sub", Z12, 0.2), 0.1), (-3, -2), "hadron", "at least -0.3"),
    ],
)
def test_hint_says_how_far_an_axis_reaches_rounded_outwards(axis, ends, measure, hint):
    (finding,) = judged(observable(axis=axis, bins=ends, measure=measure))

    assert (finding.code, finding.place) == ("E332", Place("bins", 0))
    assert finding.message == "no tuple falls into the bins of `zeta`"
    assert finding.hints == (f"`zeta` is {hint}",)


def test_hint_of_the_smallest_of_numbers_which_has_no_three_digits():
    (finding,) = judged(observable(axis=apply("mul", 5e-324, Z12), bins=(2, 3)))

    high = float(finding.hints[0].removeprefix("`zeta` is between 0 and "))
    assert 0 < high < 1e-322


def test_window_that_keeps_an_axis_from_its_bins_is_named():
    found = observable(less(Z1, 0.1), less(Z12, 0.2), less(Z13, 0.5), axis=Z12, bins=(0.25, 1))

    (finding,) = judged(found)

    assert finding.message == "no tuple falls into the bins of `zeta`: `window 1`"
    assert finding.related == ((Place("window", 1), "with this"),)
    assert finding.hints == ("`zeta` is between 0 and 0.2",)


def test_windows_that_keep_an_axis_from_its_bins_together_are_named():
    found = observable(less(Z12, Z13), less(Z3, 0.9), less(Z13, 0.2), axis=Z12, bins=(0.25, 1))

    (finding,) = judged(found)

    assert finding.message == ("no tuple falls into the bins of `zeta`: `window 0` and `window 2`")
    assert [place.index for place, _ in finding.related] == [0, 2]


@pytest.mark.parametrize("between", [(), ((Z12, bins(0, 0.5)),)])
def test_bins_of_two_axes_may_contradict_each_other(between):
    found = with_axes(observable(), (Z1, bins(0.5, 1)), *between, (Z2, bins(0, 0.25)))

    (finding,) = judged(found)

    last = 1 + len(between)
    assert finding.code == "E332"
    assert finding.place == Place("bins", last)
    assert finding.message == f"no tuple falls into the bins of `x0` and `x{last}`"
    assert finding.notes == ("the sides are sorted: z1 <= z2 <= z3",)
    assert finding.hints == ()


def test_an_axis_may_have_one_bin():
    assert judged(with_axes(observable(), (Z23, bins(0, 2, n=1)))) == []
    assert [f.code for f in judged(with_axes(observable(), (Z23, bins(2, 3, n=1))))] == ["E332"]
