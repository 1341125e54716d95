"""Which likelihoods an observable is judged by, and how each is made of simulated samples."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecdsl.inference import binned
from ecdsl.inference.nre import NreConfig, train_ratio

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ecdsl.inference.coverage import LogLikelihood
    from ecdsl.inference.ratio_loss import Loss
    from ecdsl.inference.results import Likelihood
    from ecdsl.inference.samples import LabelledRows
    from ecdsl.inference.templates import Templates


@dataclass(frozen=True)
class Method:
    """What stands beside the binned likelihood, and how it is made.

    Attributes:
        prior: Range of the flat prior.
        n_events: The smallest and the largest number of events in the data.
        seed: Of the ratio estimator.
        loss: Of the ratio estimator.
    """

    prior: tuple[float, float]
    n_events: tuple[int, int]
    seed: int
    loss: Loss = "nre-c"

    @property
    def kinds(self) -> tuple[Likelihood, ...]:
        """The likelihoods, the oracle first."""
        return ("binned", "nre")


def log_likelihood(
    kind: Likelihood,
    method: Method,
    samples: Sequence[LabelledRows],
    templates: Templates,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> LogLikelihood:
    """Return a likelihood that is made of simulated samples, and of them alone.

    Args:
        kind: One of `method.kinds`.
        method: How it is made.
        samples: Simulated events per value of the parameter.
        templates: Fitted to the same.
        progress: Called with (done, total) while a network trains.

    Raises:
        NumericalError: If training diverges.
    """
    if kind == "nre":
        return train_ratio(
            samples,
            templates,
            method.n_events,
            prior=method.prior,
            seed=method.seed,
            config=NreConfig(loss=method.loss),
            progress=progress,
        ).log_ratio
    return lambda x, n_events, grid: binned.log_likelihood(templates, x, n_events, grid)
