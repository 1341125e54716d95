"""Fingerprints change with each thing that they cover, and with nothing else."""

from __future__ import annotations

import pytest
from strategies import apply, energy_weight

from ecdsl.ir import fingerprint
from ecdsl.ir.fingerprint import (
    correlator_fingerprint,
    kernel_fingerprint,
    observable_fingerprint,
)
from ecdsl.ir.nodes import (
    Axis,
    Between,
    Bins,
    Compare,
    Correlator,
    Delta,
    Energy,
    Number,
    Observable,
    Pair,
    Parameter,
    ParameterSpec,
    Particles,
    Pt,
    Subjets,
)
from ecdsl.ir.plan import Loop, NoRegion, Plan, Symmetry, Term

Z12, HALF = Pair(i=1, j=2), Number(value=0.5)
BINS = Bins(n=10, lower=0.0, upper=1.0)
BELOW = Compare(op="<", lhs=Z12, rhs=HALF)
CORRELATOR = Correlator(
    order=2, constituents=Particles(), measure="ee", weight=energy_weight(2), windows=(BELOW,)
)
SPEC = ParameterSpec(name="w", lower=0, upper=1, value=0.5)
AXIS = Axis(name="zeta", expr=Z12, bins=BINS)
OBSERVABLE = Observable(
    name="some",
    correlator=CORRELATOR,
    parameters=(SPEC,),
    deltas=(Delta(expr=Z12, lower=Number(value=0.0), upper=Parameter(index=0)),),
    axes=(AXIS,),
)
PLAN = Plan(
    observable=OBSERVABLE,
    symmetry=Symmetry(order=2, generators=((1, 0),), size=2),
    loop=Loop(terms=(Term(word=(0, 1), multiplicity=2),)),
    regions=(NoRegion(reason="none"),),
)
SELECTION = {
    "constituents": Subjets(algorithm="kt", radius=0.1),
    "group": "event",
    "where": Compare(op="<", lhs=HALF, rhs=Pt(i=1)),
    "hardest": 3,
    "resolution": 32.0,
}
TUPLE = {
    "order": 3,
    "measure": "hadron",
    "distance": Between(quantity="angle", i=1, j=2),
    "weight": apply("mul", Energy(i=1), Energy(i=2)),
    "tuples": "all",
    "windows": (),
    "ranked": True,
}


def changed(node, **fields):
    return node.model_copy(update=fields)


def plan_of(observable):
    return changed(PLAN, observable=observable)


def test_names_are_in_no_fingerprint():
    renamed = changed(
        OBSERVABLE,
        name="other",
        parameters=(changed(SPEC, name="v"),),
        axes=(changed(AXIS, name="x"),),
    )

    assert observable_fingerprint(renamed) == observable_fingerprint(OBSERVABLE)
    assert kernel_fingerprint(plan_of(renamed)) == kernel_fingerprint(PLAN)


@pytest.mark.parametrize("field", [*SELECTION, *TUPLE])
def test_a_correlator_is_in_every_fingerprint_but_a_kernel_knows_no_selection(field):
    correlator = changed(CORRELATOR, **{field: (SELECTION | TUPLE)[field]})
    other = changed(OBSERVABLE, correlator=correlator)

    assert correlator_fingerprint(correlator) != correlator_fingerprint(CORRELATOR)
    assert observable_fingerprint(other) != observable_fingerprint(OBSERVABLE)
    is_same = kernel_fingerprint(plan_of(other)) == kernel_fingerprint(PLAN)
    assert is_same is (field in SELECTION)


@pytest.mark.parametrize(
    ("fields", "is_same_kernel"),
    [
        ({"axes": (changed(AXIS, bins=changed(BINS, n=11)),)}, True),
        ({"axes": (changed(AXIS, expr=HALF),)}, False),
        ({"parameters": (changed(SPEC, value=0.25),)}, True),
        ({"parameters": (changed(SPEC, upper=2.0),)}, False),
        ({"deltas": ()}, False),
        ({"windows": (BELOW,)}, False),
    ],
)
def test_a_kernel_does_not_know_bins_and_values(fields, is_same_kernel):
    other = changed(OBSERVABLE, **fields)

    assert observable_fingerprint(other) != observable_fingerprint(OBSERVABLE)
    assert (kernel_fingerprint(plan_of(other)) == kernel_fingerprint(PLAN)) is is_same_kernel


def test_a_kernel_knows_its_plan():
    ordered = changed(PLAN, loop=changed(PLAN.loop, kind="ordered"))

    assert kernel_fingerprint(ordered) != kernel_fingerprint(PLAN)


def test_fingerprints_are_those_of_files_written_before(monkeypatch):
    """They are names of files and stand in `ecdsl.lock`: raise IR_VERSION where they change."""
    assert correlator_fingerprint(CORRELATOR) == "ce8c6fd5fd39403a"
    assert observable_fingerprint(OBSERVABLE) == "d014d1cb42321622"
    monkeypatch.setattr(fingerprint, "CODE_VERSION", 2)
    assert kernel_fingerprint(PLAN) == "d6f12218a2eee910"


def test_kernels_are_compiled_anew_where_templates_write_something_else(monkeypatch):
    now = kernel_fingerprint(PLAN)

    monkeypatch.setattr(fingerprint, "CODE_VERSION", fingerprint.CODE_VERSION + 1)

    assert kernel_fingerprint(PLAN) != now
