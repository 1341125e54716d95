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

from ecdsl.inference.results import Likelihood

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from ecdsl.inference.fisher import Information

SCHEMA: Final = "ecdsl/scan/2"
Merit = Literal["event", "tuple", "width", "information"]

RESAMPLES = 4000
# A shape is a candidate for the best unless the leading one beats it in this share of resamples.
CONFIDENCE = 0.95
# Shapes of the same tuples have the same ln I but for rounding: neither beats the other.
ROUNDING = 1e-9


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class PlayedResult(_Frozen):
    """What pseudo-experiments made of one shape.

    Attributes:
        likelihood: Whose posteriors they are.
        n_events: Events of one experiment.
        experiments: Their number.
        covered68: How many 68% intervals hold the truth.
        covered95: How many 95% intervals do.
        width: Mean half-width of the 68% intervals.
        width_error: Its standard error, from simulations that share no event.
        nats: Lower bound on the mutual information of the parameter and one experiment; None for a
            likelihood that is not a ratio to the evidence.
        nats_error: Its standard error.
    """

    likelihood: Likelihood
    n_events: int
    experiments: int
    covered68: int
    covered95: int
    width: float
    width_error: float
    nats: float | None
    nats_error: float | None


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
        beaten: The probability that the leading shape beats this one.
        candidate: Whether it may be the best one.
        bins: Bins after merging.
        played: What pseudo-experiments made of it, where it was among the leading ones.
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
    played: PlayedResult | None = None


class Bound(_Frozen):
    """What the jets that the shapes are made of say, looked at more closely than by any shape.

    Attributes:
        source: What was looked at, e.g. `all constituents, moments up to order 2`.
        at_least: Whether there may be more, as a network was trained on some events and tested on
            others; an estimate without bias otherwise.
        width: Expected half-width for `ScanResult.n_jets` jets; None where nothing was found.
        width_error: Its standard error.
        n_events: Events that the width comes from.
    """

    source: str
    at_least: bool
    width: float | None
    width_error: float | None
    n_events: int


class LeftOut(_Frozen):
    """A shape that is not ranked, and why."""

    observable: str
    parameters: dict[str, float]
    reason: str


class ScanResult(_Frozen):
    """A scan, best shape first; stored as `build/scan.json`.

    Attributes:
        parameter: What shapes are judged by, e.g. `mt`, and its unit.
        at: Where in its range.
        merit: What the ranking goes by: `event` (the information of whole events, what a
            measurement has), `tuple` (that of independent tuples), or, among the shapes that lead
            by the first, `width` (of posteriors of the ratio estimator) or `information` (its bound
            on the mutual information).
        n_jets: For how many jets widths are given.
        n_events: Simulated events that were used.
        blocks: Blocks of events that errors come from.
        grid: The values of parameters that were varied; shapes with other values lie between them.
        not_covering: Shapes whose intervals do not cover: they are not ranked.
        bounds: What the full correlator and all constituents allow, where it was asked for.
    """

    schema_version: Literal["ecdsl/scan/2"] = SCHEMA
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
    not_covering: tuple[LeftOut, ...] = ()
    bounds: tuple[Bound, ...] = ()
    seconds: float


class Ranking(_Frozen):
    """The order of some shapes: indices, best first, and how often the leader beats each."""

    order: tuple[int, ...]
    beaten: tuple[float, ...]

    def may_lead(self, k: int) -> bool:
        """Whether shape k may be the best."""
        return k == self.order[0] or self.beaten[k] < CONFIDENCE


def rank(found: Sequence[Information], merit: Merit, seed: int) -> Ranking:
    """Return the ranking of shapes that were filled from the same blocks of events.

    Args:
        found: All with a positive information.
        merit: By which information.
        seed: Of the resampling.
    """
    tuples = merit == "tuple"
    values = np.array([i.per_tuple if tuples else i.per_event for i in found])
    without = np.array([i.tuple_blocks if tuples else i.event_blocks for i in found])
    order = np.argsort(-values)
    drawn = _resampled(values, without, np.random.default_rng(seed))
    beaten = (drawn[order[0]] > drawn + ROUNDING).mean(axis=1)
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
