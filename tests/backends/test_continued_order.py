"""Correlators of an order nu that need not be whole: the kernels against the definition."""

from __future__ import annotations

import backends_under_test as backends
import numpy as np
import pytest
from ir_strategies import sample
from strategies import apply, batch, energy_weight

from ecdsl.backends.latex import formula
from ecdsl.backends.numba.planner import choose, options
from ecdsl.ir.fingerprint import kernel_fingerprint
from ecdsl.ir.nodes import (
    Axis,
    Between,
    Bins,
    Compare,
    Correlator,
    Energy,
    Number,
    Observable,
    Pair,
    Particles,
    Scale,
    Side,
)
from ecdsl.ir.text import print_anonymous, print_observable
from ecdsl.passes import pipeline
from ecdsl.passes.capability import surrogate

Z12 = Pair(i=1, j=2)
SHARE = apply("div", Energy(i=1), Scale())
LOG = Bins(n=7, lower=1e-3, upper=0.9, spacing="log")
SMALL = sample(np.random.default_rng(11), [6, 1, 0, 4])


def observable(axis=Z12, *, order=2, weight=SHARE, **more):
    settings = {"constituents": Particles(), "measure": "ee", "tuples": "all"}
    correlator = Correlator(order=order, weight=weight, **{**settings, **more})
    return Observable(
        name="seen", correlator=correlator, axes=(Axis(name="x", expr=axis, bins=LOG),)
    )


def whole(order, axis, **more):
    return observable(axis, order=order, weight=energy_weight(order), **more)


@pytest.mark.parametrize("ranked", [False, True])
@pytest.mark.parametrize("measure", ["ee", "hadron"])
@pytest.mark.parametrize("nu", [1.5, 4.25])
def test_kernels_equal_the_definition(nu, measure, ranked):
    seen = observable(apply("sqrt", Z12), nu=nu, measure=measure, ranked=ranked)
    expected = backends.reference_rows(seen, SMALL)
    found = backends.python_rows(seen, SMALL)
    np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-15)


@pytest.mark.parametrize("order", [2, 3, 4])
def test_at_whole_orders_they_are_the_usual_projected_correlators(order):
    some = sample(np.random.default_rng(12), [9, 2])
    usual = whole(order, Side(k=order * (order - 1) // 2))
    expected = backends.python_rows(usual, some)
    found = backends.python_rows(observable(nu=float(order)), some)
    np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-15)


@pytest.mark.parametrize("order", [3, 5])
def test_about_a_special_particle_too(order):
    some = sample(np.random.default_rng(13), [5, 2])
    usual = whole(order, Z12, ranked=True)
    expected = backends.reference_rows(usual, some)
    assert expected[:, 1:-1].sum() > 0
    for seen in (usual, observable(nu=float(order), ranked=True)):
        np.testing.assert_allclose(backends.python_rows(seen, some), expected, rtol=1e-10)


@pytest.mark.parametrize(("nu", "ranked"), [(0.5, False), (2.5, False), (2.5, True), (37.5, True)])
def test_all_sets_weigh_the_jet_to_the_power_of_the_order(nu, ranked):
    some = sample(np.random.default_rng(14), [10, 3])
    found = backends.python_rows(observable(nu=nu, ranked=ranked), some)
    np.testing.assert_allclose(found.sum(axis=1), _totals(some) ** nu, rtol=1e-11)


def test_windows_and_a_declared_distance_belong_to_the_longest_side():
    small = Compare(op="<", lhs=Z12, rhs=Number(value=0.5))
    chord = apply("sqrt", Between(quantity="angle", i=1, j=2))
    for ranked in (False, True):
        seen = observable(nu=2.5, ranked=ranked, windows=(small,), distance=chord)
        expected = backends.reference_rows(seen, SMALL)
        assert 0 < expected.sum() < (_totals(SMALL) ** 2.5).sum()
        np.testing.assert_allclose(backends.python_rows(seen, SMALL), expected, rtol=1e-10)


@pytest.mark.parametrize("ranked", [False, True])
def test_particles_in_one_direction_are_one(ranked):
    """Collinear safe at any order: however a particle splits, the sets weigh the same."""
    rng = np.random.default_rng(15)
    momenta = rng.normal(size=(4, 3))
    split = np.concatenate([momenta[:3], 0.3 * momenta[3:], 0.7 * momenta[3:]])
    seen = observable(nu=1.7, ranked=ranked)
    whole_jet, in_parts = batch(momenta, [4]), batch(split, [5])
    expected = backends.python_rows(seen, whole_jet) * whole_jet.scale[0] ** 1.7
    found = backends.python_rows(seen, in_parts) * in_parts.scale[0] ** 1.7
    np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-14)


def test_undefined_values_are_counted_by_longest_side():
    """0/0 for each particle alone, and for the special one at its own place."""
    share = apply("div", apply("min", Z12, Number(value=0.1)), Z12)
    for ranked in (False, True):
        seen = observable(share, nu=2.5, ranked=ranked)
        assert backends.reference(seen, SMALL).n_undefined == 6 + 1 + 4
        assert backends.python_counted(seen, SMALL)[1] == 6 + 1 + 4


@pytest.mark.parametrize(("ranked", "chosen"), [(False, "longest"), (True, "centred")])
def test_one_loop_can_run_it_and_the_others_say_why_not(ranked, chosen):
    plan = pipeline.run(observable(nu=2.5, ranked=ranked))
    assert choose(plan) == chosen
    others = [option for option in options(plan) if option.strategy != chosen]
    assert all(option.cost is None and option.reason for option in others)


def test_what_it_means_is_told():
    plain, about = observable(nu=2.5), observable(nu=10.0, ranked=True)
    assert "order nu = 2.5\n" in print_observable(plain)
    assert "order nu = 10, tuples all" in print_anonymous(about)
    assert r"\sum_{S} w_{2.5}(S)" in formula(plain)
    assert r"\sum_{i, S} x_i \, w_{9}(S)" in formula(about)
    others = (plain, observable(nu=2.75), observable())
    assert len({kernel_fingerprint(pipeline.run(seen)) for seen in others}) == 3
    assert "sets of any number of particles" in surrogate(pipeline.run(plain)).reason


def _totals(some):
    _, n_events = some.event_index()
    return np.array([some.energy[_of(some, k)].sum() / some.scale[k] for k in range(n_events)])


def _of(some, jet):
    return slice(some.offsets[jet], some.offsets[jet + 1])
