"""One observable's part of the result: what the report shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecdsl.inference.results import AxisResult, BinContents, ObservableResult

# Below, the data are not what was simulated at any value.
UNLIKELY_FIT = 1e-3

_TUPLES = (
    "The product over tuples is the published likelihood and is not calibrated: it takes tuples of"
    " an event for independent, and its intervals are many times too narrow."
)
_BALANCED = (
    "The balanced loss prefers intervals of the ratio estimator that are too wide to such that are"
    " too narrow: they are no measure of what the observable can do."
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ecdsl.analysis.inference import Inferred, Job
    from ecdsl.inference.samples import LabelledRows
    from ecdsl.settings import Inference


def observable_result(
    job: Job, inferred: Inferred, marginals: tuple[BinContents, ...]
) -> ObservableResult:
    """Return everything that was found about one observable."""
    manifest = job.manifest
    shown = _shown(job, inferred)
    return ObservableResult(
        name=manifest.name,
        formula=manifest.formula,
        doc=manifest.provenance.doc,
        file=manifest.provenance.file,
        line=manifest.provenance.line,
        source=manifest.provenance.text,
        fingerprint=manifest.fingerprint,
        kernel_fingerprint=manifest.kernel_fingerprint,
        correlator_fingerprint=manifest.correlator_fingerprint,
        axes=tuple(map(AxisResult.of, manifest.observable.axes)),
        data=BinContents.of_events(job.observed, None),
        templates=tuple(BinContents.of_events(sample.rows, sample.value) for sample in shown),
        surrogate=marginals,
        posteriors=inferred.posteriors,
        coverage=inferred.coverage,
        nuisances=inferred.nuisances,
        notes=_notes(job),
    )


def _notes(job: Job) -> tuple[str, ...]:
    if job.nuisances:
        names = ", ".join(nuisance.name for nuisance in job.nuisances)
        return (
            f"All posteriors are integrated over {names}; surrogates stand for no templates there.",
        )
    if not job.manifest.surrogate.available:
        return (f"No surrogate: {job.manifest.surrogate.reason}.",)
    return ()


def warnings(
    observables: Sequence[ObservableResult], settings: Inference, truth: float | None
) -> tuple[str, ...]:
    """Return what a reader must know before the numbers.

    Methods that are not what they seem, and data that the model does not describe.
    """
    low, high = settings.prior
    found = []
    if settings.likelihood == "tuples":
        found.append(_TUPLES)
    elif settings.loss == "balanced":
        found.append(_BALANCED)
    if truth is not None and not low <= truth <= high:
        found.append(
            f"The data were simulated at {truth:g}, outside the prior {low:g} to {high:g}."
        )
    for observable in observables:
        for posterior in (*observable.posteriors, *observable.nuisances):
            if posterior.likelihood != "binned":
                continue
            fit = posterior.goodness_of_fit
            if fit is not None and fit < UNLIKELY_FIT:
                found.append(
                    f"{observable.name}: no value of {posterior.parameter} describes the data"
                    f" (fit probability {fit:.1g}); its intervals mean nothing."
                )
            elif posterior.at_boundary:
                found.append(
                    f"{observable.name}: the posterior of {posterior.parameter} runs into the edge"
                    " of the prior; widen the simulated range."
                )
    return tuple(found)


def _shown(job: Job, inferred: Inferred) -> tuple[LabelledRows, ...]:
    """Return the samples that are drawn: both ends and the one nearest the estimate.

    Of each nuisance at the simulated value nearest to its estimate.
    """
    best = {result.parameter: result.estimate for result in reversed(inferred.nuisances)}
    at = tuple(
        min({sample.nuisances[k] for sample in job.samples}, key=lambda v: abs(v - best[part.name]))
        for k, part in enumerate(job.nuisances)
    )
    samples = [sample for sample in job.samples if sample.nuisances == at]
    estimate = inferred.posteriors[0].estimate
    nearest = min(samples, key=lambda sample: abs(sample.value - estimate))
    ends = (samples[0].value, samples[-1].value, nearest.value)
    return tuple(sample for sample in samples if sample.value in ends)
