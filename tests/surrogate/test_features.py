"""Coordinates in which the peak of a heavy particle stands still."""

from __future__ import annotations

import pytest
import torch

from ecdsl.surrogate.config import CubeFlowConfig
from ecdsl.surrogate.features import ContextScale, log_mass
from ecdsl.surrogate.integrate import sobol
from ecdsl.surrogate.networks import build_network


def test_a_radius_that_grows_with_the_mass_has_one_place(chart):
    scale = ContextScale([170.0], [180.0]).double()
    masses = torch.tensor([[170.0], [174.0], [180.0]], dtype=torch.float64)
    sides = chart.side(0.3 * masses / 175).expand(3, 3)
    factors = log_mass(chart, scale, masses)
    places, log_jacobian = chart.shrunk(chart.to_cube(sides)[0], factors)
    assert float((places[:, 0] - places[0, 0]).abs().max()) < 1e-4
    assert log_jacobian.any()


def test_a_flow_in_them_is_normalised_and_follows_the_mass(chart):
    config = CubeFlowConfig(bins=4, hidden=8, standing=True)
    flow = build_network(config, chart, [170.0], [180.0], seed=1).double()
    points = sobol(3, 1 << 14, seed=1)
    found = []
    with torch.no_grad():
        for mass in (170.0, 180.0):
            density = torch.exp(flow.log_cube(points, torch.full((len(points), 1), mass).double()))
            # Without the Jacobian of the map it is off by 0.002.
            assert float(density.mean()) == pytest.approx(1, abs=3e-4)
            found.append(density)
    assert float((found[1] - found[0]).abs().max()) > 0.05


@pytest.mark.parametrize(("lower", "upper"), [(0.0, 180.0), (-1.0, 1.0), (0.09, 0.13)])
def test_what_cannot_be_a_mass_moves_nothing(lower, upper, chart):
    scale, context = ContextScale([lower], [upper]), torch.full((10, 1), 0.1)
    assert not log_mass(chart, scale, context).any()
