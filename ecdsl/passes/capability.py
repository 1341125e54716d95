"""What can be done with an observable, and if something cannot, why, in the field's words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecdsl.artifacts.manifest import Capability
from ecdsl.ir.nodes import Member
from ecdsl.ir.plan import NoRegion
from ecdsl.ir.walk import is_angular, leaves
from ecdsl.passes import symmetry
from ecdsl.passes._sympy import Bridge

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecdsl.ir.nodes import Correlator
    from ecdsl.ir.plan import Plan


def histogram(plan: Plan) -> Capability:
    """Tell whether events can be histogrammed."""
    if any(delta.exact for delta in plan.observable.deltas):
        reason = "an exact delta selects a set of measure zero: only a surrogate has its marginal"
        return Capability(available=False, reason=reason)
    return Capability(available=True)


def nre(plan: Plan) -> Capability:
    """Tell whether a likelihood ratio can be learned: from the histograms of many events.

    Weights may have any sign; what counts is that the observable has a histogram.
    """
    if not histogram(plan).available:
        reason = "a likelihood ratio is learned from histograms, and an exact delta has none"
        return Capability(available=False, reason=reason)
    return Capability(available=True)


def surrogate(plan: Plan) -> Capability:
    """Tell whether a density of sorted sides can be learned and seen through the shape."""
    reason = next(_against_a_density(plan), "")
    if reason:
        return Capability(available=False, reason=reason)
    lost = [region.reason for region in plan.regions if isinstance(region, NoRegion)]
    return Capability(available=True, reason=f"by mask only: {lost[0]}" if lost else "")


def _against_a_density(plan: Plan) -> Iterator[str]:
    """Yield the reasons why there is no density of sorted sides, the deepest first."""
    correlator = plan.observable.correlator
    if correlator.nu is not None:
        yield "`order nu` sums sets of any number of particles, and surrogates are of tuples"
    if correlator.order not in (2, 3):
        yield f"surrogates are for two and three points, not {correlator.order}"
    if correlator.tuples == "all":
        yield (
            "contact terms sit at zero distance, where no density can be learned; declare the"
            " correlator with `tuples distinct`"
        )
    if correlator.ranked:
        yield (
            "`points` names the particles by their distance from a special one, and sorted sides"
            " do not tell which one that is"
        )
    if correlator.distance is not None:
        yield (
            "its sides are in a declared measure, and which triangles exist is known for `ee` and"
            " `hadron` alone"
        )
    yield from _against_the_weight(correlator)
    if not symmetry.of_correlator(correlator).is_full:
        yield (
            "a window of the correlator depends on which particle is which, so sorted sides do not"
            " describe a tuple"
        )
    if not is_angular(plan.observable):
        yield (
            "the shape looks at more than the distances of the correlator (energies, charges,"
            " azimuths, triple products, the jet or a column), and a surrogate knows these"
            " distances only"
        )


def _against_the_weight(correlator: Correlator) -> Iterator[str]:
    if not symmetry.of_weight(correlator).is_full:
        yield (
            "the weight depends on which particle is which, so sorted sides do not describe a tuple"
        )
    if Bridge().to_sympy(correlator.weight).is_nonnegative is True:
        return
    charged = any(
        isinstance(leaf, Member) and leaf.quantity == "charge" for leaf in leaves(correlator.weight)
    )
    yield (
        "charges give the weight both signs, and a density is never negative"
        if charged
        else "the weight can be negative, and a density cannot"
    )
