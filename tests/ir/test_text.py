"""The IR as text: every node and every field of an observable, in the language's spelling."""

from __future__ import annotations

import pytest
from strategies import apply, energy_weight

from ecdsl.diagnostics import InternalError
from ecdsl.ir.nodes import (
    Axis,
    Azimuth,
    Between,
    Bins,
    Column,
    Compare,
    Coordinate,
    Correlator,
    Delta,
    Energy,
    Jet,
    Member,
    Number,
    Observable,
    Pair,
    Parameter,
    ParameterSpec,
    Particles,
    Pt,
    Scale,
    Side,
    Subjets,
    Support,
    Triple,
)
from ecdsl.ir.printer import print_expr
from ecdsl.ir.text import (
    axis_line,
    column_names,
    describe_constituents,
    positional,
    print_anonymous,
    print_observable,
    spelling,
)

Z12, HALF, TWO = Pair(i=1, j=2), Number(value=0.5), Number(value=2.0)
BINS = Bins(n=10, lower=0.0, upper=1.0)
LEAVES = {
    "p": Parameter(index=1),
    "z13": Pair(i=1, j=3),
    "z2": Side(k=2),
    "E3": Energy(i=3),
    "pt2": Pt(i=2),
    "et1": Member(quantity="et", i=1),
    "eta2": Member(quantity="eta", i=2),
    "mass3": Member(quantity="mass", i=3),
    "q1": Member(quantity="charge", i=1),
    "id2": Member(quantity="pdgid", i=2),
    "dphi(1, 2)": Between(quantity="dphi", i=1, j=2),
    "z(2, jet)": Between(quantity="z", i=2, j="jet"),
    "triple(1, 2, 3)": Triple(i=1, j=2, k=3),
    "azimuth(2, 1, 3)": Azimuth(pole=2, j=1, k=3),
    "Q": Scale(),
    "E_jet": Jet(quantity="energy"),
    "pt_jet": Jet(quantity="pt"),
    "mass_jet": Jet(quantity="mass"),
    "eta_jet": Jet(quantity="eta"),
    "E_sum": Jet(quantity="energy_sum"),
    "pt_sum": Jet(quantity="pt_sum"),
    "et_sum": Jet(quantity="et_sum"),
    "x_B": Column(name="x_B"),
    "c2": Coordinate(index=2),
    "floor": Support(end="floor"),
    "ceil": Support(end="ceil"),
    "max(z1, 0.5)": apply("max", Side(k=1), HALF),
    "z12^2": apply("pow", Z12, TWO),
}


def below(lhs, rhs):
    return Compare(op="<", lhs=lhs, rhs=rhs)


RICH = Observable(
    name="rich",
    correlator=Correlator(
        order=2,
        constituents=Subjets(algorithm="kt", radius=0.25),
        group="event",
        where=below(TWO, Pt(i=1)),
        hardest=7,
        measure="hadron",
        distance=apply("sqrt", Between(quantity="angle", i=1, j=2)),
        weight=apply("div", Column(name="x_B"), Column(name="m_ref", energy=1)),
        tuples="sets",
        windows=(below(Z12, HALF),),
        ranked=True,
        resolution=32,
    ),
    parameters=(
        ParameterSpec(name="w", lower=0, upper=1, lower_open=True, value=0.5),
        ParameterSpec(name="v", lower=-1, upper=2, upper_open=True, value=0.25),
    ),
    deltas=(
        Delta(expr=Z12, lower=Number(value=0.0), upper=Parameter(index=0)),
        Delta(expr=Energy(i=1), exact=True),
    ),
    windows=(below(Parameter(index=1), Pt(i=2)),),
    axes=(
        Axis(name="zeta", expr=Z12, bins=Bins(n=4, lower=0.001, upper=1, spacing="log")),
        Axis(name="x", expr=Side(k=1), bins=BINS),
    ),
)

