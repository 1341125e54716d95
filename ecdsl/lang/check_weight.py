"""Check weights: pure numbers, and symmetric where sets are summed.

Symmetry is looked up at one point without symmetries, by the table of builtins: two values that
differ there prove that a property does not hold.
"""

from __future__ import annotations

from itertools import combinations
from math import isclose, sqrt
from types import MappingProxyType
from typing import TYPE_CHECKING

from ecdsl.lang import ast, checked
from ecdsl.lang.check_order import of_one_particle
from ecdsl.lang.check_selection import tuple_scope
from ecdsl.lang.constants import NotConstantError, UndefinedError, evaluate
from ecdsl.lang.expressions import check_formula
from ecdsl.lang.quantities import called
from ecdsl.lang.types import unit_text

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ecdsl.lang.findings import Findings
    from ecdsl.lang.quantities import Quantity


def check_weight(correlator: checked.Correlator, findings: Findings) -> None:
    """Check the weight of a correlator whose other settings hold."""
    before = findings.errors
    scope = tuple_scope(correlator, findings)
    if correlator.nu is not None:
        scope.resolve = of_one_particle(correlator, findings)
    found = check_formula(correlator.weight, scope)
    if found.energy:
        power = unit_text(found.energy)
        power_of_q = abs(found.energy)
        scale = "Q" if power_of_q == 1 else f"Q^{power_of_q}"
        if power_of_q.denominator != 1:
            scale = f"Q^({power_of_q})"
        hint = f"{'divide' if found.energy > 0 else 'multiply'} by `{scale}`"
        findings.add(
            "E301",
            f"a weight must be a pure number, this is {power}",
            correlator.weight.span,
            label=power,
            hints=(hint,),
        )
    # The weight of `order nu` is that of one particle, and contact terms are asked of it elsewhere.
    exchanged = correlator.tuples == "sets" and correlator.nu is None
    if findings.errors == before and exchanged:
        _symmetric(correlator, findings)


def usual_weight(order: int, geometry: str = "ee") -> str:
    """Return the weight that is linear in every energy: `E1 * E2 / Q^2`, or pT for `hadron`."""
    kind, scale = ("pt", "pt_jet") if geometry == "hadron" else ("E", "Q")
    energies = " * ".join(f"{kind}{i}" for i in range(1, order + 1))
    return f"{energies} / {scale}^{order}" if order > 1 else f"{energies} / {scale}"


def _symmetric(correlator: checked.Correlator, findings: Findings) -> None:
    """Report a weight that differs, at one arbitrary point, when two particles are exchanged."""
    particles = tuple(range(1, correlator.order + 1))
    plain = weight_at(correlator, particles)
    for i, j in combinations(particles, 2):
        swapped = tuple({i: j, j: i}.get(k, k) for k in particles)
        other = weight_at(correlator, swapped)
        if plain is None or other is None:
            return
        if not isclose(plain, other, rel_tol=1e-6):
            message = (
                f"`tuples sets` needs a symmetric weight, but exchanging {i} and {j} changes it"
            )
            hint = "write `tuples distinct`, which sums over all orders of the particles"
            findings.add("E310", message, correlator.weight.span, hints=(hint,))
            return


def weight_at(
    correlator: checked.Correlator,
    labels: Sequence[int],
    factors: Mapping[int, float] = MappingProxyType({}),
) -> float | None:
    """Return the weight at a point without symmetries, None where it is undefined or unknown.

    Args:
        correlator: The weight is its.
        labels: Which particle each index stands for.
        factors: By what the energies of some particles are multiplied.
    """

    def value(node: ast.Name | ast.Call) -> float:
        if isinstance(node, ast.Name) and node.text in correlator.externals.names:
            found = correlator.externals.names[node.text]
            return found.value if isinstance(found, checked.Constant) else 1.3
        quantity = called(node) if isinstance(node, ast.Call) else correlator.meaning(node.text)
        if quantity is None or quantity.kind in {"side", "triple", "azimuth"}:
            raise NotConstantError(node.span)
        return _value(quantity, labels, factors)

    try:
        return evaluate(correlator.weight, value)
    except (NotConstantError, UndefinedError):
        return None


def _value(quantity: Quantity, labels: Sequence[int], factors: Mapping[int, float]) -> float:
    if not quantity.indices:
        return 10.0
    particles = quantity.particles
    seed = sum(sqrt(labels[index - 1] + 0.7) for index in particles)
    if len(quantity.indices) == 2 and quantity.kind != "mass":
        return seed / 20
    if quantity.energy:
        for index in particles:
            seed *= (
                sqrt(factors.get(index, 1.0)) if len(particles) == 2 else factors.get(index, 1.0)
            )
    return seed
