"""Check the statements of a shape: on their own, and against the correlator they are used with."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import TYPE_CHECKING, assert_never

from ecdsl.diagnostics import Related, Span
from ecdsl.ir.builtins import FUNCTIONS
from ecdsl.lang import ast, checked
from ecdsl.lang.check_correlator import place, resolver, why_not
from ecdsl.lang.check_values import ordered, parameter
from ecdsl.lang.constants import NotConstantError, UndefinedError, evaluate
from ecdsl.lang.expressions import (
    Resolve,
    Scope,
    Type,
    check_condition,
    check_expression,
    same_energy,
)
from ecdsl.lang.quantities import Quantity, named
from ecdsl.lang.suggest import quoted

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ecdsl.lang.findings import Findings

_ANGULAR = {"z", "theta", "dR", "side"}


@dataclass
class Summary:
    """What the statements of a shape amount to."""

    axes: dict[str, ast.Axis] = field(default_factory=dict)
    axis_energies: dict[str, Fraction | None] = field(default_factory=dict)
    fixed: list[tuple[ast.Axis | ast.Delta, Type]] = field(default_factory=list)


@dataclass(frozen=True)
class Parameters:
    """The parameters of a shape: the sound ones, and the names of those with an error."""

    sound: tuple[checked.Parameter, ...]
    broken: frozenset[str]


def declared_parameters(shape: ast.Shape, findings: Findings) -> Parameters:
    """Check the parameters of a shape."""
    seen: dict[str, Span] = {}
    sound: list[checked.Parameter] = []
    broken: set[str] = set()
    for node in shape.parameters:
        is_new = _new_name(node.name, seen, "parameter", findings)
        item = parameter(node, findings)
        if item is None or not is_new:
            broken.add(node.name.text)
        else:
            sound.append(item)
    return Parameters(tuple(sound), frozenset(broken))


def _scope(
    parameters: Parameters, findings: Findings, resolve: Resolve, sides: tuple[str, ...]
) -> Scope:
    by_name = {item.name: item for item in parameters.sound}
    unknown = {name: Type(None) for name in parameters.broken}
    return Scope(findings, resolve, sides, by_name, unknown)


def check_alone(shape: ast.Shape, parameters: Parameters, findings: Findings) -> None:
    """Check a shape without a correlator: any name may be a side that the correlator provides."""

    def resolve(
        _span: Span, candidate: Quantity | None, text: str, _others: Sequence[str]
    ) -> Quantity | None:
        return candidate or Quantity("side", (len(text),))

    scope = _scope(parameters, findings, resolve, ())
    summary = _statements(shape.body.statements, scope)
    for axis in summary.axes.values():
        if axis.bins is not None:
            message = f"the bins of axis `{axis.name.text}` belong to the observable"
            hint = f"write `axis {axis.name.text}: {axis.bins.span.text}` there"
            findings.add("E214", message, axis.bins.span, hints=(hint,))
    if not summary.axes:
        hint = "name what is histogrammed: `axis zeta = z12`"
        findings.add(
            "E214", f"shape `{shape.name.text}` has no axis", shape.name.span, hints=(hint,)
        )
    for item in parameters.sound:
        if item.name not in scope.used:
            span = item.declaration.name.span
            findings.add("W101", f"parameter `{item.name}` is not used", span)


def check_with(
    statements: Sequence[ast.ShapeStatement],
    parameters: Parameters,
    correlator: checked.Correlator,
    use: ast.ShapeUse | None,
    findings: Findings,
) -> Summary:
    """Check statements against the correlator whose tuples they select.

    A name that the correlator lacks is reported where a named shape is used, since neither of
    the two declarations is wrong by itself.
    """
    missing: dict[str, tuple[Span, str, tuple[str, ...]]] = {}
    collecting = _collecting(correlator, missing)
    resolve = resolver(correlator, findings) if use is None else collecting
    before = len(findings)
    summary = _statements(statements, _scope(parameters, findings, resolve, correlator.sides))
    if use is not None and missing:
        _lacks(use, correlator, missing, findings)
    elif len(findings) == before:
        _degrees_of_freedom(summary, correlator, findings, use)
    return summary


def _collecting(
    correlator: checked.Correlator, missing: dict[str, tuple[Span, str, tuple[str, ...]]]
) -> Resolve:
    """Return a function that notes the names `correlator` lacks instead of reporting them."""

    def resolve(
        span: Span, candidate: Quantity | None, text: str, others: Sequence[str]
    ) -> Quantity | None:
        problem = why_not(correlator, candidate, text, others)
        if problem is None:
            return candidate
        _, reason, hints = problem
        missing.setdefault(text, (span, reason, hints))
        return None

    return resolve


def _lacks(
    use: ast.ShapeUse,
    correlator: checked.Correlator,
    missing: dict[str, tuple[Span, str, tuple[str, ...]]],
    findings: Findings,
) -> None:
    other = correlator.declaration.name.text
    reasons = dict.fromkeys(reason for _, reason, _ in missing.values())
    hints = dict.fromkeys(hint for _, _, all_hints in missing.values() for hint in all_hints)
    used = tuple(Related(span, "used here") for span, _, _ in list(missing.values())[:1])
    findings.add(
        "E210",
        f"shape `{use.shape.text}` uses {quoted(sorted(missing), 'and')}, which correlator `{other}` "
        "does not provide",
        use.shape.span,
        notes=tuple(reason for reason in reasons if not reason.startswith("unknown")),
        hints=tuple(hints),
        related=(*used, place(correlator)),
    )


def _statements(statements: Sequence[ast.ShapeStatement], scope: Scope) -> Summary:
    summary = Summary()
    names = {item.name: item.declaration.name.span for item in scope.parameters.values()}
    lets: dict[str, ast.Let] = {}
    for statement in statements:
        match statement:
            case ast.Let(name=name, value=value):
                found = check_expression(value, scope)
                if _new_name(name, names, "let", scope.findings):
                    scope.lets[name.text] = found
                    lets[name.text] = statement
            case ast.Delta():
                summary.fixed.append((statement, _delta(statement, scope)))
            case ast.Window(condition=condition):
                check_condition(condition, scope)
            case ast.Axis():
                _axis(statement, scope, summary)
            case _:
                assert_never(statement)
    for text, node in lets.items():
        if text not in scope.used:
            scope.findings.add("W103", f"`{text}` is not used", node.name.span)
    return summary


def _new_name(word: ast.Word, seen: dict[str, Span], what: str, findings: Findings) -> bool:
    """Report a name that is taken; else take it."""
    if named(word.text) is not None or word.text in FUNCTIONS:
        message = f"`{word.text}` already has a meaning and cannot name a {what}"
        findings.add("E216", message, word.span, hints=(f"use another name, e.g. `{word.text}_0`",))
        return False
    if word.text in seen:
        first = Related(seen[word.text], "first declared here")
        findings.add("E205", f"`{word.text}` is declared twice", word.span, related=(first,))
        return False
    seen[word.text] = word.span
    return True


def _delta(node: ast.Delta, scope: Scope) -> Type:
    found = check_expression(node.value, scope)
    _depends_on_tuple(node.value, found, "a delta", scope.findings)
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
    return found


def _within(value: ast.Expression, found: Type, interval: ast.Interval, scope: Scope) -> None:
    ends = [(end, check_expression(end, scope)) for end in (interval.lower, interval.upper)]
    same_energy([(value, found), *ends], scope.findings, "a delta and its interval")
    if any(kind.kinds or kind.energy is None for _, kind in ends):
        return
    try:
        lower, upper = evaluate(interval.lower), evaluate(interval.upper)
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
    found = check_expression(node.value, scope)
    _depends_on_tuple(node.value, found, "an axis", scope.findings)
    summary.axis_energies[name] = found.energy
    summary.fixed.append((node, found))


def _depends_on_tuple(value: ast.Expression, found: Type, what: str, findings: Findings) -> None:
    if found.energy is None or found.kinds - {"Q"}:
        return
    findings.add(
        "E315",
        f"{what} must depend on the particles, this is the same for every tuple",
        value.span,
        hints=("use a distance such as `z12` or a side such as `z1`",),
    )


def _degrees_of_freedom(
    summary: Summary,
    correlator: checked.Correlator,
    findings: Findings,
    use: ast.ShapeUse | None,
) -> None:
    """Report more deltas and axes than directions can be varied: 2N - 3 of them, 1 for a pair."""
    freedom = max(2 * correlator.order - 3, 0)
    angular = [
        (node, kind) for node, kind in summary.fixed if kind.kinds and kind.kinds <= _ANGULAR
    ]
    if len(angular) <= freedom:
        return
    last = angular[-1][0]
    message = f"{len(angular)} deltas and axes fix the angles, but only {freedom} can vary"
    note = f"{correlator.order} directions form a figure of {freedom} independent distances"
    if correlator.order == 2:
        note = "two directions have one distance"
    if correlator.order == 1:
        note = "one particle has no distances"
    span = last.span if use is None else use.span
    related = (
        (place(correlator),)
        if use is None
        else (Related(last.span, "the last of them"), place(correlator))
    )
    findings.add("E305", message, span, notes=(note,), related=related)
