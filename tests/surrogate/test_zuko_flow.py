"""zuko's flow is the twin of nflows': it learns the same density as well, from the same tuples."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from ecdsl.surrogate.config import CubeFlowConfig, TrainConfig, ZukoFlowConfig
from ecdsl.surrogate.coordinates import Chart
from ecdsl.surrogate.networks import build_network
from ecdsl.surrogate.store import load_surrogate, surrogate_path
from ecdsl.surrogate.train import train

CONFIG = TrainConfig(network=CubeFlowConfig(hidden=32), epochs=4, batch=256, learning_rate=8e-3)
NETWORKS = [CubeFlowConfig(bins=8, hidden=32), ZukoFlowConfig(bins=8, hidden=32)]
MASS = 173.3


def learned(config, manifest, sample, build):
    train(manifest, sample, config, build)
    path = surrogate_path(build, manifest.correlator_fingerprint, config)
    return load_surrogate(path, manifest.correlator_fingerprint)


def test_both_flows_learn_the_same_density(manifest, chart, draw, peak_surrogate, tmp_path):
    sample = draw(chart, 1000)
    cube = torch.rand(4000, 3, generator=torch.Generator().manual_seed(2)).double()
    context = torch.full((len(cube), 1), MASS, dtype=torch.float64)
    true = peak_surrogate.log_cube_density(cube, context)
    found = []
    for network in NETWORKS:
        config = CONFIG.model_copy(update={"network": network})
        surrogate = learned(config, manifest, sample, tmp_path)
        assert config.stem.startswith(config.model)
        found.append(surrogate.log_cube_density(cube, context))
    weights = torch.exp(true) / torch.exp(true).sum()
    divergences = [float((weights * (true - one)).sum()) for one in found]
    # A hundred steps leave a flat density, which is off by 0.9, a tenth of that at most.
    assert 0 < min(divergences) < max(divergences) < 0.09
    # Either is off by its training; they are off from each other by no more than both together.
    apart = float((weights * (found[0] - found[1]) ** 2).sum())
    assert apart < 4 * sum(divergences)


@pytest.mark.parametrize("order", [2, 3])
def test_its_density_is_normalised_and_finite_up_to_the_edges(order):
    chart = Chart(order=order, measure="ee", floor=0.01, ceil=0.6)
    network = build_network(ZukoFlowConfig(hidden=16), chart, [170.0, 0.1], [180.0, 0.2], seed=3)
    generator = torch.Generator().manual_seed(0)
    cube = torch.rand(50_000, chart.dimension, generator=generator)
    context = torch.tensor([[173.0, 0.12]])
    with torch.no_grad():
        density = torch.exp(network.log_cube(cube, context.expand(len(cube), -1)))
        ends = torch.tensor([[0.0] * chart.dimension, [1.0] * chart.dimension])
        assert torch.isfinite(network.log_cube(ends, context.expand(2, -1))).all()
    error = float(density.std()) / len(cube) ** 0.5
    assert float(density.mean()) == pytest.approx(1, abs=5 * error)
    assert np.isfinite(error)
