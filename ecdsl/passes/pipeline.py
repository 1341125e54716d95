"""The passes in their order, written in this one place.

Input                Pass              Output
ir.Observable        simplify          the same meaning in canonical form
canonical form       symmetry          relabellings that change nothing
symmetry             loops             the loop over tuples and its terms
canonical form       region            changes of variables onto the shape
                                       together: ir.plan.Plan
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecdsl.ir.plan import Plan
from ecdsl.passes import loops, region, simplify, symmetry

if TYPE_CHECKING:
    from ecdsl.ir.nodes import Observable


def run(observable: Observable) -> Plan:
    """Return the plan of an observable.

    Raises:
        EcdslError: E310 for `tuples sets` without full symmetry, E32x for expressions that are
            undefined everywhere, E330 for a window or `where` that is never fulfilled.
    """
    canonical = simplify.run(observable)
    joint = symmetry.of_observable(canonical)
    return Plan(
        observable=canonical,
        symmetry=joint,
        loop=loops.of_correlator(canonical.correlator, joint),
        regions=region.solve(canonical, joint),
    )
