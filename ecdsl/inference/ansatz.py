r"""The maximum-likelihood estimate and its resolution from one training, whatever the prior.

The Donsker-Varadhan bound on the mutual information of a measured correlator x and the parameter,

.. math:: I(x; m) \ge \langle T(x, m) \rangle_{p(x, m)}
                      - \ln \langle e^{T(x, m)} \rangle_{p(x)\, p(m)},

is reached by :math:`T = \ln p(x \mid m) / p(x)` up to a constant. With the Gaussian ansatz

.. math:: T(x, m) = A(x) + (m - B(x))\, D(x) + \tfrac12 (m - B(x))^2\, C(x, m)

and D driven to zero, T has its maximum in m at B(x), the estimate, and its curvature there is the
resolution, :math:`\sigma^2(x) = -1 / C(x, B(x))`. Neither depends on the prior that the parameter
was drawn from in training: a prior changes p(x) alone, and that is A's to learn. As for the ratio
estimator (`nre.py`), N is a condition of the networks, one N for each batch. Reference: Gambhir,
Nachman, Thaler, arXiv:2205.03413.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import softplus

from ecdsl.diagnostics import NumericalError
from ecdsl.inference.critic import EMBEDDING, linear, network
from ecdsl.inference.pseudo import pseudo_experiments, spread_over
from ecdsl.inference.scores import leading_scores
from ecdsl.surrogate import device
from ecdsl.surrogate.threads import pinned_threads

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from ecdsl.inference.pseudo import PseudoExperiments
    from ecdsl.inference.samples import LabelledRows
    from ecdsl.inference.scores import Scores
    from ecdsl.inference.templates import Templates

# softplus(UNIT) = 1: training starts from the curvature that the templates expect.
UNIT = float(np.log(np.e - 1))
# Values of the parameter that the expectation is an average over.
POINTS = 65


@dataclass(frozen=True)
class AnsatzConfig:
    """How the ansatz is trained.

    Attributes:
        batch: Pseudo-experiments per step, K; the bound sees K^2 pairs.
        rate: Initial learning rate of Adam, which falls to zero as a cosine.
        steps: Of the training.
        tilt: Weight of the mean of abs(D), reached half way through.
        bank: Resampled fluctuations per simulated value.
    """

    batch: int = 256
    rate: float = 3e-3
    steps: int = 1000
    tilt: float = 1.0
    bank: int = 400


class GaussianAnsatz(nn.Module):
    """T(x, m) of the module's docstring, with C negative.

    What it reads of the data, (K, k + 1), are the standardised scores and the logarithm of N; its
    curvature is relative to the information that templates expect in N events.
    """

    def __init__(self, inputs: int, generator: torch.Generator) -> None:
        super().__init__()
        self.shared = network(inputs, generator)
        self.heads = linear(EMBEDDING, 3, generator)
        # The estimate is nearly linear in the scores: the network learns the rest.
        self.slope = linear(inputs, 1, generator)
        self.curved_data = network(inputs, generator)
        self.curved_parameter = network(1, generator)

    def forward(self, data: Tensor, m: Tensor, information: float) -> tuple[Tensor, Tensor]:
        """Return (K, M) T of all pairs of data and (M,) m in [-1, 1], and (K,) D."""
        a, b, d = self._heads(data)
        away = m - b[:, None]
        curvature = information * self._curvature(data, m)
        return a[:, None] + away * d[:, None] + away**2 / 2 * curvature, d

    def estimate(self, data: Tensor, information: float) -> tuple[Tensor, Tensor]:
        """Return (K,) B and (K,) sigma, in units of the half range of the prior."""
        _, b, _ = self._heads(data)
        return b, (-information * self._curvature(data, b).diagonal()) ** -0.5

    def _heads(self, data: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        a, b, d = self.heads(self.shared(data)).T
        return a, b + self.slope(data)[:, 0], d

    def _curvature(self, data: Tensor, m: Tensor) -> Tensor:
        embedded = self.curved_data(data) @ self.curved_parameter(m[:, None]).T
        return -softplus(embedded + UNIT)


@dataclass(frozen=True)
class Estimator:
    """A trained ansatz.

    Attributes:
        templates: They turn a correlator into whitened coordinates.
        scores: The summaries that the networks read.
        ansatz: The networks.
        prior: Range of the parameter in training.
        n_events: The smallest and the largest number of events it is trained on.
    """

    templates: Templates
    scores: Scores
    ansatz: GaussianAnsatz
    prior: tuple[float, float]
    n_events: tuple[int, int]

    def estimate(
        self, x: NDArray[np.float64], n_events: int
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Return the estimates (K,) and their resolutions (K,) from (K, n_bins) correlators."""
        data = self._read(self.templates.coordinates(x), n_events)
        with torch.no_grad():
            b, sigma = self.ansatz.estimate(data, self.expected_information(n_events))
        middle, half = self._frame
        return middle + half * b.cpu().numpy(), half * sigma.cpu().numpy()

    def log_ratio(
        self, x: NDArray[np.float64], n_events: int, grid: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        """Return T(x, m), the logarithm of p(x | m) but for what does not depend on m.

        Args:
            x: (..., n_bins) measured correlators.
            n_events: Events in each, within the range of the training.
            grid: (G,) values of the parameter.

        Returns:
            (..., G).
        """
        coordinates = self.templates.coordinates(x)
        data = self._read(coordinates.reshape(-1, coordinates.shape[-1]), n_events)
        middle, half = self._frame
        with torch.no_grad():
            scaled = self._tensor((grid - middle) / half)
            found, _ = self.ansatz(data, scaled, self.expected_information(n_events))
        return np.asarray(found.cpu().numpy().reshape(*coordinates.shape[:-1], len(grid)))

    def drawn(
        self,
        experiments: PseudoExperiments,
        n_events: float,
        size: int,
        rng: np.random.Generator,
    ) -> tuple[Tensor, Tensor]:
        """Return what the networks read of pseudo-experiments, (size, k + 1), and (size,) m."""
        m = spread_over(self.prior, size, rng)
        middle, half = self._frame
        data = self._read(experiments.draw(m, n_events, rng), n_events)
        return data, self._tensor((m - middle) / half)

    def expected_information(self, n_events: float) -> float:
        """Return the templates' Fisher information, for the half range of the prior as the unit."""
        m = np.linspace(*self.prior, POINTS)
        slope = np.gradient(self.templates.mean_coordinates(m), m, axis=0)
        noise = self.templates.event_variances(m) / n_events + self.templates.mean_variances(m)
        return float((slope**2 / noise).sum(axis=1).mean() * self._frame[1] ** 2)

    @property
    def _frame(self) -> tuple[float, float]:
        """Middle and half range of the prior."""
        return sum(self.prior) / 2, (self.prior[1] - self.prior[0]) / 2

    def _read(self, coordinates: NDArray[np.float64], n_events: float) -> Tensor:
        size = np.full((len(coordinates), 1), np.log(n_events / self.n_events[0]))
        return self._tensor(np.hstack([self.scores(coordinates, n_events), size]))

    def _tensor(self, values: NDArray[np.float64]) -> Tensor:
        return torch.as_tensor(values, device=device.of(self.ansatz))


def train_ansatz(
    samples: Sequence[LabelledRows],
    templates: Templates,
    n_events: tuple[int, int],
    *,
    prior: tuple[float, float],
    seed: int,
    config: AnsatzConfig | None = None,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> Estimator:
    """Train the ansatz on pseudo-experiments.

    Args:
        samples: Simulated events per value of the parameter.
        templates: Fitted to the same.
        n_events: The smallest and the largest number of events in the data that it will be asked
            about.
        prior: Where the parameter is drawn from in training, evenly.
        seed: Of resampling, batches and initial weights.
        config: Training.
        progress: Called with (steps done, all steps).

    Raises:
        NumericalError: If the bound stops being finite.
    """
    config = config or AnsatzConfig()
    streams = np.random.SeedSequence(seed).spawn(2)
    rng = np.random.default_rng(streams[0])
    experiments = pseudo_experiments(
        samples, templates, n_events[0], config.bank, np.random.default_rng(streams[1])
    )
    scores = leading_scores(templates, n_events, prior)
    generator = torch.Generator().manual_seed(int(streams[0].generate_state(1)[0]))
    ansatz = GaussianAnsatz(len(scores.centre) + 1, generator).to(device.fastest())
    estimator = Estimator(templates, scores, ansatz, prior, n_events)
    low, high = np.log(n_events)

    def batch() -> tuple[Tensor, Tensor]:
        n = float(np.exp(rng.uniform(low, high)))
        data, m = estimator.drawn(experiments, n, config.batch, rng)
        found: tuple[Tensor, Tensor] = ansatz(data, m, estimator.expected_information(n))
        return found

    with pinned_threads():
        _train(ansatz, batch, config, progress)
    return estimator


def donsker_varadhan(logits: Tensor) -> Tensor:
    """Return the bound on the mutual information from (K, K) T, whose diagonal is of joint draws.

    The mean over independent draws is over all pairs off the diagonal.
    """
    size = len(logits)
    own = torch.eye(size, dtype=torch.bool, device=logits.device)
    apart = logits.masked_fill(own, -torch.inf).flatten().logsumexp(dim=0)
    return logits.diagonal().mean() - apart + float(np.log(size * (size - 1)))


def _train(
    ansatz: GaussianAnsatz,
    batch: Callable[[], tuple[Tensor, Tensor]],
    config: AnsatzConfig,
    progress: Callable[[int, int], None],
) -> None:
    optimizer = torch.optim.Adam(ansatz.parameters(), lr=config.rate)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, config.steps)
    for step in range(1, config.steps + 1):
        logits, tilt = batch()
        weight = config.tilt * min(1.0, 2 * step / config.steps)
        loss = weight * tilt.abs().mean() - donsker_varadhan(logits)
        if not torch.isfinite(loss):
            raise NumericalError(f"the Gaussian ansatz's loss is {loss:g} at step {step}")
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        schedule.step()
        progress(step, config.steps)
