"""Sums over dynamic subjets are those of the published definition, arXiv:2406.08577."""

from __future__ import annotations

import backends_under_test as backends
import fastjet
import numpy as np
import pytest
from strategies import apply, batch, spray

from ecdsl.artifacts.manifest import edges
from ecdsl.backends.numba.emit import emit_fill, emit_resolve
from ecdsl.backends.reference.branches import clustered
from ecdsl.events.selection import kernel_columns, select_constituents
from ecdsl.execute_resolution import resolved, summed
from ecdsl.ir.nodes import (
    Axis,
    Bins,
    Correlator,
    Energy,
    Jet,
    Number,
    Observable,
    Particles,
    Pt,
    Side,
)
from ecdsl.passes import pipeline

PARAMETERS = np.zeros(0)


def seen(order, measure, resolution, *, axes=1):
    kind, total = (Energy, "energy_sum") if measure == "ee" else (Pt, "pt_sum")
    energies = apply("mul", *(kind(i=i) for i in range(1, order + 1)))
    below = apply("pow", Jet(quantity=total), Number(value=float(order)))
    sides = range(order * (order - 1) // 2, 0, -1)
    return Observable(
        name="resolved",
        correlator=Correlator(
            order=order,
            constituents=Particles(),
            measure=measure,
            weight=apply("div", energies, below),
            tuples="all",
            resolution=resolution,
        ),
        axes=tuple(
            Axis(name=f"x{k}", expr=Side(k=k), bins=Bins(n=9, lower=1e-5, upper=2, spacing="log"))
            for k in list(sides)[:axes]
        ),
    )


def rows_of(observable, jets):
    """Fill an observable as `ecdsl.execute` does."""
    plan = pipeline.run(observable)
    correlator = observable.correlator
    fill = backends.as_python(backends.module_of(plan, emit_fill)).fill
    resolver = backends.as_python(backends.module_from(correlator, emit_resolve))
    jets = select_constituents(jets, correlator)
    columns = kernel_columns(jets, observable)
    momenta = (jets.px, jets.py, jets.pz, jets.energy)
    ends = [edges(axis.bins) for axis in observable.axes]
    bins = (np.concatenate(ends), np.cumsum([0, *map(len, ends)]))
    event, n_events = jets.event_index()
    given = (jets.offsets, *momenta, jets.scale, columns.particles, columns.jets, event, *bins)
    rows = np.zeros((n_events, int(np.prod([len(e) + 1 for e in ends]))))
    parts = resolved(resolver, correlator.resolution, given)
    undefined = summed(lambda part, into: fill(*part, PARAMETERS, into), parts, rows)
    return rows, undefined


@pytest.mark.parametrize("measure", ["ee", "hadron"])
@pytest.mark.parametrize(("order", "resolution"), [(2, 3.0), (3, 2.0), (3, 8.0)])
def test_sums_equal_the_published_definition(measure, order, resolution):
    observable, jets = seen(order, measure, resolution), spray(order, [6, 1, 0, 2, 8])
    found, undefined = rows_of(observable, jets)
    np.testing.assert_allclose(
        found, backends.reference_rows(observable, jets), rtol=1e-10, atol=1e-15
    )
    np.testing.assert_allclose(found.sum(axis=1), [1, 1, 0, 1, 1], rtol=1e-12)
    assert undefined == 0
    if order == 3:
        exact = backends.reference_rows(seen(order, measure, None), jets)
        assert np.abs(found - exact).max() > 1e-3


def test_the_sum_is_exact_where_all_is_resolved():
    jets = spray(1, [9, 2])
    found, _ = rows_of(seen(3, "hadron", 1e12), jets)
    exact = backends.reference_rows(seen(3, "hadron", None), jets)
    np.testing.assert_allclose(found, exact, rtol=1e-12, atol=1e-15)


def test_undefined_tuples_and_empty_bins_are_those_of_the_definition():
    """Of two axes, 0/0 of contact terms is undefined on one; nothing is left by rounding."""
    plain = seen(3, "hadron", 8.0, axes=2)
    ratio = apply("div", Side(k=1), Side(k=2))
    bins = Bins(n=4, lower=0, upper=1)
    observable = plain.model_copy(
        update={"axes": (plain.axes[0], Axis(name="ratio", expr=ratio, bins=bins))}
    )
    jets = spray(4, [6, 4])
    with np.errstate(all="ignore"):
        found, undefined = rows_of(observable, jets)
    expected = backends.reference(observable, jets)
    np.testing.assert_allclose(found, expected.rows, rtol=1e-10, atol=0)
    assert undefined == expected.n_undefined > 0


def test_the_order_of_the_file_means_nothing():
    """Towers of a calorimeter: many distances are equal, and the first two are merged first."""
    rng = np.random.default_rng(5)
    eta, phi = 0.1 * rng.integers(-3, 4, (2, 20))
    pt = rng.exponential(5.0, 20)
    momenta = pt[:, None] * np.stack([np.cos(phi), np.sin(phi), np.sinh(eta)], axis=1)
    found, _ = rows_of(seen(3, "hadron", 8.0), batch(momenta, [20]))
    other, _ = rows_of(seen(3, "hadron", 8.0), batch(momenta[rng.permutation(20)], [20]))
    np.testing.assert_allclose(found, other, rtol=1e-11, atol=1e-15)
    assert found.sum() == pytest.approx(1, rel=1e-12)


@pytest.mark.parametrize(
    ("measure", "definition"),
    [
        ("ee", (fastjet.ee_genkt_algorithm, 3.0, 0.0, fastjet.E_scheme)),
        ("hadron", (fastjet.genkt_algorithm, 10.0, 0.0, fastjet.pt_scheme)),
    ],
)
def test_jets_are_clustered_as_fastjet_does(measure, definition):
    jets = spray(6, [14])
    momenta = np.stack([jets.px, jets.py, jets.pz, jets.energy], axis=1)
    given = [fastjet.PseudoJet(*momentum) for momentum in momenta.tolist()]
    sequence = fastjet.ClusterSequence(given, fastjet.JetDefinition(*definition))
    branch = clustered(list(momenta), measure)
    scales = sorted(part.peak for part in branch.splittings())
    for n, cut in enumerate(reversed(scales), 1):
        expected = [[p.px(), p.py(), p.pz(), p.e()] for p in sequence.exclusive_jets(n)]
        found = branch.subjets(cut)
        assert len(found) == n
        np.testing.assert_allclose(
            sorted(map(tuple, found)), sorted(map(tuple, expected)), rtol=1e-9, atol=1e-9
        )
