"""Energy flow of jets: positions, and the information that a network finds in them."""

from __future__ import annotations

import numpy as np
import pytest
from strategies import batch

from ecdsl.analysis.flow import information_in_constituents, positions
from ecdsl.inference.energy_flow import Flow


@pytest.fixture(scope="module")
def jets():
    """Forty jets of five massless particles near random directions."""
    rng = np.random.default_rng(1)
    axes = np.repeat(rng.normal(size=(40, 3)), 5, axis=0)
    p = axes / np.linalg.norm(axes, axis=1)[:, None] + 0.2 * rng.normal(size=(200, 3))
    p *= rng.uniform(1, 30, size=(200, 1))
    return batch(p, [5] * 40)


def test_on_the_sphere_a_position_is_the_angle_to_the_jet_axis(jets):
    x, places = positions(jets, "ee")
    axis = np.repeat(jets.jet_momenta()[:3].T, 5, axis=0)
    p = np.column_stack([jets.px, jets.py, jets.pz])
    cosine = (axis * p).sum(axis=1) / np.linalg.norm(axis, axis=1) / np.linalg.norm(p, axis=1)
    assert np.linalg.norm(places, axis=1) == pytest.approx(np.arccos(cosine), abs=1e-6)
    assert x == pytest.approx(jets.energy / 200)


def test_in_the_cylinder_a_position_is_a_difference_of_rapidity_and_azimuth(jets):
    x, places = positions(jets, "hadron")
    assert x == pytest.approx(np.hypot(jets.px, jets.py) / 200)
    jet = jets.jet_momenta()
    eta = np.arctanh(jets.pz / jets.energy) - np.repeat(
        np.arctanh(jet[2] / np.linalg.norm(jet[:3], axis=0)), 5
    )
    turn = np.angle(
        np.exp(1j * (np.arctan2(jets.py, jets.px) - np.repeat(np.arctan2(jet[1], jet[0]), 5)))
    )
    assert np.linalg.norm(places, axis=1) == pytest.approx(np.hypot(eta, turn), rel=1e-9)


@pytest.mark.parametrize("measure", ["ee", "hadron"])
def test_how_a_jet_is_turned_about_its_axis_drops_out(jets, measure):
    x, places = positions(jets, measure)
    product = (x * places[:, 0] * places[:, 1]).reshape(40, 5).sum(axis=1)
    along, aside = ((x * places[:, k] ** 2).reshape(40, 5).sum(axis=1) for k in (0, 1))
    assert product == pytest.approx(0, abs=1e-12)
    assert (along >= aside).all()


def test_the_information_is_that_of_the_best_statistic():
    """Two prongs at +-d, with d Gaussian: the information per event is (slope / spread)^2."""
    rng, n = np.random.default_rng(2), 12000
    values = rng.choice([-1.0, 0.0, 1.0], size=n)
    d = 1.0 + 0.05 * values + 0.2 * rng.standard_normal(n)
    flow = Flow(
        fractions=np.full(2 * n, 0.5, dtype=np.float32),
        places=np.stack([np.stack([d, -d], axis=1).ravel(), np.zeros(2 * n)], axis=1).astype(
            np.float32
        ),
        offsets=2 * np.arange(n + 1),
        events=np.arange(n + 1),
    )
    trained, found = information_in_constituents(flow, values, 0.0, order=2, seed=1)
    assert trained == n // 2
    assert found.per_event == pytest.approx((0.05 / 0.2) ** 2, abs=3 * found.event_error)
    assert found.event_error < 0.2 * found.per_event
