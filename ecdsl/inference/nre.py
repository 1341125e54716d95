r"""Neural ratio estimation of parameters from a measured correlator.

A classifier tells pairs (x, m) drawn together from pairs drawn independently; at its best its
logit is the logarithm of the likelihood-to-evidence ratio

.. math:: f(x, m) = \ln r(x, m), \qquad r(x, m) = \frac{p(x \mid m)}{p(x)},

so that with a flat prior r is the posterior up to a constant. The datum x is the correlator of N
events together with N itself, which does not depend on m: one training serves every N of a range,
drawn evenly in ln N, one for each batch. What a datum is matters more than the network: x is not a
tuple, as tuples of one event are not independent (`samples.py`).

The logit is the ratio of the Gaussian likelihood (`binned.py`) plus what a network learns,

.. math:: f(x, m) = g(x, m) - \ln \langle e^{g(x, m')} \rangle_{m'} + c(x, m), \qquad
          g = \ln p_\text{Gauss}(x \mid m, N).

The network learns what the Gaussian misses, fluctuations with tails. Starting from it, whitened
with the noise at each N, keeps a posterior that is much narrower than the prior from coming out too
wide, as happens to a network that learns all of it. References: `ratio_loss.py`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import torch

from ecdsl.diagnostics import InternalError, NumericalError
from ecdsl.inference.binned import log_density
from ecdsl.inference.critic import Critic
from ecdsl.inference.marginal import product_grid
from ecdsl.inference.pseudo import pseudo_experiments, spread_over
from ecdsl.inference.ratio_loss import LOSSES
from ecdsl.inference.scores import leading_scores
from ecdsl.surrogate import device
from ecdsl.surrogate.threads import pinned_threads

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray
    from torch import Tensor

    from ecdsl.inference.pseudo import PseudoExperiments
    from ecdsl.inference.ratio_loss import Loss
    from ecdsl.inference.samples import LabelledRows
    from ecdsl.inference.scores import Scores
    from ecdsl.inference.templates import Templates

# Points over which the Gaussian is averaged: so many for one parameter, more for several.
EVIDENCE_POINTS = 257
POINTS_PER_NUISANCE = 4
# Numbers of events, evenly spread in their logarithm, that a training is validated at.
SIZES = 3


@dataclass(frozen=True)
class NreConfig:
    """How a ratio estimator is trained.

    Attributes:
        loss: Which loss, see `ratio_loss.py`.
        batch: Pseudo-experiments per step, K; the loss sees K^2 pairs.
        rate: Initial learning rate of Adam; halved at each plateau of the validation loss.
        check_every: Steps between validations.
        patience: Validations without gain that make a plateau.
        plateaus: Training ends after this many.
        max_steps: Training ends in any case.
        bank: Resampled fluctuations per simulated value, for training; a quarter more to validate.
        validation: Pseudo-experiments, and the square of it pairs, that validate at each size.
    """

    loss: Loss = "nre-c"
    batch: int = 128
    rate: float = 3e-3
    check_every: int = 25
    patience: int = 3
    plateaus: int = 4
    max_steps: int = 2000
    bank: int = 400
    validation: int = 384


@dataclass(frozen=True)
class RatioEstimator:
    """A ratio for all numbers of events of a range.

    Attributes:
        templates: They turn a correlator into whitened coordinates.
        scores: The summaries the network reads.
        critic: The network.
        prior: Range of each parameter it is trained on.
        n_events: The smallest and the largest number of events it is trained on.
        validation_losses: At the start and at each validation; the weights are those of the
            smallest.
    """

    templates: Templates
    scores: Scores
    critic: Critic
    prior: tuple[tuple[float, float], ...]
    n_events: tuple[int, int]
    validation_losses: tuple[float, ...] = ()

    def log_ratio(
        self, x: NDArray[np.float64], n_events: int, *m: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Return ln p(x | m) / p(x) for every point m.

        Args:
            x: (..., n_bins) measured correlators.
            n_events: Events in each, within the range of the training.
            m: (M,) values of each parameter within the prior.

        Returns:
            (..., M).
        """
        if not self.n_events[0] <= n_events <= self.n_events[1]:
            raise InternalError(f"trained for {self.n_events} events, asked about {n_events}")
        coordinates = self.templates.coordinates(x)
        flat = coordinates.reshape(-1, coordinates.shape[-1])
        with torch.no_grad():
            logits: NDArray[np.float64] = self.logits(self.pairs(flat, n_events, *m)).numpy()
        return logits.reshape(*coordinates.shape[:-1], -1)

    def pairs(
        self, coordinates: NDArray[np.float64], n_events: float, *m: NDArray[np.float64]
    ) -> _Pairs:
        """Return what is known of all pairs of (K, r) whitened coordinates and M points."""
        points = EVIDENCE_POINTS * POINTS_PER_NUISANCE ** (len(m) - 1)
        over = product_grid(self.prior, round(points ** (1 / len(m))))
        everywhere = torch.as_tensor(log_density(self.templates, coordinates, n_events, *over))
        evidence = everywhere.logsumexp(dim=1, keepdim=True) - np.log(len(over[0]))
        gaussian = torch.as_tensor(log_density(self.templates, coordinates, n_events, *m))
        return _Pairs(
            scores=torch.as_tensor(self.scores(coordinates, n_events)),
            size=float(_scaled(np.log(n_events), *np.log(self.n_events))),
            m=torch.as_tensor(
                np.stack(
                    [_scaled(part, *limits) for part, limits in zip(m, self.prior, strict=True)],
                    axis=1,
                )
            ),
            gaussian=gaussian - evidence,
        )

    def logits(self, pairs: _Pairs) -> Tensor:
        """Return (K, M) logits."""
        place = device.of(self.critic)
        correction: Tensor = self.critic(pairs.scores.to(place), pairs.size, pairs.m.to(place))
        return pairs.gaussian + correction.to(pairs.gaussian)


