"""Each thing an expression can ask, by itself and finely binned; and what ties and contacts do."""

from __future__ import annotations

import backends_under_test as backends
import numpy as np
import pytest
from ir_strategies import dressed, of_tuple, sample
from strategies import apply, batch, energy_weight

from ecdsl.ir.nodes import (
    Axis,
    Azimuth,
    Between,
    Bins,
    Correlator,
    Number,
    Observable,
    Pair,
    Particles,
    Side,
    Triple,
)

JETS = sample(np.random.default_rng(11), [4, 3])


FINE = Bins(n=400, lower=-1.6, upper=1.6)


def observable(expr, bins=FINE, *, order=3, tuples="all", measure="ee", **correlator):
    return Observable(
        name="one",
        correlator=Correlator(
            order=order,
            constituents=Particles(),
            measure=measure,
            weight=energy_weight(order),
            tuples=tuples,
            **correlator,
        ),
        axes=(Axis(name="x", expr=expr, bins=bins),),
    )


@pytest.mark.parametrize("measure", ["ee", "hadron"])
@pytest.mark.parametrize("leaf", of_tuple(3), ids=repr)
def test_each_leaf(leaf, measure):
    # arctan brings energies and angles onto one axis.
    shown = observable(apply("atan", apply("mul", Number(value=0.37), leaf)), measure=measure)
    expected = backends.reference_rows(shown, JETS)
    np.testing.assert_allclose(backends.python_rows(shown, JETS), expected, rtol=1e-10, atol=1e-15)


@pytest.mark.parametrize("tuples", ["distinct", "all"])
@pytest.mark.parametrize("group", ["jet", "event"])
def test_particles_at_equal_distances_are_named_one_way(tuples, group):
    # Seen from +z, all others stand at zeta = 1/2: exact ties. A copy stands at distance 0.
    tied = [(0, 0, 2.0), (1.0, 0, 0), (0, 3.0, 0), (-0.5, 0, 0), (0, 0, 2.0)]
    jets = dressed(batch(tied, [3, 2], shared=True), np.random.default_rng(2))
    ranked = observable(
        apply("sub", Pair(i=1, j=2), apply("mul", Pair(i=1, j=3), Number(value=0.3))),
        tuples=tuples,
        ranked=True,
        group=group,
    )
    expected = backends.reference_rows(ranked, jets)
    np.testing.assert_allclose(backends.python_rows(ranked, jets), expected, rtol=1e-12)
    plain = backends.reference_rows(observable(Pair(i=1, j=2), tuples=tuples, group=group), jets)
    np.testing.assert_allclose(expected.sum(), plain.sum(), rtol=1e-12)


@pytest.mark.parametrize("rows", [backends.reference_rows, backends.python_rows])
def test_azimuth_and_triple_by_hand(rows):
    """About +z, +y stands at +90 degrees from +x; (z, x, y) is a right-handed frame."""
    frame = batch([(0, 0, 4.0), (1.0, 0, 0), (0, 2.0, 0)], [3], scale=10.0)

    def at(expr):
        """Return where the six ordered triplets lie, as {value: number of them}."""
        counted = observable(expr, Bins(n=5, lower=-2.5, upper=2.5), tuples="distinct")
        found = rows(counted, frame)[0] / (4.0 * 1.0 * 2.0 / 1000)
        return dict(zip([-2, -1, 0, 1, 2], np.round(found[1:-1], 9), strict=True))

    quarter = apply("div", Azimuth(pole=1, j=2, k=3), apply("acos", Number(value=0.0)))
    assert at(quarter) == {-2: 0, -1: 3, 0: 0, 1: 3, 2: 0}
    assert at(Triple(i=1, j=2, k=3)) == {-2: 0, -1: 3, 0: 0, 1: 3, 2: 0}
    both = apply("mul", quarter, Triple(i=1, j=2, k=3))
    assert at(both) == {-2: 0, -1: 0, 0: 0, 1: 6, 2: 0}


def test_azimuth_of_a_straight_line_is_plus_pi():
    # Three points at eta = 0: from the middle one, the others lie opposite to each other.
    angles = np.array([0.3, 0.1, 0.5])
    line = np.stack([np.cos(angles), np.sin(angles), np.zeros(3)], axis=1)
    azimuth = Azimuth(pole=1, j=2, k=3)
    halves = Bins(n=2, lower=-3.2, upper=3.2)
    shown = observable(azimuth, halves, tuples="distinct", measure="hadron")
    for rows in (backends.reference_rows, backends.python_rows):
        below, above = rows(shown, batch(line, [3], scale=10.0))[0, 1:-1]
        assert (below, above) == pytest.approx((0, 6e-3))


