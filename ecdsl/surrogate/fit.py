"""The training loop."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch.optim.lr_scheduler import CosineAnnealingLR, ReduceLROnPlateau
from torch.optim.swa_utils import AveragedModel

from ecdsl.diagnostics import NumericalError
from ecdsl.surrogate.checkpoint import Checkpoint, load_checkpoint, save_checkpoint
from ecdsl.surrogate.dense import DenseNetwork
from ecdsl.surrogate.integrate import CubeMonteCarlo
from ecdsl.surrogate.losses import log_integral, weighted_loss
from ecdsl.surrogate.threads import pinned_threads

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from torch import Tensor

    from ecdsl.surrogate.config import TrainConfig
    from ecdsl.surrogate.dataset import TrainingSet, Tuples
    from ecdsl.surrogate.networks import Network

# Tuples, or Monte Carlo points, evaluated at once where no gradient is taken.
CHUNK = 1 << 16
# Tuples whose gradient is taken at once: the published batch of 500,000 would need tens of GB.
GRADIENT_CHUNK = 1 << 14


@dataclass(frozen=True)
class Epoch:
    """What a training says of itself after an epoch; `number` counts from 1."""

    number: int
    of: int
    training_loss: float
    validation_loss: float


class Fit:
    """A network, its optimizer and everything else that changes while training.

    Args:
        network: Trained in place, in float32.
        data: Training and validation tuples.
        config: How to train.
    """

    def __init__(self, network: Network, data: TrainingSet, config: TrainConfig) -> None:
        self.network, self.data, self.config = network, data, config
        self.average = AveragedModel(network)
        self.optimizer = torch.optim.AdamW(
            network.parameters(), lr=config.learning_rate, weight_decay=config.weight_decay
        )
        steps = math.ceil(len(data.train) / config.batch)
        self.schedule: CosineAnnealingLR | ReduceLROnPlateau = (
            CosineAnnealingLR(self.optimizer, T_max=config.epochs * steps)
            if config.annealed
            else ReduceLROnPlateau(self.optimizer, factor=0.5, patience=config.reduce_after)
        )
        self.best = _copy(network)
        self.history: list[tuple[float, float]] = []

    def epoch(self) -> None:
        """Train for one epoch and judge it.

        Raises:
            NumericalError: If a loss is not finite.
        """
        number, config = len(self.history), self.config
        random = np.random.default_rng(
            np.random.SeedSequence([config.seed, 1, number, config.member])
        )
        points = self._monte_carlo(int(random.integers(2**62)))
        self.network.train()
        total = weight = 0.0
        for batch in self.data.train.batches(self.config.batch, random):
            part = float(batch.weights.sum())
            total, weight = total + part * self._step(batch, points), weight + part
        validation = self.validation_loss()
        if not all(math.isfinite(loss) for loss in (total, validation)):
            raise NumericalError(f"the loss is not a number in epoch {number + 1}")
        if not self.history or validation < min(loss for _, loss in self.history):
            self.best = _copy(self.network)
        self.history.append((total / weight, validation))
        if isinstance(self.schedule, ReduceLROnPlateau):
            self.schedule.step(validation)
        if number + 1 > self.config.average_from * self.config.epochs:
            self.average.update_parameters(self.network)

    def _step(self, batch: Tuples, points: CubeMonteCarlo) -> float:
        self.optimizer.zero_grad()
        total, weight = 0.0, float(batch.weights.sum())
        for part in batch.batches(GRADIENT_CHUNK):
            log_density = self.network.log_cube(part.cube, part.context)
            share = float(part.weights.sum()) / weight
            loss = share * weighted_loss(log_density, part.weights)
            loss.backward()  # type: ignore[no-untyped-call]
            total += float(loss.detach())
        if isinstance(self.network, DenseNetwork):
            settings = self.network.config
            integral = log_integral(self.network, points, settings.integral_points)
            loss = settings.normalisation * integral
            loss.backward()  # type: ignore[no-untyped-call]
            total += float(loss.detach())
        torch.nn.utils.clip_grad_norm_(self.network.parameters(), self.config.clip)
        self.optimizer.step()
        if isinstance(self.schedule, CosineAnnealingLR):
            self.schedule.step()
        return total

    def _monte_carlo(self, seed: int) -> CubeMonteCarlo:
        tuples = self.data.train
        return CubeMonteCarlo(tuples.cube.shape[1] + tuples.context.shape[1], seed)

    @torch.no_grad()
    def validation_loss(self) -> float:
        """Return the loss on the held-out events, with one set of Monte Carlo points for all."""
        network = self.network.eval()
        held_out = self.data.validation
        total = sum(
            float((part.weights * network.log_cube(part.cube, part.context)).sum())
            for part in held_out.batches(CHUNK)
        )
        loss = -total / float(held_out.weights.sum())
        if isinstance(network, DenseNetwork):
            loss += float(log_integral(network, self._monte_carlo(self.config.seed), CHUNK))
        return loss

    @property
    def finished(self) -> bool:
        """Whether all epochs are done, or the last `stop_after` brought no gain."""
        losses = [loss for _, loss in self.history]
        if len(losses) >= self.config.epochs:
            return True
        return len(losses) - 1 - int(np.argmin([*losses, math.inf])) >= self.config.stop_after

    def finish(self) -> None:
        """Leave the network with its best weights: of the best epoch, or the average if better."""
        best = min(loss for _, loss in self.history)
        self.network.load_state_dict(self.average.module.state_dict())
        averaged = int(self.average.n_averaged) > 0
        if not averaged or self.validation_loss() > best:
            self.network.load_state_dict(self.best)

    def checkpoint(self, run: str) -> Checkpoint:
        """Return all state."""
        return Checkpoint(
            run=run,
            network=self.network.state_dict(),
            best=self.best,
            average=self.average.module.state_dict(),
            optimizer=self.optimizer.state_dict(),
            schedule=self.schedule.state_dict(),
            history=tuple(self.history),
            averaged=int(self.average.n_averaged),
        )

    def resume(self, checkpoint: Checkpoint) -> None:
        """Take over all state."""
        self.network.load_state_dict(checkpoint.network)
        self.best = checkpoint.best
        self.average.module.load_state_dict(checkpoint.average)
        self.average.n_averaged.fill_(checkpoint.averaged)
        self.optimizer.load_state_dict(checkpoint.optimizer)
        self.schedule.load_state_dict(checkpoint.schedule)
        self.history = list(checkpoint.history)


def _copy(network: Network) -> dict[str, Tensor]:
    return {name: tensor.detach().clone() for name, tensor in network.state_dict().items()}


def fit(
    network: Network,
    data: TrainingSet,
    config: TrainConfig,
    *,
    run: str = "",
    checkpoint: Path | None = None,
    progress: Callable[[Epoch], None] | None = None,
) -> tuple[tuple[float, float], ...]:
    """Train `network` in place and leave it with its best weights.

    Args:
        network: In float32.
        data: Training and validation tuples.
        config: How to train.
        run: Identifies this training in its checkpoint.
        checkpoint: Where to write the state after each epoch, and to resume from; None for nowhere.
        progress: Called after each epoch.

    Returns:
        (training loss, validation loss) of each epoch.

    Raises:
        NumericalError: If a loss is not finite; the checkpoint then holds the last good epoch.
    """
    state = Fit(network, data, config)
    saved = load_checkpoint(checkpoint, run) if checkpoint else None
    if saved:
        state.resume(saved)
    while not state.finished:
        try:
            with pinned_threads(config.threads):
                state.epoch()
        except NumericalError as error:
            raise NumericalError(
                f"{error}; the last good state is epoch {len(state.history)}"
                + (f" in {checkpoint}" if checkpoint and state.history else "")
            ) from error
        if checkpoint:
            save_checkpoint(checkpoint, state.checkpoint(run))
        if progress:
            progress(Epoch(len(state.history), config.epochs, *state.history[-1]))
    with pinned_threads(config.threads):
        state.finish()
    return tuple(state.history)
