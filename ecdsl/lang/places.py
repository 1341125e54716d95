"""Where the parts of a lowered observable were written, for findings about their meaning."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ecdsl.diagnostics import Span


@dataclass(frozen=True)
class Places:
    """The smallest span of each part of an `ir.Observable`, index by index with its tuples.

    Attributes:
        weight: The expression of the weight.
        windows: Each comparison (or negation, or disjunction) of the shape.
        deltas: Each `delta` with its interval.
        axes: The expression of each axis.
        axis_bins: The bins of each axis.
        parameters: The declaration of each parameter.
        correlator_windows: Each comparison of the correlator's own windows.
        where: The condition on constituents, None where there is none.
        distance: The expression of a user's measure, None for `ee` and `hadron`.
    """

    weight: Span
    windows: tuple[Span, ...]
    deltas: tuple[Span, ...]
    axes: tuple[Span, ...]
    axis_bins: tuple[Span, ...]
    parameters: tuple[Span, ...]
    correlator_windows: tuple[Span, ...] = ()
    where: Span | None = None
    distance: Span | None = None
