"""Check shapes: on their own, and against the correlator they are used with."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, TypeAlias

from ecdsl.diagnostics import Related, Span
from ecdsl.diagnostics.suggest import quoted
from ecdsl.lang import ast, checked
from ecdsl.lang.check_statements import Summary, check_statements, new_name
from ecdsl.lang.check_values import parameter
from ecdsl.lang.expressions import Resolve, Scope
from ecdsl.lang.provides import place, resolver, why_not
from ecdsl.lang.quantities import Quantity
from ecdsl.lang.types import Type

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ecdsl.lang.externals import Externals
    from ecdsl.lang.findings import Findings

# Why each name that a correlator lacks is missing: where it is used, the reason, and hints.
Missing: TypeAlias = dict[str, tuple[Span, str, tuple[str, ...]]]

# Quantities that no rotation of the tuple changes.
_INTERNAL = {"z", "theta", "dR", "side", "azimuth", "triple"}


@dataclass(frozen=True)
class CheckedShape:
    """A shape that was checked by itself.

    Attributes:
        declaration: The shape.
        externals: What its module knows.
        parameters: Those without an error.
        broken: The names of the others.
        summary: Of its statements.
        is_sound: Whether nothing is wrong with it.
    """

    declaration: ast.Shape
    externals: Externals
    parameters: tuple[checked.Parameter, ...]
    broken: frozenset[str]
    summary: Summary
    is_sound: bool


def check_shape(shape: ast.Shape, externals: Externals, findings: Findings) -> CheckedShape:
    """Check a shape without a correlator: any name may be a side that the correlator provides."""

    def resolve(
        _span: Span, candidate: Quantity | None, text: str, _others: Sequence[str]
    ) -> Quantity | None:
        return candidate or Quantity("side", (len(text),))

    before = findings.errors
    parameters, broken = _parameters(shape, externals, findings)
    scope = _scope(parameters, broken, Scope(findings, resolve, externals))
    summary = check_statements(shape.body.statements, scope, _declared(shape, externals))
    _axes(shape, summary, findings)
    for item in parameters:
        if item.name not in scope.used and findings.errors == before:
            span = item.declaration.name.span
            findings.add("W101", f"parameter `{item.name}` is not used", span)
    return CheckedShape(shape, externals, parameters, broken, summary, findings.errors == before)


def _parameters(
    shape: ast.Shape, externals: Externals, findings: Findings
) -> tuple[tuple[checked.Parameter, ...], frozenset[str]]:
    """Return the sound parameters and the names of the others."""
    seen = externals.taken()
    sound: list[checked.Parameter] = []
    broken: set[str] = set()
    for node in shape.parameters:
        is_new = new_name(node.name, seen, "parameter", findings)
        item = parameter(node, externals, findings)
        if item is None or not is_new:
            broken.add(node.name.text)
        else:
            sound.append(item)
    return tuple(sound), frozenset(broken)


def _scope(
    parameters: tuple[checked.Parameter, ...], broken: frozenset[str], scope: Scope
) -> Scope:
    by_name = {item.name: item for item in parameters}
    return replace(scope, parameters=by_name, lets={name: Type(None) for name in broken})


def _declared(shape: ast.Shape, externals: Externals) -> dict[str, Span]:
    return externals.taken() | {item.name.text: item.name.span for item in shape.parameters}


def _axes(shape: ast.Shape, summary: Summary, findings: Findings) -> None:
    for name, axis in summary.axes.items():
        if axis.bins is not None:
            message = f"the bins of axis `{name}` belong to the observable"
            hint = f"write `axis {name}: {axis.bins.span.text}` there"
            findings.add("E214", message, axis.bins.span, hints=(hint,))
        if axis.value is None:
            message = f"axis `{name}` has no expression"
            findings.add("E214", message, axis.name.span, hints=(f"write `axis {name} = z12`",))
    if not summary.axes:
        message = f"shape `{shape.name.text}` has no axis"
        hint = "name what is histogrammed: `axis zeta = z12`"
        findings.add("E214", message, shape.name.span, hints=(hint,))


def check_use(
    shape: CheckedShape, use: ast.ShapeUse, correlator: checked.Correlator, findings: Findings
) -> Summary:
    """Check a named shape against the correlator whose tuples it selects.

    A name that the correlator lacks is reported where the shape is used, since neither of the two
    declarations is wrong by itself. A shape with an error is not looked at again.
    """
    if not shape.is_sound:
        return shape.summary
    missing: Missing = {}
    before = findings.errors
    bare = Scope(
        findings,
        _collecting(correlator, missing),
        shape.externals,
        meaning=correlator.meaning,
        distance=correlator.distance,
    )
    scope = _scope(shape.parameters, shape.broken, bare)
    statements = shape.declaration.body.statements
    summary = check_statements(statements, scope, _declared(shape.declaration, shape.externals))
    if missing:
        _lacks(use, correlator, missing, findings)
    elif findings.errors == before:
        _degrees_of_freedom(summary, correlator, findings, use)
    return summary


def check_body(
    body: ast.Body, correlator: checked.Correlator, externals: Externals, findings: Findings
) -> Summary:
    """Check a shape that is written out in an observable."""
    before = findings.errors
    scope = Scope(
        findings,
        resolver(correlator, findings),
        externals,
        meaning=correlator.meaning,
        distance=correlator.distance,
    )
    sides = next((s for s in correlator.declaration.statements if isinstance(s, ast.Sides)), None)
    taken = {word.text: word.span for word in sides.names} if sides is not None else {}
    summary = check_statements(body.statements, scope, externals.taken() | taken)
    if findings.errors == before:
        _degrees_of_freedom(summary, correlator, findings, None)
    return summary


def _collecting(correlator: checked.Correlator, missing: Missing) -> Resolve:
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
    missing: Missing,
    findings: Findings,
) -> None:
    other = correlator.declaration.name.text
    reasons = dict.fromkeys(reason for _, reason, _ in missing.values())
    hints = dict.fromkeys(hint for _, _, all_hints in missing.values() for hint in all_hints)
    used = tuple(Related(span, "used here") for span, _, _ in list(missing.values())[:1])
    names = quoted(sorted(missing), "and")
    findings.add(
        "E210",
        f"shape `{use.shape.text}` uses {names}, which correlator `{other}` does not provide",
        use.shape.span,
        notes=tuple(reason for reason in reasons if not reason.startswith("unknown")),
        hints=tuple(hints),
        related=(*used, place(correlator)),
    )


def _degrees_of_freedom(
    summary: Summary,
    correlator: checked.Correlator,
    findings: Findings,
    use: ast.ShapeUse | None,
) -> None:
    """Report more deltas and axes than directions can be varied: 2N - 3 of them, 1 for a pair."""
    freedom = max(2 * correlator.order - 3, 0)
    internal = _INTERNAL
    if correlator.user_measure is not None:
        # Such a distance is a number of its own, which rotations may change.
        freedom = min(correlator.order * (correlator.order - 1) // 2, 2 * correlator.order)
        internal = {"z", "side"}
    angular = [
        (node, kind) for node, kind in summary.fixed if kind.kinds and kind.kinds <= internal
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
    if correlator.nu is not None:
        note = "`order nu` knows one distance of a set of particles, and an axis takes it"
    span = last.span if use is None else use.span
    related = (
        (place(correlator),)
        if use is None
        else (Related(last.span, "the last of them"), place(correlator))
    )
    findings.add("E305", message, span, notes=(note,), related=related)
