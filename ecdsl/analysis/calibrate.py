"""`ecdsl calibrate`: the whole chain repeated on independent events, at masses off the grid.

A single set of templates has one statistical fluctuation, which every pseudo-experiment shares: its
coverage is that of the fluctuation. So the chain is repeated: each replica simulates templates of
its own, trains its own networks, and is asked about pseudo-experiments that share no event with
anything else.
"""

from __future__ import annotations

import multiprocessing
import os
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ecdsl.analysis import samples
from ecdsl.analysis.feeding import require_simulation
from ecdsl.analysis.provenance import unit
from ecdsl.events.pool import follow_parent
from ecdsl.inference import binned
from ecdsl.inference.coverage import Trials, coverage, ranks, run_trials
from ecdsl.inference.infer import prior_grid
from ecdsl.inference.nre import train_ratio
from ecdsl.inference.results import CalibrationResult
from ecdsl.inference.samples import LabelledRows
from ecdsl.inference.templates import fit_templates
from ecdsl.progress import Silent

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from ecdsl.artifacts.manifest import Manifest
    from ecdsl.inference.results import CoverageResult, Likelihood, RankResult
    from ecdsl.progress import Progress
    from ecdsl.project import Project

# Streams of seeds, apart from those of the analysis itself.
_POOL, _REPLICA = 1, 2


@dataclass(frozen=True)
class _Job:
    """One replica of one observable."""

    observable: str
    samples: tuple[LabelledRows, ...]
    experiments: tuple[LabelledRows, ...]
    n_events: int
    prior: tuple[float, float]
    seed: int


def calibrate(
    project: Project,
    manifests: Sequence[Manifest],
    build: Path,
    *,
    workers: int | None = None,
    progress: Progress | None = None,
) -> CalibrationResult:
    """Return the coverage of both likelihoods for data of the size that the settings declare.

    Replicas times experiments times values pseudo-experiments, each of `data.jets` jets.

    Args:
        project: Settings; `calibration` says how many of what.
        manifests: The compiled observables.
        build: The build folder; all events and rows are kept there, so that an interrupted
            calibration goes on where it stopped.
        workers: Processes and threads; all cores where it is None.
        progress: Told of every stage.
    """
    workers = workers or os.cpu_count() or 1
    progress = progress or Silent()
    require_simulation(project, manifests)
    jobs = _jobs(project, manifests, build, workers, progress)
    context = multiprocessing.get_context("spawn")
    with (
        progress.stage("pseudo-experiments") as report,
        ProcessPoolExecutor(workers, mp_context=context, initializer=follow_parent) as pool,
    ):
        futures = [pool.submit(_trials, job) for job in jobs]
        for done, _ in enumerate(as_completed(futures), 1):
            report(done, len(jobs))
        trials = [
            (job.observable, *future.result()) for job, future in zip(jobs, futures, strict=True)
        ]
    found: list[CoverageResult] = []
    where: list[RankResult] = []
    for manifest in manifests:
        mine = [(oracle, learned) for name, oracle, learned in trials if name == manifest.name]
        oracle, learned = (_joined(parts) for parts in zip(*mine, strict=True))
        kinds: tuple[tuple[Likelihood, Trials], ...] = (("binned", oracle), ("nre", learned))
        for likelihood, tested in kinds:
            found += coverage(tested, oracle, observable=manifest.name, likelihood=likelihood)
            where.append(ranks(tested, observable=manifest.name, likelihood=likelihood))
    return CalibrationResult(
        parameter=project.inference.parameter,
        unit=unit(project.inference.parameter),
        coverage=tuple(found),
        ranks=tuple(where),
    )


def _jobs(
    project: Project,
    manifests: Sequence[Manifest],
    build: Path,
    workers: int,
    progress: Progress,
) -> list[_Job]:
    parameter, settings = project.inference.parameter, project.calibration
    pool = _pool(project, build, workers, progress)
    n_events = project.data.jets // 2
    jobs = []
    apart = {
        m.name: _rows(m, build, pool, parameter, workers=workers, progress=progress)
        for m in manifests
    }
    for replica in range(settings.replicas):
        events = _replica(project, build, replica, workers, progress)
        first = replica * settings.experiments * n_events
        part = slice(first, first + settings.experiments * n_events)
        jobs += [
            _Job(
                observable=m.name,
                samples=_rows(m, build, events, parameter, workers=workers, progress=progress),
                experiments=tuple(
                    LabelledRows(sample.value, sample.rows[part]) for sample in apart[m.name]
                ),
                n_events=n_events,
                prior=project.inference.prior,
                seed=project.inference.seed + replica,
            )
            for m in manifests
        ]
    return jobs


def _pool(project: Project, build: Path, workers: int, progress: Progress) -> Path:
    """Return the events that all pseudo-experiments are cut from."""
    settings = project.calibration
    fixed = {name: (value,) for name, value in project.data.parameters.items()}
    labels = {**fixed, project.inference.parameter: settings.values}
    jets = project.data.jets * settings.replicas * settings.experiments
    sample = samples.Sample("calibration", labels, jets, _seed(settings.seed, _POOL, 0))
    with progress.stage("simulate pseudo-data") as report:
        return samples.simulated(project, build, sample, workers, report)


def _replica(project: Project, build: Path, replica: int, workers: int, progress: Progress) -> Path:
    """Return the simulation that one replica's templates are made from."""
    labels = {name: tuple(values) for name, values in project.simulation.parameters.items()}
    seed = _seed(project.calibration.seed, _REPLICA, replica)
    sample = samples.Sample("replica", labels, project.simulation.jets, seed)
    with progress.stage(f"simulate replica {replica + 1}") as report:
        return samples.simulated(project, build, sample, workers, report)


def _rows(
    manifest: Manifest,
    build: Path,
    events: Path,
    parameter: str,
    *,
    workers: int,
    progress: Progress,
) -> tuple[LabelledRows, ...]:
    with progress.stage(f"fill {manifest.name}") as report:
        return samples.labelled_rows(
            manifest, build, events, parameter=parameter, workers=workers, report=report
        )


def _trials(job: _Job) -> tuple[Trials, Trials]:
    """Return the trials of the binned likelihood and of the ratio estimator."""
    grid = prior_grid(job.samples, job.prior)
    templates = fit_templates(job.samples)
    ratio = train_ratio(job.samples, templates, job.n_events, prior=job.prior, seed=job.seed)
    oracle = run_trials(
        lambda x: binned.log_likelihood(templates, x, job.n_events, grid),
        job.experiments,
        job.n_events,
        grid,
    )
    learned = run_trials(lambda x: ratio.log_ratio(x, grid), job.experiments, job.n_events, grid)
    return oracle, learned


def _joined(parts: Sequence[Trials]) -> Trials:
    return Trials(
        np.concatenate([part.truths for part in parts]),
        tuple(posterior for part in parts for posterior in part.posteriors),
        parts[0].n_events,
    )


def _seed(*path: int) -> int:
    return int(np.random.SeedSequence(list(path)).generate_state(1)[0])
