r"""Rank shapes by what they say about the parameter, with the uncertainty of the ranking.

The landscape of shapes is flat near its optimum, so that the largest of many noisy values is no
result by itself. Every shape is filled from the same events; blocks of events are resampled
(paired bootstrap of the jackknife's pseudo-values of ln I), and what is reported is how often one
shape beats another and which shapes may be the best.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from ecdsl.inference.fisher import Information

SCHEMA: Final = "ecdsl/scan/1"
Merit = Literal["event", "tuple"]

RESAMPLES = 4000
# A shape is a candidate for the best unless the leading one beats it in this share of resamples.
CONFIDENCE = 0.95


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class ShapeResult(_Frozen):
    """One shape of a scan.

    Attributes:
        observable: The observable whose parameters are varied.
        parameters: The values of all its parameters.
        width: Expected 68% half-width for `ScanResult.n_jets` jets from the whole event, in units
            of the parameter.
        width_error: Its standard error.
        tuple_width: The same for one tuple, as if tuples were independent.
        tuple_width_error: Its standard error.
        beaten: How often the leading shape beats this one, in resampled events.
        candidate: Whether it may be the best one.
        bins: Bins after merging.
    """

    observable: str
    parameters: dict[str, float]
    width: float
    width_error: float
    tuple_width: float
    tuple_width_error: float
    beaten: float
    candidate: bool
    bins: int


class Bound(_Frozen):
    """What a network made of all constituents that the shapes are made of.

    The information it found can be had; there may be more.

    Attributes:
        width: Expected half-width for `ScanResult.n_jets` jets; None where nothing was found.
        width_error: Its standard error.
        n_trained: Events that it was trained on.
        n_tested: Other events, that the width comes from.
    """

    width: float | None
    width_error: float | None
    n_trained: int
    n_tested: int


class LeftOut(_Frozen):
    """A shape that could not be judged, and why."""

    observable: str
    parameters: dict[str, float]
    reason: str


class ScanResult(_Frozen):
    """A scan, best shape first; stored as `build/scan.json`.

    Attributes:
        parameter: What shapes are judged by, e.g. `mt`, and its unit.
        at: Where in its range.
        merit: What the ranking goes by: `event` (the information of whole events, what a
            measurement has) or `tuple` (that of independent tuples).
        n_jets: For how many jets widths are given.
        n_events: Simulated events that were used.
        blocks: Blocks of events that errors come from.
        grid: The values of parameters that were varied; shapes with other values lie between them.
        bound: What all constituents allow, where it was asked for.
    """

    schema_version: Literal["ecdsl/scan/1"] = SCHEMA
    parameter: str
    unit: str
    at: float
    merit: Merit
    n_jets: int
    n_events: int
    blocks: int
    grid: dict[str, tuple[float, ...]]
    shapes: tuple[ShapeResult, ...]
    left_out: tuple[LeftOut, ...] = ()
    bound: Bound | None = None
    seconds: float


class Ranking(_Frozen):
    """The order of some shapes: indices, best first, and how often the leader beats each."""

    order: tuple[int, ...]
    beaten: tuple[float, ...]


def rank(found: Sequence[Information], merit: Merit, seed: int) -> Ranking:
    """Return the ranking of shapes that were filled from the same blocks of events.

    Args:
        found: All with a positive information.
        merit: By which information.
        seed: Of the resampling.
    """
    values = np.array([i.per_event if merit == "event" else i.per_tuple for i in found])
    without = np.array([i.event_blocks if merit == "event" else i.tuple_blocks for i in found])
    order = np.argsort(-values)
    drawn = _resampled(values, without, np.random.default_rng(seed))
    beaten = (drawn[order[0]] > drawn).mean(axis=1)
    return Ranking(order=tuple(map(int, order)), beaten=tuple(map(float, beaten)))


def _resampled(
    values: NDArray[np.float64], without: NDArray[np.float64], generator: np.random.Generator
) -> NDArray[np.float64]:
    """Return (n_shapes, RESAMPLES) ln I on resampled blocks, the same blocks for every shape.

    A block whose absence turns an information negative leaves no logarithm; such a shape is known
    too badly to lead and is floored.
    """
    k = without.shape[1]
    logs = np.log(np.maximum(without, 1e-3 * values[:, None]))
    pseudo = k * np.log(values)[:, None] - (k - 1) * logs
    draws = generator.multinomial(k, np.full(k, 1 / k), size=RESAMPLES) / k
    return np.asarray(pseudo @ draws.T, dtype=np.float64)
