"""Print how the surrogate of docs/studies/surrogate.md improves with events, steps and parameters.

Run it in its folder, after `ecdsl validate` or before: events and tuples are made once and kept in
`build/`. A line is one training: mean and largest chi2 per bin over nine shapes and three masses,
root mean square and largest shift that is induced, and the loss on events held out of it.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from pathlib import Path
from time import process_time
from typing import TYPE_CHECKING

import numpy as np

from ecdsl.analysis import samples
from ecdsl.analysis.surrogates import Trained, surrogate_contents
from ecdsl.artifacts.store import load_manifest
from ecdsl.compiler import compile_paths
from ecdsl.inference.results import SurrogateResult
from ecdsl.inference.templates import fit_templates
from ecdsl.inference.validation import Marginals, judge
from ecdsl.project import find_project
from ecdsl.surrogate.collect import collect_tuples
from ecdsl.surrogate.config import SplineConfig, preset
from ecdsl.surrogate.store import read_manifest, surrogate_path
from ecdsl.surrogate.train import train

if TYPE_CHECKING:
    from ecdsl.artifacts.manifest import Manifest
    from ecdsl.inference.samples import LabelledRows
    from ecdsl.inference.templates import Templates
    from ecdsl.inference.validation import ValidationRow
    from ecdsl.project import Project
    from ecdsl.surrogate.config import TrainConfig
    from ecdsl.surrogate.sample import TupleSample
    from ecdsl.surrogate.surrogate import Surrogate

WORKERS = len(os.sched_getaffinity(0))
SPLINE, HISTOGRAM = preset("spline", "full", seed=4), preset("histogram", "fast", seed=4)
NAMES = (
    "equilateral_005",
    "equilateral_010",
    "equilateral_020",
    "ratio_1_1",
    "ratio_1_15",
    "ratio_1_2",
    "ratio_1_3",
    "zeta_max",
    "zeta_mean",
)
# Model, settings, and the share of the events as 1 / n.
RUNS: tuple[tuple[str, TrainConfig, int], ...] = (
    ("spline", SPLINE, 16),
    ("spline", SPLINE, 4),
    ("spline", SPLINE, 1),
    ("histogram", HISTOGRAM, 1),
    ("spline, 50 steps", SPLINE.model_copy(update={"network": SplineConfig(steps=50)}), 1),
    (
        "spline, 32 x 24 x 16",
        SPLINE.model_copy(update={"network": SplineConfig(intervals=(32, 24, 16))}),
        1,
    ),
    ("histogram", HISTOGRAM, 16),
    ("histogram", HISTOGRAM, 4),
)


@dataclass(frozen=True)
class Judged:
    """A shape, the templates of the training events, and the held-out events."""

    manifest: Manifest
    templates: Templates
    held_out: tuple[LabelledRows, ...]


def quiet(_done: int, _total: int) -> None:
    """Say nothing."""


def part(sample: TupleSample, step: int) -> TupleSample:
    """Return every so many-th event of a sample."""
    kept = sample.events % step == 0
    labels = {name: values[kept] for name, values in sample.labels.items()}
    totals, counts = [], []
    for point, total in zip(sample.context_points, sample.total_weight, strict=True):
        here = (sample.contexts == point).all(axis=1)
        share = sample.weights[here & kept].sum() / sample.weights[here].sum()
        totals.append(total * share)
        counts.append(len(np.unique(sample.events[here & kept])))
    return replace(
        sample,
        sides=sample.sides[kept],
        weights=sample.weights[kept],
        events=sample.events[kept],
        labels=labels,
        total_weight=np.array(totals),
        n_events=np.array(counts),
    )


def judged(project: Project, manifest: Manifest) -> Judged:
    """Return a shape with what its surrogate is held against."""
    build, parameter = project.build, project.inference.parameter
    known, unseen = (
        samples.labelled_rows(
            manifest, build, events, parameter=parameter, workers=WORKERS, report=quiet
        )
        for events in (
            samples.simulation(project, build, WORKERS, quiet),
            samples.validation(project, build, WORKERS, quiet),
        )
    )
    return Judged(manifest, fit_templates(known), unseen)


def rows(shape: Judged, project: Project, trained: Trained) -> tuple[ValidationRow, ...]:
    """Return how well a surrogate describes a shape."""
    build, parameter = project.build, project.inference.parameter
    values = [sample.value for sample in shape.held_out]
    found = surrogate_contents(shape.manifest, build, trained, parameter, values)
    contents, errors = (
        np.array([getattr(part, name) for part in found.contents])
        for name in ("contents", "errors")
    )
    marginals = Marginals(contents, errors, found.members)
    return judge(shape.manifest.name, shape.templates, shape.held_out, marginals)


def main() -> None:
    """Print a line per training."""
    project = find_project(Path.cwd())
    sample, shapes = prepared(project)
    heading()
    beside = {}
    for name, config, step in RUNS:
        found = one_line(name, config, part(sample, step), shapes, project)
        if step == 1 and name in {"spline", "histogram"}:
            beside[name] = found
    by_shape(shapes, beside)


def prepared(project: Project) -> tuple[TupleSample, list[Judged]]:
    """Return the tuples to learn from, and the shapes."""
    build = project.build
    compile_paths(project.sources, build=build, project_root=project.root)
    manifests = [load_manifest(build, name) for name in NAMES]
    events = samples.simulation(project, build, WORKERS, quiet)
    sample = collect_tuples(
        manifests[0],
        build,
        events,
        per_jet=SPLINE.per_jet,
        seed=SPLINE.seed,
        workers=WORKERS,
        keep=build / "tuples",
    )
    return sample, [judged(project, manifest) for manifest in manifests]


def heading() -> None:
    """Print the titles of what `one_line` prints."""
    print(
        line("model", "events", "chi2 per bin", "largest", "induced, GeV", "largest", "loss", "CPU")
    )
    print(line(*["---"] * 8))


def by_shape(shapes: list[Judged], beside: dict[str, list[ValidationRow]]) -> None:
    """Print shape by shape how good some trainings are."""
    print()
    print(line("shape", *(f"{name}: chi2 per bin, induced" for name in beside)))
    print(line(*["---"] * (1 + len(beside))))
    for shape in shapes:
        print(line(shape.manifest.name, *(three(found, shape) for found in beside.values())))


def one_line(
    name: str,
    config: TrainConfig,
    sample: TupleSample,
    shapes: list[Judged],
    project: Project,
    *,
    start: Surrogate | None = None,
) -> list[ValidationRow]:
    """Train, print how good it is, and return shape by shape how good."""
    manifest, began = shapes[0].manifest, process_time()
    apart = folder(project, name, sample)
    surrogate = train(manifest, sample, config, apart, start=start)
    seconds = process_time() - began
    path = surrogate_path(apart, manifest.correlator_fingerprint, config)
    history = read_manifest(path).history
    result = SurrogateResult(
        correlator_fingerprint=surrogate.correlator_fingerprint,
        model=config.model,
        preset=config.preset,
        training_loss=tuple(loss for loss, _ in history),
        validation_loss=tuple(loss for _, loss in history),
        n_tuples=len(sample.weights),
        inflation=sample.inflation,
        seconds=seconds,
    )
    trained = Trained(surrogate, (), result)
    found = [row for shape in shapes for row in rows(shape, project, trained)]
    chi2 = [row.chi2 / row.ndf for row in found]
    shifts = np.abs([row.induced_shift for row in found])
    cells = (
        name,
        f"{int(sample.n_events.sum()):,}",
        f"{np.mean(chi2):.2f}",
        f"{np.max(chi2):.2f}",
        f"{np.sqrt(np.mean(shifts**2)):.2f}",
        f"{shifts.max():.2f}",
        f"{history[-1][1]:.5f}",
        f"{seconds:.0f} s",
    )
    print(line(*cells), flush=True)
    return found


def folder(project: Project, name: str, sample: TupleSample) -> Path:
    """Return where a training keeps its surrogate."""
    return project.build / "curves" / f"{name}-{len(sample.weights)}".replace(" ", "")


def three(found: list[ValidationRow], shape: Judged) -> str:
    """Return the mean chi2 per bin and the induced shifts of a shape."""
    own = [row for row in found if row.observable == shape.manifest.name]
    shifts = ", ".join(f"{row.induced_shift:+.2f}" for row in own)
    return f"{np.mean([row.chi2 / row.ndf for row in own]):.2f}; {shifts}"


def line(*cells: str) -> str:
    """Return a line of a table."""
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    main()