@dataclass(frozen=True)
class _Pairs:
    """All pairs of K data of equal size and M points.

    Attributes:
        scores: (K, k) of the data.
        size: The logarithm of their number of events, in [-1, 1].
        m: (M, P) the parameters, in [-1, 1].
        gaussian: (K, M) logarithm of the Gaussian ratio.
    """

    scores: Tensor
    size: float
    m: Tensor
    gaussian: Tensor


def train_ratio(
    samples: Sequence[LabelledRows],
    templates: Templates,
    n_events: tuple[int, int],
    *,
    prior: tuple[float, float],
    nuisances: Sequence[tuple[float, float]] = (),
    seed: int,
    config: NreConfig | None = None,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> RatioEstimator:
    """Train a classifier on pseudo-experiments.

    Args:
        samples: Simulated events per point.
        templates: Fitted to the same.
        n_events: The smallest and the largest number of events in the data that it will be asked
            about.
        prior: Range of the parameter, flat.
        nuisances: That of each nuisance, flat.
        seed: Of resampling, batches and initial weights.
        config: Loss and training.
        progress: Called with (steps done, most steps).

    Raises:
        NumericalError: If the loss stops being finite.
    """
    config = config or NreConfig()
    streams = np.random.SeedSequence(seed).spawn(3)
    rng = np.random.default_rng(streams[0])
    training, validation = (
        pseudo_experiments(samples, templates, n_events[0], draws, np.random.default_rng(stream))
        for draws, stream in zip((config.bank, config.bank // 4), streams[1:], strict=True)
    )
    limits = (prior, *nuisances)
    scores = leading_scores(templates, n_events, *limits)
    generator = torch.Generator().manual_seed(int(streams[0].generate_state(1)[0]))
    critic = Critic(len(scores.centre), len(limits), generator).to(device.fastest())
    ratio = RatioEstimator(templates, scores, critic, limits, n_events)
    low, high = np.log(n_events)

    def batch() -> _Pairs:
        n = float(np.exp(rng.uniform(low, high)))
        return _drawn(ratio, training, n, config.batch, rng)

    held = [
        _drawn(ratio, validation, float(n), config.validation, rng)
        for n in np.unique(np.geomspace(*n_events, SIZES))
    ]
    with pinned_threads():
        losses = _train(ratio, batch, held, config, progress)
    return replace(ratio, validation_losses=tuple(losses))


def _drawn(
    ratio: RatioEstimator,
    experiments: PseudoExperiments,
    n_events: float,
    size: int,
    rng: np.random.Generator,
) -> _Pairs:
    """Return `size` experiments of N events, each at a point of its own, and all their pairs."""
    m, *nuisances = (spread_over(limits, size, rng) for limits in ratio.prior)
    drawn = experiments.draw(m, n_events, rng, *nuisances)
    return ratio.pairs(drawn, n_events, m, *nuisances)


def _scaled(value: NDArray[np.float64], low: float, high: float) -> NDArray[np.float64]:
    """Scale [low, high] to [-1, 1]; an empty range is 0."""
    width = high - low
    return np.asarray((2 * value - low - high) / width if width > 0 else 0 * value)


def _train(
    ratio: RatioEstimator,
    batch: Callable[[], _Pairs],
    held: Sequence[_Pairs],
    config: NreConfig,
    progress: Callable[[int, int], None],
) -> list[float]:
    """Minimise the loss, keep the weights of the smallest validation loss, return the losses."""
    critic, loss_of = ratio.critic, LOSSES[config.loss]

    def validate() -> float:
        with torch.no_grad():
            return float(np.mean([float(loss_of(ratio.logits(pairs))) for pairs in held]))

    optimizer = torch.optim.Adam(critic.parameters(), lr=config.rate)
    best = {name: value.clone() for name, value in critic.state_dict().items()}
    losses, since, plateaus = [validate()], 0, 0
    for step in range(1, config.max_steps + 1):
        optimizer.zero_grad()
        loss_of(ratio.logits(batch())).backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        if step % config.check_every:
            continue
        losses.append(validate())
        if not np.isfinite(losses[-1]):
            raise NumericalError(f"the ratio estimator's loss is {losses[-1]} at step {step}")
        since = 0 if losses[-1] == min(losses) else since + 1
        if since == 0:
            best = {name: value.clone() for name, value in critic.state_dict().items()}
        elif since % config.patience == 0:
            plateaus += 1
            optimizer.param_groups[0]["lr"] /= 2
        progress(step, config.max_steps)
        if plateaus == config.plateaus:
            break
    critic.load_state_dict(best)
    return losses
