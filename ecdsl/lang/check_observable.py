"""Check observables: a correlator seen through a named shape, or through one of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecdsl.diagnostics import Related
from ecdsl.diagnostics.suggest import did_you_mean, quoted
from ecdsl.lang import ast, checked
from ecdsl.lang.check_bins import bins, cells
from ecdsl.lang.check_shape import CheckedShape, check_body, check_use
from ecdsl.lang.check_values import arguments

if TYPE_CHECKING:
    from ecdsl.lang.check_statements import Summary
    from ecdsl.lang.externals import Externals
    from ecdsl.lang.findings import Findings


def check_named(
    node: ast.Observable,
    shape: CheckedShape,
    correlator: checked.Correlator | None,
    externals: Externals,
    findings: Findings,
) -> checked.Observable | None:
    """Check an observable of a named shape; None after reporting what is wrong."""
    if node.use is None:
        return None
    before = findings.errors
    named = shape.declaration
    values = arguments(node.use, named, shape.parameters, externals, findings)
    if correlator is None:
        return None
    summary = check_use(shape, node.use, correlator, findings)
    found = _given_bins(node, named, summary, externals, findings)
    if values is None or not shape.is_sound or findings.errors > before:
        return None
    ordered = {name: found[name] for name in summary.axes}
    statements = named.body.statements
    return checked.Observable(
        node, correlator, shape.externals, values, statements, ordered, summary.axis_energies
    )


def check_anonymous(
    node: ast.Observable, correlator: checked.Correlator, externals: Externals, findings: Findings
) -> checked.Observable | None:
    """Check an observable whose shape is written out; None after reporting what is wrong."""
    before = findings.errors
    summary = check_body(node.body, correlator, externals, findings)
    if not summary.axes:
        message = f"observable `{node.name.text}` has no axis"
        hint = "add one: `axis zeta = z12: 50 log bins in [1e-4, 1]`"
        findings.add("E214", message, node.name.span, hints=(hint,))
    found: dict[str, checked.Bins] = {}
    for name, axis in summary.axes.items():
        if axis.value is None:
            message = f"axis `{name}` has no expression"
            hint = f"write `axis {name} = z12: ...`"
            findings.add("E214", message, axis.name.span, hints=(hint,))
        _bins(axis, summary, found, externals, findings)
    cells(list(found.values()), node.name.span, findings)
    if findings.errors > before:
        return None
    statements = node.body.statements
    return checked.Observable(
        node, correlator, externals, (), statements, found, summary.axis_energies
    )


def _given_bins(
    node: ast.Observable,
    shape: ast.Shape,
    summary: Summary,
    externals: Externals,
    findings: Findings,
) -> dict[str, checked.Bins]:
    """Match the bins of an observable with the axes of its shape."""
    found: dict[str, checked.Bins] = {}
    given: dict[str, ast.Axis] = {}
    for statement in node.body.statements:
        if not isinstance(statement, ast.Axis) or statement.value is not None:
            message = f"only the bins of the axes of `{shape.name.text}` can be given here"
            hint = "put the rest into the shape, or write the shape out: `correlator | { ... }`"
            findings.add("E209", message, statement.span, hints=(hint,))
        elif statement.name.text in given:
            first = Related(given[statement.name.text].span, "first given here")
            message = f"axis `{statement.name.text}` is given bins twice"
            findings.add("E205", message, statement.name.span, related=(first,))
        else:
            given[statement.name.text] = statement
            if _has_axis(statement, shape, summary, findings):
                _bins(statement, summary, found, externals, findings)
    for name, axis in summary.axes.items():
        if name not in given:
            where = Related(axis.span, "declared here")
            message = f"axis `{name}` of shape `{shape.name.text}` has no bins"
            hint = f"add `axis {name}: 50 log bins in [1e-3, 0.5]`"
            findings.add("E214", message, node.name.span, hints=(hint,), related=(where,))
    cells(list(found.values()), node.name.span, findings)
    return found


def _has_axis(axis: ast.Axis, shape: ast.Shape, summary: Summary, findings: Findings) -> bool:
    name = axis.name.text
    if name in summary.axes:
        return True
    hints = did_you_mean(name, summary.axes, otherwise=f"it has {quoted(summary.axes, 'and')}")
    message = f"shape `{shape.name.text}` has no axis `{name}`"
    findings.add("E214", message, axis.name.span, hints=hints)
    return False


def _bins(
    axis: ast.Axis,
    summary: Summary,
    found: dict[str, checked.Bins],
    externals: Externals,
    findings: Findings,
) -> None:
    name = axis.name.text
    if axis.bins is None:
        message = f"axis `{name}` has no bins"
        hint = f"write `{axis.span.text}: 50 log bins in [1e-3, 0.5]`"
        findings.add("E214", message, axis.name.span, hints=(hint,))
        return
    result = bins(axis.bins, summary.axis_energies.get(name), externals, findings)
    if result is not None:
        found[name] = result
