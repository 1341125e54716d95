"""Which relabellings change nothing, where it hangs on what is known of a sign."""

from __future__ import annotations

import pytest

from ecdsl.ir.nodes import (
    Apply,
    Axis,
    Between,
    Bins,
    Compare,
    Correlator,
    Delta,
    Member,
    Number,
    Observable,
    Pair,
    Particles,
    Side,
)
from ecdsl.passes import symmetry

ABOVE = Between(quantity="deta", i=1, j=2)
# Negative for close pairs.
SIGNED = Apply(fn="sub", args=(ABOVE, Number(value=1.0)))


def apply(fn, *args):
    return Apply(fn=fn, args=args)


# |z12| + z13 + |z23| names particle 2 alone, unless no distance is negative.
LOPSIDED = apply("add", apply("abs", Pair(i=1, j=2)), Pair(i=1, j=3), apply("abs", Pair(i=2, j=3)))


def correlator(distance=None, weight=None, windows=(), order=3):
    return Correlator(
        order=order,
        constituents=Particles(),
        measure="hadron",
        distance=distance,
        weight=weight or Number(value=1.0),
        windows=windows,
    )


@pytest.mark.parametrize(("distance", "full"), [(ABOVE, True), (None, True), (SIGNED, False)])
def test_a_declared_distance_may_be_negative(distance, full):
    assert symmetry.of_weight(correlator(distance, LOPSIDED)).is_full is full
    window = Compare(op="<", lhs=LOPSIDED, rhs=Number(value=1.0))
    assert symmetry.of_correlator(correlator(distance, windows=(window,))).is_full is full
    assert symmetry.of_observable(observable(LOPSIDED, distance=distance)).is_full is full


def observable(axis, *, deltas=(), windows=(), **fields):
    return Observable(
        name="shape",
        correlator=correlator(**fields),
        deltas=deltas,
        windows=windows,
        axes=(Axis(name="x", expr=axis, bins=Bins(n=4, lower=0.0, upper=1.0)),),
    )


@pytest.mark.parametrize(
    ("upper", "size"), [(Number(value=1.0), 6), (Side(k=2), 6), (Pair(i=1, j=2), 2)]
)
@pytest.mark.parametrize("end", ["lower", "upper"])
def test_ends_of_a_delta_have_labels_too(end, upper, size):
    ends = {"lower": Number(value=0.0), "upper": Number(value=1.0)} | {end: upper}
    delta = Delta(expr=apply("sub", Side(k=3), Side(k=1)), **ends)
    assert symmetry.of_observable(observable(Side(k=1), deltas=(delta,))).size == size


@pytest.mark.parametrize("op", ["==", "!="])
def test_equality_and_its_opposite_have_no_order(op):
    charges = (Member(quantity="charge", i=i) for i in (1, 2))
    window = Compare(op=op, lhs=next(charges), rhs=next(charges))
    found = symmetry.of_observable(observable(Side(k=1), windows=(window,)))
    assert found.generators == ((0, 1, 2), (1, 0, 2))


def test_turning_a_pentagon_is_no_exchange_of_two():
    """Its ten symmetries leave no smaller set of exchanges: all permutations must be tried."""
    ring = [Pair(i=min(a, b), j=max(a, b)) for a, b in ((1, 2), (2, 3), (3, 4), (4, 5), (5, 1))]
    found = symmetry.of_observable(observable(apply("add", *ring), order=5))
    assert found.size == 10
    assert (1, 2, 3, 4, 0) in found.generators
