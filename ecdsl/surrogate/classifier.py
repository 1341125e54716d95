r"""Tell a surrogate from events, tuple by tuple: what no single shape shows, and where it is.

A network :math:`D` is trained to separate the weighted tuples of events that the surrogate never
saw from weighted points of the surrogate. Where it cannot, its area under the ROC curve on other
events is one half. :math:`D/(1 - D)` is the density of the events over that of the surrogate, so
that its map says where the surrogate has too much or too little.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch.nn.functional import binary_cross_entropy_with_logits

from ecdsl.diagnostics import data_error
from ecdsl.surrogate.auc import weighted_auc
from ecdsl.surrogate.config import DenseConfig
from ecdsl.surrogate.device import log_cube
from ecdsl.surrogate.networks import build_network
from ecdsl.surrogate.points import weighted_points
from ecdsl.surrogate.ratio_map import ratio_map
from ecdsl.surrogate.separation import Separation
from ecdsl.surrogate.threads import pinned_threads

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from torch import Tensor

    from ecdsl.surrogate.networks import Model
    from ecdsl.surrogate.sample import TupleSample
    from ecdsl.surrogate.surrogate import Surrogate

NETWORK = DenseConfig(layers=2, hidden=48, harmonics=4)
EPOCHS = 8
BATCH = 4096
LEARNING_RATE = 2e-3


@dataclass(frozen=True)
class _Labelled:
    """Tuples of both kinds: cube (n, P), context (n, C), weights (n,) of mean one for each kind.

    `real` (n,) is 1 for those of events; `groups` (n,) what is independent: events, and points.
    """

    cube: Tensor
    context: Tensor
    weights: Tensor
    real: Tensor
    groups: NDArray[np.int64]

    def part(self, rows: Tensor) -> _Labelled:
        """Return some of the rows, (n,) bool."""
        return _Labelled(
            self.cube[rows],
            self.context[rows],
            self.weights[rows],
            self.real[rows],
            self.groups[rows.numpy()],
        )


@pinned_threads()
def separate(surrogate: Surrogate, sample: TupleSample, seed: int = 0) -> Separation:
    """Return how well a classifier tells a surrogate from tuples of held-out events.

    It is trained on half of the events and judged on the other half.

    Args:
        surrogate: Of the correlator that the tuples are of.
        sample: Tuples of events that the surrogate was not trained on.
        seed: Of the points, the halves and the network.

    Raises:
        EcdslError: D402 where there are too few events for two halves.
    """
    tuples = _labelled(surrogate, sample, seed)
    chosen = np.random.default_rng(np.random.SeedSequence([seed, 3]))
    groups = np.unique(tuples.groups)
    first = torch.from_numpy(np.isin(tuples.groups, groups[chosen.random(len(groups)) < 0.5]))
    halves = [tuples.part(first), tuples.part(~first)]
    if any(float(half.real.sum()) == 0 for half in halves):
        raise data_error(
            "D402",
            f"{len(np.unique(sample.events))} held-out events are too few to train a classifier on",
            hint="simulate more events for the validation",
        )
    network = _trained(surrogate, halves[0], seed)
    other = halves[1]
    with torch.no_grad():
        logit = log_cube(network, other.cube, other.context).double().numpy()
    kinds = (other.weights.double().numpy(), other.real.numpy() > 0, other.groups)
    auc, error = weighted_auc(logit, *kinds)
    names, columns = _columns(surrogate, other)
    found = ratio_map(columns, np.exp(logit), *kinds)
    return Separation(
        correlator_fingerprint=surrogate.correlator_fingerprint,
        auc=auc,
        auc_error=error,
        n_tuples=len(sample.weights),
        axes=names,
        edges=found.edges,
        ratio=found.ratio,
        ratio_error=found.errors,
    )


def _labelled(surrogate: Surrogate, sample: TupleSample, seed: int) -> _Labelled:
    """Return the tuples within the chart, and as many points for each value of the labels."""
    cube, _, inside = surrogate.chart.to_cube(torch.from_numpy(sample.sides))
    contexts, weights = torch.from_numpy(sample.contexts), torch.from_numpy(sample.weights)
    generator = torch.Generator().manual_seed(seed)
    parts: list[_Labelled] = []
    # Points are independent of each other: each is a group of its own, behind the events.
    number = int(sample.events.max(initial=0)) + 1
    for row in torch.from_numpy(sample.context_points):
        here = inside & (contexts == row).all(dim=1)
        count = int(here.sum())
        if count == 0:
            continue
        drawn, drawn_weights = weighted_points(surrogate, row, count, generator)
        numbers = np.arange(number, number + count)
        number += count
        kept = weights[here] / weights[here].mean()
        for found, weight, real, groups in (
            (cube[here], kept, 1.0, sample.events[here.numpy()]),
            (drawn, drawn_weights, 0.0, numbers),
        ):
            kind = torch.full((count,), real)
            context = row.expand(count, -1).float()
            parts.append(_Labelled(found.float(), context, weight.float(), kind, groups))
    return _Labelled(
        torch.cat([part.cube for part in parts]),
        torch.cat([part.context for part in parts]),
        torch.cat([part.weights for part in parts]),
        torch.cat([part.real for part in parts]),
        np.concatenate([part.groups for part in parts]),
    )


def _trained(surrogate: Surrogate, tuples: _Labelled, seed: int) -> Model:
    """Return a network whose `log_cube` is the logit of D."""
    total = surrogate.total_weight
    network = build_network(NETWORK, surrogate.chart, total.lower, total.upper, seed)
    optimizer = torch.optim.AdamW(network.parameters(), lr=LEARNING_RATE, weight_decay=1e-2)
    batches = -(-len(tuples.real) // BATCH)
    schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, EPOCHS * batches)
    generator = torch.Generator().manual_seed(seed)
    for _ in range(EPOCHS):
        order = torch.randperm(len(tuples.real), generator=generator)
        for rows in order.chunk(batches):
            optimizer.zero_grad()
            logit = log_cube(network, tuples.cube[rows], tuples.context[rows])
            loss = binary_cross_entropy_with_logits(
                logit, tuples.real[rows], weight=tuples.weights[rows]
            )
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            schedule.step()
    return network.eval()


def _columns(
    surrogate: Surrogate, tuples: _Labelled
) -> tuple[tuple[str, str], tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """Return the names and values (n,) of what the map is over."""
    sides = surrogate.chart.from_cube(tuples.cube.double()).numpy()
    if surrogate.chart.order == 2:
        label = tuples.context[:, 0].double().numpy()
        return ("side", surrogate.labels[0]), (sides[:, 0], label)
    return ("shortest side", "longest side"), (sides[:, 0], sides[:, -1])
