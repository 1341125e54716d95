"""What an inference says, as data: the JSON of `ecdsl infer` and the input of the report."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict

Likelihood = Literal["nre", "binned", "surrogate"]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class PosteriorResult(_Frozen):
    """The posterior of one parameter from one observable.

    Attributes:
        likelihood: `nre`: ratio estimator on the measured correlator; `binned`: Gaussian template
            likelihood with event covariance, the oracle; `surrogate`: the same with the surrogate's
            marginals as templates.
        estimate: Mode of the posterior, in units of the parameter.
        interval68: Highest-posterior-density regions, possibly disjoint, as (low, high).
        half_width68: Half the total length of `interval68`.
        calibrated: Whether coverage was tested on independent events and passed.
        grid: Parameter values; `density` the normalised posterior there.
        at_boundary: The posterior runs into the prior's edge.
    """

    observable: str
    parameter: str
    estimate: float
    interval68: tuple[tuple[float, float], ...]
    interval95: tuple[tuple[float, float], ...]
    half_width68: float
    likelihood: Likelihood
    calibrated: bool
    n_events: int
    seconds: float
    at_boundary: bool
    grid: tuple[float, ...]
    density: tuple[float, ...]


class CoverageResult(_Frozen):
    """How often intervals held the truth, over pseudo-experiments on independent events."""

    observable: str
    likelihood: Likelihood
    level: float
    covered: int
    pseudo_experiments: int
    n_events: int
    bias: float
    half_width: float
    oracle_half_width: float
