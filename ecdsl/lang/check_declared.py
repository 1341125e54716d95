"""Check columns, constants and users' measures."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from ecdsl.diagnostics import Related, Span
from ecdsl.diagnostics.suggest import quoted
from ecdsl.ir.builtins import FUNCTIONS
from ecdsl.lang import ast, checked
from ecdsl.lang.check_values import constant, constant_type
from ecdsl.lang.constants import MAX_EXPONENT, unit_in_gev
from ecdsl.lang.expressions import Resolve, Scope, check_formula
from ecdsl.lang.externals import Externals
from ecdsl.lang.quantities import PRIMITIVES, SINGLES, Quantity, is_taken
from ecdsl.lang.types import pure_number, unit_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ecdsl.lang.findings import Findings

_OF_RAPIDITY = {"deta", "dphi", "dR"}


def check_column(node: ast.Column, findings: Findings) -> checked.Column | None:
    """Return a column with its unit, or None after reporting what is wrong."""
    if not _free(node.name, "column", findings):
        return None
    if node.unit is None:
        return checked.Column(node, 0, 1.0)
    power = node.unit.power
    if power is not None and (power.value != int(power.value) or power.value > MAX_EXPONENT):
        message = "the power of a unit is a small whole number"
        findings.add("E228", message, power.span, hints=("write `in GeV` or `in GeV^2`",))
        return None
    energy = 1 if power is None else int(power.value)
    return checked.Column(node, energy, unit_in_gev(node.unit.text) ** energy)


def check_constant(
    node: ast.Constant, externals: Externals, findings: Findings
) -> checked.Constant | None:
    """Return a constant with its value, or None after reporting what is wrong."""
    if not _free(node.name, "constant", findings):
        return None
    what = f"the value of `{node.name.text}`"
    found = constant_type(node.value, externals, findings, what)
    if found is None or found.energy is None:
        return None
    if found.energy.denominator != 1:
        message = f"a constant has a whole power of GeV, this is {unit_text(found.energy)}"
        hint = "name its square, and take the root where it is used"
        findings.add("E228", message, node.value.span, hints=(hint,))
        return None
    value = constant(node.value, found.energy, externals, findings, what)
    return None if value is None else checked.Constant(node, value, int(found.energy))


def check_user_measure(
    node: ast.UserMeasure, externals: Externals, findings: Findings
) -> checked.UserMeasure | None:
    """Return a measure with the geometry it belongs to, or None after reporting what is wrong."""
    before = findings.errors
    if node.name.text in {"ee", "hadron"}:
        message = f"`{node.name.text}` is a measure of the language and cannot be declared"
        findings.add("E216", message, node.name.span, hints=("use another name",))
    first, second = node.points
    if first.text == second.text:
        related = (Related(first.span, "first named here"),)
        message = f"point `{second.text}` is named twice"
        findings.add("E205", message, second.span, related=related)
        return None
    scope = Scope(
        findings,
        _resolver(node, findings),
        externals,
        meaning=lambda _: None,
        points=(first.text, second.text),
    )
    found = check_formula(node.value, scope)
    if findings.errors > before or not pure_number(node.value, found, findings, "a distance"):
        return None
    if not found.kinds - {"column"}:
        message = "a distance must depend on its two points, this is the same for all"
        hint = f"use `cos({first.text}, {second.text})`, or another of {quoted(PRIMITIVES)}"
        findings.add("E315", message, node.value.span, hints=(hint,))
        return None
    geometry: Literal["ee", "hadron"] = "hadron" if found.kinds & _OF_RAPIDITY else "ee"
    return checked.UserMeasure(node, externals, found, geometry)


def _resolver(node: ast.UserMeasure, findings: Findings) -> Resolve:
    first, second = (point.text for point in node.points)

    def resolve(
        span: Span, candidate: Quantity | None, text: str, _others: Sequence[str]
    ) -> Quantity | None:
        if candidate is not None and len(set(candidate.indices)) == 2:
            return candidate
        example = f"`cos({first}, {second})`"
        if candidate is not None:
            message = f"`{text}` is that of a point with itself"
        elif text in {first, second}:
            message = f"a measure is made of what lies between its points, not of `{text}` alone"
        else:
            message = f"a measure knows its two points alone, not `{text}`"
        findings.add("E227", message, span, hints=(f"write {example}",))
        return None

    return resolve


def _free(word: ast.Word, what: str, findings: Findings) -> bool:
    """Report a name that has a meaning in expressions already."""
    if not (is_taken(word.text) or word.text in FUNCTIONS or word.text in SINGLES):
        return True
    message = f"`{word.text}` already has a meaning and cannot name a {what}"
    findings.add("E216", message, word.span, hints=(f"use another name, e.g. `{word.text}_0`",))
    return False
