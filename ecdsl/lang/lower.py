"""Lower a checked observable to the IR: names become nodes, lets are written out.

Nothing is reported here: whatever is wrong with a program was found by the checks.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, assert_never

from ecdsl.diagnostics import InternalError
from ecdsl.ir import nodes as ir
from ecdsl.ir.builtins import FUNCTIONS
from ecdsl.lang import ast, checked
from ecdsl.lang.constants import in_gev
from ecdsl.lang.places import Places
from ecdsl.lang.quantities import Quantity, named

if TYPE_CHECKING:
    from ecdsl.diagnostics import Span


def lower(observable: checked.Observable) -> tuple[ir.Observable, Places]:
    """Return the IR of an observable, and where each part of it was written."""
    scope = _Scope(observable.correlator, [item.name for item in observable.parameters])
    parts = _Parts()
    for statement in observable.statements:
        match statement:
            case ast.Let(name=name, value=value):
                scope.lets[name.text] = _expression(value, scope)
            case ast.Delta():
                parts.deltas.append((statement.span, _delta(statement, scope)))
            case ast.Window(condition=condition):
                parts.windows.extend(_conjuncts(condition, scope))
            case ast.Axis(name=name, value=value):
                if value is None:
                    raise InternalError(f"axis {name.text} of {observable.declaration.name.text}")
                bins = observable.bins[name.text]
                axis = ir.Axis(name=name.text, expr=_expression(value, scope), bins=_bins(bins))
                parts.axes.append((value.span, axis))
                parts.bins.append(bins.declaration.span)
            case _:
                assert_never(statement)
    lowered = ir.Observable(
        name=observable.declaration.name.text,
        correlator=_correlator(observable.correlator),
        parameters=tuple(_parameter(item) for item in observable.parameters),
        deltas=tuple(item for _, item in parts.deltas),
        windows=tuple(item for _, item in parts.windows),
        axes=tuple(item for _, item in parts.axes),
    )
    return lowered, _places(observable, parts)


@dataclass
class _Parts:
    """The parts of an observable as they are lowered, each with its place."""

    deltas: list[tuple[Span, ir.Delta]] = field(default_factory=list)
    windows: list[tuple[Span, ir.Condition]] = field(default_factory=list)
    axes: list[tuple[Span, ir.Axis]] = field(default_factory=list)
    bins: list[Span] = field(default_factory=list)


def _places(observable: checked.Observable, parts: _Parts) -> Places:
    return Places(
        weight=observable.correlator.weight.span,
        windows=tuple(span for span, _ in parts.windows),
        deltas=tuple(span for span, _ in parts.deltas),
        axes=tuple(span for span, _ in parts.axes),
        axis_bins=tuple(parts.bins),
    )


class _Scope:
    """What names stand for while an observable is lowered."""

    def __init__(self, correlator: checked.Correlator, parameters: list[str]) -> None:
        self.sides = correlator.sides
        self.parameters = parameters
        self.lets: dict[str, ir.Expr] = {}


def _correlator(correlator: checked.Correlator) -> ir.Correlator:
    source = correlator.constituents
    constituents: ir.Constituents
    if source.kind == "subjets":
        constituents = ir.Subjets(algorithm=source.algorithm, radius=source.radius)
    else:
        constituents = ir.Particles(charged=source.kind == "charged")
    return ir.Correlator(
        order=correlator.order,
        constituents=constituents,
        measure=correlator.measure,
        weight=_expression(correlator.weight, _Scope(correlator, [])),
        tuples=correlator.tuples,
    )


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
    return ir.Bins(n=item.n, lower=item.lower, upper=item.upper, spacing=item.spacing)


def _delta(node: ast.Delta, scope: _Scope) -> ir.Delta:
    value = _expression(node.value, scope)
    if node.within is None:
        return ir.Delta(expr=value, exact=True)
    lower, upper = _expression(node.within.lower, scope), _expression(node.within.upper, scope)
    return ir.Delta(expr=value, lower=lower, upper=upper)


# --- conditions ----------------------------------------------------------------------------------


def _conjuncts(condition: ast.Condition, scope: _Scope) -> list[tuple[Span, ir.Condition]]:
    """A window on `a and b` is a window on `a` and one on `b`: both are products of steps."""
    match condition:
        case ast.And(operands=operands):
            return [part for item in operands for part in _conjuncts(item, scope)]
        case ast.Comparison():
            return _steps(condition, scope)
        case _:
            return [(condition.span, _condition(condition, scope))]


def _condition(condition: ast.Condition, scope: _Scope) -> ir.Condition:
    match condition:
        case ast.Comparison():
            steps = tuple(step for _, step in _steps(condition, scope))
            return steps[0] if len(steps) == 1 else ir.Logic(op="and", args=steps)
        case ast.Not(operand=operand):
            return ir.Logic(op="not", args=(_condition(operand, scope),))
        case ast.And(operands=operands):
            return ir.Logic(op="and", args=tuple(_condition(item, scope) for item in operands))
        case ast.Or(operands=operands):
            return ir.Logic(op="or", args=tuple(_condition(item, scope) for item in operands))
    assert_never(condition)


def _steps(node: ast.Comparison, scope: _Scope) -> list[tuple[Span, ir.Condition]]:
    """`a < b < c` compares neighbours."""
    steps: list[tuple[Span, ir.Condition]] = []
    before, left = node.first, _expression(node.first, scope)
    for operator, item in node.rest:
        right = _expression(item, scope)
        span = before.span.to(item.span)
        match operator:
            case "<" | "<=":
                steps.append((span, ir.Compare(op=operator, lhs=left, rhs=right)))
            case ">":
                steps.append((span, ir.Compare(op="<", lhs=right, rhs=left)))
            case ">=":
                steps.append((span, ir.Compare(op="<=", lhs=right, rhs=left)))
        before, left = item, right
    return steps


# --- expressions ---------------------------------------------------------------------------------


def _expression(node: ast.Expression, scope: _Scope) -> ir.Expr:
    match node:
        case ast.Number(unit=unit):
            return ir.Number(value=in_gev(node), energy=0 if unit is None else 1)
        case ast.Name(text=text):
            return _name(text, scope)
        case ast.Call(function=function, arguments=arguments):
            if function.text not in FUNCTIONS:
                indices = (item.value for item in arguments if isinstance(item, ast.Number))
                return _quantity(Quantity(function.text, tuple(int(i) for i in indices)))  # type: ignore[arg-type]  # a kind of pair
            return _apply(function.text, *(_expression(item, scope) for item in arguments))
        case ast.Minus(operand=operand):
            return _apply("neg", _expression(operand, scope))
        case ast.Sum(terms=terms):
            return _sum([(op, _expression(item, scope)) for op, item in terms])
        case ast.Product(factors=factors):
            return _product([(op, _expression(item, scope)) for op, item in factors])
        case ast.Power(base=base, exponent=exponent):
            return _apply("pow", _expression(base, scope), _expression(exponent, scope))
    assert_never(node)


def _apply(fn: str, *args: ir.Expr) -> ir.Expr:
    return ir.Apply(fn=fn, args=args)


def _sum(terms: list[tuple[str, ir.Expr]]) -> ir.Expr:
    """A flat sum, however long; a difference of two stays a difference."""
    if len(terms) == 2 and terms[1][0] == "-":
        return _apply("sub", terms[0][1], terms[1][1])
    return _apply("add", *(item if op == "+" else _apply("neg", item) for op, item in terms))


def _product(factors: list[tuple[str, ir.Expr]]) -> ir.Expr:
    """All factors over all divisors: `a / b * c` is `(a * c) / b`."""
    above = [item for op, item in factors if op == "*"]
    below = [item for op, item in factors if op == "/"]
    numerator = above[0] if len(above) == 1 else _apply("mul", *above)
    if not below:
        return numerator
    return _apply("div", numerator, below[0] if len(below) == 1 else _apply("mul", *below))


def _name(text: str, scope: _Scope) -> ir.Expr:
    if text in scope.lets:
        return scope.lets[text]
    if text in scope.parameters:
        return ir.Parameter(index=scope.parameters.index(text))
    quantity = named(text, scope.sides)
    if quantity is None:
        raise InternalError(f"the name {text!r} was not resolved by the checks")
    return _quantity(quantity)


def _quantity(quantity: Quantity) -> ir.Expr:
    indices = quantity.indices
    match quantity.kind:
        case "E":
            return ir.Energy(i=indices[0])
        case "pt":
            return ir.Pt(i=indices[0])
        case "Q":
            return ir.Scale()
        case "side":
            return ir.Side(k=indices[0])
    pair = ir.Pair(i=min(indices), j=max(indices))
    match quantity.kind:
        case "z":
            return pair
        case "dR":
            return _apply("sqrt", pair)
        case "theta":
            return _apply("mul", ir.Number(value=2.0), _apply("asin", _apply("sqrt", pair)))
    assert_never(quantity.kind)
