"""What an inference says, as data: the JSON of `ecdsl infer` and the input of the report."""

from __future__ import annotations

from math import isfinite, prod
from typing import TYPE_CHECKING, Annotated, Final, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, model_validator

from ecdsl.artifacts.manifest import edges
from ecdsl.ir.nodes import Axis, Spacing

if TYPE_CHECKING:
    from numpy.typing import NDArray

Likelihood = Literal[
    "nre",
    "ansatz",
    "binned",
    "surrogate",
    "tuples",
    "tuples_effective",
    "tuples_sandwich",
    "tuples_surrogate",
    "histogram",
    "histogram_surrogate",
]


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ErrorBudget(_Frozen):
    """What the half-width of an interval is made of, in units of the parameter.

    Attributes:
        data: From the finite data,
        simulation: from the finite simulation,
        nuisances: from not knowing the nuisances, None where there are none, and
        surrogate: from the surrogate's own error, None where no ensemble tells it: in quadrature
            these are the half-width.
        training: Spread of the estimates of trainings that differ in their seeds alone, not part of
            the half-width; None where nothing is trained.
    """

    data: float
    simulation: float
    nuisances: float | None = None
    surrogate: float | None = None
    training: float | None = None


class PosteriorResult(_Frozen):
    """The posterior of one parameter from one observable, integrated over all others.

    Attributes:
        likelihood: `nre`: ratio estimator on the measured correlator; `ansatz`: the Gaussian
            ansatz, whose mode is a maximum-likelihood estimate; `binned`: Gaussian template
            likelihood with event covariance, the oracle; `surrogate`: the same with the surrogate's
            marginals as templates; `tuples`: the published product over tuples as if independent,
            not calibrated; `tuples_effective` and `tuples_sandwich`: that product with an exponent
            that is more honest; `tuples_surrogate`: `tuples` with the density of the surrogate in
            place of simulated histograms, as published; `histogram`: the published fit of
            histograms, with the error of pseudo-experiments; `histogram_surrogate`: the same fit of
            the surrogate's marginals.
        estimate: Mode of the posterior, in units of the parameter.
        interval68: Highest-posterior-density regions, possibly disjoint, as (low, high).
        half_width68: Half the total length of `interval68`.
        profile68: Where the profile likelihood is within half a unit of its maximum; for `binned`.
        budget: What that is made of; None for the published likelihoods.
        calibrated: Whether coverage was tested on independent events and passed.
        grid: Parameter values; `density` the normalised posterior there.
        at_boundary: `interval68` runs into the prior's edge: the prior decides, not the data.
        goodness_of_fit: Probability of a chi^2 as large as the data's at the estimate; a small one
            says that no value of the parameter describes the data.
    """

    observable: str
    parameter: str
    estimate: float
    interval68: tuple[tuple[float, float], ...]
    interval95: tuple[tuple[float, float], ...]
    half_width68: float
    profile68: tuple[tuple[float, float], ...] | None = None
    budget: ErrorBudget | None = None
    likelihood: Likelihood
    calibrated: bool
    n_events: int
    seconds: float
    at_boundary: bool
    goodness_of_fit: float | None = None
    grid: Annotated[tuple[float, ...], Field(min_length=2)]
    density: tuple[float, ...]

    @model_validator(mode="after")
    def _is_a_curve(self) -> PosteriorResult:
        if len(self.grid) != len(self.density) or not all(map(isfinite, self.density)):
            msg = "grid and density are no curve"
            raise ValueError(msg)
        return self


class CoverageResult(_Frozen):
    """How often intervals held the truth, over pseudo-experiments on independent events.

    Attributes:
        covered: Experiments whose region of probability `level` held the truth.
        covered_error: Its standard error: from the scatter between the simulations that the
            likelihoods were made of where there are several, else binomial.
        n_events: Events of each experiment.
        bias: Mean of estimate minus truth.
        bias_error: Its standard error, from the same scatter.
        half_width: Mean half-width of the regions, and that of the binned likelihood's.
        pull_mean: Mean of (estimate - truth) / posterior standard deviation; 0 without bias.
        pull_width: Its standard deviation; 1 where widths are right.
        rank_p: Probability of ranks of the truth in the posteriors as uneven as these (Talts et
            al., arXiv:1804.06788); small for a bias or a wrong width.
        credibility_p: The same for the levels at which the regions begin to hold the truth:
            coverage of all levels at once.
    """

    observable: str
    likelihood: Likelihood
    level: float
    covered: int
    covered_error: float
    pseudo_experiments: int
    n_events: int
    bias: float
    bias_error: float
    half_width: float
    oracle_half_width: float
    pull_mean: float
    pull_width: float
    rank_p: float
    credibility_p: float


