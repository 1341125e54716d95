"""Systems of comparisons: bounds meet, boxes shrink to what holds, and proofs are found."""

from __future__ import annotations

from fractions import Fraction
from itertools import pairwise
from math import inf

import numpy as np
import pytest
from judgement_cases import Z12, Z13, Z23, apply, less, number, observable

from ecdsl.ir.evaluate import evaluate
from ecdsl.ir.nodes import Energy, Member, Pt, Side
from ecdsl.passes import bounds_conditions as conditions
from ecdsl.passes.bounds_combine import contradict
from ecdsl.passes.bounds_geometry import geometries
from ecdsl.passes.bounds_search import point_values, search, upper_end
from ecdsl.passes.bounds_system import Bound, Limits, System

E1, E2, E3 = (Energy(i=i) for i in (1, 2, 3))
CHARGE = Member(quantity="charge", i=1)


def system_of(*windows, **kinds):
    """Return the system of some conditions that have one alternative, without geometry."""
    found = observable(*windows, **kinds)
    exprs = [side for window in windows for side in (window.lhs, window.rhs)]
    (geometry,) = geometries(found, exprs, knowledge="none")
    (together,) = conditions.every([conditions.alternatives(geometry, w) for w in windows])
    return System(geometry, together)


def variable(system, leaf):
    return next(k for k, v in enumerate(system.algebra.variables) if v.key == leaf)


# --- bounds ----------------------------------------------------------------------------------


def test_bounds_meet():
    bound = Bound()
    assert bound.limits() == Limits((-inf, inf), False, False)
    bound.below(3, strict=False)
    bound.below(5, strict=True)
    assert (bound.upper, bound.upper_open) == (3, False)
    bound.below(3, strict=True)
    bound.below(3, strict=False)
    assert (bound.upper, bound.upper_open) == (3, True)
    bound.below(2, strict=False)
    assert (bound.upper, bound.upper_open) == (2, False)
    bound.above(1, strict=False)
    bound.above(0, strict=True)
    assert (bound.lower, bound.lower_open) == (1, False)
    bound.above(1, strict=True)
    bound.above(1, strict=False)
    assert (bound.lower, bound.lower_open) == (1, True)
    assert bound.limits() == Limits((1.0, 2.0), True, False)
    bound.above(Fraction(3, 2), strict=False)
    assert (bound.lower, bound.lower_open) == (1.5, False)


@pytest.mark.parametrize(
    ("bound", "is_empty", "is_point"),
    [
        (Bound(), False, False),
        (Bound(lower=1), False, False),
        (Bound(upper=1), False, False),
        (Bound(lower=1, upper=2), False, False),
        (Bound(lower=2, upper=1), True, False),
        (Bound(lower=1, upper=1), False, True),
        (Bound(lower=1, upper=1, lower_open=True), True, False),
        (Bound(lower=1, upper=1, upper_open=True), True, False),
        (Bound(lower=1, upper=2, lower_open=True, upper_open=True), False, False),
    ],
)
def test_empty_bounds_and_points(bound, is_empty, is_point):
    assert bound.is_empty is is_empty
    assert bound.is_point is is_point


@pytest.mark.parametrize(
    ("bound", "lower", "upper"),
    [
        (Bound(lower=Fraction(1, 2), upper=Fraction(5, 2)), 1, 2),
        (Bound(lower=1, upper=3), 1, 3),
        (Bound(lower=1, upper=3, lower_open=True, upper_open=True), 2, 2),
        (Bound(lower=Fraction(1, 2), lower_open=True), 1, None),
        (Bound(upper=Fraction(-1, 2), upper_open=True), None, -1),
    ],
)
def test_whole_numbers_within(bound, lower, upper):
    bound.round_inwards()

    assert (bound.lower, bound.upper) == (lower, upper)
    assert not bound.lower_open
    assert not bound.upper_open


def test_limits():
    half_open = Limits((1.0, 2.0), lower_open=True, upper_open=False)
    assert half_open.excludes((3.0, 4.0))
    assert half_open.excludes((0.0, 0.5))
    assert half_open.excludes((0.0, 1.0))
    assert not half_open.excludes((2.0, 3.0))
    assert not half_open.excludes((0.0, 1.5))
    other = Limits((1.0, 2.0), lower_open=False, upper_open=True)
    assert other.excludes((2.0, 3.0))
    assert not other.excludes((0.0, 1.0))
    assert other.include((1.0, 2.0))
    assert not other.include((0.9, 2.0))
    assert not other.include((1.0, 2.1))