PLAIN = Observable(
    name="plain",
    correlator=Correlator(order=2, constituents=Particles(), measure="ee", weight=energy_weight(2)),
    axes=(Axis(name="zeta", expr=Z12, bins=BINS),),
)


@pytest.mark.parametrize("text", LEAVES)
def test_leaves_have_the_names_that_the_language_has_for_them(text):
    assert print_expr(LEAVES[text], spelling(["w", "p"])) == text


def test_only_leaves_have_a_spelling():
    with pytest.raises(InternalError, match="is not a leaf"):
        spelling([]).leaf(apply("neg", Z12))


def test_an_observable_is_told_statement_by_statement():
    assert print_observable(PLAIN) == (
        "observable plain\n"
        "  order 2\n"
        "  over particles\n"
        "  measure ee\n"
        "  weight E1*E2/Q^2\n"
        "  tuples distinct\n"
        "  axis zeta = z12: 10 bins in [0, 1]\n"
    )


def test_what_is_not_told_is_as_usual():
    assert print_observable(RICH) == (
        "observable rich\n"
        "  order 2\n"
        "  over jets(algorithm = kt, R = 0.25)\n"
        "  per event\n"
        "  where 2 < pt1\n"
        "  hardest 7\n"
        "  measure hadron\n"
        "  distance sqrt(angle(1, 2))\n"
        "  points z12 >= z13 >= ... from particle 1\n"
        "  weight x_B/m_ref\n"
        "  tuples sets\n"
        "  window z12 < 0.5\n"
        "  resolution 32\n"
        "  parameter w in (0, 1] = 0.5\n"
        "  parameter v in [-1, 2) = 0.25\n"
        "  delta z12 within [0, w]\n"
        "  delta E1 exact\n"
        "  window v < pt2\n"
        "  axis zeta = z12: 4 log bins in [0.001, 1]\n"
        "  axis x = z1: 10 bins in [0, 1]\n"
    )


def test_what_a_kernel_computes_has_no_names_bins_and_values():
    """What is looked at, and how it is selected, is settled before a kernel runs."""
    assert positional(RICH) == ("p0", "p1")
    assert column_names(RICH) == {"m_ref": "column0", "x_B": "column1"}
    assert print_anonymous(RICH) == (
        "order 2, tuples sets, measure hadron\n"
        "distance sqrt(angle(1, 2))\n"
        "points z12 >= z13 >= ... from particle 1\n"
        "weight column1/column0\n"
        "window z12 < 0.5\n"
        "delta z12 within [0, p0]\n"
        "delta E1 exact\n"
        "window p1 < pt2\n"
        "axis 0 = z12\n"
        "axis 1 = z1\n"
    )
    assert print_anonymous(PLAIN) == (
        "order 2, tuples distinct, measure ee\nweight E1*E2/Q^2\naxis 0 = z12\n"
    )


@pytest.mark.parametrize(
    ("constituents", "text"),
    [
        (Particles(), "particles"),
        (Particles(charged=True), "charged"),
        (Subjets(algorithm="antikt", radius=1), "subjets(algorithm = antikt, R = 1)"),
    ],
)
def test_constituents_are_spelled_as_in_the_language(constituents, text):
    assert describe_constituents(constituents) == text


@pytest.mark.parametrize(
    ("bins", "text"),
    [
        (Bins(n=3, lower=0.5, upper=2), "3 bins in [0.5, 2]"),
        (Bins(n=3, lower=0.1, upper=0.9, spacing="logit"), "3 logit bins in [0.1, 0.9]"),
        (
            Bins(n=4, lower=-1, upper=1, spacing="symlog", threshold=0.01),
            "4 symlog(0.01) bins in [-1, 1]",
        ),
        (
            Bins(n=2, lower=0, upper=1, spacing="edges", edges=(0, 0.3, 1)),
            "edges [0, 0.3, 1]",
        ),
    ],
)
def test_bins_are_spelled_as_in_the_language(bins, text):
    line = axis_line(Axis(name="x", expr=Z12, bins=bins), spelling([]))

    assert line == f"axis x = z12: {text}"
