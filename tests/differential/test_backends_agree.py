from __future__ import annotations

import backends_under_test as backends
import numpy as np
import pytest
from decisions import assert_equal_rows, compiles, near_a_decision
from hypothesis import HealthCheck, assume, given, settings
from strategies import apply, batch, energy_weight, jets, observables

from ecdsl.ir.nodes import (
    Axis,
    Bins,
    Compare,
    Correlator,
    Number,
    Observable,
    Pair,
    Particles,
    Side,
)


@given(observables(), jets())
@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
def test_generated_code_and_masks_equal_the_interpreter(observable, sample):
    assume(compiles(observable) and not near_a_decision(observable, sample))
    expected = backends.reference_rows(observable, sample)
    # The generated text runs uncompiled here: numba takes seconds per kernel (see the next test).
    assert_equal_rows(backends.python_rows(observable, sample), expected)
    assert_equal_rows(backends.torch_rows(observable, sample), expected)


@given(observables(), jets())
@settings(max_examples=5, deadline=None, suppress_health_check=list(HealthCheck))
def test_compiled_kernels_equal_the_interpreter(observable, sample):
    assume(compiles(observable) and not near_a_decision(observable, sample))
    expected = backends.reference_rows(observable, sample)
    assert_equal_rows(backends.numba_rows(observable, sample), expected)


@given(observables(orders=(1, 4)), jets(max_jets=1, max_particles=4))
@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
def test_other_orders(observable, sample):
    assume(compiles(observable) and not near_a_decision(observable, sample))
    expected = backends.reference_rows(observable, sample)
    assert_equal_rows(backends.python_rows(observable, sample), expected)
    assert_equal_rows(backends.torch_rows(observable, sample), expected)


def simple(order, tuples, axis, windows=()):
    return Observable(
        name="simple",
        correlator=Correlator(
            order=order,
            constituents=Particles(),
            measure="ee",
            weight=energy_weight(order),
            tuples=tuples,
        ),
        windows=windows,
        axes=(Axis(name="x", expr=axis, bins=Bins(n=4, lower=0.0, upper=1.0)),),
    )


# Four massless particles along +z, +x, -z, +y with energies 4, 3, 2, 1 GeV; Q = 10 GeV.
# zeta is 1/2 for neighbours at right angles and 1 for +z and -z.
AXES = [(0, 0, 4.0), (3.0, 0, 0), (0, 0, -2.0), (0, 1.0, 0)]
THREE = batch(AXES[:3], [3], scale=10.0)
FOUR = batch(AXES, [4], scale=10.0)


@pytest.mark.parametrize(
    "rows", [backends.reference_rows, backends.numba_rows, backends.torch_rows]
)
def test_three_particles_by_hand(rows):
    # One triplet, sides (1/2, 1/2, 1): six ordered tuples of weight 4*3*2/1000.
    observable = simple(3, "distinct", Side(k=3))
    # bins of width 1/4: the longest side, 1, is overflow (bins hold their lower edge only)
    np.testing.assert_allclose(rows(observable, THREE), [[0, 0, 0, 0, 0, 6 * 24e-3]], rtol=1e-14)
    middle = simple(3, "distinct", apply("median", Pair(i=1, j=2), Pair(i=1, j=3), Pair(i=2, j=3)))
    np.testing.assert_allclose(rows(middle, THREE), [[0, 0, 0, 6 * 24e-3, 0, 0]], rtol=1e-14)


@pytest.mark.parametrize(
    "rows", [backends.reference_rows, backends.numba_rows, backends.torch_rows]
)
def test_four_particles_with_a_window_on_one_pair(rows):
    # z12 = 1 only where particles 1 and 2 are +z and -z: 2 orders, times the third particle,
    # +x (3 GeV) or +y (1 GeV); then z13 = 1/2.
    window = Compare(op="<", lhs=Number(value=0.75), rhs=Pair(i=1, j=2))
    observable = simple(3, "distinct", Pair(i=1, j=3), (window,))
    expected = 2 * (4 * 2 * 3 + 4 * 2 * 1) / 1000
    np.testing.assert_allclose(rows(observable, FOUR), [[0, 0, 0, expected, 0, 0]], rtol=1e-14)


@pytest.mark.parametrize(
    "rows", [backends.reference_rows, backends.numba_rows, backends.torch_rows]
)
def test_contact_terms_by_hand(rows):
    # All ordered pairs: i = j at 0 (16 + 9 + 4), neighbours at 1/2 (2*(12 + 6)), +z -z at 1.
    observable = simple(2, "all", Pair(i=1, j=2))
    np.testing.assert_allclose(rows(observable, THREE), [[0, 0.29, 0, 0.36, 0, 0.16]], rtol=1e-14)
    # Three-point with contact terms by longest side: (sum E)^3 = 729 in all; all equal:
    # 64 + 27 + 8; with both +z and -z: 3 (4*4*2 + 4*2*2) + 6*4*2*3 = 288; the rest is at 1/2.
    longest = simple(3, "all", Side(k=3))
    expected = [[0, 0.099, 0, 0.729 - 0.099 - 0.288, 0, 0.288]]
    np.testing.assert_allclose(rows(longest, THREE), expected, rtol=1e-13)


def test_empty_and_small_jets_are_defined():
    sample = batch([(0, 0, 4.0), (3.0, 0, 0), (0, 0, 1.0)], [0, 1, 2], scale=10.0)
    for tuples in ("distinct", "all"):
        observable = simple(3, tuples, Side(k=3))
        expected = backends.reference_rows(observable, sample)
        np.testing.assert_allclose(backends.numba_rows(observable, sample), expected, rtol=1e-14)
        assert (expected.sum() > 0) == (tuples == "all")
