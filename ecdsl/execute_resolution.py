"""Sums over dynamic subjets (arXiv:2406.08577), with the kernels that sum over particles.

The tuples at the scale of a splitting are all tuples of its subjets, without those inside one of
its two branches. So some sets of subjets are summed and added, and others taken away.
"""

from __future__ import annotations

from math import comb
from typing import TYPE_CHECKING, Any

import numpy as np

from ecdsl.events.batch import take_jets

if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType

    from numpy.typing import NDArray

    from ecdsl.artifacts.manifest import Manifest
    from ecdsl.events.batch import JetBatch

Arguments = tuple["NDArray[Any]", ...]
# What is left of a content after another was taken away, in units of its rounding.
_ROUNDING = 1e-12
# A sum is compared with the exact one over as many jets of all files together, and fewer where
# these have so many tuples, which take seconds.
CHECKED_JETS = 1000
_CHECKED_TUPLES = 2e9


def resolved(kernel: ModuleType, resolution: float, given: Arguments) -> tuple[Arguments, ...]:
    """Return what a kernel is given to be added, and what to be taken away.

    Args:
        kernel: `resolve.py` of the correlator.
        resolution: Its factor f.
        given: What the kernel would be given to sum over particles.
    """
    offsets, px, py, pz, energy, scale, _, jets, row, *bins = given
    momenta, owner, added, ends, members = kernel.resolve(offsets, px, py, pz, energy, resolution)
    sizes = np.diff(ends)
    parts: list[Arguments] = []
    for chosen in (added, ~added):
        jet, ends = owner[chosen], np.concatenate(([0], np.cumsum(sizes[chosen])))
        p = np.ascontiguousarray(momenta[members[np.repeat(chosen, sizes)]].T)
        # No column belongs to a particle: with a resolution, nothing looks at more than momenta.
        none = np.zeros((0, ends[-1]))
        parts.append((ends, *p, scale[jet], none, jets[:, jet], row[jet], *bins))
    return tuple(parts)


def summed(
    fill: Callable[[Arguments, NDArray[np.float64]], Any],
    parts: tuple[Arguments, ...],
    rows: NDArray[np.float64],
) -> Any:
    """Fill rows from what is to be added and what is to be taken away; return the undefined tuples.

    Args:
        fill: Adds the weights of some jets to rows and returns the number of undefined tuples.
        parts: One, or what `resolved` returns.
        rows: Zeros to be filled.
    """
    n_undefined = fill(parts[0], rows)
    for removed in parts[1:]:
        less = np.zeros_like(rows)
        n_undefined = n_undefined - fill(removed, less)
        rounding = _ROUNDING * np.abs(rows)
        rows -= less
        rows[np.abs(rows) <= rounding] = 0
    return n_undefined


def unresolved(manifest: Manifest) -> Manifest:
    """Return the observable that sums over all particles, with the same kernels."""
    observable = manifest.observable
    correlator = observable.correlator.model_copy(update={"resolution": None})
    kernels = {name: file for name, file in manifest.kernels.items() if name != "resolve"}
    exact = observable.model_copy(update={"correlator": correlator})
    return manifest.model_copy(update={"observable": exact, "kernels": kernels})


def to_check(batch: JetBatch, order: int, n_files: int) -> JetBatch:
    """Return the first jets of a file, as many as an exact sum takes no time for."""
    tuples = np.array([comb(int(n), order) for n in np.diff(batch.offsets)], dtype=float)
    few = np.cumsum(tuples) <= _CHECKED_TUPLES / n_files
    few[CHECKED_JETS // n_files :] = False
    few[:1] = True
    return take_jets(batch, few)
