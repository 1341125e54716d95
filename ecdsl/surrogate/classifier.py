r"""Tell a surrogate from events, tuple by tuple: what no single shape shows, and where it is.

A network :math:`D` is trained to separate the weighted tuples of events that the surrogate never
saw from weighted points of the surrogate. Where it cannot, its area under the ROC curve on other
events is one half. :math:`D/(1 - D)` is the density of the events over that of the surrogate, so
that its map says where the surrogate has too much or too little.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch
from torch.nn.functional import binary_cross_entropy_with_logits

from ecdsl.diagnostics import data_error
from ecdsl.surrogate.config import DenseConfig
from ecdsl.surrogate.networks import build_network
from ecdsl.surrogate.points import weighted_points
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
# Cells of the map along each axis, and the least share of the weight that one must hold.
CELLS = 12
LEAST = 1e-4


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
    with torch.inference_mode():
        logit = network.log_cube(halves[1].cube, halves[1].context).double()
    auc, error = weighted_auc(
        logit.numpy(), halves[1].weights.numpy(), halves[1].real.numpy() > 0, halves[1].groups
    )
    return _mapped(surrogate, halves[1], torch.exp(logit), (auc, error), len(sample.weights))


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
            logit = network.log_cube(tuples.cube[rows], tuples.context[rows])
            loss = binary_cross_entropy_with_logits(
                logit, tuples.real[rows], weight=tuples.weights[rows]
            )
            loss.backward()  # type: ignore[no-untyped-call]
            optimizer.step()
            schedule.step()
    return network.eval()


def weighted_auc(
    scores: NDArray[np.float64],
    weights: NDArray[np.float64],
    real: NDArray[np.bool_],
    groups: NDArray[np.int64],
) -> tuple[float, float]:
    r"""Return the chance that a real tuple scores higher than another, and its standard error.

    .. math:: A = \sum_i w_i h_i / \sum_i w_i, \qquad h_i = P(s < s_i) + P(s = s_i) / 2

    over the real tuples :math:`i`, the chances those of the others. It varies with whole groups.

    Args:
        scores: (n,).
        weights: (n,) positive.
        real: (n,).
        groups: (n,) what is independent.
    """
    variance = 0.0
    for kind in (~real, real):
        place = _share_below(scores[kind], weights[kind], scores[~kind])
        share = weights[~kind] / weights[~kind].sum()
        mean = float(share @ place)
        _, group = np.unique(groups[~kind], return_inverse=True)
        variance += float((np.bincount(group, weights=share * (place - mean)) ** 2).sum())
    # The last kind whose place was looked up is that of the others among the real.
    return 1 - mean, variance**0.5


def _share_below(
    scores: NDArray[np.float64], weights: NDArray[np.float64], at: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return (k,) the share of the weight whose score is below each of (k,), ties by half."""
    order = np.argsort(scores)
    summed = np.concatenate(([0.0], np.cumsum(weights[order]))) / weights.sum()
    ends = [np.searchsorted(scores[order], at, side=side) for side in ("left", "right")]
    return np.asarray((summed[ends[0]] + summed[ends[1]]) / 2, dtype=np.float64)


def _mapped(
    surrogate: Surrogate,
    tuples: _Labelled,
    ratio: Tensor,
    auc: tuple[float, float],
    n_tuples: int,
) -> Separation:
    """Return the result with the map of D/(1 - D), averaged with the surrogate's weights."""
    sides = surrogate.chart.from_cube(tuples.cube.double()).numpy()
    weights, real = tuples.weights.double().numpy(), tuples.real.numpy() > 0
    names: tuple[str, str] = ("shortest side", "longest side")
    columns = [sides[:, 0], sides[:, -1]]
    if surrogate.chart.order == 2:
        names, columns[1] = ("side", surrogate.labels[0]), tuples.context[:, 0].double().numpy()
    edges = [_quantiles(column[~real], weights[~real]) for column in columns]

    shape = (len(edges[0]) - 1, len(edges[1]) - 1)
    places = [
        np.clip(np.searchsorted(e, c, side="right") - 1, 0, len(e) - 2)
        for e, c in zip(edges, columns, strict=True)
    ]
    cell = places[0] * shape[1] + places[1]
    held = [_Cells.of(cell[k], weights[k], tuples.groups[k], shape) for k in (real, ~real)]
    enough = (held[0].sums > 0) & (held[1].sums > LEAST * held[1].sums.sum())
    learned = np.bincount(cell[~real], (weights * ratio.numpy())[~real], math.prod(shape))
    means = learned.reshape(shape) / np.where(enough, held[1].sums, 1.0)
    errors = np.hypot(*(np.sqrt(part.squares) / np.where(enough, part.sums, 1) for part in held))
    return Separation(
        correlator_fingerprint=surrogate.correlator_fingerprint,
        auc=auc[0],
        auc_error=auc[1],
        n_tuples=n_tuples,
        axes=names,
        edges=(tuple(edges[0].tolist()), tuple(edges[1].tolist())),
        ratio=_or_none(means, enough),
        ratio_error=_or_none(errors, enough),
    )


@dataclass(frozen=True)
class _Cells:
    """Sums of weights in the cells of the map, and what they vary by from group to group."""

    sums: NDArray[np.float64]
    squares: NDArray[np.float64]

    @classmethod
    def of(
        cls,
        cell: NDArray[np.int64],
        weights: NDArray[np.float64],
        groups: NDArray[np.int64],
        shape: tuple[int, int],
    ) -> _Cells:
        """Return those of (n,) tuples in (n,) cells."""
        count = math.prod(shape)
        both, number = np.unique(groups * count + cell, return_inverse=True)
        filled = [
            np.bincount(cell, weights, count),
            np.bincount(both % count, np.bincount(number, weights) ** 2, count),
        ]
        sums, squares = (np.asarray(part, dtype=np.float64).reshape(shape) for part in filled)
        return cls(sums, squares)


def _or_none(
    values: NDArray[np.float64], known: NDArray[np.bool_]
) -> tuple[tuple[float | None, ...], ...]:
    return tuple(
        tuple(float(v) if k else None for v, k in zip(*rows, strict=True))
        for rows in zip(values, known, strict=True)
    )


def _quantiles(values: NDArray[np.float64], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the edges of at most `CELLS` intervals of equal weight."""
    order = np.argsort(values)
    below = np.cumsum(weights[order]) / weights.sum()
    inner = values[order][np.searchsorted(below, np.arange(1, CELLS) / CELLS)]
    return np.unique(np.concatenate([[values.min()], inner, [values.max()]]))
