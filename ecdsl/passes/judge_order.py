"""What `order nu` asks of the weight: a sum that can be negative has no broken power."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecdsl.ir.nodes import Compare, Number
from ecdsl.passes.judge_case import Constraint, Finding, Place

if TYPE_CHECKING:
    from collections.abc import Callable

    from ecdsl.passes.judge_case import Case


def no_power(case: Case, text: Callable[[Place], str]) -> list[Finding]:
    """Find a weight of `order nu` that random tuples show to be negative, where nu is not whole."""
    correlator, place = case.observable.correlator, Place("weight")
    if correlator.nu is None or correlator.nu == int(correlator.nu):
        return []
    below = Constraint(None, Compare(op="<", lhs=correlator.weight, rhs=Number(value=0.0)))
    if not any(case.passing(g, [*case.given, below]).any() for g in case.geometries()):
        return []
    message = (
        f"`{text(place)}` can be negative, and its sum is taken to the power {correlator.nu:g}"
    )
    note = "a broken power of a negative number is no number, and such events cannot be summed"
    hint = "take a weight that is never negative, or a whole number for nu"
    return [Finding("W315", message, place, notes=(note,), hints=(hint,))]
