"""`ecdsl calibrate`: the whole chain repeated on independent events, at masses off the grid.

A single set of templates has one statistical fluctuation, which every pseudo-experiment shares: its
coverage is that of the fluctuation. So the chain is repeated: each replica simulates templates of
its own, trains its own networks, and is asked about pseudo-experiments of its own. These are drawn
from a pool of events that enters nothing else, and share none of them as long as the pool lasts.
"""

from __future__ import annotations

import multiprocessing
import os
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from ecdsl.analysis import samples
from ecdsl.analysis.feeding import require_file, require_simulation
from ecdsl.analysis.inference import nuisances_of
from ecdsl.analysis.provenance import unit
from ecdsl.analysis.tuples import count_tuples, require_tuples
from ecdsl.events.pool import follow_parent
from ecdsl.inference.coverage import Trials, coverage, joined, ranks, run_trials
from ecdsl.inference.datum import datum_of, samples_of
from ecdsl.inference.infer import prior_grid
from ecdsl.inference.likelihoods import Method, log_likelihood
from ecdsl.inference.nuisances import measured_anew
from ecdsl.inference.pseudo import Experiments, drawn_experiments
from ecdsl.inference.results import CalibrationResult
from ecdsl.inference.samples import LabelledRows
from ecdsl.inference.templates import fit_templates
from ecdsl.progress import Silent
from ecdsl.surrogate.threads import pinned_threads

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from ecdsl.artifacts.manifest import Manifest
    from ecdsl.inference.datum import Datum
    from ecdsl.inference.results import CoverageResult, Likelihood, RankResult
    from ecdsl.progress import Progress
    from ecdsl.project import Project

# Streams of seeds, apart from those of the analysis itself.
_DATA, _REPLICA = 1, 2


@dataclass(frozen=True)
class _Job:
    """One replica of one observable; `experiments` hold one tuple per size."""

    manifest: Manifest
    samples: tuple[LabelledRows, ...]
    experiments: tuple[tuple[Experiments, ...], ...]
    method: Method
    replica: int


_Tested = dict["Likelihood", tuple[Trials, ...]]


def calibrate(
    project: Project,
    manifests: Sequence[Manifest],
    build: Path,
    *,
    workers: int | None = None,
    progress: Progress | None = None,
) -> CalibrationResult:
    """Return the coverage of all likelihoods for data of the sizes that the settings declare.

    Replicas times experiments times values pseudo-experiments of each size `calibration.jets`. One
    training serves all sizes.

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
    if project.events.calibration:
        require_file(project.events.calibration, manifests)
    require_tuples(project, manifests)
    context = multiprocessing.get_context("spawn")
    found: dict[str, list[_Tested]] = {manifest.name: [] for manifest in manifests}
    with ProcessPoolExecutor(workers, mp_context=context, initializer=follow_parent) as pool:
        for replica in range(project.calibration.replicas):
            # One replica at a time: the rows of all would fill the memory.
            jobs = _jobs(project, manifests, build, replica, workers=workers, progress=progress)
            with progress.stage(f"pseudo-experiments of replica {replica + 1}") as report:
                futures = [pool.submit(_trials, job) for job in jobs]
                for done, _ in enumerate(as_completed(futures), 1):
                    report(done, len(jobs))
            for job, future in zip(jobs, futures, strict=True):
                found[job.manifest.name].append(future.result())
    coverages, where = _judged(found)
    return CalibrationResult(
        parameter=project.inference.parameter,
        unit=unit(project.inference.parameter),
        coverage=coverages,
        ranks=where,
    )


def _jobs(
    project: Project,
    manifests: Sequence[Manifest],
    build: Path,
    replica: int,
    *,
    workers: int,
    progress: Progress,
) -> list[_Job]:
    settings, inference = project.calibration, project.inference
    sizes, nuisances = [jets // 2 for jets in settings.jets], nuisances_of(project)
    simulation = _simulation(project, build, replica, workers, progress)
    apart = _pool(project, build, workers, progress)
    numbers = range(replica * settings.experiments, (replica + 1) * settings.experiments)
    with progress.stage("fill") as report:
        for events in (simulation, apart):
            names = (inference.parameter, *inference.nuisances)
            samples.keep_rows(manifests, build, events, names, workers=workers, report=report)
    jobs = []
    for manifest in manifests:
        with progress.stage(f"read {manifest.name}") as report:
            rows, held_out = (
                samples.labelled_rows(
                    manifest,
                    build,
                    events,
                    parameter=inference.parameter,
                    nuisances=tuple(inference.nuisances),
                    workers=workers,
                    report=report,
                )
                for events in (simulation, apart)
            )
        experiments = tuple(
            tuple(
                measured_anew(
                    _measured(inference.datum, drawn_experiments(s, size, numbers, settings.seed)),
                    nuisances,
                    (settings.seed, replica, size, place),
                )
                for place, s in enumerate(held_out)
            )
            for size in sizes
        )
        method = Method(
            prior=inference.prior,
            n_events=(min(sizes), max(sizes)),
            seed=inference.seed + replica,
            loss=inference.loss,
            beside=inference.likelihood,
            tuples=count_tuples(manifest, build, apart)
            if inference.likelihood == "tuples"
            else None,
            nuisances=nuisances,
        )
        if project.events.simulation:
            rows = _part(rows, replica, settings.replicas)
        simulated = samples_of(inference.datum, rows)
        jobs.append(_Job(manifest, simulated, experiments, method, replica))
    return jobs


def _part(rows: Sequence[LabelledRows], replica: int, replicas: int) -> tuple[LabelledRows, ...]:
    """Return one replica's share of a simulation that cannot be repeated."""
    return tuple(LabelledRows(r.value, r.rows[replica::replicas], r.nuisances) for r in rows)


