"""One observable's part of the result: what the report shows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ecdsl.artifacts.manifest import edges
from ecdsl.inference.results import AxisResult, BinContents, ObservableResult

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ecdsl.analysis.inference import Inferred, Job


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
        axes=tuple(
            AxisResult(
                name=axis.name,
                edges=tuple(edges(axis.bins).tolist()),
                spacing=axis.bins.spacing,
            )
            for axis in manifest.observable.axes
        ),
        data=_measured(job.observed, None),
        templates=tuple(
            _measured(sample.rows, sample.value) for sample in job.samples if sample.value in shown
        ),
        surrogate=marginals,
        posteriors=inferred.posteriors,
        coverage=inferred.coverage,
        notes=()
        if manifest.surrogate.available
        else (f"No surrogate: {manifest.surrogate.reason}.",),
    )


def _shown_values(job: Job, inferred: Inferred) -> set[float]:
    """Return the simulated values that are drawn: both ends and the one nearest the estimate."""
    values = [sample.value for sample in job.samples]
    estimate = inferred.posteriors[0].estimate
    return {values[0], values[-1], min(values, key=lambda value: abs(value - estimate))}


def _measured(rows: NDArray[np.float64], parameter: float | None) -> BinContents:
    """Return the mean over events and its standard error; events are the independent unit."""
    return BinContents(
        contents=tuple(rows.mean(axis=0).tolist()),
        errors=tuple((rows.std(axis=0, ddof=1) / np.sqrt(len(rows))).tolist()),
        parameter=parameter,
        n_events=len(rows),
    )
