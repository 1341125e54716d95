from __future__ import annotations

import pytest
from strategies import apply, energy_weight

from ecdsl.ir.describe import describe_plan, loop_line, region_lines
from ecdsl.ir.nodes import (
    Axis,
    Bins,
    Coordinate,
    Correlator,
    Delta,
    Number,
    Observable,
    Parameter,
    ParameterSpec,
    Particles,
    Side,
    Support,
)
from ecdsl.ir.plan import Loop, NoRegion, Plan, Region, RegionCoordinate, Symmetry, Term
from ecdsl.ir.text import print_observable, spelling
from ecdsl.lang import compile_module
from ecdsl.passes import pipeline

ZERO, ONE = Number(value=0.0), Number(value=1.0)
C0, C1 = Coordinate(index=0), Coordinate(index=1)
# By hand: an axis bounded from both sides, a delta, a side without bounds, an exact delta.
REGION = Region(
    share=1 / 3,
    assignment=(1, 2, 3),
    coordinates=(
        RegionCoordinate(kind="axis", index=0, lower=(ZERO,), upper=(ONE, Support(end="ceil"))),
        RegionCoordinate(kind="delta", index=1, lower=(ZERO, C0), upper=(Parameter(index=0),)),
        RegionCoordinate(kind="free", index=2),
        RegionCoordinate(kind="delta", index=0, pinned=True),
    ),
    sides=(C0, apply("add", C0, C1)),
    jacobian=apply("mul", Number(value=2.0), C1),
    guards=(apply("sub", C0, C1),),
)
LINES = [
    "region, share 0.333333 of the ordered tuples",
    "  c0 axis 0 in the bin and [0, min(1, ceil)]",
    "  c1 delta 1 in [max(0, c0), w]",
    "  c2 side 3 in [-inf, inf]",
    "  c3 delta 0 = 0",
    "  z1 = c0",
    "  z2 = c0 + c1",
    "  jacobian 2*c1",
    "  where c0 - c1 <= 0",
]


def described(path, order, weight, axis):
    path.write_text(
        f"correlator c {{ order {order}; over particles; measure hadron; weight {weight} }}\n"
        f"observable seen = c | {{ axis x = {axis}: 4 bins in [0, 1] }}\n"
    )
    (found,) = compile_module(path).observables
    return describe_plan(pipeline.run(found.observable))


@pytest.mark.parametrize(
    ("order", "axis", "words"),
    [
        (1, "abs(eta1)", "none: one particle has no other label"),
        (2, "dR12", "full: every relabelling of 2 particles leaves"),
        (3, "dR12", "2 relabellings of 3 particles leave"),
        (3, "dR12 + 2 * dR13", "none: no relabelling of 3 particles leaves"),
    ],
)
def test_the_symmetry_is_said_in_words(tmp_path, order, axis, words):
    weight = " * ".join(f"pt{i}" for i in range(1, order + 1)) + f" / pt_jet^{order}"
    assert f"\nsymmetry {words}" in described(tmp_path / "c.obs", order, weight, axis)


def test_a_distance_without_an_upper_end_says_so(tmp_path):
    text = described(tmp_path / "c.obs", 2, "pt1 * pt2 / pt_jet^2", "dR12")
    assert "c0 axis 0 in the bin and [0, inf]\n" in text


@pytest.mark.parametrize(
    ("kind", "contact", "lines"),
    [
        ("sets", False, ["for a", "for b > a", "for c > b", "for d > c"]),
        ("ordered", False, ["for a", "for b not a", "for c not a, b", "for d not a, b, c"]),
        ("ordered", True, ["for a", "for b", "for c", "for d"]),
        (
            "ranked",
            False,
            ["for a", "for b in falling distance from a", "for c behind b", "for d behind c"],
        ),
    ],
)
def test_each_level_of_a_loop_says_what_it_runs_over(kind, contact, lines):
    loop = Loop(kind=kind, terms=(), contact=contact)

    assert [loop_line(loop, level) for level in range(4)] == lines


def test_a_region_is_told_line_by_line():
    assert region_lines(REGION, spelling(["w"])) == LINES


def test_a_plan_is_its_observable_symmetry_loop_and_regions():
    observable = Observable(
        name="seen",
        correlator=Correlator(
            order=3, constituents=Particles(), measure="ee", weight=energy_weight(3)
        ),
        parameters=(ParameterSpec(name="w", lower=0, upper=1, value=0.5),),
        deltas=(Delta(expr=Side(k=2), lower=ZERO, upper=Parameter(index=0)),),
        axes=(Axis(name="x", expr=Side(k=1), bins=Bins(n=2, lower=0, upper=1)),),
    )
    terms = (Term(word=(0, 1, 2), multiplicity=6), Term(word=(0, 0, 1), multiplicity=3))
    plan = Plan(
        observable=observable,
        symmetry=Symmetry(order=3, generators=((1, 0, 2), (0, 2, 1)), size=6),
        loop=Loop(terms=terms),
        regions=(REGION, NoRegion(reason="the weight can be negative")),
    )

    assert describe_plan(plan).splitlines() == [
        *print_observable(observable).splitlines(),
        "",
        "symmetry full: every relabelling of 3 particles leaves the integrand unchanged",
        "loop for a, for b > a, for c > b",
        "  (a, b, c)  multiplicity 6",
        "  (a, a, b)  multiplicity 3",
        "",
        *LINES,
        "",
        "no change of variables: the weight can be negative",
    ]
    assert describe_plan(plan).endswith("negative\n")
