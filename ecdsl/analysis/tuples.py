"""How many tuples of an event fall into an observable: what a product over tuples multiplies."""

from __future__ import annotations

from itertools import permutations
from typing import TYPE_CHECKING

import torch

from ecdsl.artifacts.load import load_kernel
from ecdsl.artifacts.manifest import edges
from ecdsl.execute import batches
from ecdsl.inference.tuples import TupleCounts
from ecdsl.surrogate.collect import thin
from ecdsl.surrogate.mask import hits
from ecdsl.surrogate.threads import pinned_threads
from ecdsl.surrogate.train import require_surrogate

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from ecdsl.artifacts.manifest import Manifest
    from ecdsl.project import Project

# A mean over so many jets is known to a few per cent, which no interval notices.
JETS = 2000
# Jets looked at together: a jet of 30 particles has 4,000 triplets.
CHUNK_JETS = 200


def require_tuples(project: Project, manifests: Sequence[Manifest]) -> None:
    """Refuse observables whose tuples have no density, where tuples are to be multiplied.

    Raises:
        EcdslError: D401.
    """
    if project.inference.likelihood == "tuples":
        for manifest in manifests:
            require_surrogate(manifest)


@pinned_threads()
def count_tuples(manifest: Manifest, build: Path, events: Path) -> TupleCounts:
    """Return the number of tuples of an event in the bins of an observable.

    A tuple that only some of its labellings put there counts by their share.

    Args:
        manifest: An observable that `require_tuples` accepts.
        build: The build folder.
        events: Parquet file; its first 2,000 jets are looked at.
    """
    kernel = load_kernel(build, manifest.kernels["tuples"])
    region = load_kernel(build, manifest.kernels["torch"])
    observable = manifest.observable
    axes = [torch.from_numpy(edges(axis.bins)) for axis in observable.axes]
    parameters = torch.tensor([spec.value for spec in observable.parameters], dtype=torch.float64)
    n_jets = n_events = 0
    tuples = weight = square = 0.0
    for batch in batches(manifest, [events], CHUNK_JETS):
        found = thin(manifest, kernel, batch, 0.0, 0)
        sides, weights = torch.from_numpy(found.sides), torch.from_numpy(found.weights)
        labellings = list(permutations(range(sides.shape[1])))
        for labelling in labellings:
            order = observable.correlator.order
            held = weights[hits(region, order, axes, parameters, sides[:, labelling])[0]]
            tuples += len(held) / len(labellings)
            weight += float(held.sum()) / len(labellings)
            square += float((held**2).sum()) / len(labellings)
        n_events += len(found.event_totals)
        n_jets += batch.n_jets
        if n_jets >= JETS:
            break
    return TupleCounts(
        tuples=tuples / n_events,
        effective=weight**2 / square / n_events if square > 0 else 0.0,
    )
