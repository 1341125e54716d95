"""Train, or find again, the surrogate that the observables of one correlator share."""

from __future__ import annotations

from dataclasses import dataclass
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np

from ecdsl.artifacts.load import load_kernel
from ecdsl.artifacts.manifest import edges
from ecdsl.inference.results import BinContents, SurrogateResult
from ecdsl.surrogate.collect import collect_tuples
from ecdsl.surrogate.config import preset
from ecdsl.surrogate.marginal import marginal, marginal_by_mask
from ecdsl.surrogate.store import load_surrogate, read_manifest, surrogate_path
from ecdsl.surrogate.train import train

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from ecdsl.artifacts.manifest import Manifest
    from ecdsl.progress import Progress
    from ecdsl.project import Project
    from ecdsl.surrogate.surrogate import Surrogate


@dataclass(frozen=True)
class Trained:
    """A surrogate and how it was trained."""

    surrogate: Surrogate
    result: SurrogateResult


def shared_surrogates(
    project: Project,
    manifests: Sequence[Manifest],
    build: Path,
    events: Path,
    *,
    workers: int,
    progress: Progress,
) -> dict[str, Trained]:
    """Return a surrogate for each correlator that can have one, by correlator fingerprint."""
    found: dict[str, Trained] = {}
    for manifest in manifests:
        key = manifest.correlator_fingerprint
        if manifest.surrogate.available and key not in found:
            found[key] = _trained(
                project, manifest, build, events, workers=workers, progress=progress
            )
    return found


def _trained(
    project: Project,
    manifest: Manifest,
    build: Path,
    events: Path,
    *,
    workers: int,
    progress: Progress,
) -> Trained:
    settings = project.surrogate
    config = preset(settings.model, settings.preset, seed=settings.seed)
    start = perf_counter()
    with progress.stage("collect tuples") as report:
        sample = collect_tuples(
            manifest, build, events, seed=settings.seed, workers=workers, progress=report
        )
    path = surrogate_path(build, manifest.correlator_fingerprint, config)
    stored = read_manifest(path) if path.is_file() else None
    if stored and (stored.data_fingerprint, stored.config) == (sample.fingerprint(), config):
        surrogate = load_surrogate(path, manifest.correlator_fingerprint)
    else:
        with progress.stage(f"train {settings.model} surrogate") as report:
            surrogate = train(
                manifest, sample, config, build, lambda epoch: report(epoch.number, epoch.of)
            )
        stored = read_manifest(path)
    result = SurrogateResult(
        correlator_fingerprint=manifest.correlator_fingerprint,
        model=settings.model,
        preset=settings.preset,
        training_loss=tuple(loss for loss, _ in stored.history),
        validation_loss=tuple(loss for _, loss in stored.history),
        n_tuples=len(sample.weights),
        seconds=perf_counter() - start,
    )
    return Trained(surrogate, result)


def surrogate_contents(
    manifest: Manifest,
    build: Path,
    surrogate: Surrogate,
    parameter: str,
    values: Sequence[float],
) -> tuple[BinContents, ...]:
    """Return the shape's marginal of the surrogate at some values of the parameter."""
    region = load_kernel(build, manifest.kernels["torch"])
    axes = [edges(axis.bins) for axis in manifest.observable.axes]
    parameters = [spec.value for spec in manifest.observable.parameters]
    integrate = marginal if region.CUBE_DIMENSION is not None else marginal_by_mask
    found = []
    for value in values:
        result = integrate(surrogate, region, axes, parameters, {parameter: float(value)})
        found.append(
            BinContents(
                contents=tuple(np.ravel(result.contents).tolist()),
                errors=tuple(np.ravel(result.errors).tolist()),
                parameter=float(value),
                n_events=0,
            )
        )
    return tuple(found)
