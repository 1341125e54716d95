"""Lower a checked observable to the IR: names become nodes, lets are written out.

Nothing is reported here: whatever is wrong with a program was found by the checks.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, assert_never

from ecdsl.diagnostics import InternalError
from ecdsl.ir import nodes as ir
from ecdsl.lang import ast, checked
from ecdsl.lang.lower_conditions import condition, conjuncts
from ecdsl.lang.lower_expressions import Scope, distance, expression
from ecdsl.lang.places import Places
from ecdsl.lang.quantities import named_of_one

if TYPE_CHECKING:
    from ecdsl.diagnostics import Span
    from ecdsl.lang.externals import Externals


def lower(observable: checked.Observable) -> tuple[ir.Observable, Places]:
    """Return the IR of an observable, and where each part of it was written."""
    scope = _tuple_scope(
        observable.correlator, observable.externals, [item.name for item in observable.parameters]
    )
    parts = _Parts()
    for statement in observable.statements:
        match statement:
            case ast.Let(name=name, value=value):
                scope.lets[name.text] = expression(value, scope)
            case ast.Delta():
                parts.deltas.append((statement.span, _delta(statement, scope)))
            case ast.Window(condition=shown):
                parts.windows.extend(conjuncts(shown, scope))
            case ast.Axis(name=name, value=value):
                if value is None:
                    raise InternalError(f"axis {name.text} of {observable.declaration.name.text}")
                bins = observable.bins[name.text]
                axis = ir.Axis(name=name.text, expr=expression(value, scope), bins=_bins(bins))
                parts.axes.append((value.span, axis))
                parts.bins.append(bins.declaration.span)
            case _:
                assert_never(statement)
    correlator, windows = _correlator(observable.correlator)
    lowered = ir.Observable(
        name=observable.declaration.name.text,
        correlator=correlator,
        parameters=tuple(_parameter(item) for item in observable.parameters),
        deltas=tuple(item for _, item in parts.deltas),
        windows=tuple(item for _, item in parts.windows),
        axes=tuple(item for _, item in parts.axes),
    )
    return lowered, _places(observable, parts, windows)


@dataclass
class _Parts:
    """The parts of an observable as they are lowered, each with its place."""

    deltas: list[tuple[Span, ir.Delta]] = field(default_factory=list)
    windows: list[tuple[Span, ir.Condition]] = field(default_factory=list)
    axes: list[tuple[Span, ir.Axis]] = field(default_factory=list)
    bins: list[Span] = field(default_factory=list)


def _places(observable: checked.Observable, parts: _Parts, windows: tuple[Span, ...]) -> Places:
    correlator = observable.correlator
    measure = correlator.user_measure
    return Places(
        weight=correlator.weight.span,
        windows=tuple(span for span, _ in parts.windows),
        deltas=tuple(span for span, _ in parts.deltas),
        axes=tuple(span for span, _ in parts.axes),
        axis_bins=tuple(parts.bins),
        parameters=tuple(item.declaration.span for item in observable.parameters),
        correlator_windows=windows,
        where=correlator.where.span if correlator.where is not None else None,
        distance=measure.declaration.value.span if measure is not None else None,
    )


def _tuple_scope(
    correlator: checked.Correlator, externals: Externals, parameters: list[str]
) -> Scope:
    measure = correlator.user_measure
    return Scope(
        externals=externals,
        meaning=correlator.meaning,
        parameters=parameters,
        measure=measure,
        geometry=correlator.geometry,
    )


def _correlator(correlator: checked.Correlator) -> tuple[ir.Correlator, tuple[Span, ...]]:
    """Return the IR of a correlator, and the places of its windows."""
    scope = _tuple_scope(correlator, correlator.externals, [])
    of_one = replace(scope, meaning=named_of_one)
    windows = [part for item in correlator.windows for part in conjuncts(item, scope)]
    measure = correlator.user_measure
    lowered = ir.Correlator(
        order=correlator.order,
        constituents=_constituents(correlator.constituents),
        group=correlator.group,
        where=condition(correlator.where, of_one) if correlator.where is not None else None,
        hardest=correlator.hardest,
        measure=correlator.geometry,
        distance=distance(measure, 2) if measure is not None else None,
        weight=expression(correlator.weight, scope),
        tuples=correlator.tuples,
        windows=tuple(item for _, item in windows),
        ranked=correlator.ranked,
        nu=correlator.nu,
        resolution=correlator.resolution,
    )
    return lowered, tuple(span for span, _ in windows)


def _constituents(source: checked.Constituents) -> ir.Constituents:
    if source.are_clustered:
        return ir.Subjets(algorithm=source.algorithm, radius=source.radius)
    return ir.Particles(charged=source.kind == "charged")


def _parameter(item: checked.Parameter) -> ir.ParameterSpec:
    if item.value is None:
        raise InternalError(f"parameter {item.name} has no value")
    return ir.ParameterSpec(
        name=item.name,
        lower=item.lower,
        upper=item.upper,
        lower_open=item.lower_open,
        upper_open=item.upper_open,
        value=item.value,
    )


def _bins(item: checked.Bins) -> ir.Bins:
    return ir.Bins(
        n=item.n,
        lower=item.lower,
        upper=item.upper,
        spacing=item.spacing,
        threshold=item.threshold,
        edges=item.edges,
    )


def _delta(node: ast.Delta, scope: Scope) -> ir.Delta:
    value = expression(node.value, scope)
    if node.within is None:
        return ir.Delta(expr=value, exact=True)
    lower, upper = expression(node.within.lower, scope), expression(node.within.upper, scope)
    return ir.Delta(expr=value, lower=lower, upper=upper)
