"""The stages of `ecdsl infer`, `train` and `calibrate`.

simulate -> fill -> collect tuples -> train surrogate -> marginals -> posteriors, coverage
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from functools import partial
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np

from ecdsl.analysis import samples, surrogates
from ecdsl.analysis.derived import derived_results
from ecdsl.analysis.feeding import require_file, require_simulation
from ecdsl.analysis.inference import Job, gathered, in_background, nuisances_of, with_surrogate
from ecdsl.analysis.provenance import flat_settings, seeds, unit, versions
from ecdsl.analysis.results import observable_result, warnings
from ecdsl.analysis.tuples import count_tuples, require_tuples
from ecdsl.diagnostics import data_error
from ecdsl.events.read_parquet import describe
from ecdsl.execute_together import approximations
from ecdsl.inference.datum import samples_of
from ecdsl.inference.results import AnalysisResult
from ecdsl.inference.templates import fit_templates
from ecdsl.progress import Silent

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from ecdsl.analysis.inference import Inferred
    from ecdsl.analysis.surrogates import LearnedBins, Trained
    from ecdsl.artifacts.derived import DerivedManifest
    from ecdsl.artifacts.manifest import Manifest
    from ecdsl.inference.results import ObservableResult, SurrogateResult
    from ecdsl.progress import Progress
    from ecdsl.project import Project

_MARGINALS = 5


def run(
    project: Project,
    manifests: Sequence[Manifest],
    build: Path,
    *,
    derived: Sequence[DerivedManifest] = (),
    events: Path | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
) -> AnalysisResult:
    """Infer the project's parameter from each observable, from events to posteriors.

    Args:
        project: Settings of simulation, data, inference and surrogate.
        manifests: The compiled observables, with their kernels under `build`.
        build: The build folder; events, filled rows and surrogates are kept there.
        derived: Derived observables to show beside them, where all they are made of is filled.
        events: The data; None takes the held-out simulation of the settings.
        workers: Processes and threads; all cores where it is None. Numbers do not depend on it.
        progress: Told of every stage.

    Raises:
        EcdslError: For settings, events or shapes that cannot be used; D511 at once for observables
            that the events cannot feed.
        NumericalError: If a training diverges.
    """
    _require_histograms(manifests)
    require_tuples(project, manifests)
    require_simulation(project, manifests)
    events = events or project.events.data
    if events is not None:
        require_file(events, manifests)
    workers = workers or os.cpu_count() or 1
    stages = _Stages(progress or Silent())
    simulation, data = _events(project, build, events, workers, stages)
    jobs = _jobs(project, manifests, build, simulation, data, workers=workers, stages=stages)
    with in_background(jobs, project.inference, workers) as futures:
        with stages.timed("surrogate"):
            # A surrogate's marginals are templates in one parameter.
            described = () if project.inference.nuisances else manifests
            trained = surrogates.shared_surrogates(
                project, described, build, simulation, workers=workers, progress=stages.progress
            )
            marginals = _marginals(project, jobs, build, trained, stages)
        with stages("infer") as report:
            inferred = gathered(futures, report)
    found = tuple(map(partial(_observable, project), jobs, inferred, marginals))
    truth, info = _truth(project, events), describe(data)
    return AnalysisResult(
        parameter=project.inference.parameter,
        unit=unit(project.inference.parameter),
        prior=project.inference.prior,
        truth=truth,
        data_source=_data_source(project, events),
        data_events=info.n_events,
        data_jets=info.n_jets,
        simulation_values=tuple(sorted({sample.value for sample in jobs[0].samples})),
        simulation_events=jobs[0].samples[0].n_events,
        observables=found,
        derived=derived_results(derived, jobs, {t.parameter for t in found[0].templates}),
        surrogates=tuple(model.result for model in trained.values()),
        settings=flat_settings(project),
        seeds=seeds(project),
        versions=versions(),
        timings=stages.timings,
        warnings=(
            *warnings(found, project.inference, truth),
            *approximations(manifests, build, data),
        ),
    )


def _events(
    project: Project, build: Path, events: Path | None, workers: int, stages: _Stages
) -> tuple[Path, Path]:
    """Return the labelled simulation and the data."""
    with stages("simulate") as report:
        simulation = samples.simulation(project, build, workers, report)
    if events is not None:
        _check_data(events, simulation, project.inference.parameter)
        return simulation, events
    with stages("simulate data") as report:
        return simulation, samples.held_out(project, build, workers, report)


def _check_data(data: Path, simulation: Path, parameter: str) -> None:
    """Refuse data that no posterior of one parameter can be made of."""
    samples.require_apart(data, simulation)
    values = describe(data).labels.get(parameter, ())
    if len(values) > 1:
        raise data_error(
            "D509",
            f"{data} was simulated at {len(values)} values of {parameter},"
            f" {values[0]:g} to {values[-1]:g}: there is no one value to infer",
            hint=f"simulate data at one value, e.g. --param {parameter}={values[0]:g}",
        )


def _jobs(
    project: Project,
    manifests: Sequence[Manifest],
    build: Path,
    simulation: Path,
    data: Path,
    *,
    workers: int,
    stages: _Stages,
) -> list[Job]:
    """Fill every observable from both samples and fit its templates.

    What templates cannot be made of is said here, before anything is trained.
    """
    names = (project.inference.parameter, *project.inference.nuisances)
    with stages("fill") as report:
        for events, labels in ((simulation, names), (data, ())):
            samples.keep_rows(manifests, build, events, labels, workers=workers, report=report)
    jobs = []
    for manifest in manifests:
        with stages(f"fit {manifest.name}") as report:
            rows = samples.labelled_rows(
                manifest,
                build,
                simulation,
                parameter=project.inference.parameter,
                nuisances=tuple(project.inference.nuisances),
                workers=workers,
                report=report,
            )
            observed = samples.observed_rows(manifest, build, data, workers=workers, report=report)
        as_tuples = project.inference.likelihood == "tuples"
        counts = count_tuples(manifest, build, data) if as_tuples else None
        templates = fit_templates(samples_of(project.inference.datum, rows))
        jobs.append(Job(manifest, rows, observed, templates, counts, nuisances_of(project)))
    return jobs


def _marginals(
    project: Project,
    jobs: Sequence[Job],
    build: Path,
    trained: Mapping[str, Trained],
    stages: _Stages,
) -> list[LearnedBins | None]:
    """Return each shape's marginals of its correlator's surrogate, None where there is none."""
    found: list[LearnedBins | None] = []
    with stages("integrate marginals") as report:
        for job in jobs:
            report(len(found), len(jobs))
            model = trained.get(job.manifest.correlator_fingerprint)
            if model is None:
                found.append(None)
                continue
            values = _spread([sample.value for sample in job.samples])
            found.append(
                surrogates.surrogate_contents(
                    job.manifest, build, model, project.inference.parameter, values
                )
            )
    return found


def train(
    project: Project,
    manifests: Sequence[Manifest],
    build: Path,
    *,
    workers: int | None = None,
    progress: Progress | None = None,
) -> tuple[SurrogateResult, ...]:
    """Train the surrogate of each correlator on the project's simulation, simulated if new.

    Raises:
        EcdslError: D401 where none of the observables can have a surrogate, D511 for those that the
            simulation cannot feed.
    """
    workers = workers or os.cpu_count() or 1
    stages = _Stages(progress or Silent())
    if not any(manifest.surrogate.available for manifest in manifests):
        reasons = tuple(f"`{m.name}`: {m.surrogate.reason}" for m in manifests)
        raise data_error("D401", "none of these observables has a surrogate", notes=reasons)
    require_simulation(project, [m for m in manifests if m.surrogate.available])
    with stages("simulate") as report:
        simulation = samples.simulation(project, build, workers, report)
    found = surrogates.shared_surrogates(
        project, manifests, build, simulation, workers=workers, progress=stages.progress
    )
    return tuple(trained.result for trained in found.values())


class _Stages:
    """Opens stages of the user's progress and keeps their wall time."""

    def __init__(self, progress: Progress) -> None:
        self.progress = progress
        self.timings: dict[str, float] = {}

    @contextmanager
    def __call__(self, title: str) -> Iterator[Callable[[int, int], None]]:
        with self.timed(title), self.progress.stage(title) as report:
            yield report

    @contextmanager
    def timed(self, title: str) -> Iterator[None]:
        """Keep the wall time of a block."""
        start = perf_counter()
        yield
        self.timings[title] = self.timings.get(title, 0.0) + perf_counter() - start


