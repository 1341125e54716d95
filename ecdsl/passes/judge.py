"""Judge an observable as it is lowered: what no tuple can fulfil, and what every tuple does.

An error stops what would only repeat it: where nothing passes, no window is called superfluous.

Judgement          Finds
judge_resolution   what dynamic subjets cannot stand for
judge_values       expressions that are never, or not always, defined
judge_region       constraints that contradict each other or the geometry
judge_axes         bins that no tuple reaches
judge_windows      windows that always hold, or follow from others
judge_parameters   parameters that cancel, values at which nothing is left

Constraints are compared with each other, so that time grows with the cube of their number. More
than `_MOST` of them, which nobody writes by hand, are not judged.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecdsl.passes import (
    judge_axes,
    judge_order,
    judge_parameters,
    judge_region,
    judge_resolution,
    judge_values,
    judge_windows,
)
from ecdsl.passes.judge_case import Case

if TYPE_CHECKING:
    from collections.abc import Callable

    from ecdsl.ir.nodes import Observable
    from ecdsl.passes.judge_case import Finding, Place

_MOST = 64
_ERRORS = (judge_values.never_defined, judge_region.empty, judge_axes.unreached)
_WARNINGS = (
    judge_values.not_always_defined,
    judge_order.no_power,
    judge_axes.partly_unreached,
    judge_windows.superfluous,
    judge_parameters.without_effect,
    judge_parameters.impossible_values,
)


def judge(observable: Observable, text: Callable[[Place], str]) -> list[Finding]:
    """Return what is wrong with an observable, errors or warnings.

    Args:
        observable: As it was lowered, before any pass.
        text: The text of a part of it, for messages.
    """
    unresolved = judge_resolution.unresolvable(observable)
    if unresolved:
        return unresolved
    case = Case(observable)
    if len(case.all) + len(observable.parameters) > _MOST:
        return []
    for find in _ERRORS:
        found = find(case, text)
        if found:
            return found
    return [finding for find in _WARNINGS for finding in find(case, text)]
