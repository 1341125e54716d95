"""What physics says about legs, charges, masses and azimuths, on real and on random events."""

from __future__ import annotations

from dataclasses import replace

import backends_under_test as backends
import numpy as np
import pytest
from ir_strategies import dressed, sample
from strategies import apply, batch, energy_weight

from ecdsl.ir.nodes import (
    Axis,
    Azimuth,
    Between,
    Bins,
    Compare,
    Correlator,
    Energy,
    Jet,
    Member,
    Number,
    Observable,
    Pair,
    Particles,
    Pt,
    Scale,
    Side,
    Triple,
)

JETS = sample(np.random.default_rng(21), [6, 5])


def observable(expr, *, order=3, measure="ee", weight=None, **correlator):
    return Observable(
        name="x",
        correlator=Correlator(
            order=order,
            constituents=Particles(),
            measure=measure,
            weight=weight or energy_weight(order),
            **correlator,
        ),
        axes=(Axis(name="x", expr=apply("atan", expr), bins=Bins(n=60, lower=-1.6, upper=1.6)),),
    )


def rows(shown, jets):
    return backends.python_rows(shown, jets)


def moved(jets, px, py, pz, energy=None):
    """Return the jets with other momenta."""
    return replace(jets, px=px, py=py, pz=pz, energy=jets.energy if energy is None else energy)


def turned(jets, matrix):
    return moved(jets, *(matrix @ np.stack([jets.px, jets.py, jets.pz])))


def shuffled(jets, rng):
    """Return the jets with the particles of each in another order."""
    order = np.concatenate(
        [
            rng.permutation(np.arange(a, b))
            for a, b in zip(jets.offsets, jets.offsets[1:], strict=False)
        ]
    )
    columns = ("px", "py", "pz", "energy", "charge", "pdgid")
    return replace(jets, **{name: getattr(jets, name)[order] for name in columns})


SPHERICAL = [
    Azimuth(pole=1, j=2, k=3),
    Triple(i=1, j=2, k=3),
    Between(quantity="mass", i=1, j=3),
    Between(quantity="angle", i=2, j="jet"),
    Between(quantity="mass", i=1, j="jet"),
    Jet(quantity="mass"),
    Member(quantity="mass", i=2),
]
CYLINDRICAL = [
    Azimuth(pole=1, j=2, k=3),
    Between(quantity="deta", i=1, j=2),
    Between(quantity="dphi", i=1, j=2),
    Pair(i=1, j=2),
]


@pytest.mark.parametrize("leaf", SPHERICAL, ids=repr)
@pytest.mark.parametrize("ranked", [False, True])
def test_rotations_change_nothing(leaf, ranked):
    matrix, _ = np.linalg.qr(np.random.default_rng(1).normal(size=(3, 3)))
    matrix *= np.linalg.det(matrix)
    shown = observable(leaf, ranked=ranked)
    expected = rows(shown, JETS)
    np.testing.assert_allclose(rows(shown, turned(JETS, matrix)), expected, rtol=1e-9)


def test_a_mirror_turns_the_sign_of_azimuths_and_triple_products():
    mirror = np.diag([1.0, 1.0, -1.0])
    for leaf in (Azimuth(pole=1, j=2, k=3), Triple(i=1, j=2, k=3)):
        # The weight tells all particles apart, so that the sign does not average out.
        ratio = [apply("div", Energy(i=i), Scale()) for i in (2, 3, 3)]
        weight = apply("mul", energy_weight(3), *ratio)
        shown = observable(leaf, weight=weight)
        seen = rows(shown, turned(JETS, mirror))
        np.testing.assert_allclose(seen[:, 1:-1], rows(shown, JETS)[:, -2:0:-1], rtol=1e-9)
        assert np.abs(seen[:, 1:-1] - seen[:, -2:0:-1]).max() > 0.01 * seen.max()


