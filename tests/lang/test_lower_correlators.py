"""What the statements of a correlator and the names in it mean in the IR."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
import pytest

from ecdsl.ir.evaluate import evaluate, holds
from ecdsl.ir.fingerprint import correlator_fingerprint
from ecdsl.ir.nodes import (
    Apply,
    Azimuth,
    Between,
    Bins,
    Column,
    Compare,
    Correlator,
    Energy,
    Expr,
    Jet,
    Member,
    Number,
    Pair,
    Particles,
    Pt,
    Scale,
    Subjets,
    Triple,
)
from ecdsl.lang import CompiledModule, compile_module

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Compiled = Callable[[str], CompiledModule]
    Sum = Callable[..., Correlator]
    Axis = Callable[..., Expr]

ANGLE = Between(quantity="angle", i=1, j=2)
SETTINGS = {
    "order": "3",
    "over": "particles",
    "measure": "ee",
    "weight": "E1 * E2 * E3 / Q^3",
}


@pytest.fixture
def compiled(tmp_path: Path) -> Compiled:
    def run(text: str) -> CompiledModule:
        path = tmp_path / "some.obs"
        path.write_text(text, encoding="utf-8")
        return compile_module(path)

    return run


def program(*lines: str, above: str = "", axis: str = "z12", **settings: str) -> str:
    statements = [f"{key} {value}" for key, value in (SETTINGS | settings).items()]
    body = "\n  ".join([*statements, *lines])
    return (
        f"{above}\ncorrelator some {{\n  {body}\n}}\n"
        f"observable seen = some | {{\n  axis x = {axis}: 10 bins in [0, 1]\n}}\n"
    )


@pytest.fixture
def correlator(compiled: Compiled) -> Sum:
    """Return the correlator of these statements."""

    def run(*lines: str, above: str = "", **settings: str) -> Correlator:
        return (
            compiled(program(*lines, above=above, **settings)).observables[0].observable.correlator
        )

    return run


@pytest.fixture
def axis(compiled: Compiled) -> Axis:
    """Return the expression of an axis."""

    def run(text: str, *lines: str, above: str = "", **settings: str) -> Expr:
        made = compiled(program(*lines, above=above, axis=text, **settings))
        return made.observables[0].observable.axes[0].expr

    return run


# --- statements ----------------------------------------------------------------------------------


def test_tuples_are_drawn_from_one_jet_unless_it_is_said(correlator: Sum) -> None:
    assert correlator().group == "jet"
    assert correlator("per jet") == correlator()
    assert correlator("per event").group == "event"


def test_jets_are_the_subjets_of_an_event(correlator: Sum) -> None:
    jets = correlator(over="jets(algorithm = antikt, R = 0.4)")

    assert jets.constituents == Subjets(algorithm="antikt", radius=0.4)
    assert jets == correlator("per event", over="subjets(algorithm = antikt, R = 0.4)")
    assert jets == correlator("per event", over="jets(antikt, 0.4)")


def test_where_looks_at_particle_one(correlator: Sum) -> None:
    found = correlator("where pt > 1 GeV and E < E_jet and charge != 0 and abs(pdgid) != 22")
    leaves = {
        Pt(i=1): 2.0,
        Energy(i=1): 3.0,
        Jet(quantity="energy"): 10.0,
        Member(quantity="charge", i=1): -1.0,
        Member(quantity="pdgid", i=1): -211.0,
    }

    assert found.where is not None
    assert bool(holds(found.where, lambda leaf: np.asarray(leaves[leaf])))
    for leaf, failing in ((Pt(i=1), 0.5), (Member(quantity="charge", i=1), 0.0)):
        changed = leaves | {leaf: failing}
        assert not bool(holds(found.where, lambda leaf, known=changed: np.asarray(known[leaf])))


def test_a_resolution_is_part_of_the_meaning(correlator: Sum) -> None:
    found = correlator("tuples all", "resolution 32")

    assert found.resolution == 32
    assert correlator_fingerprint(found) != correlator_fingerprint(correlator("tuples all"))


def test_hardest_windows_and_points(correlator: Sum) -> None:
    found = correlator("hardest 25", "window q1 > 0 and q2 < 0", "points z12 >= z13")

    charges = [Member(quantity="charge", i=i) for i in (1, 2)]
    zero = Number(value=0.0)
    assert found.hardest == 25
    assert found.windows == (
        Compare(op="<", lhs=zero, rhs=charges[0]),
        Compare(op="<", lhs=charges[1], rhs=zero),
    )
    assert found.ranked
    assert not correlator().ranked
    assert correlator().constituents == Particles()


def test_equality_is_kept(correlator: Sum) -> None:
    (window,) = correlator("window id1 == -421", above="").windows

    assert isinstance(window, Compare)
    assert window.op == "=="
    (window,) = correlator("window id1 != D0", above="constant D0 = 421").windows
    assert window == Compare(op="!=", lhs=Member(quantity="pdgid", i=1), rhs=Number(value=421.0))


# --- names ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "node"),
    [
        ("pt1 / Q", Apply(fn="div", args=(Pt(i=1), Scale()))),
        ("eta2", Member(quantity="eta", i=2)),
        ("q3", Member(quantity="charge", i=3)),
        ("deta21", Between(quantity="deta", i=1, j=2)),
        ("dphi(3, 1)", Between(quantity="dphi", i=1, j=3)),
        ("z(2, jet)", Between(quantity="z", i=2, j="jet")),
        ("deta(1, jet)", Between(quantity="deta", i=1, j="jet")),
        ("azimuth(2, 3, 1)", Azimuth(pole=2, j=3, k=1)),
        ("triple(3, 1, 2)", Triple(i=1, j=2, k=3)),
        ("triple(1, 3, 2)", Apply(fn="neg", args=(Triple(i=1, j=2, k=3),))),
        ("eta_jet", Jet(quantity="eta")),
    ],
)
def test_name_is_a_node(axis: Axis, text: str, node: Expr) -> None:
    assert axis(text) == node


@pytest.mark.parametrize(
    ("text", "node"),
    [
        ("mass12", Between(quantity="mass", i=1, j=2)),
        ("mass(2, 1)", Between(quantity="mass", i=1, j=2)),
        ("mass2", Member(quantity="mass", i=2)),
        ("et1", Member(quantity="et", i=1)),
        ("pt_sum", Jet(quantity="pt_sum")),
        ("et_sum", Jet(quantity="et_sum")),
        ("E_sum", Jet(quantity="energy_sum")),
        ("E_jet", Jet(quantity="energy")),
        ("mass_jet", Jet(quantity="mass")),
    ],
)
def test_name_of_an_energy_is_a_node(axis: Axis, text: str, node: Expr) -> None:
    assert axis(f"{text} / pt_jet") == Apply(fn="div", args=(node, Jet(quantity="pt")))


def value(expr: Expr, **known: float) -> float:
    """The value of an expression of one leaf."""
    return float(evaluate(expr, lambda _leaf: np.float64(known["leaf"])))


def test_angles_are_those_of_the_directions_in_every_measure(axis: Axis) -> None:
    chord = "measure chord(a, b) = sqrt((1 - cos(a, b)) / 2)"
    half = (1 - math.cos(0.7)) / 2

    for found in (
        axis("theta12"),
        axis("theta(1, beam)"),
        axis("theta12", above=chord, measure="chord"),
        axis("theta(1, jet)", measure="hadron"),
    ):
        assert value(found, leaf=half) == pytest.approx(0.7)


def test_rapidity_distance(axis: Axis) -> None:
    assert axis("dR12", measure="hadron") == Apply(fn="sqrt", args=(Pair(i=1, j=2),))

    to_jet = axis("dR(1, jet)")
    known = {"deta": 0.3, "dphi": 0.4}
    found = evaluate(to_jet, lambda leaf: np.float64(known[leaf.quantity]))  # type: ignore[union-attr]
    assert found == pytest.approx(0.5)


# --- columns, constants, measures ----------------------------------------------------------------


def test_constants_are_numbers(axis: Axis) -> None:
    above = "constant m_top = 172.5 GeV\nconstant half = m_top / 2"

    expected = Apply(fn="div", args=(Number(value=86.25, energy=1), Jet(quantity="pt")))
    assert axis("z12 * (half / pt_jet)", above=above) == Apply(
        fn="mul", args=(Pair(i=1, j=2), expected)
    )


def test_columns_keep_their_name_and_are_in_gev(axis: Axis) -> None:
    above = "column x_B\ncolumn m_ref in MeV\ncolumn area in GeV^2"

    assert axis("x_B", above=above) == Column(name="x_B")
    in_gev = Apply(fn="mul", args=(Number(value=1e-3), Column(name="m_ref", energy=1)))
    assert axis("m_ref / Q", above=above) == Apply(fn="div", args=(in_gev, Scale()))
    assert axis("area / Q^2", above=above).args[0] == Column(name="area", energy=2)  # type: ignore[union-attr]


def test_imported_column_is_that_of_the_file_whatever_it_is_called(
    compiled: Compiled, tmp_path: Path
) -> None:
    (tmp_path / "labels.obs").write_text("column x_B\nconstant cut = 0.25\n", encoding="utf-8")
    text = program(axis="x * limit", above="from labels import x_B as x, cut as limit")

    found = compiled(text)

    expected = Apply(fn="mul", args=(Column(name="x_B"), Number(value=0.25)))
    assert found.observables[0].observable.axes[0].expr == expected
    assert found.warnings == ()


def test_a_shape_sees_the_constants_of_its_own_file(compiled: Compiled, tmp_path: Path) -> None:
    shape = "constant cut = 0.25\nshape near {\n  window z12 < cut\n  axis x = z13\n}\n"
    (tmp_path / "shapes.obs").write_text(shape, encoding="utf-8")
    text = program(above="from shapes import near\nconstant cut = 0.5").replace(
        "some | {\n  axis x = z12:", "some | near {\n  axis x:"
    )

    found = compiled(text).observables[0].observable

    assert found.windows == (Compare(op="<", lhs=Pair(i=1, j=2), rhs=Number(value=0.25)),)


def test_measure_of_angles_and_of_rapidities(correlator: Sum) -> None:
    chord = correlator(above="measure chord(a, b) = sqrt((1 - cos(a, b)) / 2)", measure="chord")
    assert chord.measure == "ee"
    assert chord.distance is not None
    assert value(chord.distance, leaf=0.04) == pytest.approx(0.2)

    flat = correlator(above="measure flat(p, q) = deta(q, p) + dphi(p, q)", measure="flat")
    assert flat.measure == "hadron"
    expected = tuple(Between(quantity=quantity, i=1, j=2) for quantity in ("deta", "dphi"))
    assert flat.distance == Apply(fn="add", args=expected)  # type: ignore[arg-type]


def test_distance_of_a_measure_from_a_leg_is_written_out(axis: Axis) -> None:
    above = "measure flat(a, b) = theta(a, b)"

    found = axis("z(2, jet)", above=above, measure="flat")

    assert found == axis("theta(2, jet)")


def test_imported_measure(compiled: Compiled, tmp_path: Path) -> None:
    (tmp_path / "own.obs").write_text("measure flat(a, b) = theta(a, b)\n", encoding="utf-8")

    by_name = compiled(program(above="from own import flat", measure="flat"))
    by_path = compiled(program(above="import own", measure="own.flat"))

    assert by_name.observables[0].observable == by_path.observables[0].observable
    assert by_name.warnings == by_path.warnings == ()


# --- bins ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "bins"),
    [
        (
            "40 symlog(1e-3) bins in [-1, 1]",
            Bins(n=40, lower=-1, upper=1, spacing="symlog", threshold=1e-3),
        ),
        ("40 logit bins in [1e-4, 0.9999]", Bins(n=40, lower=1e-4, upper=0.9999, spacing="logit")),
        (
            "edges [0, 0.1, cut, 1]",
            Bins(n=3, lower=0, upper=1, spacing="edges", edges=(0, 0.1, 0.3, 1)),
        ),
        ("4 linear bins in [cut, 1]", Bins(n=4, lower=0.3, upper=1)),
    ],
)
def test_bins(compiled: Compiled, text: str, bins: Bins) -> None:
    source = program(above="constant cut = 0.3").replace("10 bins in [0, 1]", text)

    assert compiled(source).observables[0].observable.axes[0].bins == bins


def test_edges_are_converted_to_gev(compiled: Compiled) -> None:
    source = program(axis="pt_jet").replace("10 bins in [0, 1]", "edges [400 GeV, 0.5 TeV]")

    assert compiled(source).observables[0].observable.axes[0].bins.edges == (400.0, 500.0)


# --- places --------------------------------------------------------------------------------------


def test_every_part_has_its_place(compiled: Compiled) -> None:
    text = program(
        "where E > 1 GeV",
        "window q1 > 0 and z12 < z13 < 0.5",
        above="measure flat(a, b) = theta(a, b)",
        measure="flat",
    ).replace(
        "  axis", "  window z13 < 0.1 or z23 < 0.1\n  delta z12 - z13 within [0, 0.1]\n  axis"
    )

    (found,) = compiled(text).observables
    places = found.places

    assert places.where is not None
    assert places.distance is not None
    assert [places.weight.text, places.where.text, places.distance.text] == [
        "E1 * E2 * E3 / Q^3",
        "E > 1 GeV",
        "theta(a, b)",
    ]
    assert [span.text for span in places.correlator_windows] == ["q1 > 0", "z12 < z13", "z13 < 0.5"]
    assert [span.text for span in places.windows] == ["z13 < 0.1 or z23 < 0.1"]
    assert [span.text for span in places.deltas] == ["delta z12 - z13 within [0, 0.1]"]
    assert [span.text for span in places.axes] == ["z12"]
    assert [span.text for span in places.axis_bins] == ["10 bins in [0, 1]"]
    assert len(places.correlator_windows) == len(found.observable.correlator.windows)
