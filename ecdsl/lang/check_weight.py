"""Check weights: pure numbers, symmetric where sets are summed, and safe in the two QCD limits.

Symmetry and safety are looked up at one point without symmetries, by the table of builtins: two
values that differ there prove that a property does not hold.
"""

from __future__ import annotations

from itertools import combinations
from math import isclose, sqrt
from types import MappingProxyType
from typing import TYPE_CHECKING

from ecdsl.lang import ast, checked
from ecdsl.lang.constants import NotConstantError, UndefinedError, evaluate
from ecdsl.lang.expressions import Scope, check_formula, unit_text
from ecdsl.lang.quantities import PAIRS, Quantity, named
from ecdsl.lang.suggest import quoted

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ecdsl.lang.findings import Findings

_SOFT = 1e-9


def check_weight(correlator: checked.Correlator, scope: Scope) -> None:
    """Check the weight of a correlator whose other settings hold."""
    findings = scope.findings
    before = findings.errors
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
    if findings.errors > before:
        return
    try:
        _safe(correlator, findings)
        if correlator.tuples == "sets":
            _symmetric(correlator, findings)
    except (NotConstantError, UndefinedError):
        return  # the arbitrary point is outside the weight's domain: nothing is known


def _safe(correlator: checked.Correlator, findings: Findings) -> None:
    """Warn of a weight that is not linear in the energy of each particle.

    Linear weights are blind to the splitting of a particle into collinear ones, since
    E = x E + (1 - x) E, and to soft particles. References: Basham et al., Phys. Rev. Lett. 41
    (1978) 1585; arXiv:1905.01310.
    """
    particles = tuple(range(1, correlator.order + 1))
    plain = _weight_at(correlator, particles)
    soft: list[str] = []
    bent: list[str] = []
    for i in particles:
        vanishing = _weight_at(correlator, particles, {i: _SOFT})
        half = _weight_at(correlator, particles, {i: 0.5})
        if abs(vanishing) > 1e-3 * abs(plain):
            soft.append(f"E{i}")
        elif not isclose(half, plain / 2, rel_tol=1e-9, abs_tol=1e-300):
            bent.append(f"E{i}")
    if not soft and not bent:
        return
    notes: list[str] = []
    if soft:
        notes.append(
            f"infrared: it does not vanish with {quoted(soft, 'and')}, soft particles count"
        )
    if bent:
        notes.append(
            f"collinear: it is not linear in {quoted(bent, 'and')}, so that a particle and the two "
            "it splits into count differently"
        )
    hint = f"the safe weight is `{usual_weight(correlator.order)}`"
    message = "the weight is not infrared and collinear safe"
    findings.add("W301", message, correlator.weight.span, notes=tuple(notes), hints=(hint,))


def usual_weight(order: int) -> str:
    """Return the weight that is linear in every energy: `E1 * E2 / Q^2`."""
    energies = " * ".join(f"E{i}" for i in range(1, order + 1))
    return f"{energies} / Q^{order}" if order > 1 else f"{energies} / Q"


def _symmetric(correlator: checked.Correlator, findings: Findings) -> None:
    """Report a weight that differs, at one arbitrary point, when two particles are exchanged."""
    particles = tuple(range(1, correlator.order + 1))
    for i, j in combinations(particles, 2):
        swapped = tuple({i: j, j: i}.get(k, k) for k in particles)
        plain = _weight_at(correlator, particles)
        other = _weight_at(correlator, swapped)
        if not isclose(plain, other, rel_tol=1e-6):
            message = (
                f"`tuples sets` needs a symmetric weight, but exchanging {i} and {j} changes it"
            )
            hint = "write `tuples distinct`, which sums over all orders of the particles"
            findings.add("E310", message, correlator.weight.span, hints=(hint,))
            return


def _weight_at(
    correlator: checked.Correlator,
    labels: Sequence[int],
    factors: Mapping[int, float] = MappingProxyType({}),
) -> float:
    """The weight at a point without symmetries.

    Args:
        correlator: The weight is its.
        labels: Which particle each index stands for.
        factors: By what the energies of some particles are multiplied.
    """

    def value(node: ast.Name | ast.Call) -> float:
        if isinstance(node, ast.Call):
            indices = tuple(
                int(item.value) for item in node.arguments if isinstance(item, ast.Number)
            )
            quantity: Quantity | None = Quantity("z", indices)
        else:
            quantity = named(node.text, correlator.sides)
        if quantity is None or quantity.kind == "side":
            raise NotConstantError(node.span)
        if quantity.kind == "Q":
            return 10.0
        seed = sum(sqrt(labels[index - 1] + 0.7) for index in quantity.indices)
        if quantity.kind in PAIRS:
            return seed / 20
        return seed * factors.get(quantity.indices[0], 1.0)

    return evaluate(correlator.weight, value)
