"""On another device networks learn the same numbers, and no tensor is forgotten on the processor.

There is no card here. What stands in for one are tensors that say they lie elsewhere, compute on
the processor, and refuse what a card refuses: to be combined with tensors that lie here, and to be
read without having been fetched.
"""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils._pytree import tree_leaves, tree_map

from ecdsl.inference.ansatz import Estimator, GaussianAnsatz, donsker_varadhan
from ecdsl.inference.critic import Critic
from ecdsl.inference.energy_flow import EnergyFlowConfig, Flow, learned_scores
from ecdsl.inference.nre import RatioEstimator, _Pairs
from ecdsl.inference.ratio_loss import contrastive
from ecdsl.surrogate import classifier, device, points
from ecdsl.surrogate.config import (
    CubeFlowConfig,
    DenseConfig,
    HistogramConfig,
    SplineConfig,
    TrainConfig,
    UnweightedFlowConfig,
    ZukoFlowConfig,
)
from ecdsl.surrogate.dataset import training_set
from ecdsl.surrogate.fit import fit
from ecdsl.surrogate.networks import build_network
from ecdsl.surrogate.store import load_surrogate, surrogate_path
from ecdsl.surrogate.tensors import read_tensors
from ecdsl.surrogate.train import train

CARD = torch.device("lazy:0")
HERE = torch.device("cpu")


class Elsewhere(torch.Tensor):
    """A tensor that lies on the card."""

    @staticmethod
    def __new__(cls, held):
        made = torch.Tensor._make_wrapper_subclass(
            cls, held.shape, strides=held.stride(), dtype=held.dtype, device=CARD
        )
        made.held = held
        return made

    def __deepcopy__(self, memo):
        copy = Elsewhere(self.held.clone())
        return torch.nn.Parameter(copy) if isinstance(self, torch.nn.Parameter) else copy

    __torch_function__ = torch._C._disabled_torch_function_impl

    @classmethod
    # torch's own annotation has no `cls`.
    def __torch_dispatch__(cls, operation, types, args=(), kwargs=None):  # type: ignore[override]
        with Card():
            return operation(*args, **(kwargs or {}))


class Card(TorchDispatchMode):
    """While it lasts there is a card."""

    def __enter__(self):
        # Else `Module.double()` would change what a parameter says it holds, not what it holds.
        self.before = torch.__future__.get_overwrite_module_params_on_conversion()
        torch.__future__.set_overwrite_module_params_on_conversion(True)
        return super().__enter__()

    def __exit__(self, *error):
        torch.__future__.set_overwrite_module_params_on_conversion(self.before)
        super().__exit__(*error)

    def __torch_dispatch__(self, operation, types, args=(), kwargs=None):
        kwargs = dict(kwargs or {})
        with self:
            made = operation.decompose(*args, **kwargs)
        if made is not NotImplemented:
            return made
        tensors = [x for x in tree_leaves((args, kwargs)) if isinstance(x, torch.Tensor)]
        there = [x for x in tensors if isinstance(x, Elsewhere)]
        copies = operation in {torch.ops.aten._to_copy.default, torch.ops.aten.copy_.default}
        # As on a card, a single number may come from here.
        if there and not copies and any(not isinstance(x, Elsewhere) and x.dim() for x in tensors):
            raise RuntimeError(f"{operation} of tensors on two devices")
        asked = kwargs.get("device")
        goes_there = bool(there) if asked is None else torch.device(asked) == CARD
        if asked is not None:
            kwargs["device"] = HERE
        result = operation(*tree_map(_held, args), **tree_map(_held, kwargs))
        known = {id(_held(x)): x for x in tensors}

        def placed(x):
            if not isinstance(x, torch.Tensor):
                return x
            return known.get(id(x)) if id(x) in known else Elsewhere(x) if goes_there else x

        return tree_map(placed, result)


def _held(x):
    return x.held if isinstance(x, Elsewhere) else x


def on_card(work):
    with pytest.MonkeyPatch.context() as patch, Card():
        patch.setattr(device, "fastest", lambda: CARD)
        return work()


def here(work):
    return work()


def test_the_card_keeps_its_tensors_apart():
    with Card():
        there = torch.ones(3).to(CARD)
        assert there.device == CARD
        assert (2 * there).device == CARD
        assert (2 * there).cpu().tolist() == [2, 2, 2]
        with pytest.raises(RuntimeError, match="two devices"):
            there + torch.ones(3)
        with pytest.raises(RuntimeError, match="numpy"):
            there.numpy()


NETWORKS = [
    DenseConfig(layers=1, hidden=8, integral_points=64),
    CubeFlowConfig(bins=4, hidden=8, layers=1),
    UnweightedFlowConfig(blocks=1, bins=4, hidden=8, layers=1, nodes=3),
    ZukoFlowConfig(bins=4, hidden=8, layers=1, transforms=1),
    HistogramConfig(depth=2, smoothness=1),
    SplineConfig(intervals=(2, 1, 1), steps=1),
]


