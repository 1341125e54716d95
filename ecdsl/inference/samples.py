"""Rows: what one observable saw, event by event, and the checks that inference rests on.

The independent unit is the event. Tuples of one jet share its particles and the two jets of an
event share its kinematics, so a row holds everything an event put into the bins, and the datum is
the mean of the rows of the events observed: the correlator measured on them.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import comb
from typing import TYPE_CHECKING

import numpy as np

from ecdsl.diagnostics import data_error

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

MIN_LABELS = 3
MIN_EVENTS = 10


@dataclass(frozen=True)
class LabelledRows:
    """Events simulated at one value of the parameter and of its nuisances.

    Attributes:
        value: The parameter, e.g. the top mass in GeV.
        rows: (n_events, n_bins) sum of tuple weights that each event put into each bin.
        nuisances: The value of each nuisance, in an order that all samples share.
    """

    value: float
    rows: NDArray[np.float64]
    nuisances: tuple[float, ...] = ()

    @property
    def point(self) -> tuple[float, ...]:
        """The values of all parameters."""
        return (self.value, *self.nuisances)

    @property
    def n_events(self) -> int:
        """Number of events."""
        return len(self.rows)


def checked(samples: Sequence[LabelledRows]) -> tuple[LabelledRows, ...]:
    """Return the samples sorted by their point, if templates can be made of them.

    Args:
        samples: One element per simulated point, rows of a common number of bins.

    Raises:
        EcdslError: D501 for fewer than three different values of a parameter, fewer points than a
            quadratic polynomial has coefficients, or a repeated one, D502 for fewer than ten events
            at a point, D503 for a feature that does not vary, D504 for rows that do not fit
            together or are not finite.
    """
    ordered = tuple(sorted(samples, key=lambda sample: sample.point))
    _check_points([sample.point for sample in ordered])
    for sample in ordered:
        check_rows(sample.rows, ordered[0].rows.shape[-1], f"the sample at {_text(sample.point)}")
    if all(np.ptp(sample.rows, axis=0).max() == 0 for sample in ordered):
        raise data_error(
            "D503",
            "every event puts the same into every bin: the observable says nothing here",
            hint="check that the axis range and the windows overlap what the jets contain",
        )
    return ordered


def enough(n_points: int, n_parameters: int) -> bool:
    """Whether so many points can determine a quadratic polynomial in so many parameters."""
    return n_points >= comb(n_parameters + 2, 2)


def _check_points(points: list[tuple[float, ...]]) -> None:
    if not np.isfinite(points).all():
        raise data_error("D504", f"a simulated value is not finite: {list(map(_text, points))}")
    if len(set(points)) < len(points):
        raise data_error(
            "D501",
            "two samples have the same parameter value",
            hint="concatenate the rows of equal values into one sample",
        )
    fewest = [set(values) for values in zip(*points, strict=True)] or [set()]
    if min(map(len, fewest)) < MIN_LABELS or not enough(len(points), len(fewest)):
        found = ", ".join(map(_text, points)) or "none"
        raise data_error(
            "D501",
            f"templates need at least {MIN_LABELS} simulated values of each parameter and a grid"
            f" of them, found {len(points)}: {found}",
            hint="simulate a grid, e.g. `ecdsl simulate --param mt=170:180:0.5`",
        )


def _text(point: tuple[float, ...]) -> str:
    return ", ".join(f"{value:g}" for value in point)


def check_rows(rows: NDArray[np.float64], n_bins: int, what: str) -> None:
    """Refuse rows that no mean and no covariance can be made of.

    Args:
        rows: (n_events, n_bins).
        n_bins: Number of bins they must have.
        what: What to call them in a message.

    Raises:
        EcdslError: D502 for fewer than ten events, D504 for a wrong shape or a value that is not
            finite.
    """
    if rows.ndim != 2 or rows.shape[1] != n_bins or n_bins == 0:
        raise data_error(
            "D504",
            f"{what}: expected rows of shape (events, {n_bins} bins), found {rows.shape}",
            hint="fill data and simulation with the same observable",
        )
    if len(rows) < MIN_EVENTS:
        raise data_error(
            "D502",
            f"{what}: {len(rows)} events, at least {MIN_EVENTS} are needed for a covariance",
            hint="raise the number of jets, e.g. `ecdsl simulate --jets 1000`",
        )
    bad = ~np.isfinite(rows)
    if bad.any():
        event, column = (int(i) for i in np.argwhere(bad)[0])
        raise data_error(
            "D504",
            f"{what}: event {event} has {rows[event, column]} in bin {column}",
            notes=(f"{int(bad.sum())} of {bad.size} entries are affected",),
        )
