"""What can be done with an observable, and if something cannot, why, in the field's words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecdsl.artifacts.manifest import Capability
from ecdsl.ir.plan import NoRegion
from ecdsl.ir.walk import is_angular
from ecdsl.passes import symmetry
from ecdsl.passes._sympy import Bridge

if TYPE_CHECKING:
    from ecdsl.ir.plan import Plan


def histogram(plan: Plan) -> Capability:
    """Tell whether events can be histogrammed."""
    if any(delta.exact for delta in plan.observable.deltas):
        reason = "an exact delta selects a set of measure zero: only a surrogate has its marginal"
        return Capability(available=False, reason=reason)
    return Capability(available=True)


def surrogate(plan: Plan) -> Capability:
    """Tell whether a density of sorted sides can be learned and seen through the shape."""
    correlator = plan.observable.correlator
    weight = Bridge().to_sympy(correlator.weight)
    reasons = (
        (
            correlator.order not in (2, 3),
            f"surrogates are for two and three points, not {correlator.order}",
        ),
        (
            correlator.tuples == "all",
            "contact terms sit at zero distance, where no density can be"
            " learned; declare the correlator with `tuples distinct`",
        ),
        (
            not symmetry.of_weight(correlator).is_full,
            "the weight depends on which particle is"
            " which, so sorted sides do not describe a tuple",
        ),
        (weight.is_nonnegative is not True, "the weight can be negative, and a density cannot"),
        (
            not is_angular(plan.observable),
            "the shape uses energies, pT or Q, and a surrogate knows distances only",
        ),
    )
    for applies, reason in reasons:
        if applies:
            return Capability(available=False, reason=reason)
    lost = [region.reason for region in plan.regions if isinstance(region, NoRegion)]
    return Capability(available=True, reason=f"by mask only: {lost[0]}" if lost else "")
