"""Which likelihoods an observable is judged by, and how each is made of simulated samples."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from ecdsl.diagnostics import InternalError
from ecdsl.inference import binned, tuples
from ecdsl.inference.ansatz import train_ansatz
from ecdsl.inference.histogram_fit import histogram_fit
from ecdsl.inference.marginal import marginal
from ecdsl.inference.nre import NreConfig, train_ratio
from ecdsl.inference.nuisances import Nuisance, with_measurements

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy as np
    from numpy.typing import NDArray

    from ecdsl.inference.coverage import LogLikelihood
    from ecdsl.inference.marginal import Joint, Range
    from ecdsl.inference.ratio_loss import Loss
    from ecdsl.inference.results import Likelihood
    from ecdsl.inference.samples import LabelledRows
    from ecdsl.inference.templates import Templates
    from ecdsl.inference.tuples import TupleCounts
    from ecdsl.settings import Beside


@dataclass(frozen=True)
class Method:
    """What stands beside the binned likelihood, and how it is made.

    Attributes:
        prior: Range of the flat prior.
        n_events: The smallest and the largest number of events in the data.
        seed: Of its networks.
        loss: Of the ratio estimator.
        beside: The ratio estimator, the Gaussian ansatz, the published product over tuples, as it
            is and with two exponents that are more honest, or the published fit of histograms.
        tuples: How many tuples an event has, for that product.
        nuisances: What is inferred together with the parameter, by `binned` and `nre` alone.
    """

    prior: tuple[float, float]
    n_events: tuple[int, int]
    seed: int
    loss: Loss = "nre-c"
    beside: Beside = "nre"
    tuples: TupleCounts | None = None
    nuisances: tuple[Nuisance, ...] = ()

    @property
    def priors(self) -> tuple[Range, ...]:
        """The range of the parameter and of each nuisance."""
        return (self.prior, *(nuisance.prior for nuisance in self.nuisances))

    @property
    def kinds(self) -> tuple[Likelihood, ...]:
        """The likelihoods, the oracle first."""
        if self.beside == "tuples":
            return ("binned", "tuples", "tuples_effective", "tuples_sandwich")
        return ("binned", self.beside)

    @property
    def surrogate_kinds(self) -> tuple[Likelihood, ...]:
        """Those that a surrogate's marginals give, in the place of the simulated mean."""
        if self.beside == "tuples":
            return ("surrogate", "tuples_surrogate")
        if self.beside == "histogram":
            return ("surrogate", "histogram_surrogate")
        return ("surrogate",)


def log_likelihood(
    kind: Likelihood,
    method: Method,
    samples: Sequence[LabelledRows],
    templates: Templates,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> LogLikelihood:
    """Return a likelihood of the parameter, integrated over the nuisances (`joint_likelihood`)."""
    joint = joint_likelihood(kind, method, samples, templates, progress)
    return marginal(joint, method.priors)


def joint_likelihood(
    kind: Likelihood,
    method: Method,
    samples: Sequence[LabelledRows],
    templates: Templates,
    progress: Callable[[int, int], None] = lambda _done, _total: None,
) -> Joint:
    """Return a likelihood that is made of simulated samples, and of them alone.

    Args:
        kind: One of `method.kinds`, or of `method.surrogate_kinds`.
        method: How it is made.
        samples: Simulated events per point.
        templates: Fitted to the same, or with a surrogate's means.
        progress: Called with (done, total) while a network trains.

    Raises:
        NumericalError: If training diverges.
    """
    if kind == "nre":
        ratio = train_ratio(
            samples,
            templates,
            method.n_events,
            prior=method.prior,
            nuisances=method.priors[1:],
            seed=method.seed,
            config=NreConfig(loss=method.loss),
            progress=progress,
        )
        return with_measurements(ratio.log_ratio, method.nuisances)
    if kind == "ansatz":
        return train_ansatz(
            samples,
            templates,
            method.n_events,
            prior=method.prior,
            seed=method.seed,
            progress=progress,
        ).log_ratio
    if kind in ("histogram", "histogram_surrogate"):
        return histogram_fit(
            samples, templates, method.n_events[0], prior=method.prior, seed=method.seed
        )
    if kind in ("binned", "surrogate"):
        return with_measurements(partial(binned.log_likelihood, templates), method.nuisances)
    return _product(kind, method, templates)


def _product(kind: Likelihood, method: Method, templates: Templates) -> LogLikelihood:
    """Return the product over tuples with the exponent that `kind` names."""
    counts = method.tuples
    if counts is None:
        raise InternalError(f"the likelihood {kind} needs the number of tuples")

    def log_likelihood(
        x: NDArray[np.float64], n_events: int, grid: NDArray[np.float64]
    ) -> NDArray[np.float64]:
        exponent: float | NDArray[np.float64] = n_events * counts.tuples
        if kind == "tuples_effective":
            exponent = n_events * counts.effective
        elif kind == "tuples_sandwich":
            exponent = tuples.sandwich_exponent(templates, x, n_events, grid)
        return tuples.log_likelihood(templates, x, exponent, grid)

    return log_likelihood
