"""Posteriors and coverage of several observables, each on a process of its own."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import Future, ProcessPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from ecdsl.analysis.samples import simulated_values
from ecdsl.events.pool import follow_parent
from ecdsl.inference.datum import datum_of, rows_of, samples_of
from ecdsl.inference.infer import (
    NRE_FOLDS,
    calibrate_observable,
    infer_observable,
    infer_surrogate,
    with_calibration,
)
from ecdsl.inference.learned import learned_templates
from ecdsl.inference.likelihoods import Method
from ecdsl.inference.nuisances import Nuisance
from ecdsl.inference.samples import enough
from ecdsl.surrogate.threads import pinned_threads

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from numpy.typing import NDArray

    from ecdsl.analysis.surrogates import LearnedBins
    from ecdsl.artifacts.manifest import Manifest
    from ecdsl.inference.results import CoverageResult, PosteriorResult
    from ecdsl.inference.samples import LabelledRows
    from ecdsl.inference.templates import Templates
    from ecdsl.inference.tuples import TupleCounts
    from ecdsl.project import Project
    from ecdsl.settings import Inference


# Each simulated value is cut into so many pseudo-experiments: one each would be too few to judge.
_TRIALS_PER_VALUE = 3


@dataclass(frozen=True)
class Job:
    """One observable: what was filled, templates of its datum, and tuples to be multiplied."""

    manifest: Manifest
    samples: tuple[LabelledRows, ...]
    observed: NDArray[np.float64]
    templates: Templates
    tuples: TupleCounts | None = None
    nuisances: tuple[Nuisance, ...] = ()


@dataclass(frozen=True)
class Inferred:
    """What was concluded from one observable of the parameter, and of its nuisances."""

    posteriors: tuple[PosteriorResult, ...]
    coverage: tuple[CoverageResult, ...]
    nuisances: tuple[PosteriorResult, ...] = ()


def nuisances_of(project: Project) -> tuple[Nuisance, ...]:
    """Return what is inferred together with the parameter, on the simulated ranges."""
    simulated = simulated_values(project)
    return tuple(
        Nuisance(
            name,
            (min(simulated[name]), max(simulated[name])),
            None if known == "flat" else known,
        )
        for name, known in project.inference.nuisances.items()
    )


@contextmanager
def in_background(
    jobs: Sequence[Job], settings: Inference, workers: int
) -> Iterator[tuple[Future[Inferred], ...]]:
    """Start the inference from histograms of every job, each on a process of its own.

    These networks are small and bound by Python, and need no surrogate: one core is left to train
    that meanwhile.
    """
    # A fork would copy the threads that torch and numba hold, locked or not.
    context = multiprocessing.get_context("spawn")
    size = max(1, min(workers - 1, len(jobs)))
    pool = ProcessPoolExecutor(size, mp_context=context, initializer=follow_parent)
    try:
        yield tuple(pool.submit(_infer, job, settings) for job in jobs)
    except BaseException:
        # Nothing is half-written there, and nobody waits for the answers any more.
        for process in multiprocessing.active_children():
            process.terminate()
        raise
    finally:
        pool.shutdown(cancel_futures=True)


def gathered(
    futures: Sequence[Future[Inferred]], report: Callable[[int, int], None]
) -> tuple[Inferred, ...]:
    """Wait for all jobs."""
    report(0, len(futures))
    for done, _ in enumerate(as_completed(futures), 1):
        report(done, len(futures))
    return tuple(future.result() for future in futures)


def with_surrogate(
    job: Job, inferred: Inferred, learned: LearnedBins, settings: Inference
) -> Inferred:
    """Return what was concluded, and the posteriors with a surrogate's marginals as templates."""
    values = np.array([marginal.parameter for marginal in learned.contents], dtype=float)
    contents = datum_of(settings.datum, np.array([m.contents for m in learned.contents]))
    members = datum_of(settings.datum, learned.members)
    posteriors = infer_surrogate(
        job.manifest.name,
        samples_of(settings.datum, job.samples),
        learned_templates(job.templates, values, contents, members),
        rows_of(settings.datum, job.observed),
        parameter=settings.parameter,
        method=_method(job, settings),
    )
    return replace(inferred, posteriors=(*inferred.posteriors, *posteriors))


def _method(job: Job, settings: Inference) -> Method:
    observed = len(job.observed)
    return Method(
        settings.prior,
        (observed, observed),
        settings.seed,
        settings.loss,
        beside=settings.likelihood,
        tuples=job.tuples,
        nuisances=job.nuisances,
    )


@pinned_threads()
def _infer(job: Job, settings: Inference) -> Inferred:
    name, observed = job.manifest.name, len(job.observed)
    method = _method(job, settings)
    samples = samples_of(settings.datum, job.samples)
    rows = rows_of(settings.datum, job.observed)
    found = infer_observable(name, samples, rows, parameter=settings.parameter, method=method)
    own = tuple(result for result in found if result.parameter == settings.parameter)
    others = tuple(result for result in found if result.parameter != settings.parameter)
    if not enough(len(job.samples) // NRE_FOLDS, len(job.samples[0].point)):
        return Inferred(own, (), others)  # too few values to leave some out: not calibrated
    smallest = min(sample.n_events for sample in job.samples)
    tested = min(observed, max(1, smallest // _TRIALS_PER_VALUE))
    coverage = calibrate_observable(
        name, samples, method=replace(method, n_events=(tested, tested))
    )
    return Inferred(with_calibration(own, coverage), coverage, others)