def _require_histograms(manifests: Sequence[Manifest]) -> None:
    for manifest in manifests:
        if not manifest.histogram.available:
            raise data_error(
                "D208",
                f"`{manifest.name}` cannot be measured: {manifest.histogram.reason}",
                hint="give its delta a width (`within [lo, hi]`), or leave it out:"
                " `ecdsl infer NAME...`",
            )


def _spread(values: Sequence[float]) -> tuple[float, ...]:
    """Return some of the simulated values, evenly spread: a quadratic needs no more."""
    chosen = np.linspace(0, len(values) - 1, min(_MARGINALS, len(values))).round().astype(int)
    return tuple(values[k] for k in chosen)


def _observable(
    project: Project, job: Job, inferred: Inferred, learned: LearnedBins | None
) -> ObservableResult:
    """Return what is known of an observable, with its surrogate's posterior where it has one."""
    if learned is not None:
        inferred = with_surrogate(job, inferred, learned, project.inference)
    return observable_result(job, inferred, learned.contents if learned else ())


def _truth(project: Project, events: Path | None) -> float | None:
    """Return the value that the data were simulated at, where that is known."""
    parameter = project.inference.parameter
    if events is None:
        return project.data.parameters[parameter]
    values = describe(events).labels.get(parameter, ())
    return values[0] if len(values) == 1 else None


def _data_source(project: Project, events: Path | None) -> str:
    if events is not None:
        return events.name
    at = ", ".join(f"{name} = {value:g}" for name, value in project.data.parameters.items())
    return f"held-out simulation at {at}, seed {project.data.seed}"