def _measured(datum: Datum, experiments: Experiments) -> Experiments:
    return replace(experiments, x=datum_of(datum, experiments.x))


def _pool(project: Project, build: Path, workers: int, progress: Progress) -> Path:
    """Return the events that the pseudo-experiments of all replicas are drawn from."""
    if own := samples.of_file(project, "calibration"):
        return own
    settings = project.calibration
    fixed = {name: (value,) for name, value in project.data.parameters.items()}
    known = {nuisance.name: nuisance.quartiles for nuisance in nuisances_of(project)}
    labels = {**fixed, **known, project.inference.parameter: settings.values}
    sample = samples.Sample("calibration", labels, settings.pool, _seed(settings.seed, _DATA))
    with progress.stage("simulate pseudo-data") as report:
        return samples.simulated(project, build, sample, workers, report)


def _simulation(
    project: Project, build: Path, replica: int, workers: int, progress: Progress
) -> Path:
    """Return the simulation that one replica's templates are made from.

    Files of events cannot be simulated anew: every replica has its part of them.
    """
    if project.events.simulation:
        return project.events.simulation
    labels = {name: tuple(values) for name, values in project.simulation.parameters.items()}
    seed = _seed(project.calibration.seed, _REPLICA, replica)
    sample = samples.Sample("replica", labels, project.simulation.jets, seed)
    with progress.stage(f"simulate replica {replica + 1}") as report:
        return samples.simulated(project, build, sample, workers, report)


@pinned_threads()
def _trials(job: _Job) -> _Tested:
    """Return the trials of each likelihood, one element per size."""
    grid = prior_grid(job.samples, job.method.prior)
    templates = fit_templates(job.samples)
    tested: _Tested = {}
    for kind in job.method.kinds:
        likelihood = log_likelihood(kind, job.method, job.samples, templates)
        tested[kind] = tuple(
            run_trials(likelihood, experiments, grid, replica=job.replica)
            for experiments in job.experiments
        )
    return tested


def _judged(
    found: Mapping[str, Sequence[_Tested]],
) -> tuple[tuple[CoverageResult, ...], tuple[RankResult, ...]]:
    """Return coverage and ranks, by observable, size and likelihood."""
    coverages: list[CoverageResult] = []
    where: list[RankResult] = []
    for name, replicas in found.items():
        for size in range(len(replicas[0]["binned"])):
            oracle = joined([tested["binned"][size] for tested in replicas])
            for kind in replicas[0]:
                trials = joined([tested[kind][size] for tested in replicas])
                coverages += coverage(trials, oracle, observable=name, likelihood=kind)
                where.append(ranks(trials, observable=name, likelihood=kind))
    return tuple(coverages), tuple(where)


def _seed(*path: int) -> int:
    return int(np.random.SeedSequence(list(path)).generate_state(1)[0])
