from __future__ import annotations

from dataclasses import replace

import backends_under_test as backends
import numpy as np
import pytest
from strategies import batch, energy_weight

from ecdsl.events.generate import Task, generate
from ecdsl.events.process import ee_ttbar
from ecdsl.ir.nodes import Axis, Bins, Correlator, Observable, Pair, Particles, Side, Subjets


@pytest.fixture(scope="module")
def pythia_jets():
    """Twenty real events: e+e- -> t tbar at 2 TeV; subjets, which pass for particles here."""
    subjets = Subjets(algorithm="cambridge", radius=0.1)
    task = Task(
        process=ee_ttbar(),
        labels={"mt": 173.0},
        first_event=0,
        n_events=20,
        entropy=(1,),
        constituents=subjets,
    )
    return replace(generate(task).jets, constituents=Particles())


def inclusive(order, tuples, expr, measure="ee", weight=None):
    return Observable(
        name="inclusive",
        correlator=Correlator(
            order=order,
            constituents=Particles(),
            measure=measure,
            weight=weight or energy_weight(order),
            tuples=tuples,
        ),
        axes=(Axis(name="x", expr=expr, bins=Bins(n=50, lower=0.0, upper=1.0)),),
    )


@pytest.mark.parametrize(("order", "expr"), [(1, None), (2, Pair(i=1, j=2)), (3, Side(k=3))])
def test_with_contact_terms_the_total_weight_is_the_power_of_the_energy(pythia_jets, order, expr):
    observable = inclusive(order, "all", expr or energy_weight(1))
    event, n_events = pythia_jets.event_index()
    jet = np.repeat(np.arange(pythia_jets.n_jets), np.diff(pythia_jets.offsets))
    fraction = np.bincount(jet, weights=pythia_jets.energy) / pythia_jets.scale
    expected = np.bincount(event, weights=fraction**order, minlength=n_events)
    rows = backends.numba_rows(observable, pythia_jets)
    np.testing.assert_allclose(rows.sum(axis=1), expected, rtol=1e-12)


def test_distinct_and_contact_terms_add_up_to_all(pythia_jets):
    distinct = backends.numba_rows(inclusive(2, "distinct", Pair(i=1, j=2)), pythia_jets)
    everything = backends.numba_rows(inclusive(2, "all", Pair(i=1, j=2)), pythia_jets)
    sets = backends.numba_rows(inclusive(2, "sets", Pair(i=1, j=2)), pythia_jets)
    np.testing.assert_allclose(distinct, 2 * sets, rtol=1e-13)
    # The contact terms sit at zero distance, in the first bin, and are the sum of x_i^2.
    contact = everything - distinct
    event, n_events = pythia_jets.event_index()
    jet = np.repeat(np.arange(pythia_jets.n_jets), np.diff(pythia_jets.offsets))
    squares = (pythia_jets.energy / pythia_jets.scale[jet]) ** 2
    expected = np.bincount(event[jet], weights=squares, minlength=n_events)
    np.testing.assert_allclose(contact[:, 1], expected, rtol=1e-9)
    np.testing.assert_allclose(contact[:, 2:], 0.0, atol=1e-15)


def test_momentum_conservation_fixes_the_mean_of_zeta():
    """sum_ij x_i x_j z_ij = 1/2 for massless particles whose momenta add to zero (Q = sum E)."""
    rng = np.random.default_rng(3)
    momenta = rng.normal(size=(7, 3))
    momenta = np.concatenate([momenta, -momenta.sum(axis=0, keepdims=True)])
    scale = np.linalg.norm(momenta, axis=1).sum()
    sample = batch(momenta, [8], scale=scale)
    fine = Observable(
        name="fine",
        correlator=inclusive(2, "all", Pair(i=1, j=2)).correlator,
        axes=(Axis(name="z", expr=Pair(i=1, j=2), bins=Bins(n=200_000, lower=0.0, upper=1.0)),),
    )
    rows = backends.numba_rows(fine, sample)[0]
    centres = (np.arange(200_000) + 0.5) / 200_000
    assert rows[1:-1] @ centres == pytest.approx(0.5, abs=1e-5)


def test_collinear_splitting_changes_only_zero_distance():
    rng = np.random.default_rng(5)
    momenta = rng.normal(size=(6, 3))
    split = np.concatenate([momenta[:-1], 0.3 * momenta[-1:], 0.7 * momenta[-1:]])
    # The first bin is cut away: it holds the contact terms and the new pair at zero distance.
    observable = inclusive(2, "all", Pair(i=1, j=2))
    whole = backends.numba_rows(observable, batch(momenta, [6]))
    parts = backends.numba_rows(observable, batch(split, [7]))
    np.testing.assert_allclose(parts, whole, rtol=1e-12)


def test_rotations_and_relabelling_change_nothing():
    rng = np.random.default_rng(7)
    momenta = rng.normal(size=(8, 3))
    rotation, _ = np.linalg.qr(rng.normal(size=(3, 3)))
    observable = inclusive(3, "distinct", Side(k=2))
    expected = backends.numba_rows(observable, batch(momenta, [8]))
    turned = backends.numba_rows(observable, batch(momenta @ rotation.T, [8]))
    shuffled = backends.numba_rows(observable, batch(momenta[::-1], [8]))
    np.testing.assert_allclose(turned, expected, rtol=1e-10)
    np.testing.assert_allclose(shuffled, expected, rtol=1e-12)


def test_hadron_measure_knows_azimuth_is_periodic():
    angles = np.array([3.1, -3.1, 0.2])
    momenta = np.stack([np.cos(angles), np.sin(angles), np.array([0.1, 0.2, -0.3])], axis=1)
    turn = np.pi
    turned = np.stack([np.cos(angles + turn), np.sin(angles + turn), momenta[:, 2]], axis=1)
    observable = inclusive(2, "distinct", Pair(i=1, j=2), measure="hadron")
    rows = [backends.numba_rows(observable, batch(m, [3])) for m in (momenta, turned)]
    np.testing.assert_allclose(rows[0], rows[1], rtol=1e-12)


def test_fastjet_knows_the_same_two_point_sum(pythia_jets):
    """sum_{i<j} pT_i pT_j dR_ij of FastJet equals the two-point correlator's first moment."""
    import fastjet

    n = int(pythia_jets.offsets[1])
    part = slice(0, n)
    columns = (pythia_jets.px, pythia_jets.py, pythia_jets.pz)
    # Massless constituents: FastJet measures with rapidity, the correlator with pseudorapidity.
    p = np.sqrt(sum(c[part] ** 2 for c in columns))
    particles = [fastjet.PseudoJet(*(float(c[k]) for c in columns), float(p[k])) for k in range(n)]
    definition = fastjet.JetDefinition(fastjet.cambridge_algorithm, 10.0)
    sequence = fastjet.ClusterSequence(particles, definition)
    jets = sequence.exclusive_jets(n)
    expected = sum(
        jets[i].pt() * jets[j].pt() * jets[i].delta_R(jets[j]) for i in range(n) for j in range(i)
    )
    z = backends.distances("hadron", *(c[part] for c in columns))
    pt = np.hypot(pythia_jets.px[part], pythia_jets.py[part])
    assert (np.outer(pt, pt) * np.sqrt(z)).sum() / 2 == pytest.approx(expected, rel=1e-9)