@pytest.mark.parametrize("network", NETWORKS, ids=lambda n: n.kind)
def test_a_surrogate_is_trained_and_read_on_either_device(network, manifest, chart, draw, tmp_path):
    config = TrainConfig(network=network, epochs=1, batch=200, average_from=0.5)
    sample = draw(chart, 40)
    path = surrogate_path(tmp_path, manifest.correlator_fingerprint, config)

    def trained():
        surrogate = train(manifest, sample, config, tmp_path)
        assert device.of(surrogate.network) == device.fastest()
        return read_tensors(path.with_suffix(".safetensors"))[0]

    def read():
        surrogate = load_surrogate(path, manifest.correlator_fingerprint)
        assert device.of(surrogate.network) == device.fastest()
        context = surrogate.context({"mt": 174.0})
        cube = torch.linspace(0.1, 0.9, 30).reshape(10, 3)
        whole = surrogate.log_cube_density(cube.double(), context.expand(10, -1))
        return torch.cat([whole, surrogate.density(cube, context)])

    there = on_card(trained)
    here = read()
    torch.testing.assert_close(on_card(read), here)
    for name, tensor in trained().items():
        torch.testing.assert_close(there[name], tensor)


def test_a_training_that_began_on_a_card_goes_on_here(chart, draw, tmp_path):
    config = TrainConfig(network=NETWORKS[1], epochs=2, batch=200)
    path = tmp_path / "run.checkpoint.safetensors"

    def run(**more):
        network = build_network(config.network, chart, [170.0], [180.0], 0)
        data = training_set(draw(chart, 40), chart, config.validation, config.seed)
        return fit(network, data, config, run="r", **more)

    class StopNowError(Exception):
        pass

    def stop(_epoch):
        raise StopNowError

    with pytest.raises(StopNowError):
        on_card(lambda: run(checkpoint=path, progress=stop))
    numbers = []
    resumed = run(checkpoint=path, progress=lambda epoch: numbers.append(epoch.number))
    assert numbers == [2]
    np.testing.assert_allclose(resumed, run(), rtol=1e-5)


def test_a_classifier_is_the_same_on_either_device(chart, draw, peak_surrogate, monkeypatch):
    monkeypatch.setattr(classifier, "EPOCHS", 1)
    monkeypatch.setattr(points, "CELLS", {3: (4, 4, 4)})
    sample = draw(chart, 40)
    found = [run(lambda: classifier.separate(peak_surrogate, sample)) for run in (on_card, here)]
    assert found[0].auc == pytest.approx(found[1].auc)


def test_a_ratio_estimator_is_the_same_on_either_device():
    random = np.random.default_rng(0)
    pairs = _Pairs(
        scores=torch.from_numpy(random.normal(size=(8, 2))),
        size=0.3,
        m=torch.from_numpy(random.uniform(-1, 1, size=(8, 1))),
        gaussian=torch.from_numpy(random.normal(size=(8, 8))),
    )

    def step():
        critic = Critic(2, 1, torch.Generator().manual_seed(1)).to(device.fastest())
        ratio = RatioEstimator(None, None, critic, ((170.0, 180.0),), (10, 20))
        optimizer = torch.optim.Adam(critic.parameters(), lr=0.1)
        contrastive(ratio.logits(pairs)).backward()
        optimizer.step()
        return ratio.logits(pairs).detach()

    torch.testing.assert_close(on_card(step), step())


def test_a_gaussian_ansatz_is_the_same_on_either_device():
    random = np.random.default_rng(0)
    coordinates, m = random.normal(size=(8, 2)), random.uniform(170, 180, size=8)

    def step():
        ansatz = GaussianAnsatz(3, torch.Generator().manual_seed(1)).to(device.fastest())
        drawn = SimpleNamespace(draw=lambda *_: coordinates)
        estimator = Estimator(None, lambda x, _: x, ansatz, (170.0, 180.0), (10, 20))
        optimizer = torch.optim.Adam(ansatz.parameters(), lr=0.1)
        data, _ = estimator.drawn(drawn, 15, 8, np.random.default_rng(1))
        logits, tilt = ansatz(data, estimator._tensor(m / 10 - 17.5), 3.0)
        (tilt.abs().mean() - donsker_varadhan(logits)).backward()
        optimizer.step()
        return torch.stack(ansatz.estimate(data, 3.0)).detach().cpu()

    torch.testing.assert_close(on_card(step), step())


def test_an_energy_flow_network_is_the_same_on_either_device():
    random = np.random.default_rng(0)
    flow = Flow(
        fractions=np.full(60, 0.5, dtype=np.float32),
        places=random.normal(size=(60, 2)).astype(np.float32),
        offsets=2 * np.arange(31),
        events=np.arange(31),
    )
    config = EnergyFlowConfig(hidden=4, latent=2, epochs=2, batch=10)
    values, chosen = random.normal(size=30), np.arange(30) % 2 == 0
    found = [
        run(lambda: learned_scores(flow, values, chosen, seed=1, config=config))
        for run in (on_card, here)
    ]
    np.testing.assert_allclose(*found, rtol=1e-4)