class RankResult(_Frozen):
    """Where the truth stood in the posterior of each pseudo-experiment.

    Attributes:
        truths: (K,) the parameter each experiment was simulated at.
        estimates: (K,) modes of the posteriors.
        ranks: (K,) posterior probability below the truth, uniform on [0, 1] if calibrated.
        credibilities: (K,) probability of the smallest region that holds the truth, uniform too.
    """

    observable: str
    likelihood: Likelihood
    n_events: int
    truths: tuple[float, ...]
    estimates: tuple[float, ...]
    ranks: tuple[float, ...]
    credibilities: tuple[float, ...]


class CalibrationResult(_Frozen):
    """What `ecdsl calibrate` found, stored as `build/calibration.json`."""

    schema_version: Literal["ecdsl/calibration/1"] = "ecdsl/calibration/1"
    parameter: str
    unit: str
    coverage: tuple[CoverageResult, ...]
    ranks: tuple[RankResult, ...]


# --- the whole analysis: what the report is made from -------------------------------------------

ANALYSIS_SCHEMA: Final = "ecdsl/analysis/1"


class AxisResult(_Frozen):
    """One histogram axis: its name, its (n_bins + 1,) edges and how they are spaced.

    Attributes:
        threshold: Where `symlog` turns from linear to logarithmic.
    """

    name: str
    edges: tuple[float, ...]
    spacing: Spacing
    threshold: float | None = None

    @classmethod
    def of(cls, axis: Axis) -> AxisResult:
        """Return what a result says about an observable's axis."""
        bins = axis.bins
        return cls(
            name=axis.name,
            edges=tuple(edges(bins).tolist()),
            spacing=bins.spacing,
            threshold=bins.threshold,
        )


class BinContents(_Frozen):
    """The correlator in bins: mean sum of tuple weights per event, and its standard error.

    Attributes:
        contents: (n_bins,) flattened in C order over the axes, without under- and overflow.
        errors: (n_bins,) one standard deviation; from resampled events for events, from the
            integration for a surrogate.
        parameter: The parameter value it was made at; None for data.
        n_events: How many events were filled; 0 for a surrogate.
        band: (n_bins,) how far off a surrogate may be: the spread of its ensemble, if it has one.
    """

    contents: tuple[float, ...]
    errors: tuple[float, ...]
    parameter: float | None
    n_events: int
    band: tuple[float, ...] = ()

    @classmethod
    def of_events(cls, rows: NDArray[np.float64], parameter: float | None) -> BinContents:
        """Return the mean over (n_events, n_bins) rows; events are the independent unit."""
        return cls(
            contents=tuple(rows.mean(axis=0).tolist()),
            errors=tuple((rows.std(axis=0, ddof=1) / np.sqrt(len(rows))).tolist()),
            parameter=parameter,
            n_events=len(rows),
        )


class ObservableResult(_Frozen):
    """Everything the analysis found about one observable.

    Attributes:
        formula: LaTeX of the defining formula.
        doc: The doc comment (`##`) of the declaration.
        source: The `.obs` text of the declaration, of `file` from line `line`.
        data: The measured histogram.
        templates: Simulated histograms at a few parameter values, ascending in the parameter.
        surrogate: Marginals of the surrogate at a few parameter values, ascending.
        nuisances: Posteriors of what was inferred together with the parameter.
        notes: Sentences a reader of these numbers should know (merged bins, no surrogate because).
    """

    name: str
    formula: str
    doc: str
    file: str
    line: int
    source: str
    fingerprint: str
    kernel_fingerprint: str
    correlator_fingerprint: str
    axes: tuple[AxisResult, ...]
    data: BinContents
    templates: Annotated[tuple[BinContents, ...], Field(min_length=1)]
    surrogate: tuple[BinContents, ...]
    posteriors: tuple[PosteriorResult, ...]
    coverage: tuple[CoverageResult, ...]
    nuisances: tuple[PosteriorResult, ...] = ()
    notes: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _one_number_per_bin(self) -> ObservableResult:
        n_bins = prod(len(axis.edges) - 1 for axis in self.axes)
        filled = (self.data, *self.templates, *self.surrogate)
        if any({len(part.contents), len(part.errors)} != {n_bins} for part in filled):
            msg = f"the {n_bins} bins do not have one number each"
            raise ValueError(msg)
        if not all(isfinite(value) for part in filled for value in part.contents + part.errors):
            msg = "the contents of the bins are not finite"
            raise ValueError(msg)
        return self