def test_limits_enclose_exact_bounds():
    third = Bound(lower=Fraction(1, 3), upper=Fraction(1, 3)).limits()

    assert Fraction(third.interval[0]) < Fraction(1, 3) < Fraction(third.interval[1])


# --- systems ---------------------------------------------------------------------------------


def test_constraints_on_the_same_thing_meet_whatever_their_scale():
    difference = apply("sub", E1, E2)
    system = system_of(
        less(difference, 3), less(apply("mul", -2, difference), 8), less(E2, apply("add", E1, 1))
    )

    (bound,) = (b for p, b in system.bounds.items() if len(p) == 2)
    assert (bound.lower, bound.upper) == (-1, 3)
    stated = system.stated(system.algebra.expression(apply("mul", -3, difference)))
    assert stated == (-9.0, 3.0)
    assert system.stated(system.algebra.expression(E1)) == (-inf, inf)
    assert system.stated(system.algebra.expression(number(2))) == (2.0, 2.0)
    shifted = system.stated(system.algebra.expression(apply("add", difference, 1)))
    assert shifted == (0.0, 4.0)


@pytest.mark.parametrize(
    "windows",
    [
        (less(E1, apply("sub", E1, 1)),),
        (less(E1, E1),),
        (less(E1, E1), less(E2, E2, "<=")),
        (less(apply("add", E1, 1), E1, "<="),),
        (less(E1, E2), less(apply("add", E2, 1), E1)),
        (less(E1, E2), less(E2, E1)),
        (less(0, CHARGE), less(CHARGE, 1)),
        (less(apply("mul", E1, E2), apply("mul", E1, E2)),),
    ],
)
def test_plain_contradictions_are_seen_at_once(windows):
    system = system_of(*windows)

    assert system.is_contradiction
    assert search(system, 0) == "impossible"
    assert not system.holds_at(point_values(system.algebra, [1.0] * len(system.algebra.variables)))


@pytest.mark.parametrize(
    "windows",
    [
        (less(E1, E1, "<="),),
        (less(E1, apply("add", E1, 1)),),
        (less(E1, E2, "<="), less(E2, E1, "<=")),
        (less(0, CHARGE), less(CHARGE, 2)),
        (less(0, E1), less(E1, 1)),
    ],
)
def test_what_can_be_is_no_contradiction(windows):
    system = system_of(*windows)

    assert not system.is_contradiction
    assert search(system, 1000) == "possible"


def test_a_common_factor_that_is_positive_is_divided_out():
    system = system_of(less(apply("mul", Z12, Z13), apply("mul", 0.5, Z12)))
    assert [len(p) for p in system.bounds if len(p) == 1 and len(p[0][0]) == 1] == [1]

    # A charge may be negative.
    system = system_of(less(apply("mul", CHARGE, E1), apply("mul", 0.5, CHARGE)))
    assert [len(p) for p in system.bounds] == [2]


def test_a_factor_that_can_be_0_stays_where_0_counts():
    # z12 * (z13 - 0.5) <= 0 holds where z12 = 0: a tuple where contact terms are summed.
    window = less(apply("mul", Z12, Z13), apply("mul", 0.5, Z12), "<=")
    above = less(0.6, Z13)

    assert search(system_of(window, above), 1000) == "impossible"
    assert search(system_of(window, above, tuples="all"), 1000) == "possible"
    equal = less(apply("mul", Z12, Z13), apply("mul", 0.5, Z12), "==")
    assert search(system_of(equal, above, tuples="all"), 1000) == "possible"
    strict = less(apply("mul", Z12, Z13), apply("mul", 0.5, Z12))
    assert search(system_of(strict, above, tuples="all"), 1000) == "impossible"
    assert search(system_of(strict, tuples="all"), 1000) == "possible"


def test_a_factor_of_what_is_below_0_is_positive_everywhere():
    below = less(apply("mul", E1, E2), E1)
    not_below = less(E1, apply("mul", E1, E2, E2), "<=")

    assert search(system_of(below, not_below, tuples="all"), 1000) == "impossible"
    assert search(system_of(not_below, less(E2, 0.5), tuples="all"), 1000) == "possible"


