"""Check the statements of a shape in their order: lets, deltas, windows and axes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, assert_never

from ecdsl.diagnostics import Related, Span
from ecdsl.ir.builtins import FUNCTIONS
from ecdsl.lang import ast
from ecdsl.lang.check_values import ordered
from ecdsl.lang.constants import NotConstantError, UndefinedError, evaluate
from ecdsl.lang.expressions import (
    MAX_OPERATIONS,
    Scope,
    check_condition,
    check_expression,
    check_formula,
)
from ecdsl.lang.quantities import PER_JET, SUMS, is_taken
from ecdsl.lang.types import Type, same_degree, same_energy

if TYPE_CHECKING:
    from ecdsl.lang.findings import Findings


@dataclass
class Summary:
    """What the statements of a shape amount to.

    Attributes:
        axes: By name.
        axis_energies: The power of energy of each axis.
        fixed: Deltas and axes, each with its type.
        size: Operations, every let written out.
    """

    axes: dict[str, ast.Axis] = field(default_factory=dict)
    axis_energies: dict[str, Fraction | None] = field(default_factory=dict)
    fixed: list[tuple[ast.Axis | ast.Delta, Type]] = field(default_factory=list)
    size: int = 0


def check_statements(
    statements: Sequence[ast.ShapeStatement], scope: Scope, taken: Mapping[str, Span]
) -> Summary:
    """Check the statements of a shape or of an observable's own body.

    Args:
        statements: In their order.
        scope: What expressions can use.
        taken: Names that no let can have, and where they were declared.
    """
    before = scope.findings.errors
    summary = Summary()
    names = dict(taken)
    lets: dict[str, ast.Let] = {}
    for statement in statements:
        match statement:
            case ast.Let(name=name, value=value):
                found = check_formula(value, scope)
                summary.size += found.size
                if new_name(name, names, "let", scope.findings):
                    scope.lets[name.text] = found
                    lets[name.text] = statement
            case ast.Delta():
                _delta(statement, scope, summary)
            case ast.Window(condition=condition):
                summary.size += check_condition(condition, scope).size
            case ast.Axis():
                _axis(statement, scope, summary)
            case _:
                assert_never(statement)
        if summary.size > MAX_OPERATIONS:
            message = f"the shape has more than {MAX_OPERATIONS} operations"
            note = "every `let` counts as often as it is used"
            scope.findings.add("E106", message, statement.span, notes=(note,))
            return summary
    for text, node in lets.items():
        if text not in scope.used and scope.findings.errors == before:
            scope.findings.add("W103", f"`{text}` is not used", node.name.span)
    return summary


def new_name(word: ast.Word, seen: dict[str, Span], what: str, findings: Findings) -> bool:
    """Report a name that is taken; else take it."""
    if is_taken(word.text) or word.text in FUNCTIONS:
        message = f"`{word.text}` already has a meaning and cannot name a {what}"
        findings.add("E216", message, word.span, hints=(f"use another name, e.g. `{word.text}_0`",))
        return False
    if word.text in seen:
        first = Related(seen[word.text], "first declared here")
        findings.add("E205", f"`{word.text}` is declared twice", word.span, related=(first,))
        return False
    seen[word.text] = word.span
    return True


def _delta(node: ast.Delta, scope: Scope, summary: Summary) -> None:
    found = check_formula(node.value, scope)
    summary.size += found.size
    summary.fixed.append((node, found))
    if found.energy is not None and not found.kinds - {"column", *PER_JET, *SUMS}:
        message = "a delta must depend on the particles, this is the same for every tuple of a jet"
        hint = "use a distance such as `z12` or a side such as `z1`; cut on jets with `window`"
        scope.findings.add("E315", message, node.value.span, hints=(hint,))
    if node.within is not None:
        _within(node.value, found, node.within, scope)
    elif not node.exact:
        text = node.value.span.text
        scope.findings.add(
            "E304",
            "a bare `delta` selects a set of measure zero",
            node.span,
            label="no tuple of a finite sample lies exactly there",
            hints=(
                f"for a histogram, open it: `delta {text} within [0, 0.01]`",
                f"for the limit of a smooth density: `delta {text} exact`",
            ),
        )


def _within(value: ast.Expression, found: Type, interval: ast.Interval, scope: Scope) -> None:
    ends = [(end, check_expression(end, scope)) for end in (interval.lower, interval.upper)]
    same_energy([(value, found), *ends], scope.findings, "a delta and its interval")
    same_degree([(value, found), *ends], scope.findings, "a delta and its interval")
    if any(kind.kinds or kind.energy is None for _, kind in ends):
        return
    try:
        lower = evaluate(interval.lower, scope.externals.value)
        upper = evaluate(interval.upper, scope.externals.value)
    except UndefinedError as error:
        scope.findings.add("E313", f"the end of the interval: {error.reason}", error.span)
    except NotConstantError:
        return
    else:
        if lower == upper:
            hint = "use `exact` for the limit of a smooth density"
            message = "the interval has no width"
            scope.findings.add("E308", message, interval.span, hints=(hint,))
        else:
            ordered(interval, lower, upper, "the interval", scope.findings)


def _axis(node: ast.Axis, scope: Scope, summary: Summary) -> None:
    name = node.name.text
    if name in summary.axes:
        first = Related(summary.axes[name].span, "first declared here")
        scope.findings.add(
            "E205", f"axis `{name}` is declared twice", node.name.span, related=(first,)
        )
        return
    summary.axes[name] = node
    if node.value is None:
        return
    found = check_formula(node.value, scope)
    if found.energy is not None and not found.kinds:
        message = "an axis must depend on the jet or its particles, this is always the same"
        hint = "use a distance such as `z12`, or a property of the jet such as `pt_jet`"
        scope.findings.add("E315", message, node.value.span, hints=(hint,))
    summary.size += found.size
    summary.axis_energies[name] = found.energy
    summary.fixed.append((node, found))