def test_mass_of_light_collinear_pairs_keeps_its_precision():
    """m^2 = m1^2 + m2^2 + 2 (E1 E2 - p1.p2), where all terms but rounding are 1e-10 of E^2."""
    p = np.array([[0.0, 0.0, 1000.0], [0.01, 0.0, 1000.0]])
    jets = batch(p, [2], scale=2000.0)
    jets = type(jets)(**vars(jets) | {"energy": np.sqrt((p**2).sum(axis=1) + 1e-4)})
    energy = jets.energy.astype(np.longdouble)
    exact = np.sqrt(energy.sum() ** 2 - (p.astype(np.longdouble).sum(axis=0) ** 2).sum())
    mass = Between(quantity="mass", i=1, j=2)
    close = apply("sub", mass, Number(value=float(exact)))
    shown = observable(close, Bins(n=2, lower=-1e-7, upper=1e-7), order=2, tuples="distinct")
    assert backends.python_rows(shown, jets)[0, 1:-1].sum() == pytest.approx(0.5, rel=1e-6)


def test_massless_particles_have_no_mass_and_no_nan():
    jets = batch([(0.1, 0.2, 0.3), (0.7, 0.1, 0.2), (1e-9, 1e-9, 45.0)], [3])
    for leaf in (Between(quantity="mass", i=1, j=1), Between(quantity="mass", i=1, j="jet")):
        shown = observable(leaf, order=1)
        rows = backends.reference_rows(shown, jets)
        np.testing.assert_allclose(backends.python_rows(shown, jets), rows, rtol=1e-12)


@pytest.mark.parametrize("order", [5, 6, 7, 8])
def test_high_orders_obey_the_sum_rule(order):
    jets = sample(np.random.default_rng(order), [4])
    longest = Side(k=order * (order - 1) // 2)
    total = backends.python_rows(observable(longest, order=order), jets).sum()
    assert total == pytest.approx((jets.energy.sum() / 200) ** order, rel=1e-10)


def test_high_orders_without_symmetry():
    jets = sample(np.random.default_rng(6), [4])
    shown = observable(apply("mul", Pair(i=1, j=2), Pair(i=3, j=6)), order=6)
    assert backends.pipeline.run(shown).loop.kind == "ordered"
    total = backends.python_rows(shown, jets).sum()
    assert total == pytest.approx((jets.energy.sum() / 200) ** 6, rel=1e-10)


@pytest.mark.parametrize("tuples", ["distinct", "all"])
def test_ordered_loops_equal_the_interpreter(tuples, monkeypatch):
    monkeypatch.setattr("ecdsl.passes.loops._MAX_TERMS", 2)
    jets = sample(np.random.default_rng(8), [4, 2])
    expr = apply("add", Azimuth(pole=1, j=2, k=3), Between(quantity="mass", i=1, j=2))
    shown = observable(apply("atan", expr), tuples=tuples)
    assert backends.pipeline.run(shown).loop.kind == "ordered"
    expected = backends.reference_rows(shown, jets)
    np.testing.assert_allclose(backends.python_rows(shown, jets), expected, rtol=1e-10)


@pytest.mark.parametrize(
    ("expr", "ranked"),
    [
        (apply("div", Pair(i=1, j=2), Pair(i=1, j=3)), False),
        (apply("log", apply("sub", Pair(i=1, j=3), Pair(i=1, j=2))), True),
        (Pair(i=1, j=2), False),
    ],
    ids=["ratio", "logarithm", "distance"],
)
def test_what_has_no_value_is_counted_and_lies_in_the_overflow(expr, ranked):
    two = observable(expr, Bins(n=3, lower=-1.0, upper=1.0), ranked=ranked)
    two = two.model_copy(update={"axes": (*two.axes, Axis(name="z", expr=Side(k=3), bins=FINE))})
    found = backends.reference(two, JETS)
    compiled, n_undefined = backends.numba_counted(two, JETS)
    assert n_undefined == found.n_undefined
    assert (found.n_undefined > 0) == (expr != Pair(i=1, j=2))
    np.testing.assert_allclose(compiled, found.rows, rtol=1e-12, atol=1e-15)
    plain = backends.reference_rows(observable(Side(k=3), ranked=ranked), JETS)
    np.testing.assert_allclose(found.rows.reshape(2, 5, -1).sum(axis=1), plain, rtol=1e-12)


def test_equal_distances_leave_a_ratio_without_a_value_by_hand():
    # Of three particles: 3 tuples of one particle thrice, and for each of 6 ordered pairs (a, b)
    # the words aab, aba, baa. 0/0 where particle 1 is 2 and 3: aaa; x/0 where it is 3 alone.
    three = batch([(0, 0, 2.0), (1.0, 0, 0), (0, 3.0, 0)], [3])
    ratio = observable(apply("div", Pair(i=1, j=2), Pair(i=1, j=3)))
    found = backends.reference(ratio, three)
    assert found.n_undefined == 3
