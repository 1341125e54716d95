"""The sampler of tuples sees the same weights, windows and columns as a histogram."""

from __future__ import annotations

import backends_under_test as backends
import numpy as np
import pytest
from ir_strategies import sample
from strategies import apply

from ecdsl.backends.numba.emit import emit_tuples
from ecdsl.events.selection import kernel_columns, select_constituents
from ecdsl.ir.columns import correlator_alone
from ecdsl.ir.nodes import (
    Axis,
    Bins,
    Compare,
    Correlator,
    Energy,
    Jet,
    Member,
    Number,
    Observable,
    Particles,
    Pt,
    Side,
)

PT = apply("mul", Pt(i=1), Pt(i=2))
OPPOSITE = Compare(
    op="==",
    lhs=apply("mul", Member(quantity="charge", i=1), Member(quantity="charge", i=2)),
    rhs=Number(value=-1.0),
)
NEAR = Compare(op="<", lhs=Side(k=1), rhs=Number(value=0.4))
# A sum, whose terms must be multiplied together.
SUM = apply("div", apply("add", Energy(i=1), Energy(i=2)), Jet(quantity="energy_sum"))


@pytest.mark.parametrize("windows", [(), (OPPOSITE,), (NEAR,)])
@pytest.mark.parametrize(
    "weight", [apply("div", PT, apply("pow", Jet(quantity="pt"), Number(value=2.0))), SUM]
)
def test_sampled_tuples_carry_the_weight_of_the_histogram(windows, weight):
    correlator = Correlator(
        order=2, constituents=Particles(), measure="ee", weight=weight, windows=windows, hardest=7
    )
    jets = select_constituents(sample(np.random.default_rng(3), [9, 0, 6]), correlator)
    columns = kernel_columns(jets, correlator_alone(correlator))
    thin = backends.module_from(correlator, emit_tuples).thin
    sides, weights, origin, totals = np.empty((99, 1)), np.empty(99), np.empty(99, int), np.empty(3)
    count = thin(
        jets.offsets, jets.px, jets.py, jets.pz, jets.energy, jets.scale,
        columns.particles, columns.jets, 0.0, 1, sides, weights, origin, totals,
    )  # fmt: skip
    shown = Observable(
        name="side",
        correlator=correlator,
        axes=(Axis(name="z", expr=Side(k=1), bins=Bins(n=8, lower=0.0, upper=1.0)),),
    )
    expected = backends.reference_rows(shown, jets)
    np.testing.assert_allclose(totals, expected.sum(axis=1), rtol=1e-12)
    rows = np.zeros((3, 10))
    np.add.at(
        rows, (origin[:count], 1 + np.floor(8 * sides[:count, 0]).astype(int)), weights[:count]
    )
    np.testing.assert_allclose(rows, expected, rtol=1e-12)
