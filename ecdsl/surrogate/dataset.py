"""Training tuples in cube coordinates, split by event."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import torch

from ecdsl.diagnostics import data_error
from ecdsl.surrogate import device
from ecdsl.surrogate.threads import pinned_threads

if TYPE_CHECKING:
    from collections.abc import Iterator

    from numpy.typing import NDArray
    from torch import Tensor

    from ecdsl.surrogate.coordinates import Chart
    from ecdsl.surrogate.sample import TupleSample


# Tuples whose coordinates are found at once: bounds memory, not results.
CHUNK = 1 << 17


@dataclass(frozen=True)
class Tuples:
    """Tuples as float32 tensors: cube (n, P), context (n, C), weights (n,)."""

    cube: Tensor
    context: Tensor
    weights: Tensor

    def __len__(self) -> int:
        return len(self.weights)

    def batches(self, size: int, random: np.random.Generator | None = None) -> Iterator[Tuples]:
        """Yield the tuples in batches of equal size, shuffled by `random` where it is given.

        Equal, so that no batch is left with too few tuples for batch norm.
        """
        order = None
        if random is not None:
            order = torch.from_numpy(random.permutation(len(self))).to(self.weights.device)
        count = -(-len(self) // size)
        ends = [len(self) * k // count for k in range(count + 1)]
        for start, end in pairwise(ends):
            rows = slice(start, end) if order is None else order[start:end]
            yield Tuples(self.cube[rows], self.context[rows], self.weights[rows])


@dataclass(frozen=True)
class TrainingSet:
    """The two halves of a sample, and the fraction of its weight that the chart describes."""

    train: Tuples
    validation: Tuples
    described: float


@pinned_threads()
def training_set(
    sample: TupleSample,
    chart: Chart,
    validation: float,
    seed: int,
    *,
    own: NDArray[np.float64] | None = None,
) -> TrainingSet:
    """Return the tuples within the chart, a fraction `validation` of the events apart.

    They are where a network is fastest. Tuples of one event are correlated: split by tuple, a
    network that learns events by heart would look as good on the held-out half.

    Args:
        sample: Weighted tuples.
        chart: Coordinates of the sides.
        validation: Fraction of the events.
        seed: Of the choice.
        own: (n,) what each tuple weighs itself, for tuples that are to count by what their weight
            in the sample is of that; its logarithm is then their last coordinate.

    Raises:
        EcdslError: D402 where there are too few events to hold some out.
    """
    weights, contexts = torch.from_numpy(sample.weights), torch.from_numpy(sample.contexts)
    cube, inside = _cube(chart, torch.from_numpy(sample.sides))
    described = float(weights[inside].sum() / weights.sum())
    if own is not None:
        cube = torch.cat([cube, torch.log(torch.from_numpy(own))[:, None].float()], dim=1)
        weights = weights / torch.from_numpy(own)
    events = np.unique(sample.events)
    held_out = np.random.default_rng(np.random.SeedSequence([seed, 0])).permutation(events)
    held_out = held_out[: max(1, round(validation * len(events)))]
    apart = torch.from_numpy(np.isin(sample.events, held_out))

    place = device.fastest()

    def part(rows: Tensor) -> Tuples:
        # Weights of order one keep float32 sums exact to rounding.
        scaled = weights[rows] / weights[inside].mean()
        columns = (column.float().to(place) for column in (cube[rows], contexts[rows], scaled))
        return Tuples(*columns)

    halves = part(inside & ~apart), part(inside & apart)
    if min(len(half) for half in halves) == 0:
        raise data_error(
            "D402",
            f"{len(events)} training events are too few to hold {validation:.0%} of them out",
            hint="simulate more events",
        )
    return TrainingSet(*halves, described)


def _cube(chart: Chart, sides: Tensor) -> tuple[Tensor, Tensor]:
    """Return (n, P) float32 the coordinates of sides (n, P), and (n,) whether they are within."""
    cube, inside = torch.empty(sides.shape, dtype=torch.float32), torch.empty(len(sides)).bool()
    for start in range(0, len(sides), CHUNK):
        rows = slice(start, start + CHUNK)
        cube[rows], _, inside[rows] = chart.to_cube(sides[rows])
    return cube, inside
