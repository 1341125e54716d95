"""Derived observables of a run, from what its observables were filled with already."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ecdsl.derived.fill import evaluate, remarks
from ecdsl.event_sums import EventSums
from ecdsl.inference.results import AxisResult, DerivedBins, DerivedResult

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from numpy.typing import NDArray

    from ecdsl.analysis.inference import Job
    from ecdsl.artifacts.derived import DerivedManifest
    from ecdsl.derived.arithmetic import Propagated


def derived_results(
    manifests: Sequence[DerivedManifest], jobs: Sequence[Job], shown: Collection[float | None]
) -> tuple[DerivedResult, ...]:
    """Return the derived observables all of whose operands were filled.

    Args:
        manifests: The derived observables.
        jobs: What was filled, from the data and at each simulated value.
        shown: The simulated values that a report shows.
    """
    known = {job.manifest.fingerprint: job for job in jobs}
    found = []
    for manifest in manifests:
        operands = [known.get(operand.fingerprint) for operand in manifest.operands]
        filled = [job for job in operands if job is not None]
        if len(filled) == len(operands):
            found.append(_result(manifest, filled, shown))
    return tuple(found)


def _result(
    manifest: DerivedManifest, jobs: Sequence[Job], shown: Collection[float | None]
) -> DerivedResult:
    data = _evaluated(manifest, [job.observed for job in jobs])
    templates = tuple(
        _bins(_evaluated(manifest, [sample.rows for sample in samples]), samples[0].n_events, value)
        for samples in zip(*(job.samples for job in jobs), strict=True)
        if (value := samples[0].value) in shown
    )
    return DerivedResult(
        name=manifest.name,
        formula=manifest.formula,
        doc=manifest.provenance.doc,
        file=manifest.provenance.file,
        line=manifest.provenance.line,
        source=manifest.provenance.text,
        fingerprint=manifest.fingerprint,
        operands=tuple(operand.name for operand in manifest.operands),
        axes=tuple(map(AxisResult.of, manifest.axes)),
        data=_bins(data, len(jobs[0].observed), None),
        templates=templates,
        notes=remarks(data),
    )


def _evaluated(manifest: DerivedManifest, rows: Sequence[NDArray[np.float64]]) -> Propagated:
    return evaluate(manifest, EventSums.of(np.concatenate(rows, axis=1)))


def _bins(found: Propagated, n_events: int, parameter: float | None) -> DerivedBins:
    errors = np.sqrt(found.covariance.diagonal())
    return DerivedBins(
        values=tuple(None if np.isnan(v) else float(v) for v in found.values),
        errors=tuple(None if np.isnan(e) else float(e) for e in errors),
        parameter=parameter,
        n_events=n_events,
    )
