"""A surrogate's density is normalised over the physical region and nowhere else."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from ecdsl.diagnostics import EcdslError, NumericalError
from ecdsl.surrogate.config import CubeFlowConfig, DenseConfig, UnweightedFlowConfig
from ecdsl.surrogate.coordinates import Chart
from ecdsl.surrogate.networks import build_network
from ecdsl.surrogate.surrogate import Surrogate
from ecdsl.surrogate.total_weight import TotalWeight

NETWORKS = [
    DenseConfig(hidden=16),
    CubeFlowConfig(hidden=16),
    UnweightedFlowConfig(blocks=1, bins=4, hidden=8, layers=1, nodes=2),
]
CHARTS = [
    Chart(order=2, measure="ee", floor=0.01, ceil=0.6),
    Chart(order=3, measure="ee", floor=0.01, ceil=0.9),
    Chart(order=3, measure="hadron", floor=0.01, ceil=2.0),
]


def surrogate(config, chart):
    network = build_network(config, chart, [170.0], [180.0], seed=3).double()
    cube = torch.rand(100, chart.dimension, generator=torch.Generator().manual_seed(0)).double()
    with torch.no_grad():
        for _ in range(60):  # batch norm learns its mean and variance by looking
            network.log_cube(cube, torch.full((100, 1), 175.0, dtype=torch.float64))
    weight = TotalWeight((170.0,), (180.0,), 1, (0.2, 0.0))
    return Surrogate("f" * 64, chart, ("mt",), network.eval(), weight)


@pytest.mark.parametrize("config", NETWORKS, ids=lambda c: c.kind)
@pytest.mark.parametrize("chart", CHARTS, ids=lambda c: f"{c.order}-{c.measure}")
def test_the_density_integrates_to_one_over_the_sides(config, chart):
    # Log-uniform in every side, over a box larger than the region: knows nothing of the cube.
    random = np.random.default_rng(0)
    low, high = np.log(chart.floor * 0.9), np.log(chart.ceil * 1.1)
    logs = random.uniform(low, high, (200_000, chart.dimension))
    sides = torch.from_numpy(np.exp(logs))
    volume = (high - low) ** chart.dimension
    context = torch.full((len(sides), 1), 173.0, dtype=torch.float64)
    density = torch.exp(surrogate(config, chart).log_density(sides, context))
    terms = volume * density * sides.prod(dim=1)
    error = float(terms.std()) / len(sides) ** 0.5
    assert error < 0.05
    assert abs(float(terms.mean()) - 1) < 4 * error


@pytest.mark.parametrize("config", NETWORKS, ids=lambda c: c.kind)
def test_the_density_is_never_nan(config, chart):
    rows = [[0.0, 0.1, 0.1], [0.0025, 0.0025, 0.0025], [0.1, 0.1, 0.4], [np.nan, 0.1, 0.2]]
    sides = torch.tensor([*rows, [0.15, 0.6, 0.6], [0.0025, 0.6, 0.6]], dtype=torch.float64)
    context = torch.full((len(sides), 1), 173.0, dtype=torch.float64)
    density = surrogate(config, chart).log_density(sides, context)
    assert not torch.isnan(density).any()
    assert density[0] == density[3] == -torch.inf


def test_each_row_has_its_own_context(chart):
    density = surrogate(NETWORKS[0], chart)
    sides = chart.from_cube(torch.full((3, 3), 0.4, dtype=torch.float64))
    masses = torch.tensor([[171.0], [179.0], [171.0]], dtype=torch.float64)
    together = density.log_density(sides, masses)
    rows = zip(sides, masses, strict=True)
    alone = torch.cat([density.log_density(s[None], m[None]) for s, m in rows])
    torch.testing.assert_close(together, alone)
    assert together[0] != together[1]


def test_a_context_outside_the_training_range_is_refused(peak_surrogate):
    with pytest.raises(EcdslError, match=r"D404: mt = 185 lies outside .*\[170, 180\]"):
        peak_surrogate.context({"mt": 185.0})
    with pytest.raises(EcdslError, match="D404"):
        peak_surrogate.context({"mt": float("nan")})
    with pytest.raises(EcdslError, match=r"D404.*`mt`"):
        peak_surrogate.context({"alphas": 0.118})


def test_a_network_gone_wrong_is_reported(chart):
    density = surrogate(NETWORKS[1], chart)
    with torch.no_grad():
        next(density.network.parameters()).fill_(float("nan"))
    sides = chart.from_cube(torch.full((1, 3), 0.4, dtype=torch.float64))
    with pytest.raises(NumericalError, match="not a number"):
        density.log_density(sides, torch.tensor([[173.0]], dtype=torch.float64))