@pytest.mark.parametrize("leaf", CYLINDRICAL, ids=repr)
def test_boosts_along_the_beam_and_turns_about_it_change_no_hadron_quantity(leaf):
    product = apply("mul", Pt(i=1), Pt(i=2), Pt(i=3))
    weight = apply("div", product, apply("pow", Jet(quantity="pt"), Number(value=3.0)))
    shown = observable(leaf, measure="hadron", weight=weight, tuples="all")
    p = np.sqrt(JETS.px**2 + JETS.py**2 + JETS.pz**2)
    massless = replace(JETS, energy=p)
    expected = rows(shown, massless)
    gamma, beta_gamma = np.cosh(0.7), np.sinh(0.7)
    pz, energy = gamma * JETS.pz + beta_gamma * p, gamma * p + beta_gamma * JETS.pz
    boosted = moved(massless, JETS.px, JETS.py, pz, energy)
    np.testing.assert_allclose(rows(shown, boosted), expected, rtol=1e-8, atol=1e-15)
    c, s = np.cos(2.5), np.sin(2.5)
    about_beam = turned(massless, np.array([[c, -s, 0], [s, c, 0], [0, 0, 1.0]]))
    np.testing.assert_allclose(rows(shown, about_beam), expected, rtol=1e-8, atol=1e-15)


@pytest.mark.parametrize("ranked", [False, True])
@pytest.mark.parametrize("group", ["jet", "event"])
def test_the_order_of_particles_in_the_file_means_nothing(ranked, group):
    where = Compare(op="<", lhs=Number(value=2.0), rhs=Pt(i=1))
    shown = observable(
        apply("add", Azimuth(pole=1, j=2, k=3), Member(quantity="charge", i=2)),
        ranked=ranked,
        group=group,
        where=where,
        hardest=5,
        tuples="all",
    )
    expected = rows(shown, JETS)
    assert expected.any()
    again = rows(shown, shuffled(JETS, np.random.default_rng(3)))
    np.testing.assert_allclose(again, expected, rtol=1e-9, atol=1e-16)


@pytest.mark.parametrize("find", [backends.python_rows, backends.reference_rows])
@pytest.mark.parametrize("hardest", [None, 4])
def test_the_order_in_the_file_decides_no_tie(find, hardest):
    # About +z all others stand at equal distances, and most are equally hard.
    ring = [(1.0, 0, 0), (0, 1.0, 0), (-1.0, 0, 0), (0, -1.0, 0), (0, 2.0, 0)]
    jets = dressed(batch([(0, 0, 3.0), *ring], [6]), np.random.default_rng(5))
    jets = replace(jets, energy=np.sqrt(jets.px**2 + jets.py**2 + jets.pz**2))
    sign = apply("mul", Azimuth(pole=1, j=2, k=3), Member(quantity="charge", i=2))
    shown = observable(sign, ranked=True, hardest=hardest)
    expected = find(shown, jets)
    for seed in range(4):
        again = find(shown, shuffled(jets, np.random.default_rng(seed)))
        np.testing.assert_allclose(again, expected, rtol=1e-12)
    np.testing.assert_allclose(expected, backends.reference_rows(shown, jets), rtol=1e-12)


def test_a_collinear_splitting_changes_nothing_where_weights_are_linear():
    massless = replace(JETS, energy=np.sqrt(JETS.px**2 + JETS.py**2 + JETS.pz**2))
    parts = [np.concatenate([0.3 * v[:1], 0.7 * v[:1], v[1:]]) for v in _momenta(massless)]
    split = replace(
        massless,
        px=parts[0],
        py=parts[1],
        pz=parts[2],
        energy=parts[3],
        charge=None,
        pdgid=None,
        offsets=massless.offsets + np.array([0, 1, 1]),
    )
    for leaf in (
        Between(quantity="angle", i=1, j="jet"),
        Between(quantity="angle", i=1, j="beam"),
        Side(k=3),
        Azimuth(pole=3, j=1, k=2),
    ):
        shown = observable(leaf, tuples="all")
        whole, cut = rows(shown, massless), rows(shown, split)
        # Contact terms lie at exactly 0; the two halves of a particle lie within rounding of it.
        zero = np.searchsorted(backends.edges(shown.axes[0].bins), 0.0, side="right")
        keep = np.ones(whole.shape[1], dtype=bool)
        keep[zero - 1 : zero + 1] = isinstance(leaf, Between)
        np.testing.assert_allclose(cut[:, keep], whole[:, keep], rtol=1e-9, atol=1e-15)


def _momenta(jets):
    return (jets.px, jets.py, jets.pz, jets.energy)


