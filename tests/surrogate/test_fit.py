"""Training: it learns a known density, resumes exactly, and stops at a loss that is no number."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from ecdsl.diagnostics import EcdslError, NumericalError
from ecdsl.surrogate.config import CubeFlowConfig, DenseConfig, TrainConfig, UnweightedFlowConfig
from ecdsl.surrogate.coordinates import Chart
from ecdsl.surrogate.dataset import training_set
from ecdsl.surrogate.fit import fit
from ecdsl.surrogate.integrate import CubeMonteCarlo
from ecdsl.surrogate.losses import log_integral, weighted_loss
from ecdsl.surrogate.networks import build_network

NETWORKS = [
    DenseConfig(layers=2, hidden=16, integral_points=256),
    CubeFlowConfig(bins=8, hidden=16),
    UnweightedFlowConfig(blocks=2, bins=6, hidden=16, nodes=2),
]
parametrized = pytest.mark.parametrize("network", NETWORKS, ids=lambda n: n.kind)
resumable = pytest.mark.parametrize("network", NETWORKS[:2], ids=lambda n: n.kind)


def build(config, chart, seed=0):
    return build_network(config, chart, [170.0], [180.0], seed)


@parametrized
@pytest.mark.parametrize("order", [2, 3])
def test_every_parameter_gets_a_gradient(network, order):
    chart = Chart(order=order, measure="ee", floor=0.0025, ceil=0.6)
    built = build(network, chart)
    random = torch.Generator().manual_seed(1)
    cube = torch.rand(256, chart.dimension, generator=random)
    context = 170 + 10 * torch.rand(256, 1, generator=random)
    loss = weighted_loss(built.log_cube(cube, context), torch.rand(256, generator=random))
    if network.kind == "dense":
        loss = loss + log_integral(built, CubeMonteCarlo(chart.dimension + 1, 0), 256)
    loss.backward()
    blind = {n for n, p in built.named_parameters() if p.grad is None or not p.grad.any()}
    # A constant added to an unnormalised logarithm changes no density.
    assert blind <= ({"layers.4.bias"} if network.kind == "dense" else set())


@parametrized
def test_initial_weights_depend_on_the_seed_alone(network, chart):
    torch.manual_seed(5)
    before = torch.random.get_rng_state()
    first, again, other = build(network, chart), build(network, chart), build(network, chart, 1)
    assert torch.equal(before, torch.random.get_rng_state())
    for name, tensor in first.state_dict().items():
        torch.testing.assert_close(tensor, again.state_dict()[name], rtol=0, atol=0)
    assert any(
        not torch.equal(tensor, other.state_dict()[name])
        for name, tensor in first.state_dict().items()
    )


class StopNowError(Exception):
    pass


@resumable
@pytest.mark.parametrize("annealed", [True, False])
def test_a_resumed_training_equals_an_uninterrupted_one(network, annealed, chart, draw, tmp_path):
    config = TrainConfig(
        network=network,
        epochs=4,
        batch=256,
        annealed=annealed,
        reduce_after=1,
        average_from=0.5,
    )
    data = training_set(draw(chart, 200), chart, config.validation, config.seed)
    whole = build(network, chart)
    history = fit(whole, data, config)

    def interrupt(epoch):
        if epoch.number == 3:
            raise StopNowError

    path = tmp_path / "run.checkpoint.safetensors"
    with pytest.raises(StopNowError):
        fit(build(network, chart), data, config, run="r", checkpoint=path, progress=interrupt)
    torch.rand(7)  # whatever else happens in between
    numbers = []
    resumed = build(network, chart)
    resumed_history = fit(
        resumed,
        data,
        config,
        run="r",
        checkpoint=path,
        progress=lambda e: numbers.append(e.number),
    )
    assert numbers == [4]
    assert resumed_history == history
    for name, tensor in whole.state_dict().items():
        torch.testing.assert_close(resumed.state_dict()[name], tensor, rtol=0, atol=0)


def test_a_checkpoint_of_another_run_is_not_resumed(chart, draw, tmp_path):
    config = TrainConfig(network=NETWORKS[1], epochs=1, batch=256)
    data = training_set(draw(chart, 100), chart, config.validation, config.seed)
    path = tmp_path / "run.checkpoint.safetensors"
    fit(build(config.network, chart), data, config, run="one", checkpoint=path)
    numbers = []
    fit(
        build(config.network, chart),
        data,
        config,
        run="two",
        checkpoint=path,
        progress=lambda e: numbers.append(e.number),
    )
    assert numbers == [1]


def test_a_cut_checkpoint_is_refused_with_its_name(chart, draw, tmp_path):
    config = TrainConfig(network=NETWORKS[1], epochs=1, batch=256)
    data = training_set(draw(chart, 100), chart, config.validation, config.seed)
    path = tmp_path / "run.checkpoint.safetensors"
    fit(build(config.network, chart), data, config, run="one", checkpoint=path)
    path.write_bytes(path.read_bytes()[:-50])
    with pytest.raises(EcdslError, match=r"D405.*run.checkpoint.safetensors"):
        fit(build(config.network, chart), data, config, run="one", checkpoint=path)


def test_a_loss_that_is_no_number_names_the_last_good_epoch(chart, draw, tmp_path):
    config = TrainConfig(network=NETWORKS[0], epochs=3, batch=256)
    data = training_set(draw(chart, 100), chart, config.validation, config.seed)
    network = build(config.network, chart)

    def poison(epoch):
        if epoch.number == 2:
            network.layers[0].weight.data.fill_(float("nan"))

    path = tmp_path / "run.checkpoint.safetensors"
    with pytest.raises(NumericalError, match=r"epoch 3; the last good state is epoch 2 in .*run"):
        fit(network, data, config, run="r", checkpoint=path, progress=poison)
    assert path.exists()


def test_training_stops_where_nothing_is_gained(chart, draw):
    config = TrainConfig(
        network=NETWORKS[1],
        epochs=50,
        batch=256,
        annealed=False,
        stop_after=2,
        learning_rate=1e-12,
    )
    data = training_set(draw(chart, 100), chart, config.validation, config.seed)
    history = fit(build(config.network, chart), data, config)
    assert len(history) < 50


@pytest.mark.parametrize(
    ("network", "epochs"),
    [
        (DenseConfig(layers=2, hidden=48, integral_points=4096), 15),
        (CubeFlowConfig(bins=16, hidden=32), 6),
    ],
    ids=["dense", "flow"],
)
def test_training_recovers_a_peak_and_how_it_moves(network, epochs, chart, draw, peak_surrogate):
    config = TrainConfig(network=network, epochs=epochs, batch=1024, learning_rate=8e-3)
    data = training_set(draw(chart, 3000), chart, config.validation, config.seed)
    built = build(network, chart)
    fit(built, data, config)
    built.double()
    grid = torch.linspace(0.02, 0.98, 25, dtype=torch.float64)
    side = torch.cartesian_prod(grid, grid)
    for mass in (171.0, 175.0, 178.5):
        marginals = []
        for density in (peak_surrogate.network, built):
            rows = []
            for u1 in grid:
                cube = torch.cat([u1.expand(len(side), 1), side], dim=1)
                context = torch.full((len(cube), 1), mass, dtype=torch.float64)
                with torch.no_grad():
                    rows.append(torch.exp(density.log_cube(cube, context)).mean())
            marginal = torch.stack(rows)
            marginals.append((marginal / marginal.sum()).numpy())
        truth, learned = marginals
        assert np.abs(learned - truth).sum() < 0.15
        shift = (grid.numpy() * (learned - truth)).sum()
        # The peak moves by 0.02 per GeV: less than half a GeV off.
        assert abs(shift) < 0.01


def test_training_leaves_the_threads_of_others_alone(chart, draw):
    torch.set_num_threads(2)
    config = TrainConfig(network=NETWORKS[1], epochs=1, batch=256)
    data = training_set(draw(chart, 100), chart, config.validation, config.seed)
    used = []
    network = build(config.network, chart)
    log_cube = network.log_cube
    network.log_cube = lambda *a: (used.append(torch.get_num_threads()), log_cube(*a))[1]
    fit(network, data, config)
    assert set(used) == {1}
    assert torch.get_num_threads() == 2
