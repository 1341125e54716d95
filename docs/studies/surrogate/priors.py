"""Print what the priors of the spline of docs/studies/surrogate.md are chosen by.

Run it in its folder, after `sets.py`. It fits the sample of the study from several priors, and
holds each fit against the further samples of `sets.py`, which it has not seen: what chi2 per bin
has beyond 1, for 100,000 jets, in the mean of their masses.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from curves import NAMES, SPLINE, WORKERS, line, quiet
from sets import FURTHER_JETS, FURTHER_MASSES, FURTHER_SEEDS, Held, learned, simulated

from ecdsl.analysis import samples
from ecdsl.analysis.samples import Sample
from ecdsl.analysis.surrogates import shared_surrogates
from ecdsl.artifacts.store import load_manifest
from ecdsl.compiler import compile_paths
from ecdsl.inference.samples import LabelledRows
from ecdsl.inference.templates import fit_templates
from ecdsl.inference.validation import judge
from ecdsl.progress import Silent
from ecdsl.project import find_project
from ecdsl.surrogate.collect import collect_tuples
from ecdsl.surrogate.config import SplineConfig
from ecdsl.surrogate.train import train

if TYPE_CHECKING:
    from ecdsl.analysis.surrogates import Trained
    from ecdsl.artifacts.manifest import Manifest
    from ecdsl.project import Project

# Of ln p, of its slope in the mass, of its curvature.
STIFFNESS = (
    (1.0, 100.0, 300.0),
    (1.0, 100.0, 3000.0),
    (0.3, 30.0, 3000.0),
    (0.1, 30.0, 3000.0),
    (0.03, 30.0, 3000.0),
    (0.1, 30.0, 300.0),
)


def main() -> None:
    """Print a line per prior."""
    project = find_project(Path.cwd())
    compile_paths(project.sources, build=project.build, project_root=project.root)
    manifests = [load_manifest(project.build, name) for name in NAMES]
    events = samples.simulation(project, project.build, WORKERS, quiet)
    labels = {project.inference.parameter: FURTHER_MASSES}
    further = [
        simulated(project, Sample("simulation", labels, FURTHER_JETS, seed))
        for seed in FURTHER_SEEDS
    ]
    fits = fitted(project, manifests, events)
    errors = []
    for manifest in manifests:
        shape = held(project, manifest, [events, *further])
        errors.append([own_error(project, shape, trained) for trained in fits])
    print(line("stiffness", "all bins", *NAMES))
    print(line(*["---"] * (2 + len(NAMES))))
    for stiffness, found in zip(STIFFNESS, np.array(errors).swapaxes(0, 1), strict=True):
        own, bins = found.T
        cells = (f"{error:.3f}" for error in (np.average(own, weights=bins), *own))
        print(line(", ".join(f"{value:g}" for value in stiffness), *cells))


def fitted(project: Project, manifests: list[Manifest], events: Path) -> list[Trained]:
    """Return a surrogate for each prior."""
    (trained,) = shared_surrogates(
        project, manifests, project.build, events, workers=WORKERS, progress=Silent()
    ).values()
    sample = collect_tuples(
        manifests[0],
        project.build,
        events,
        per_jet=SPLINE.per_jet,
        seed=SPLINE.seed,
        workers=WORKERS,
        keep=project.build / "tuples",
    )
    found = []
    for stiffness in STIFFNESS:
        config = SPLINE.model_copy(update={"network": SplineConfig(stiffness=stiffness)})
        surrogate = train(manifests[0], sample, config, project.build / "curves" / "priors")
        found.append(replace(trained, surrogate=surrogate, members=()))
    return found


def held(project: Project, manifest: Manifest, paths: list[Path]) -> Held:
    """Return a shape, the templates of the first sample and the events of the others."""
    known, *others = (
        samples.labelled_rows(
            manifest,
            project.build,
            path,
            parameter=project.inference.parameter,
            workers=WORKERS,
            report=quiet,
        )
        for path in paths
    )
    together = tuple(
        LabelledRows(parts[0].value, np.concatenate([part.rows for part in parts]))
        for parts in zip(*others, strict=True)
    )
    return Held(manifest, fit_templates(known), together)


def own_error(project: Project, shape: Held, trained: Trained) -> tuple[float, int]:
    """Return what chi2 per bin has beyond 1, for so many jets as the study holds out; the bins."""
    marginals = learned(project, shape, trained)
    rows = judge(shape.manifest.name, shape.templates, shape.together, marginals)
    excess = np.mean([row.chi2 / row.ndf - 1 for row in rows])
    jets = len(FURTHER_SEEDS) * FURTHER_JETS
    return float(excess * project.validation.jets / jets), rows[0].ndf


if __name__ == "__main__":
    main()
