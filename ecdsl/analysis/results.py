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
    from ecdsl.settings import Inference


def observable_result(
    job: Job, inferred: Inferred, marginals: tuple[BinContents, ...]
) -> ObservableResult:
    """Return everything that was found about one observable."""
    manifest = job.manifest
    shown = _shown_values(job, inferred)
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
        templates=tuple(
            BinContents.of_events(sample.rows, sample.value)
            for sample in job.samples
            if sample.value in shown
        ),
        surrogate=marginals,
        posteriors=inferred.posteriors,
        coverage=inferred.coverage,
        notes=()
        if manifest.surrogate.available
        else (f"No surrogate: {manifest.surrogate.reason}.",),
    )


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
        for posterior in observable.posteriors:
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
                    f"{observable.name}: the posterior runs into the edge of the prior; widen the"
                    " simulated range."
                )
    return tuple(found)


def _shown_values(job: Job, inferred: Inferred) -> set[float]:
    """Return the simulated values that are drawn: both ends and the one nearest the estimate."""
    values = [sample.value for sample in job.samples]
    estimate = inferred.posteriors[0].estimate
    return {values[0], values[-1], min(values, key=lambda value: abs(value - estimate))}
