"""`ecdsl validate`: what a surrogate says of each shape, against events that it never saw."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import numpy as np

from ecdsl.analysis import samples, surrogates
from ecdsl.analysis.feeding import require_file, require_simulation
from ecdsl.analysis.provenance import unit
from ecdsl.artifacts.manifest import edges
from ecdsl.diagnostics import data_error
from ecdsl.inference.results import BinContents
from ecdsl.inference.templates import fit_templates
from ecdsl.inference.validation import Marginals, ValidatedShape, ValidationResult, judge
from ecdsl.progress import Silent
from ecdsl.surrogate.classifier import separate
from ecdsl.surrogate.collect import collect_tuples

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from ecdsl.analysis.surrogates import LearnedBins
    from ecdsl.artifacts.manifest import Manifest
    from ecdsl.inference.samples import LabelledRows
    from ecdsl.progress import Progress
    from ecdsl.project import Project
    from ecdsl.surrogate.separation import Separation
    from ecdsl.surrogate.surrogate import Surrogate

# Held-out tuples that a classifier sees, of each jet.
TUPLES_PER_JET = 4.0


def validate(
    project: Project,
    manifests: Sequence[Manifest],
    build: Path,
    *,
    workers: int | None = None,
    progress: Progress | None = None,
) -> ValidationResult:
    """Return how each shape's marginals of its surrogate describe held-out events.

    The surrogate is trained (or found) as `ecdsl infer` would.

    Args:
        project: Settings; `validation` says which events are held out.
        manifests: The compiled observables; those without histogram or surrogate are left out.
        build: The build folder.
        workers: Processes and threads; all cores where it is None.
        progress: Told of every stage.

    Raises:
        EcdslError: D401 where none of the observables has a surrogate that can be judged, D511 for
            those that the simulation cannot feed.
    """
    workers = workers or os.cpu_count() or 1
    progress = progress or Silent()
    judged = [m for m in manifests if m.surrogate.available and m.histogram.available]
    if not judged:
        reasons = tuple(
            f"`{m.name}`: {m.surrogate.reason or m.histogram.reason}" for m in manifests
        )
        raise data_error("D401", "none of these shapes of a surrogate can be judged", notes=reasons)
    require_simulation(project, judged)
    if project.events.validation:
        require_file(project.events.validation, judged)
    parameter = project.inference.parameter
    with progress.stage("simulate") as report:
        simulation = samples.simulation(project, build, workers, report)
    with progress.stage("simulate held-out events") as report:
        held_out = samples.validation(project, build, workers, report)
    trained = surrogates.shared_surrogates(
        project, judged, build, simulation, workers=workers, progress=progress
    )
    shapes = []
    for manifest in judged:
        with progress.stage(f"judge {manifest.name}") as report:
            known, unseen = (
                samples.labelled_rows(
                    manifest, build, events, parameter=parameter, workers=workers, report=report
                )
                for events in (simulation, held_out)
            )
            model = trained[manifest.correlator_fingerprint]
            values = [sample.value for sample in unseen]
            found = surrogates.surrogate_contents(manifest, build, model, parameter, values)
        shapes.append(_shape(manifest, known, unseen, found))
    separations = [
        _separation(
            manifest,
            build,
            held_out,
            trained[manifest.correlator_fingerprint].surrogate,
            seed=project.surrogate.seed,
            workers=workers,
            progress=progress,
        )
        for manifest in {m.correlator_fingerprint: m for m in judged}.values()
    ]
    return ValidationResult(
        parameter=parameter,
        unit=unit(parameter),
        model=project.surrogate.model,
        preset=project.surrogate.preset,
        shapes=tuple(shapes),
        separations=tuple(separations),
    )


def _separation(
    manifest: Manifest,
    build: Path,
    held_out: Path,
    surrogate: Surrogate,
    *,
    seed: int,
    workers: int,
    progress: Progress,
) -> Separation:
    """Return how well a classifier tells a correlator's surrogate from held-out tuples."""
    with progress.stage("collect held-out tuples") as report:
        sample = collect_tuples(
            manifest,
            build,
            held_out,
            per_jet=TUPLES_PER_JET,
            seed=seed,
            workers=workers,
            progress=report,
        )
    with progress.stage("tell the surrogate from held-out tuples"):
        return separate(surrogate, sample, seed)


def _shape(
    manifest: Manifest,
    known: Sequence[LabelledRows],
    unseen: Sequence[LabelledRows],
    found: LearnedBins,
) -> ValidatedShape:
    marginals = Marginals(
        np.array([part.contents for part in found.contents]),
        np.array([part.errors for part in found.contents]),
        found.members,
    )
    return ValidatedShape(
        observable=manifest.name,
        edges=tuple(tuple(edges(axis.bins).tolist()) for axis in manifest.observable.axes),
        rows=judge(manifest.name, fit_templates(known), unseen, marginals),
        events=tuple(BinContents.of_events(sample.rows, sample.value) for sample in unseen),
        surrogate=found.contents,
    )
