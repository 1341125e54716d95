r"""What all constituents of a jet say about the parameter: a bound to compare shapes with.

An energy-flow network with moment pooling is a function of all infrared and collinear safe moments
of a jet,

.. math:: f(\text{jet}) = F\Big(\sum_i x_i\, \Phi_a(\hat n_i)\, \Phi_b(\hat n_i) \cdots\Big),

with x the energy fractions and products of up to `order` components of the learned map Phi. It is
trained to predict the parameter by least squares. Where one event says little, as here, the
expectation of the parameter given the event is linear in the score, so that the sum of f over the
jets of an event tends to the best single number there is, and its information on events that it
never saw is what can be had at the least: a lower bound on the information in all constituents,
which more events and longer training raise. References: Komiske, Metodiev, Thaler,
arXiv:1810.05165; moment pooling: Gambhir, Osathapan, Thaler, arXiv:2403.08854.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations_with_replacement, pairwise
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import nn

from ecdsl.diagnostics import NumericalError
from ecdsl.surrogate import device
from ecdsl.surrogate.threads import pinned_threads

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray


@dataclass(frozen=True)
class Flow:
    """The energy flow of the jets of some events.

    Attributes:
        fractions: (n_constituents,) energy fractions.
        places: (n_constituents, 2) positions about the axis of the jet.
        offsets: (n_jets + 1,) constituents of jet k are `offsets[k]:offsets[k + 1]`.
        events: (n_events + 1,) jets of event k are `events[k]:events[k + 1]`.
    """

    fractions: NDArray[np.float32]
    places: NDArray[np.float32]
    offsets: NDArray[np.int64]
    events: NDArray[np.int64]

    @property
    def n_events(self) -> int:
        """Number of events."""
        return len(self.events) - 1


# Components of Phi for each order, so that all have about as many moments, 49 to 70.
LATENT = {1: 48, 2: 9, 3: 5, 4: 4}


@dataclass(frozen=True)
class EnergyFlowConfig:
    """A network and its training.

    Attributes:
        order: Components of Phi in one product, at most.
        latent: Components of Phi.
        hidden: Width of the hidden layers.
        batch: Events per step.
        epochs: Passes over the events.
        rate: Initial learning rate of Adam, which falls to zero as a cosine.
        weight_decay: Of all weights.
    """

    order: int = 2
    latent: int = 9
    hidden: int = 64
    batch: int = 512
    epochs: int = 10
    rate: float = 3e-3
    weight_decay: float = 1e-4

    @classmethod
    def of_order(cls, order: int) -> EnergyFlowConfig:
        """Return a network of moments up to an order from 1 to 4."""
        return cls(order=order, latent=LATENT[order])


class EnergyFlowNetwork(nn.Module):
    """f(jet) of the module's docstring."""

    def __init__(self, config: EnergyFlowConfig) -> None:
        super().__init__()
        self.map = _network(2, config.hidden, config.latent)
        orders = range(1, config.order + 1)
        self._products = [
            torch.tensor(list(combinations_with_replacement(range(config.latent), k)))
            for k in orders
        ]
        n_moments = 1 + sum(len(chosen) for chosen in self._products)
        self.scale = nn.BatchNorm1d(n_moments)
        self.read = _network(n_moments, config.hidden, 1)

    def forward(
        self, fractions: torch.Tensor, places: torch.Tensor, jet: torch.Tensor, n_jets: int
    ) -> torch.Tensor:
        """Return (n_jets,) f of each jet.

        Args:
            fractions: (n,) energy fractions.
            places: (n, 2) positions.
            jet: (n,) the jet of each constituent, from 0 to `n_jets` - 1.
            n_jets: Their number.
        """
        latent = self.map(places)
        products = [latent[:, k.to(latent.device)].prod(dim=-1) for k in self._products]
        terms = torch.cat([torch.ones_like(latent[:, :1]), *products], dim=1) * fractions[:, None]
        moments = terms.new_zeros(n_jets, terms.shape[1]).index_add(0, jet, terms)
        found: torch.Tensor = self.read(self.scale(moments))[:, 0]
        return found