def test_charges_sum_to_the_square_of_the_charge():
    weight = apply("mul", Member(quantity="charge", i=1), Member(quantity="charge", i=2))
    shown = observable(Pair(i=1, j=2), order=2, weight=weight, tuples="all")
    total = JETS.sum_over_jets(JETS.charge)
    assert total.any()
    np.testing.assert_allclose(rows(shown, JETS).sum(axis=1), total**2, atol=1e-12)
    opposite = Compare(op="==", lhs=weight, rhs=Number(value=-1.0))
    ones = apply("mul", weight, weight)
    pairs = observable(Pair(i=1, j=2), order=2, weight=ones, windows=(opposite,))
    plus = JETS.sum_over_jets((JETS.charge > 0).astype(float))
    minus = JETS.sum_over_jets((JETS.charge < 0).astype(float))
    np.testing.assert_allclose(rows(pairs, JETS).sum(axis=1), 2 * plus * minus, atol=1e-12)


@pytest.mark.parametrize("ranked", [False, True])
@pytest.mark.parametrize("quantity", ["energy_sum", "pt_sum", "et_sum"])
def test_weights_normalised_to_what_is_summed_add_up_to_one(quantity, ranked):
    leaf = {"energy_sum": Energy, "pt_sum": Pt}.get(quantity)
    vertices = [leaf(i=i) if leaf else Member(quantity="et", i=i) for i in (1, 2, 3)]
    total = apply("pow", Jet(quantity=quantity), Number(value=3.0))
    weight = apply("div", apply("mul", *vertices), total)
    where = Compare(op="!=", lhs=Member(quantity="charge", i=1), rhs=Number(value=0.0))
    shown = observable(
        Side(k=3), weight=weight, tuples="all", where=where, hardest=4, ranked=ranked
    )
    np.testing.assert_allclose(rows(shown, JETS).sum(axis=1), 1.0, rtol=1e-12)


def test_tuples_of_an_event_are_those_of_its_jets_in_one():
    shared = replace(JETS, event=np.zeros(2, dtype=np.int64))
    one = replace(JETS, offsets=JETS.offsets[[0, 2]], scale=JETS.scale[:1], event=JETS.event[:1])
    one = replace(one, labels={name: values[:1] for name, values in JETS.labels.items()})
    leaf = apply("add", Azimuth(pole=1, j=2, k=3), Jet(quantity="mass"))
    per_event = rows(observable(leaf, group="event"), shared)
    np.testing.assert_allclose(per_event, rows(observable(leaf), one), rtol=1e-12)


def test_a_declared_measure_may_be_the_own_one():
    angle = Between(quantity="angle", i=1, j=2)
    deta, dphi = (Between(quantity=q, i=1, j=2) for q in ("deta", "dphi"))
    squared = apply("add", apply("mul", deta, deta), apply("mul", dphi, dphi))
    for measure, distance in (("ee", angle), ("hadron", squared)):
        for leaf in (Side(k=2), Pair(i=1, j=3), Between(quantity="z", i=2, j="jet")):
            own = rows(observable(leaf, measure=measure, tuples="all"), JETS)
            declared = observable(leaf, measure=measure, tuples="all", distance=distance)
            np.testing.assert_allclose(rows(declared, JETS), own, rtol=1e-12)


def test_the_mass_of_two_is_that_of_the_jet_they_make():
    """m_ij of subjets, arXiv:2501.17218: m^2 = 4 E_i E_j z_ij for massless ones."""
    two = sample(np.random.default_rng(2), [2])
    two = replace(two, energy=np.sqrt(two.px**2 + two.py**2 + two.pz**2))
    zero = apply("sub", Between(quantity="mass", i=1, j=2), Jet(quantity="mass"))
    energies = apply("mul", Number(value=4.0), Energy(i=1), Energy(i=2), Pair(i=1, j=2))
    other = apply("sub", Between(quantity="mass", i=1, j=2), apply("sqrt", energies))
    for expr in (zero, other):
        found = rows(observable(apply("mul", expr, Number(value=1e6)), order=2), two)[0]
        middle = len(found) // 2
        assert found[middle - 1 : middle + 1].sum() == pytest.approx(found.sum())
        assert found.any()
