"""Which relabellings change nothing, where it hangs on what is known of a sign."""

from __future__ import annotations

import pytest

from ecdsl.ir.nodes import Apply, Between, Compare, Correlator, Number, Pair, Particles
from ecdsl.passes import symmetry

ABOVE = Between(quantity="deta", i=1, j=2)
# Negative for close pairs.
SIGNED = Apply(fn="sub", args=(ABOVE, Number(value=1.0)))


def apply(fn, *args):
    return Apply(fn=fn, args=args)


# |z12| + z13 + |z23| names particle 2 alone, unless no distance is negative.
LOPSIDED = apply("add", apply("abs", Pair(i=1, j=2)), Pair(i=1, j=3), apply("abs", Pair(i=2, j=3)))


def correlator(distance, weight=None, windows=()):
    return Correlator(
        order=3,
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
