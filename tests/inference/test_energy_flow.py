"""The energy-flow network against jets whose information is known in closed form."""

from __future__ import annotations

import numpy as np
import pytest

from ecdsl.inference.energy_flow import (
    EnergyFlowConfig,
    EnergyFlowNetwork,
    Flow,
    learned_scores,
)

CONFIG = EnergyFlowConfig(hidden=16, latent=4, epochs=8, batch=128)


def two_prongs(rng: np.random.Generator, n: int) -> tuple[Flow, np.ndarray]:
    """One jet per event, of two halves at +-d: d is Gaussian about a mean linear in the label."""
    values = rng.choice([-1.0, 0.0, 1.0], size=n)
    d = 1.0 + 0.1 * values + 0.2 * rng.standard_normal(n)
    places = np.stack([np.stack([d, -d], axis=1).ravel(), np.zeros(2 * n)], axis=1)
    flow = Flow(
        fractions=np.full(2 * n, 0.5, dtype=np.float32),
        places=places.astype(np.float32),
        offsets=2 * np.arange(n + 1),
        events=np.arange(n + 1),
    )
    return flow, values


def test_it_finds_the_information_there_is():
    flow, values = two_prongs(np.random.default_rng(1), 6000)
    train = np.arange(6000) % 2 == 0
    scores = learned_scores(flow, values, train, seed=1, config=CONFIG)
    held = ~train
    correlation = np.corrcoef(scores[held], values[held])[0, 1]
    # d itself: slope 0.1 * spread 0.816 of the label against that of d.
    best = 0.0816 / np.hypot(0.0816, 0.2)
    assert 0.9 * best < correlation < best + 0.05


def test_no_information_is_not_invented():
    flow, values = two_prongs(np.random.default_rng(2), 4000)
    shuffled = np.random.default_rng(3).permutation(values)
    train = np.arange(4000) % 2 == 0
    scores = learned_scores(flow, shuffled, train, seed=1, config=CONFIG)
    assert abs(np.corrcoef(scores[~train], shuffled[~train])[0, 1]) < 4 / np.sqrt(2000)


@pytest.mark.parametrize("order", [1, 3])
def test_soft_and_collinear_emissions_change_nothing(order):
    import torch

    torch.manual_seed(0)
    network = EnergyFlowNetwork(EnergyFlowConfig(order=order)).eval()
    places = torch.tensor([[0.1, 0.2], [-0.3, 0.0]])
    jet = torch.zeros(2, dtype=torch.int64)
    whole = network(torch.tensor([0.7, 0.3]), places, jet, 1)
    split = network(
        torch.tensor([0.5, 0.3, 0.2, 0.0]),
        torch.cat([places, places[:1], torch.tensor([[0.5, 0.5]])]),
        torch.zeros(4, dtype=torch.int64),
        1,
    )
    assert torch.allclose(whole, split, atol=1e-6)


def test_the_same_seed_gives_the_same_scores_whatever_was_drawn_before():
    import torch

    flow, values = two_prongs(np.random.default_rng(4), 600)
    train = np.arange(600) % 2 == 0
    config = EnergyFlowConfig(hidden=8, latent=2, epochs=1, batch=64)
    first = learned_scores(flow, values, train, seed=5, config=config)
    torch.rand(3)
    assert np.array_equal(first, learned_scores(flow, values, train, seed=5, config=config))
