"""The published flow: of unweighted tuples it learns the weighted density that others learn."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from ecdsl.surrogate.config import TrainConfig, UnweightedFlowConfig
from ecdsl.surrogate.coordinates import chart_of
from ecdsl.surrogate.dataset import training_set
from ecdsl.surrogate.integrate import sobol
from ecdsl.surrogate.store import load_surrogate, surrogate_path
from ecdsl.surrogate.train import train

NETWORK = UnweightedFlowConfig(
    blocks=2, bins=8, hidden=32, activation="silu", min_bin_width=1e-3, nodes=24
)
CONFIG = TrainConfig(network=NETWORK, epochs=6, batch=512, learning_rate=1e-2)
SMALL = CONFIG.model_copy(update={"epochs": 2, "network": UnweightedFlowConfig(blocks=1, bins=4)})


@pytest.fixture
def scattered(chart, draw):
    """Return tuples spread evenly, whose weights scatter about the analytic density."""

    def made(n_events):
        sample = draw(chart, n_events)
        noise = np.random.default_rng(4).normal(0, 0.5, size=len(sample.weights))
        return replace(sample, weights=sample.weights * np.exp(noise - 0.125))

    return made


def test_it_learns_the_weighted_density(manifest, scattered, peak_surrogate, tmp_path):
    train(manifest, scattered(1500), CONFIG, tmp_path)
    path = surrogate_path(tmp_path, manifest.correlator_fingerprint, CONFIG)
    learned = load_surrogate(path, manifest.correlator_fingerprint)
    points = sobol(3, 1 << 10, seed=1)
    for mass in (171.0, 178.5):
        context = torch.full((len(points), 1), mass, dtype=torch.float64)
        with torch.no_grad():
            found, truth = (
                torch.softmax(one.network.log_cube(points, context), dim=0)
                for one in (learned, peak_surrogate)
            )
        # Half of this is how much of the weight is in the wrong twelfth of u1.
        twelfth = (12 * points[:, 0]).long()
        apart = torch.zeros(12, dtype=torch.float64).index_add(0, twelfth, found - truth)
        assert float(apart.abs().sum()) < 0.15
        # The peak moves by as much per GeV.
        assert abs(float(points[:, 0] @ (found - truth))) < 0.02
    rows = points[::50]
    with torch.no_grad():
        integral = learned.network.log_cube(rows, context[::50])
        torch.testing.assert_close(integral, by_steps(learned.network, rows), atol=0.05, rtol=0)


def by_steps(network, cube, steps=200, mass=178.5):
    """Return the integral over the weight as a sum over many of them."""
    low, high = network.ends.tolist()
    logs = low + (torch.arange(steps, dtype=torch.float64) + 0.5) * (high - low) / steps
    rows = torch.cat([cube.repeat_interleave(steps, dim=0), logs.repeat(len(cube))[:, None]], dim=1)
    context = torch.full((len(rows), 1), mass, dtype=torch.float64)
    density = network.tuples.log_cube(rows, context) + logs.repeat(len(cube))
    return torch.logsumexp(density.reshape(-1, steps), dim=1) + np.log((high - low) / steps)


class StopNowError(Exception):
    pass


def test_an_interrupted_training_goes_on_to_the_same_bytes(manifest, scattered, tmp_path):
    sample = scattered(100)

    def interrupt(epoch):
        if epoch.number == 1:
            raise StopNowError

    with pytest.raises(StopNowError):
        train(manifest, sample, SMALL, tmp_path / "two", progress=interrupt)
    found = []
    for name in ("one", "two"):
        train(manifest, sample, SMALL, tmp_path / name)
        path = surrogate_path(tmp_path / name, manifest.correlator_fingerprint, SMALL)
        found.append((path.read_bytes(), path.with_suffix(".safetensors").read_bytes()))
    assert found[0] == found[1]


def test_another_member_counts_events_and_leaves_their_weights(manifest, scattered, tmp_path):
    sample = scattered(100)
    first = train(manifest, sample, SMALL, tmp_path)
    other = train(manifest, sample, SMALL.of_member(1), tmp_path, start=first)
    # The largest weight is that of a tuple, whichever events are drawn more often.
    assert float(other.network.ends[1]) == float(first.network.ends[1])
    assert float(other.network.tuples.middle) != float(first.network.tuples.middle)


def test_tuples_count_by_what_their_weight_is_of_their_own(chart, scattered):
    sample = scattered(100)
    doubled = replace(sample, weights=sample.weights * np.where(sample.events < 50, 2, 1))
    data = training_set(doubled, chart_of(sample.sides, 3, "ee"), 0.1, 0, own=sample.weights)
    counts = torch.cat([data.train.weights, data.validation.weights])
    assert len(torch.unique(counts.round(decimals=4))) == 2
    assert float(counts.max() / counts.min()) == pytest.approx(2)