class DerivedBins(_Frozen):
    """A derived observable in bins, and its standard error; None where it has no value.

    Attributes:
        values: (n_bins,) flattened in C order over the axes, without under- and overflow.
        errors: (n_bins,) one standard deviation, from the joint covariance of the operands.
        parameter: The parameter value it was made at; None for data.
        n_events: How many events were filled.
    """

    values: tuple[float | None, ...]
    errors: tuple[float | None, ...]
    parameter: float | None
    n_events: int


class DerivedResult(_Frozen):
    """A derived observable of the run; nothing is inferred from it.

    Attributes:
        formula: LaTeX of the expression in the names of the operands.
        doc: The doc comment (`##`) of the declaration.
        source: The `.obs` text of the declaration, of `file` from line `line`.
        operands: The observables that it is made of.
        data: Its measured bins.
        templates: Its simulated bins at a few parameter values, ascending in the parameter.
        notes: Sentences a reader of these numbers should know.
    """

    name: str
    formula: str
    doc: str
    file: str
    line: int
    source: str
    fingerprint: str
    operands: tuple[str, ...]
    axes: tuple[AxisResult, ...]
    data: DerivedBins
    templates: tuple[DerivedBins, ...]
    notes: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _one_number_per_bin(self) -> DerivedResult:
        n_bins = prod(len(axis.edges) - 1 for axis in self.axes)
        filled = (self.data, *self.templates)
        if any({len(part.values), len(part.errors)} != {n_bins} for part in filled):
            msg = f"the {n_bins} bins do not have one number each"
            raise ValueError(msg)
        return self


class SurrogateResult(_Frozen):
    """How a surrogate was trained: the loss per epoch on both parts of the sample.

    Attributes:
        n_tuples: That were kept of all tuples of the simulation.
        inflation: What keeping no more has multiplied the variance of independent tuples by.
    """

    correlator_fingerprint: str
    model: str
    preset: str
    training_loss: tuple[float, ...]
    validation_loss: tuple[float, ...]
    n_tuples: int
    inflation: float
    seconds: float


class AnalysisResult(_Frozen):
    """One run of `ecdsl infer`, stored as `build/analysis.json`.

    Attributes:
        parameter: What is inferred, e.g. `mt`, and its unit, e.g. `GeV` ("" where it has none).
        prior: The flat prior's range, in `unit`.
        truth: The value the data were simulated at; None for data from outside.
        data_source: Where the data come from, one phrase: a file or the simulation's settings.
        simulation_values: Parameter values that were simulated, `simulation_events` events at each.
        settings: Every setting of the run, `section.key` to its text.
        seeds: Every seed of the run by what it was used for.
        versions: Of Python, this package and the libraries that numbers depend on.
        timings: Seconds of wall time per stage, in order.
        warnings: Sentences about the whole run that belong above its numbers.
    """

    schema_version: Literal["ecdsl/analysis/1"] = ANALYSIS_SCHEMA
    parameter: str
    unit: str
    prior: tuple[float, float]
    truth: float | None
    data_source: str
    data_events: int
    data_jets: int
    simulation_values: tuple[float, ...]
    simulation_events: int
    observables: Annotated[tuple[ObservableResult, ...], Field(min_length=1)]
    derived: tuple[DerivedResult, ...] = ()
    surrogates: tuple[SurrogateResult, ...]
    settings: dict[str, str]
    seeds: dict[str, int]
    versions: dict[str, str]
    timings: dict[str, float]
    warnings: tuple[str, ...] = ()
