"""Posteriors and coverage of several observables, each on a process of its own."""

from __future__ import annotations

import multiprocessing
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from ecdsl.inference.infer import (
    calibrate_observable,
    infer_observable,
    infer_surrogate,
    prior_grid,
    with_calibration,
)
from ecdsl.inference.templates import with_means

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from numpy.typing import NDArray

    from ecdsl.artifacts.manifest import Manifest
    from ecdsl.inference.results import BinContents, CoverageResult, PosteriorResult
    from ecdsl.inference.samples import LabelledRows
    from ecdsl.inference.templates import Templates
    from ecdsl.settings import Inference


# Each simulated value is cut into so many pseudo-experiments: one each would be too few to judge.
_TRIALS_PER_VALUE = 3


@dataclass
class Job:
    """One observable: what was filled, its templates, and the surrogate's marginals."""

    manifest: Manifest
    samples: tuple[LabelledRows, ...]
    observed: NDArray[np.float64]
    templates: Templates
    marginals: tuple[BinContents, ...] = field(default=())


@dataclass(frozen=True)
class Inferred:
    """What was concluded from one observable."""

    posteriors: tuple[PosteriorResult, ...]
    coverage: tuple[CoverageResult, ...]


def infer_all(
    jobs: Sequence[Job], settings: Inference, workers: int, report: Callable[[int, int], None]
) -> tuple[Inferred, ...]:
    """Return the posteriors and their tested coverage, one element per job.

    Networks are small and their training is bound by Python, so observables run side by side.
    """
    report(0, len(jobs))
    # A fork would copy the threads that torch and numba hold, locked or not.
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(min(workers, len(jobs)), mp_context=context) as pool:
        futures = [pool.submit(_infer, job, settings) for job in jobs]
        for done, _ in enumerate(as_completed(futures), 1):
            report(done, len(jobs))
        return tuple(future.result() for future in futures)


def _infer(job: Job, settings: Inference) -> Inferred:
    import torch

    torch.set_num_threads(1)  # this process is one of several, each with a core of its own
    name, parameter, prior = job.manifest.name, settings.parameter, settings.prior
    found = infer_observable(
        name, job.samples, job.observed, parameter=parameter, prior=prior, seed=settings.seed
    )
    smallest = min(sample.n_events for sample in job.samples)
    coverage = calibrate_observable(
        name,
        job.samples,
        n_events=min(len(job.observed), max(1, smallest // _TRIALS_PER_VALUE)),
        prior=prior,
        seed=settings.seed,
    )
    posteriors = with_calibration(found, coverage)
    if job.marginals:
        values = np.array([marginal.parameter for marginal in job.marginals], dtype=float)
        contents = np.array([marginal.contents for marginal in job.marginals])
        templates = with_means(job.templates, values, contents)
        grid = prior_grid(job.samples, prior)
        learned = infer_surrogate(name, templates, job.observed, parameter=parameter, grid=grid)
        posteriors = (*posteriors, learned)
    return Inferred(posteriors, coverage)