def test_an_absolute_value_can_be_a_factor():
    size = apply("abs", apply("sub", E1, E2))

    assert search(system_of(less(size, apply("mul", E3, size)), less(E3, 1)), 1000) == "impossible"
    assert search(system_of(less(size, apply("mul", E3, size))), 1000) == "possible"


def test_a_root_can_be_0_and_a_denominator_cannot():
    root = less(apply("mul", apply("sqrt", E1), apply("sub", E2, 1)), 0, "<=")
    quotient = less(apply("div", apply("sub", E2, 1), E1), 0, "<=")
    above = less(1.5, E2)

    assert search(system_of(root, above, tuples="all"), 1000) == "possible"
    assert search(system_of(root, above), 1000) == "impossible"
    assert search(system_of(quotient, above, tuples="all"), 1000) == "impossible"


def test_an_infinite_quotient_is_below_every_number():
    # -1/z12 is -infinity at a contact term, which passes.
    window = less(apply("div", -1, Z12), 0)

    assert search(system_of(window, less(Z12, 0, "<="), tuples="all"), 1000) != "impossible"
    assert search(system_of(window, less(Z12, 0, "<=")), 1000) == "impossible"


NARROWED = [
    # windows, leaf of one variable, what it can be
    ((less(apply("add", E1, E2), 1), less(0.75, E2)), E1, (0.0, 0.25)),
    ((less(apply("exp", E1), 2),), E1, (0.0, np.log(2))),
    ((less(1, apply("log", E1)),), E1, (np.e, inf)),
    ((less(2, apply("sqrt", apply("add", E1, 1))),), E1, (3.0, inf)),
    ((less(apply("max", E1, E2), 2), less(1, apply("min", E1, E2))), E2, (1.0, 2.0)),
    ((less(apply("abs", CHARGE), 2.5), less(0.5, CHARGE)), CHARGE, (1.0, 2.0)),
    ((less(CHARGE, 2.5), less(-0.5, CHARGE)), CHARGE, (0.0, 2.0)),
    ((less(apply("asin", apply("sub", E1, 1)), 0.1),), E1, (0.0, 1 + np.sin(0.1))),
    ((less(apply("div", 1, apply("add", E1, 1)), 0.25),), E1, (3.0, inf)),
    ((less(apply("exp", apply("sub", E1, E2)), 2), less(E2, 3)), E1, (0.0, 3 + np.log(2))),
]


@pytest.mark.parametrize(("windows", "leaf", "expected"), NARROWED)
def test_boxes_shrink_to_what_holds(windows, leaf, expected):
    system = system_of(*windows)
    box = system.start()

    assert system.narrow(box)
    assert box[variable(system, leaf)] == pytest.approx(expected, rel=1e-9, abs=1e-9)


@pytest.mark.parametrize(
    "windows",
    [
        (less(apply("exp", apply("neg", E1)), 0.5), less(E1, 0.69)),
        (less(apply("asin", Z12), 0.3), less(0.3, Z12)),
        (less(20, apply("exp", apply("max", E1, E2))), less(E1, 2), less(E2, 2)),
        (less(0.1, apply("sin", CHARGE)), less(0.1, CHARGE), less(apply("abs", CHARGE), 0.9)),
        (less(2, apply("acos", apply("sub", E1, 2))), less(1.6, E1)),
        (less(apply("sqrt", apply("sub", E1, 1)), 1), less(2.1, E1)),
        (less(apply("sqrt", apply("sub", E1, 1)), 1), less(E1, 0.9)),
        (less(apply("sqrt", apply("sub", E1, E2)), 1), less(E1, apply("sub", E2, 1))),
    ],
)
def test_boxes_that_nothing_is_left_of(windows):
    system = system_of(*windows)

    assert not system.narrow(system.start())
    assert search(system, 100) == "impossible"


def test_boxes_of_whole_numbers_end_at_whole_numbers():
    def box_of(*windows):
        system = system_of(*windows)
        box = system.start()
        return box[variable(system, CHARGE)] if system.narrow(box) else None

    below, above = less(apply("exp", CHARGE), 2.5), less(1.5, apply("exp", CHARGE))
    assert box_of(below) == (-inf, 0.0)
    assert box_of(above) == (1.0, inf)
    assert box_of(below, above) is None
    assert box_of(above, less(apply("exp", CHARGE), 3)) == (1.0, 1.0)


