"""Bins of what follows from a cheaper value are those of the value itself, to the last bit."""

from __future__ import annotations

import backends_under_test as backends
import numpy as np
import pytest
from strategies import apply, batch, energy_weight

from ecdsl.backends.numba.chains import chain_of
from ecdsl.ir.nodes import Axis, Bins, Correlator, Jet, Number, Observable, Pair, Particles

Z12 = Pair(i=1, j=2)
ONE, HALF = Number(value=1.0), Number(value=0.5)
ARC = apply("asin", apply("sqrt", apply("max", Number(value=0.0), apply("sub", ONE, Z12))))
ROOT = apply("mul", Number(value=2.0), apply("sqrt", apply("add", Z12, HALF)))


def observable(expr, bins):
    correlator = Correlator(
        order=2, constituents=Particles(), measure="ee", weight=energy_weight(2), tuples="distinct"
    )
    return Observable(
        name="one", correlator=correlator, axes=(Axis(name="x", expr=expr, bins=bins),)
    )


@pytest.mark.parametrize(
    ("expr", "pulled"),
    [
        (ROOT, True),
        (apply("sqrt", apply("max", Z12, HALF)), False),
        (apply("sqrt", apply("sub", Z12, HALF)), False),
        (ARC, False),
        (apply("log", Z12), False),
        (apply("sqrt", apply("div", Jet(quantity="pt"), Jet(quantity="energy"))), False),
    ],
)
def test_edges_are_pulled_where_nothing_falls_and_nothing_is_undefined(expr, pulled):
    chain = chain_of(expr, observable(expr, Bins(n=1, lower=0.0, upper=1.0)))
    assert chain.pulled == pulled


@pytest.mark.parametrize(
    ("expr", "function", "inverse"),
    [
        (ROOT, lambda z: 2 * np.sqrt(z + 0.5), lambda x: (x / 2) ** 2 - 0.5),
        (
            ARC,
            lambda z: np.arcsin(np.sqrt(np.maximum(0, 1 - z))),
            lambda x: 1 - np.sin(x) ** 2,
        ),
        (apply("log", Z12), np.log, np.exp),
    ],
)
def test_values_next_to_an_edge_are_on_their_side_of_it(expr, function, inverse):
    """Two particles each, at distances within 30 roundings of what gives an edge."""
    bins = Bins(n=12, lower=-2.0, upper=2.0)
    edges = backends.edges(bins)
    at = inverse(edges)
    at = at[(at > 0.01) & (at < 0.99)]
    z = (at[:, None] * (1 + np.arange(-30, 31) * 2.0**-53)).ravel()
    cosine = 1 - 2 * z
    pair = np.stack([np.stack([cosine, np.sqrt(1 - cosine**2), 0 * z], axis=1)] * 2, axis=1)
    pair[:, 0] = [1.0, 0.0, 0.0]
    some = batch(pair.reshape(-1, 3), [2] * len(z))
    exact = np.array([backends.distances("ee", *two.T)[0, 1] for two in pair])
    found = backends.python_rows(observable(expr, bins), some).argmax(axis=1)
    np.testing.assert_array_equal(found, np.searchsorted(edges, function(exact), side="right"))
