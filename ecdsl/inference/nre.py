r"""Neural ratio estimation of the parameter from a measured correlator.

A classifier tells pairs (x, m) drawn together from pairs drawn independently; at its best its
logit is the logarithm of the likelihood-to-evidence ratio

.. math:: f(x, m) = \ln r(x, m), \qquad r(x, m) = \frac{p(x, m)}{p(x)\, p(m)}
                  = \frac{p(x \mid m)}{p(x)},

so that with a flat prior r is the posterior up to a constant. The loss is the binary cross entropy
on logits over all pairs of a batch: the K diagonal pairs are drawn together, and each of the
K (K - 1) others is a draw from the product of the marginals,

.. math:: -\frac1K \sum_i \ln\sigma(f_{ii})
          -\frac{1}{K (K-1)} \sum_{i \neq j} \ln\sigma(-f_{ij}).

The critic is the ratio of a Gaussian with a constant covariance plus an inner product of two small
networks, so that all pairs cost one matrix product,

.. math:: f(x, m) = g(s, m) - \ln \langle e^{g(s, m')} \rangle_{m'} + a(s) \cdot b(m), \qquad
          g = -\tfrac12 |s - \bar s(m)|^2,

with s the scores of x (`scores.py`). The networks learn what the Gaussian misses, a covariance that
changes with m and fluctuations with tails; starting from it keeps a posterior that is much narrower
than the prior from coming out too wide, as happens to a network that learns all of it.

What a datum is matters more than the network: x is the correlator of N events and not a tuple, as
tuples of one event are not independent (`samples.py`). Reference: Hermans, Begy, Louppe,
arXiv:1903.04057; all pairs of a batch: Durkan, Murray, Papamakarios, arXiv:2002.03712.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import nn
from torch.nn.functional import softplus

from ecdsl.diagnostics import NumericalError
from ecdsl.inference.pseudo import pseudo_experiments
from ecdsl.inference.scores import leading_scores
from ecdsl.surrogate.threads import torch_threads

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from ecdsl.inference.pseudo import PseudoExperiments
    from ecdsl.inference.samples import LabelledRows
    from ecdsl.inference.scores import Scores
    from ecdsl.inference.templates import Templates

# Values of the parameter over which the Gaussian start is averaged; a posterior is resolved down
# to a width of a hundredth of the prior.
EVIDENCE_POINTS = 257


@dataclass(frozen=True)
class NreConfig:
    """How a ratio estimator is trained.

    Attributes:
        hidden: Width of the two hidden layers of either network.
        embedding: Dimension of the inner product.
        batch: Pseudo-experiments per step, K; the loss sees K^2 pairs.
        rate: Initial learning rate of Adam; halved at each plateau of the validation loss.
        check_every: Steps between validations.
        patience: Validations without gain that make a plateau.
        plateaus: Training ends after this many.
        max_steps: Training ends in any case.
        bank: Resampled fluctuations per simulated value, for training; a quarter more to validate.
        validation: Pseudo-experiments, and the square of it pairs, that validate.
        pool: Pseudo-experiments that normalise the ratio; the validating ones are among them.
    """

    hidden: int = 64
    embedding: int = 16
    batch: int = 256
    rate: float = 3e-3
    check_every: int = 25
    patience: int = 4
    plateaus: int = 5
    max_steps: int = 3000
    bank: int = 400
    validation: int = 1024
    pool: int = 4096


class Critic(nn.Module):
    """The logit f(x, m) of the module's docstring.

    Attributes:
        expected: (degree + 1, n_scores) coefficients of the expected scores in powers of m.
        centre: (n_scores,) and `spread` standardise what the network reads.
    """

    def __init__(
        self,
        expected: torch.Tensor,
        centre: torch.Tensor,
        spread: torch.Tensor,
        config: NreConfig,
        generator: torch.Generator,
    ) -> None:
        super().__init__()
        self.expected, self.centre, self.spread = expected, centre, spread
        self.data = _network(len(centre), config, generator)
        self.parameter = _network(1, config, generator)
        last = self.parameter[-1]
        assert isinstance(last, nn.Linear)  # noqa: S101  (narrows the type)
        nn.init.zeros_(last.weight)
        nn.init.zeros_(last.bias)

    def forward(self, scores: torch.Tensor, m: torch.Tensor) -> torch.Tensor:
        """Return (K, M) logits of all pairs of scores (K, n_scores) and m (M,) in [-1, 1]."""
        embedded = self.data((scores - self.centre) / self.spread)
        correction: torch.Tensor = embedded @ self.parameter(m[:, None]).T
        with torch.no_grad():
            gaussian = self._gaussian(scores, m)
        return gaussian + correction

    def _gaussian(self, scores: torch.Tensor, m: torch.Tensor) -> torch.Tensor:
        """Return (K, M) g(s, m) minus the logarithm of its average over the prior."""
        prior = torch.linspace(-1, 1, EVIDENCE_POINTS, dtype=m.dtype)
        evidence = self._exponent(scores, prior).logsumexp(dim=1, keepdim=True)
        return self._exponent(scores, m) - evidence + float(np.log(EVIDENCE_POINTS))

    def _exponent(self, scores: torch.Tensor, m: torch.Tensor) -> torch.Tensor:
        expected = (m[:, None] ** torch.arange(len(self.expected))) @ self.expected
        return -0.5 * torch.cdist(scores, expected) ** 2


def _network(inputs: int, config: NreConfig, generator: torch.Generator) -> nn.Sequential:
    layers: list[nn.Module] = []
    for size, following in pairwise((inputs, config.hidden, config.hidden, config.embedding)):
        layers += [_linear(size, following, generator), nn.SiLU()]
    return nn.Sequential(*layers[:-1])


def _linear(inputs: int, outputs: int, generator: torch.Generator) -> nn.Linear:
    """Return a layer whose initial weights come from the generator and not from global state."""
    layer: nn.Linear = nn.utils.skip_init(  # type: ignore[no-untyped-call]
        nn.Linear, inputs, outputs, dtype=torch.float64
    )
    bound = inputs**-0.5
    nn.init.uniform_(layer.weight, -bound, bound, generator=generator)
    nn.init.uniform_(layer.bias, -bound, bound, generator=generator)
    return layer


@dataclass(frozen=True)
class RatioEstimator:
    """A trained ratio, normalised on the pool for every value of the parameter.

    Attributes:
        templates: They turn a correlator into whitened coordinates.
        scores: The summaries the critic reads.
        critic: The network.
        prior: Range of the parameter it was trained on.
        pool: (P, n_scores) scores of draws from the marginal p(x).
        validation_losses: At each validation; the last weights kept are those of the smallest.
    """

    templates: Templates
    scores: Scores
    critic: Critic
    prior: tuple[float, float]
    pool: torch.Tensor
    validation_losses: tuple[float, ...]

    def log_ratio(self, x: NDArray[np.float64], grid: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return ln p(x | m) / p(x) for every m of a grid.

        The mean of the ratio over p(x) is 1 for every m by definition; the network's is not quite,
        and a normalisation that drifts with m would move the posterior. It is divided out.

        Args:
            x: (..., n_bins) measured correlators.
            grid: (G,) values of the parameter within the prior.

        Returns:
            (..., G).
        """
        scores = self.scores(self.templates.coordinates(x))
        data = torch.as_tensor(scores.reshape(-1, scores.shape[-1]))
        with torch.no_grad():
            m = _scaled(grid, self.prior)
            mean_ratio = self.critic(self.pool, m).logsumexp(dim=0) - np.log(len(self.pool))
            logits: NDArray[np.float64] = (self.critic(data, m) - mean_ratio).numpy()
        return logits.reshape(*scores.shape[:-1], len(grid))