def test_an_argument_may_lose_its_last_value_to_other_constraints():
    # A sum of nine terms is only evaluated: what is left of it is seen once they have shrunk.
    parts = [*(Energy(i=i) for i in range(1, 9)), Pt(i=1)]
    total = apply("add", *parts)
    windows = (less(5, total), less(apply("exp", total), 1e6), *(less(e, 0.5) for e in parts))
    system = system_of(*windows, order=8)

    assert not system.narrow(system.start())


def test_points_without_a_value_are_quietly_refused():
    # log(z12) + 1/z12 is infinity - infinity where particles touch.
    window = less(apply("add", apply("log", Z12), apply("div", 1, Z12)), 10)
    system = system_of(window, tuples="all")

    assert not system.holds_at(point_values(system.algebra, [0.0] * len(system.algebra.variables)))


SAMPLED = [
    (less(apply("mul", E1, E2), 1), less(1, apply("add", E1, E2)), less(E1, 3), less(E2, 3)),
    (less(apply("exp", apply("neg", E1)), apply("sub", E2, 0.5)), less(E1, 2), less(E2, 1)),
    (less(apply("abs", apply("sub", apply("mul", E1, E1), E2)), 0.3), less(E2, 2), less(E1, 2)),
    (less(apply("sin", E1), apply("mul", E2, 0.5)), less(E1, 2), less(E2, 1.5)),
    (less(apply("median", E1, E2, number(1)), 0.8), less(E1, 2), less(E2, 2)),
    (less(apply("pow", E1, apply("add", E2, 0.3)), 0.7), less(E1, 2), less(E2, 2)),
    (less(apply("div", E1, apply("add", E1, E2)), 0.3), less(E1, 2), less(E2, 2)),
]


@pytest.mark.parametrize("windows", SAMPLED)
def test_no_solution_leaves_its_box_and_bounds_are_near(windows):
    system = system_of(*windows)
    axis = np.linspace(1e-6, 3, 150)
    e1, e2 = (grid.ravel() for grid in np.meshgrid(axis, axis))
    mask = np.ones(len(e1), dtype=bool)
    for window in windows:
        left, right = (
            evaluate(side, {E1: e1, E2: e2}.__getitem__) for side in (window.lhs, window.rhs)
        )
        mask &= left < right
    box = system.start()

    assert system.narrow(box)
    assert search(system, 3000) == "possible"
    for leaf, values in ((E1, e1[mask]), (E2, e2[mask])):
        low, high = box[variable(system, leaf)]
        assert low <= values.min()
        assert values.max() <= high
        value = system.algebra.expression(leaf)
        end = upper_end(system, value, 6000)
        assert values.max() <= end <= values.max() + 0.06


def test_points_are_held_against_every_comparison():
    system = system_of(less(E1, E2), less(apply("sqrt", E1), 2))

    def holds_at(e1, e2):
        values = [0.0] * len(system.algebra.variables)
        values[variable(system, E1)], values[variable(system, E2)] = e1, e2
        return system.holds_at(point_values(system.algebra, values))

    assert holds_at(1.0, 2.0)
    assert not holds_at(2.0, 2.0)
    assert not holds_at(2.0, 1.0)
    assert not holds_at(5.0, 9.0)
    assert not holds_at(float("nan"), 9.0)


# --- search ----------------------------------------------------------------------------------


def test_bisection_proves_what_no_box_shows():
    # x (1 - x) is at most 1/4.
    window = less(0.26, apply("sub", E1, apply("mul", E1, E1)))

    idle = system_of(window)
    assert search(idle, 0) == "unknown"
    assert idle.work == 0
    hard = system_of(window)
    assert search(hard, 5) == "unknown"
    assert 5 <= hard.work < 60
    assert search(system_of(window), 5000) == "impossible"


def test_thin_regions_are_found():
    # Only a line is left.
    windows = (
        less(apply("mul", E1, 3), E2, "=="),
        less(apply("add", E1, E2), 1),
        less(0.9, apply("add", E1, E2)),
    )

    assert search(system_of(*windows), 2000) == "possible"


def test_unbounded_quantities_are_searched_at_all_scales():
    assert search(system_of(less(1e5, E1), less(apply("mul", 1e3, E1), E2)), 2000) == "possible"
    eta = Member(quantity="eta", i=1)
    assert search(system_of(less(eta, -1e4)), 2000) == "possible"
    assert search(system_of(less(1e4, eta)), 2000) == "possible"


