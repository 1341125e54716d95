"""Print how the surrogate of docs/studies/surrogate.md fares against ten times the held-out jets.

Run it in its folder, after `ecdsl validate`. It simulates a million jets at each of the three
masses, takes them as ten sets of 100,000, and prints for each shape and mass the mean of chi2 per
bin over the sets, with its error; then what all sets together tell: the width of the pulls without
and with the ensemble's band, and the shift of the mass. Then the same of a surrogate that learns
four further samples of 840,000 jets as well.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from curves import NAMES, SPLINE, WORKERS, line, quiet

from ecdsl.analysis import samples
from ecdsl.analysis.samples import Sample
from ecdsl.analysis.surrogates import Trained, shared_surrogates, surrogate_contents
from ecdsl.artifacts.store import load_manifest
from ecdsl.compiler import compile_paths
from ecdsl.inference.results import SurrogateResult
from ecdsl.inference.samples import LabelledRows
from ecdsl.inference.templates import fit_templates
from ecdsl.inference.validation import Marginals, ValidationRow, judge
from ecdsl.progress import Silent
from ecdsl.project import find_project
from ecdsl.surrogate.collect import collect_tuples
from ecdsl.surrogate.sample import TupleSample
from ecdsl.surrogate.store import load_surrogate, surrogate_path
from ecdsl.surrogate.train import train

if TYPE_CHECKING:
    from ecdsl.artifacts.manifest import Manifest
    from ecdsl.inference.templates import Templates
    from ecdsl.project import Project
    from ecdsl.surrogate.config import TrainConfig
    from ecdsl.surrogate.surrogate import Surrogate

SETS, SEED = 10, 3796490668
FURTHER_SEEDS = (3226123765, 1070606992, 3686023073, 1987605598)
FURTHER_MASSES = tuple(np.linspace(170, 180, 21).tolist())
FURTHER_JETS = 40_000


def main() -> None:
    """Print a line for each shape and mass, and one for all, of either surrogate."""
    project = find_project(Path.cwd())
    compile_paths(project.sources, build=project.build, project_root=project.root)
    manifests = [load_manifest(project.build, name) for name in NAMES]
    events = samples.simulation(project, project.build, WORKERS, quiet)
    jets = SETS * project.validation.jets
    labels = {project.inference.parameter: tuple(project.validation.values)}
    held_out = simulated(project, Sample("validation", labels, jets, SEED))
    shapes = [Held.of(project, manifest, events, held_out) for manifest in manifests]
    (trained,) = shared_surrogates(
        project, manifests, project.build, events, workers=WORKERS, progress=Silent()
    ).values()
    report(project, shapes, trained)
    report(project, shapes, of_all_samples(project, manifests[0], events, trained.result))


def of_all_samples(
    project: Project, manifest: Manifest, events: Path, result: SurrogateResult
) -> Trained:
    """Return the surrogate that learns the further samples too, with its ensemble."""
    labels = {project.inference.parameter: FURTHER_MASSES}
    further = [
        simulated(project, Sample("simulation", labels, FURTHER_JETS, seed))
        for seed in FURTHER_SEEDS
    ]
    sample = joined(
        [
            collect_tuples(
                manifest,
                project.build,
                path,
                per_jet=SPLINE.per_jet,
                seed=SPLINE.seed,
                workers=WORKERS,
                keep=project.build / "tuples",
            )
            for path in (events, *further)
        ]
    )
    first = trained_once(project, manifest, sample, SPLINE)
    members = [
        trained_once(project, manifest, sample, SPLINE.of_member(number), first)
        for number in range(1, project.surrogate.members)
    ]
    return Trained(first, tuple(members), result)


def trained_once(
    project: Project,
    manifest: Manifest,
    sample: TupleSample,
    config: TrainConfig,
    start: Surrogate | None = None,
) -> Surrogate:
    """Return a member, trained where it is not in the build folder."""
    apart = project.build / "curves" / f"all-{len(sample.weights)}"
    path = surrogate_path(apart, manifest.correlator_fingerprint, config)
    if path.is_file():
        return load_surrogate(path, manifest.correlator_fingerprint)
    return train(manifest, sample, config, apart, start=start)


def simulated(project: Project, sample: Sample) -> Path:
    """Return a sample, simulated if new."""
    return samples.simulated(project, project.build, sample, WORKERS, quiet)


def joined(parts: list[TupleSample]) -> TupleSample:
    """Return the tuples of all samples; the points of the label that they share are one."""
    contexts = np.concatenate([part.context_points for part in parts])
    points, place = np.unique(contexts, axis=0, return_inverse=True)
    first = np.cumsum([0, *(part.events.max() + 1 for part in parts[:-1])])

    def total(name: str) -> np.ndarray:
        values = np.concatenate([getattr(part, name) for part in parts])
        return np.bincount(place.ravel(), weights=values)

    names = tuple(parts[0].labels)
    return TupleSample(
        sides=np.concatenate([part.sides for part in parts]),
        weights=np.concatenate([part.weights for part in parts]),
        events=np.concatenate([part.events + k for part, k in zip(parts, first, strict=True)]),
        labels={name: np.concatenate([part.labels[name] for part in parts]) for name in names},
        points={name: points[:, k] for k, name in enumerate(names)},
        total_weight=total("total_weight"),
        n_events=total("n_events").astype(np.int64),
        inflation=parts[0].inflation,
    )


@dataclass(frozen=True)
class Held:
    """A shape, the templates of the first sample, and the held-out events, whole and in sets."""

    manifest: Manifest
    templates: Templates
    together: tuple[LabelledRows, ...]

    @classmethod
    def of(cls, project: Project, manifest: Manifest, events: Path, held_out: Path) -> Held:
        """Fill the shape."""
        known, unseen = (
            samples.labelled_rows(
                manifest,
                project.build,
                path,
                parameter=project.inference.parameter,
                workers=WORKERS,
                report=quiet,
            )
            for path in (events, held_out)
        )
        return cls(manifest, fit_templates(known), unseen)

    def sets(self) -> list[tuple[LabelledRows, ...]]:
        """Return the held-out events in sets of equal size."""
        parts = [np.array_split(sample.rows, SETS) for sample in self.together]
        values = [sample.value for sample in self.together]
        return [tuple(map(LabelledRows, values, rows)) for rows in zip(*parts, strict=True)]


def report(project: Project, shapes: list[Held], trained: Trained) -> None:
    """Print the table of a surrogate."""
    titles = ("shape", "m_t, GeV", "chi2 per bin, ten sets", "pulls", "with band", "shift, GeV")
    print(line(*titles, "band", "induced"))
    print(line(*["---"] * 8))
    parts: list[ValidationRow] = []
    together: list[ValidationRow] = []
    for shape in shapes:
        marginals = learned(project, shape, trained)
        judged = [
            judge(shape.manifest.name, shape.templates, rows, marginals)
            for rows in (shape.together, *shape.sets())
        ]
        for row, *sets in zip(*judged, strict=True):
            print(of_mass(row, sets), flush=True)
            together.append(row)
            parts += sets
    print()
    print(summary(together, parts), flush=True)
    print()


def learned(project: Project, shape: Held, trained: Trained) -> Marginals:
    """Return the surrogate's marginals at the masses of the held-out events."""
    values = [sample.value for sample in shape.together]
    found = surrogate_contents(
        shape.manifest, project.build, trained, project.inference.parameter, values
    )
    contents, errors = (
        np.array([getattr(part, name) for part in found.contents])
        for name in ("contents", "errors")
    )
    return Marginals(contents, errors, found.members)