def _network(inputs: int, hidden: int, outputs: int) -> nn.Sequential:
    layers: list[nn.Module] = []
    for size, following in pairwise((inputs, hidden, hidden, outputs)):
        layers += [nn.Linear(size, following), nn.SiLU()]
    return nn.Sequential(*layers[:-1])


def learned_scores(
    flow: Flow,
    values: NDArray[np.float64],
    train: NDArray[np.bool_],
    *,
    seed: int,
    config: EnergyFlowConfig | None = None,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> NDArray[np.float64]:
    """Return (n_events,) what a network that was trained on some of the events says of each.

    Args:
        flow: Jets of all events.
        values: (n_events,) the parameter that each was simulated at.
        train: (n_events,) which events to train on.
        seed: Of initial weights and batches.
        config: Network and training.
        progress: Called with (steps done, all steps).

    Raises:
        NumericalError: If the loss stops being finite.
    """
    config = config or EnergyFlowConfig()
    target = torch.as_tensor((values - values[train].mean()) / values[train].std()).float()
    places = flow.places / flow.places.std()
    with pinned_threads(), torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        network = EnergyFlowNetwork(config).to(device.fastest())

        def predict(events: NDArray[np.int64]) -> torch.Tensor:
            return _predict(network, flow, places, events)

        batches = _batches(np.flatnonzero(train), config, np.random.default_rng(seed))
        _train(
            network, lambda k: predict(k) - target[torch.as_tensor(k)], batches, config, progress
        )
        network.eval()
        with torch.no_grad():
            parts = np.array_split(np.arange(flow.n_events), 1 + flow.n_events // 4096)
            return np.concatenate([predict(part).double().numpy() for part in parts])


def _batches(
    events: NDArray[np.int64], config: EnergyFlowConfig, rng: np.random.Generator
) -> list[NDArray[np.int64]]:
    """Return the events of every step: each once per epoch, but for a remainder."""
    size = min(config.batch, len(events))
    used = len(events) // size * size
    epochs = [rng.permutation(events)[:used].reshape(-1, size) for _ in range(config.epochs)]
    return list(np.concatenate(epochs))


def _train(
    network: EnergyFlowNetwork,
    residuals: Callable[[NDArray[np.int64]], torch.Tensor],
    batches: Sequence[NDArray[np.int64]],
    config: EnergyFlowConfig,
    progress: Callable[[int, int], None],
) -> None:
    """Minimise the mean square of the residuals."""
    optimizer = torch.optim.AdamW(
        network.parameters(), lr=config.rate, weight_decay=config.weight_decay
    )
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, len(batches))
    for step, events in enumerate(batches, start=1):
        loss = residuals(events).square().mean()
        if not torch.isfinite(loss):
            raise NumericalError(f"the energy-flow network's loss is {loss:g} at step {step}")
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        schedule.step()
        progress(step, len(batches))


def _predict(
    network: EnergyFlowNetwork,
    flow: Flow,
    places: NDArray[np.float32],
    events: NDArray[np.int64],
) -> torch.Tensor:
    """Return (k,) the sum of f over the jets of each of (k,) events."""
    jets, event = _rows(flow.events, events)
    rows, jet = _rows(flow.offsets, jets)
    place = device.of(network)
    found: torch.Tensor = network(
        torch.as_tensor(flow.fractions[rows], device=place),
        torch.as_tensor(places[rows], device=place),
        torch.as_tensor(jet, device=place),
        len(jets),
    )
    return torch.zeros(len(events)).index_add(0, torch.as_tensor(event), found.cpu())


def _rows(
    offsets: NDArray[np.int64], chosen: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return the rows of some groups, and the position of the group that each is of."""
    counts = np.diff(offsets)[chosen]
    group = np.repeat(np.arange(len(chosen)), counts)
    before = np.cumsum(counts) - counts
    return offsets[chosen][group] + np.arange(counts.sum()) - before[group], group
