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
from ecdsl.surrogate.marginal import ShapeIntegral, ShapeMonteCarlo
from ecdsl.surrogate.store import load_surrogate, read_manifest, surrogate_path
from ecdsl.surrogate.train import train

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from ecdsl.artifacts.manifest import Manifest
    from ecdsl.progress import Progress
    from ecdsl.project import Project
    from ecdsl.surrogate.config import TrainConfig
    from ecdsl.surrogate.sample import TupleSample
    from ecdsl.surrogate.store import SurrogateManifest
    from ecdsl.surrogate.surrogate import Surrogate


@dataclass(frozen=True)
class Trained:
    """A surrogate, the other members of its ensemble, and how it was trained."""

    surrogate: Surrogate
    members: tuple[Surrogate, ...]
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
            manifest,
            build,
            events,
            per_jet=config.per_jet,
            uniform=config.uniform,
            seed=settings.seed,
            workers=workers,
            keep=build / "tuples",
            progress=report,
        )
    surrogate, stored = _stored_or_trained(manifest, sample, config, build, progress=progress)
    members = []
    for number in range(1, settings.members):
        of_member = config.of_member(number)
        member, _ = _stored_or_trained(
            manifest, sample, of_member, build, progress=progress, start=surrogate
        )
        members.append(member)
    result = SurrogateResult(
        correlator_fingerprint=manifest.correlator_fingerprint,
        model=settings.model,
        preset=settings.preset,
        training_loss=tuple(loss for loss, _ in stored.history),
        validation_loss=tuple(loss for _, loss in stored.history),
        n_tuples=len(sample.weights),
        inflation=sample.inflation,
        seconds=perf_counter() - start,
    )
    return Trained(surrogate, tuple(members), result)


def _stored_or_trained(
    manifest: Manifest,
    sample: TupleSample,
    config: TrainConfig,
    build: Path,
    *,
    progress: Progress,
    start: Surrogate | None = None,
) -> tuple[Surrogate, SurrogateManifest]:
    """Return a surrogate and what its JSON says, from the build folder if it is there."""
    path = surrogate_path(build, manifest.correlator_fingerprint, config)
    stored = read_manifest(path) if path.is_file() else None
    if stored and (stored.data_fingerprint, stored.config) == (sample.fingerprint(), config):
        return load_surrogate(path, manifest.correlator_fingerprint), stored
    member = f", member {config.member} of its ensemble" if config.member else ""
    with progress.stage(f"train {config.model} surrogate{member}") as report:
        surrogate = train(
            manifest,
            sample,
            config,
            build,
            progress=lambda epoch: report(epoch.number, epoch.of),
            start=start,
        )
    return surrogate, read_manifest(path)


@dataclass(frozen=True)
class LearnedBins:
    """What a surrogate says of one shape at V values of the parameter.

    Attributes:
        contents: (V,) its marginals.
        members: (K, V, n_bins) those of the other members of its ensemble.
    """

    contents: tuple[BinContents, ...]
    members: NDArray[np.float64]


def surrogate_contents(
    manifest: Manifest, build: Path, trained: Trained, parameter: str, values: Sequence[float]
) -> LearnedBins:
    """Return the shape's marginals of the surrogate at some values of the parameter."""
    region = load_kernel(build, manifest.kernels["torch"])
    axes = [edges(axis.bins) for axis in manifest.observable.axes]
    parameters = [spec.value for spec in manifest.observable.parameters]
    kind = ShapeIntegral if region.CUBE_DIMENSION is not None else ShapeMonteCarlo
    integral = kind(trained.surrogate, region, axes, parameters)
    found, members = [], []
    for value in values:
        context = {parameter: float(value)}
        result = integral.at(context)
        contents = np.ravel(result.contents)
        off = [np.ravel(integral.deviation(member, context)) for member in trained.members]
        band = np.sqrt(np.mean(np.square(off), axis=0)) if off else np.zeros(0)
        members.append([contents + deviation for deviation in off])
        found.append(
            BinContents(
                contents=tuple(contents.tolist()),
                errors=tuple(np.ravel(result.errors).tolist()),
                parameter=float(value),
                n_events=0,
                band=tuple(band.tolist()),
            )
        )
    shape = (len(values), len(trained.members), len(found[0].contents))
    return LearnedBins(tuple(found), np.array(members).reshape(shape).swapaxes(0, 1))