def of_mass(row: ValidationRow, sets: list[ValidationRow]) -> str:
    """Return the line of a shape at one mass."""
    chi2 = np.array([one.chi2 / one.ndf for one in sets])
    error = chi2.std(ddof=1) / np.sqrt(len(chi2))
    return line(
        f"`{row.observable}`",
        f"{row.label:.2f}",
        f"{chi2.mean():.2f} +- {error:.2f}",
        f"{row.pull_width:.2f}",
        f"{row.band_pull_width:.2f}",
        f"{row.shift:+.2f} +- {row.shift_error:.2f}",
        f"{row.band_error:.2f}",
        f"{row.induced_shift:+.2f}",
    )


def summary(together: list[ValidationRow], parts: list[ValidationRow]) -> str:
    """Return what all shapes and masses give."""
    bins = [row.ndf for row in together]
    chi2 = sum(row.chi2 for row in parts) / (SETS * sum(bins))
    pulls, with_band = (
        np.sqrt(np.average(np.square([getattr(row, name) for row in together]), weights=bins))
        for name in ("pull_width", "band_pull_width")
    )
    induced = np.abs([row.induced_shift for row in together])
    return (
        f"chi2 per bin of all sets {chi2:.3f}; pulls of a million jets {pulls:.2f}, with the band"
        f" {with_band:.2f}; induced {np.sqrt(np.mean(induced**2)):.2f} GeV (r.m.s.),"
        f" {induced.max():.2f} at most"
    )


if __name__ == "__main__":
    main()
