"""Print the table of docs/studies/published.md, a shape at a time.

Run it in its folder, with the names of shapes or for all of them; events, and what they put into
the bins, are made once and kept in `build/`.
"""

from __future__ import annotations

import os
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ecdsl.analysis import samples
from ecdsl.analysis.tuples import count_tuples
from ecdsl.artifacts.store import load_manifest
from ecdsl.compiler import compile_paths
from ecdsl.inference.coverage import coverage, run_trials
from ecdsl.inference.infer import prior_grid
from ecdsl.inference.likelihoods import Method, log_likelihood
from ecdsl.inference.pseudo import disjoint_experiments
from ecdsl.inference.templates import fit_templates
from ecdsl.project import find_project

if TYPE_CHECKING:
    from ecdsl.inference.results import CoverageResult, Likelihood
    from ecdsl.inference.tuples import TupleCounts
    from ecdsl.project import Project

    Tested = dict[Likelihood, tuple[CoverageResult, ...]]

WORKERS = len(os.sched_getaffinity(0))
JETS = 10_000
# GeV, arXiv:2508.10988: by the fit of histograms, or by the classifier of single tuples.
PUBLISHED: dict[str, dict[Likelihood, float]] = {
    "equal_020": {"histogram": 0.104},
    "equal_010": {"histogram": 0.45},
    "equal_005": {"histogram": 0.396, "tuples": 0.668},
    "mean_and_asymmetry": {"histogram": 0.308},
    "root_two_in_zeta": {"tuples": 0.274},
    "root_two_in_sides": {"tuples": 0.274},
    "published_optimum": {"tuples": 0.31},
    "longest_side": {"tuples": 0.638},
}
UNPUBLISHED = ("three_sides",)


@dataclass(frozen=True)
class Study:
    """Where everything is; `simulation` makes the templates, `apart` the pseudo-experiments."""

    project: Project
    simulation: Path
    apart: Path

    def counts(self, name: str) -> TupleCounts:
        """Return how many tuples an event puts into the bins of a shape."""
        build = self.project.build
        return count_tuples(load_manifest(build, name), build, self.apart)

    def tested(self, name: str, counts: TupleCounts) -> Tested:
        """Return the coverage of 68% and 95% intervals of each likelihood."""
        project = self.project
        manifest = load_manifest(project.build, name)
        simulated, apart = (
            samples.labelled_rows(
                manifest,
                project.build,
                events,
                parameter=project.inference.parameter,
                workers=WORKERS,
                report=quiet,
            )
            for events in (self.simulation, self.apart)
        )
        size = JETS // 2
        experiments = [disjoint_experiments(sample, size) for sample in apart]
        templates, grid = fit_templates(simulated), prior_grid(simulated, project.inference.prior)
        prior, seed = project.inference.prior, project.inference.seed
        trials = {}
        for beside in ("nre", "tuples", "histogram"):
            method = Method(prior, (size, size), seed, beside=beside, tuples=counts)
            for kind in method.kinds:
                if kind not in trials:
                    likelihood = log_likelihood(kind, method, simulated, templates)
                    trials[kind] = run_trials(likelihood, experiments, grid)
        return {
            kind: coverage(found, trials["binned"], observable=name, likelihood=kind)
            for kind, found in trials.items()
        }


def quiet(_done: int, _total: int) -> None:
    """Say nothing."""


def widths(name: str, tested: Tested) -> str:
    """Return a line: half-width, numbers held at 68% and at 95%, and bias of each likelihood."""
    cells = (
        f"{at68.half_width:.3f}, {at68.covered}/{at95.covered}, {at68.bias:+.2f}"
        for at68, at95 in tested.values()
    )
    return line(name, *cells)


def equivalents(name: str, tested: Tested, counts: TupleCounts) -> list[str]:
    """Return lines: how much data would make a width the published one, as 1 / sqrt(N).

    In jets, for the calibrated likelihood and for the fit; in tuples, for their product.
    """
    lines = []
    tuples = counts.tuples * (JETS // 2)
    for kind, error in PUBLISHED.get(name, {}).items():
        ratio = {k: (found[0].half_width / error) ** 2 for k, found in tested.items()}
        same = f"{rounded(JETS * ratio[kind])} jets"
        if kind == "tuples":
            same = f"{rounded(tuples * ratio[kind])} of {rounded(tuples)} tuples"
        lines.append(line(name, f"{kind} {error:g}", rounded(JETS * ratio["nre"]), same))
    return lines


def rounded(number: float) -> str:
    """Return two digits of a number."""
    return f"{float(f'{number:.2g}'):,.0f}"


def line(*cells: str) -> str:
    """Return a line of a table."""
    return f"| {' | '.join(cells)} |"


def main() -> None:
    """Print widths and coverage shape by shape, then what the published errors stand on."""
    project = find_project(Path.cwd())
    compile_paths(project.sources, build=project.build, project_root=project.root)
    study = Study(
        project,
        samples.simulation(project, project.build, WORKERS, quiet),
        samples.validation(project, project.build, WORKERS, quiet),
    )
    kinds = ("binned", "nre", "tuples", "tuples_effective", "tuples_sandwich", "histogram")
    print(line("shape", *kinds), line("---", *("---" for _ in kinds)), sep="\n")
    stand_on = [line("shape", "published", "jets, nre", "likewise"), line(*["---"] * 4)]
    for name in sys.argv[1:] or (*PUBLISHED, *UNPUBLISHED):
        counts = study.counts(name)
        tested = study.tested(name, counts)
        print(widths(name, tested), flush=True)
        stand_on += equivalents(name, tested, counts)
    print("", *stand_on, sep="\n")


if __name__ == "__main__":
    main()