def train_ratio(
    samples: Sequence[LabelledRows],
    templates: Templates,
    n_events: int,
    *,
    prior: tuple[float, float],
    seed: int,
    config: NreConfig | None = None,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> RatioEstimator:
    """Train a classifier on pseudo-experiments of `n_events` events.

    Args:
        samples: Simulated events per value of the parameter.
        templates: Fitted to the same.
        n_events: Events in the data that it will be asked about.
        prior: Flat on this range.
        seed: Of resampling, batches and initial weights.
        config: Network and training.
        progress: Called with (steps done, most steps).

    Raises:
        NumericalError: If the loss stops being finite.
    """
    config = config or NreConfig()
    streams = np.random.SeedSequence(seed).spawn(3)
    rng = np.random.default_rng(streams[0])
    scores = leading_scores(templates, n_events, prior)
    banks = [
        pseudo_experiments(samples, templates, n_events, draws, np.random.default_rng(stream))
        for draws, stream in zip((config.bank, config.bank // 4), streams[1:], strict=True)
    ]
    m, pool = _draw(banks[1], scores, config.pool, prior, rng)

    generator = torch.Generator().manual_seed(int(streams[0].generate_state(1)[0]))
    critic = Critic(
        torch.as_tensor(scores.expected),
        pool.mean(dim=0),
        pool.std(dim=0),
        config,
        generator,
    )
    with torch_threads():
        losses = _train(
            critic,
            lambda: _draw(banks[0], scores, config.batch, prior, rng),
            (m[: config.validation], pool[: config.validation]),
            config,
            progress,
        )
    return RatioEstimator(templates, scores, critic, prior, pool, tuple(losses))


def _draw(
    experiments: PseudoExperiments,
    scores: Scores,
    size: int,
    prior: tuple[float, float],
    rng: np.random.Generator,
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return (K,) values of the parameter scaled to [-1, 1], evenly drawn, and (K, n) scores."""
    # One value in each of K equal slices of the prior: less noise than K independent ones.
    m = prior[0] + (prior[1] - prior[0]) * (rng.permutation(size) + rng.random(size)) / size
    return _scaled(m, prior), torch.as_tensor(scores(experiments.draw(m, rng)))


def _scaled(m: NDArray[np.float64], prior: tuple[float, float]) -> torch.Tensor:
    return torch.as_tensor((2 * m - prior[0] - prior[1]) / (prior[1] - prior[0]))


def classification_loss(logits: torch.Tensor) -> torch.Tensor:
    """Return the binary cross entropy of (K, K) logits whose diagonal was drawn together."""
    joint = logits.diagonal()
    apart = softplus(logits).sum() - softplus(joint).sum()
    return softplus(-joint).mean() + apart / (logits.numel() - len(logits))


def _train(
    critic: Critic,
    batch: Callable[[], tuple[torch.Tensor, torch.Tensor]],
    validation: tuple[torch.Tensor, torch.Tensor],
    config: NreConfig,
    progress: Callable[[int, int], None],
) -> list[float]:
    """Minimise the loss, keep the weights of the smallest validation loss, return the losses."""
    optimizer = torch.optim.Adam(critic.parameters(), lr=config.rate)
    best = {name: value.clone() for name, value in critic.state_dict().items()}
    losses: list[float] = []
    since, plateaus = 0, 0
    for step in range(1, config.max_steps + 1):
        m, x = batch()
        loss = classification_loss(critic(x, m))
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        if step % config.check_every:
            continue
        with torch.no_grad():
            losses.append(float(classification_loss(critic(validation[1], validation[0]))))
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