def test_upper_end():
    system = system_of(less(apply("add", E1, E2), 1), less(0.2, E2))
    value = system.algebra.expression(apply("mul", E1, E2))

    assert 0.25 <= upper_end(system, value, 5000) <= 0.27
    assert upper_end(system, value, 0) >= upper_end(system, value, 5000)
    assert upper_end(system, value, 5000, enough=0.5) <= 0.5
    assert upper_end(system, system.algebra.expression(E2), 100) == 1
    assert upper_end(system_of(less(E1, E1)), value, 100) == -inf
    impossible = system_of(less(apply("exp", E1), 0.5), less(E2, 1))
    assert upper_end(impossible, impossible.algebra.expression(E2), 100) == -inf


def test_what_is_stated_bounds_the_end():
    system = system_of(less(apply("sub", E1, E2), 1), less(0.2, E2))
    value = system.algebra.expression(apply("sub", E1, E2))

    assert upper_end(system, value, 0) == 1


# --- sums ------------------------------------------------------------------------------------


def comparisons(*windows):
    system = system_of(*windows)
    return system.algebra, system.comparisons


@pytest.mark.parametrize("length", [2, 3, 5])
def test_cycles_contradict(length):
    around = [Energy(i=i) for i in range(1, length + 1)]
    cycle = [less(a, b, "<=") for a, b in pairwise(around)]

    assert contradict(*comparisons(*cycle, less(around[-1], around[0])))
    assert not contradict(*comparisons(*cycle, less(around[-1], around[0], "<=")))
    assert not contradict(*comparisons(*cycle, less(around[0], around[-1])))


@pytest.mark.parametrize("strict", range(4))
def test_one_strict_constraint_of_a_cycle_is_enough(strict):
    around = [Energy(i=i) for i in (1, 2, 3, 4, 1)]
    cycle = [less(a, b, "<" if k == strict else "<=") for k, (a, b) in enumerate(pairwise(around))]

    assert contradict(*comparisons(*cycle))
    assert contradict(*comparisons(*reversed(cycle)))
    # The same once more, less strictly, takes nothing away.
    assert contradict(*comparisons(*cycle, *(less(w.lhs, w.rhs, "<=") for w in cycle)))


def test_sums_weigh_constraints():
    assert contradict(
        *comparisons(
            less(apply("mul", 2, E1), E2),
            less(apply("mul", 3, E2), E3),
            less(E3, apply("mul", 6, E1)),
        )
    )
    assert not contradict(
        *comparisons(
            less(apply("mul", 2, E1), E2),
            less(apply("mul", 3, E2), E3),
            less(E3, apply("mul", 7, E1)),
        )
    )
    assert contradict(
        *comparisons(less(apply("add", E1, 1), E2, "<="), less(E2, apply("add", E1, 0.9), "<="))
    )


def test_a_sum_that_is_only_just_possible_is_no_contradiction():
    equal = (less(E1, E2, "<="), less(E2, E1, "<="))

    assert not contradict(*comparisons(*equal))
    assert contradict(*comparisons(*equal, less(E1, E2)))


def test_energies_below_transverse_momenta():
    found = observable(less(E1, Pt(i=1)))
    (geometry,) = geometries(found, [E1, Pt(i=1)])
    (together,) = conditions.alternatives(geometry, found.windows[0])

    assert System(geometry, together).is_contradiction
    (bare,) = geometries(found, [E1])
    (together,) = conditions.alternatives(bare, less(E1, 1))
    assert not System(bare, together).is_contradiction


def test_sides_of_four_points_are_sorted():
    s = [Side(k=k) for k in range(1, 7)]
    (geometry,) = geometries(observable(order=4), s)
    (together,) = conditions.alternatives(geometry, less(s[5], s[0]))

    assert search(System(geometry, together), 2000) == "impossible"
    (together,) = conditions.alternatives(geometry, less(s[0], s[5]))
    assert search(System(geometry, together), 2000) == "possible"


def test_triangle_of_three_among_four_points():
    roots = [apply("sqrt", z) for z in (Z12, Z13, Z23)]
    window = less(apply("add", roots[1], roots[2]), roots[0])
    (geometry,) = geometries(observable(order=4), [Z12, Z13, Z23])

    (together,) = conditions.alternatives(geometry, window)
    assert search(System(geometry, together), 2000) == "impossible"
    (two,) = geometries(observable(order=4), [Z12, Z13])
    (together,) = conditions.alternatives(two, less(apply("add", roots[1], 0.1), roots[0]))
    assert search(System(two, together), 2000) == "possible"
