"""What a kernel reads of constituents and jets, each once and in one order."""

from __future__ import annotations

import pytest
from strategies import apply, energy_weight

from ecdsl.ir.columns import correlator_alone, jet_columns, particle_columns, uses_scale
from ecdsl.ir.nodes import (
    Axis,
    Between,
    Bins,
    Column,
    Compare,
    Correlator,
    Energy,
    Jet,
    Member,
    Number,
    Observable,
    Pair,
    Particles,
    Pt,
    Scale,
    Side,
)

ONE = Number(value=1.0)


def correlator(order=3, **others):
    weight = others.pop("weight", Energy(i=1))
    return Correlator(order=order, constituents=Particles(), measure="ee", weight=weight, **others)


def seen(*exprs, **others):
    bins = Bins(n=1, lower=0.0, upper=1.0)
    axes = tuple(Axis(name=f"x{k}", expr=expr, bins=bins) for k, expr in enumerate(exprs))
    return Observable(name="seen", correlator=correlator(**others), axes=axes)


def test_columns_of_particles_are_those_of_the_first_each_once_and_sorted():
    found = particle_columns(
        seen(
            apply("mul", Member(quantity="mass", i=3), Member(quantity="charge", i=2)),
            apply("sub", Member(quantity="mass", i=1), Between(quantity="dphi", i=2, j="jet")),
            apply("add", Between(quantity="angle", i=3, j="beam"), Pair(i=1, j=2), Pt(i=1)),
            Between(quantity="mass", i=1, j=2),
        )
    )

    assert found == (
        Between(quantity="angle", i=1, j="beam"),
        Between(quantity="dphi", i=1, j="jet"),
        Member(quantity="charge", i=1),
        Member(quantity="mass", i=1),
    )


def test_columns_of_jets_are_those_of_every_expression_of_a_tuple():
    label, energy, mass = Column(name="x_B"), Jet(quantity="energy"), Jet(quantity="mass")
    found = jet_columns(
        seen(
            apply("div", Pair(i=1, j=2), mass),
            weight=apply("div", Energy(i=1), energy),
            windows=(Compare(op="<", lhs=label, rhs=mass),),
        )
    )

    assert found == (label, energy, mass)


def test_a_correlator_alone_looks_at_each_of_its_sides():
    triple = correlator(order=3)

    found = correlator_alone(triple)

    assert found.correlator == triple
    assert [axis.expr for axis in found.axes] == [Side(k=1), Side(k=2), Side(k=3)]
    assert [axis.name for axis in found.axes] == ["side1", "side2", "side3"]
    assert [axis.expr for axis in correlator_alone(correlator(order=1)).axes] == [Number(value=0.0)]


@pytest.mark.parametrize(
    ("observable", "uses"),
    [
        (seen(Pair(i=1, j=2)), False),
        (seen(Pair(i=1, j=2), weight=energy_weight(3)), True),
        (seen(apply("div", Energy(i=1), Scale())), True),
        (seen(ONE, where=Compare(op="<", lhs=ONE, rhs=apply("mul", ONE, Scale()))), True),
        (seen(ONE, where=Compare(op="<", lhs=ONE, rhs=Energy(i=1))), False),
    ],
)
def test_the_scale_is_needed_where_it_is_written_also_in_cuts(observable, uses):
    assert uses_scale(observable) is uses
