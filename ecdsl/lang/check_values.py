"""Values fixed at compile time: parameters, arguments and ranges."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from ecdsl.diagnostics import Related
from ecdsl.diagnostics.suggest import did_you_mean, quoted
from ecdsl.lang import ast, checked
from ecdsl.lang.constants import NotConstantError, UndefinedError, evaluate
from ecdsl.lang.expressions import Scope, check_expression
from ecdsl.lang.types import Type, in_unit, unit_hint

if TYPE_CHECKING:
    from collections.abc import Sequence
    from fractions import Fraction

    from ecdsl.diagnostics import Span
    from ecdsl.lang.externals import Externals
    from ecdsl.lang.findings import Findings
    from ecdsl.lang.quantities import Quantity


def constant(
    expression: ast.Expression,
    energy: Fraction | None,
    externals: Externals,
    findings: Findings,
    what: str,
) -> float | None:
    """Return the value of a constant expression of dimension `energy`, or None after reporting."""
    found = constant_type(expression, externals, findings, what)
    if found is None or found.energy is None:
        return None
    if energy is not None and found.energy != energy:
        message = f"{what} must be {in_unit(energy)}, this is {in_unit(found.energy)}"
        hints = unit_hint(expression, found.energy, energy)
        label = in_unit(found.energy)
        findings.add("E302", message, expression.span, label=label, hints=hints)
        return None
    try:
        return evaluate(expression, externals.value)
    except UndefinedError as error:
        findings.add("E313", f"{what} has no value: {error.reason}", error.span)
    except NotConstantError as error:
        _not_constant(error.span, error.span.text, findings, what)
    return None


def constant_type(
    expression: ast.Expression, externals: Externals, findings: Findings, what: str
) -> Type | None:
    """Return the type of an expression of numbers and constants, or None after reporting."""
    named: list[Span] = []

    def resolve(
        span: Span, _candidate: Quantity | None, text: str, _others: Sequence[str]
    ) -> Quantity | None:
        named.append(span)
        is_below = text in externals.places
        _not_constant(span, text, findings, what, is_below=is_below)
        return None

    found = check_expression(expression, Scope(findings, resolve, externals))
    return None if named else found


def _not_constant(
    span: Span, text: str, findings: Findings, what: str, *, is_below: bool = False
) -> None:
    if is_below:
        message = f"{what} must be a constant, `{text}` is not known yet"
        hint = "a constant is made of the constants above it"
        findings.add("E213", message, span, hints=(hint,))
        return
    hint = "give a number; `sqrt(2)`, `1/3` and the name of a `constant` are numbers too"
    findings.add("E213", f"{what} must be a constant, `{text}` is none", span, hints=(hint,))


def parameter(
    node: ast.Parameter, externals: Externals, findings: Findings
) -> checked.Parameter | None:
    """Check a parameter's range and default."""
    name = node.name.text
    lower_type = constant_type(node.range.lower, externals, findings, "the end of a range")
    if lower_type is None or lower_type.energy is None:
        return None
    energy = lower_type.energy
    lower = constant(node.range.lower, energy, externals, findings, "the end of a range")
    upper = constant(node.range.upper, energy, externals, findings, "the end of a range")
    if lower is None or upper is None:
        return None
    if not ordered(node.range, lower, upper, f"the range of `{name}`", findings):
        return None
    result = checked.Parameter(
        node, name, lower, upper, node.range.lower_open, node.range.upper_open, energy, None
    )
    if node.default is None:
        return result
    return with_value(result, node.default, "default", externals, findings)


def ordered(node: ast.Interval, lower: float, upper: float, what: str, findings: Findings) -> bool:
    """Report a range whose ends are the wrong way round or leave nothing between them."""
    if lower < upper or (lower == upper and not (node.lower_open or node.upper_open)):
        return True
    message = f"{what} is empty: {lower:g} is not below {upper:g}"
    hints = ("exchange the two ends",) if lower > upper else ()
    findings.add("E308", message, node.span, hints=hints)
    return False


def with_value(
    parameter: checked.Parameter,
    expression: ast.Expression,
    what: str,
    externals: Externals,
    findings: Findings,
) -> checked.Parameter | None:
    """Return a parameter with the value of `expression`, or None after reporting."""
    text = f"the {what} of `{parameter.name}`"
    value = constant(expression, parameter.energy, externals, findings, text)
    if value is None:
        return None
    if not parameter.contains(value):
        declared = Related(parameter.declaration.range.span, "the declared range")
        message = f"{text} is outside its range: {value:g} is not in {parameter.range_text}"
        findings.add("E307", message, expression.span, related=(declared,))
        return None
    return replace(parameter, value=value)


def arguments(
    use: ast.ShapeUse,
    shape: ast.Shape,
    parameters: Sequence[checked.Parameter],
    externals: Externals,
    findings: Findings,
) -> tuple[checked.Parameter, ...] | None:
    """Return the parameters of a shape with the values given by the arguments or the defaults."""
    names = [item.name.text for item in shape.parameters]
    given: dict[str, ast.Argument] = {}
    before = findings.errors
    for position, argument in enumerate(use.arguments):
        name = _argument_name(argument, position, names, use, findings)
        if name in given:
            first = Related(given[name].span, "first given here")
            message = f"parameter `{name}` is given twice"
            findings.add("E205", message, argument.span, related=(first,))
        elif name is not None:
            given[name] = argument
    filled: list[checked.Parameter] = []
    for item in parameters:
        if item.name in given:
            valued = with_value(item, given[item.name].value, "value", externals, findings)
            filled.extend([valued] if valued else [])
        elif item.value is None:
            _no_value(item, use, findings)
        else:
            filled.append(item)
    return tuple(filled) if findings.errors == before else None


def _argument_name(
    argument: ast.Argument,
    position: int,
    names: list[str],
    use: ast.ShapeUse,
    findings: Findings,
) -> str | None:
    shape = use.shape.text
    if argument.name is None:
        if position < len(names):
            return names[position]
        message = f"shape `{shape}` takes {len(names)} arguments, this is number {position + 1}"
        findings.add("E211", message, argument.span)
        return None
    if argument.name.text in names:
        return argument.name.text
    listed = f"its parameters are {quoted(names, 'and')}" if names else "it has no parameters"
    findings.add(
        "E211",
        f"shape `{shape}` has no parameter `{argument.name.text}`",
        argument.name.span,
        hints=did_you_mean(argument.name.text, names, otherwise=listed),
    )
    return None


def _no_value(item: checked.Parameter, use: ast.ShapeUse, findings: Findings) -> None:
    findings.add(
        "E212",
        f"parameter `{item.name}` of shape `{use.shape.text}` has no value",
        use.span,
        notes=(f"its range is {item.range_text}",),
        hints=(f"give it one: `{use.shape.text}({item.name} = ...)`, or a default in the shape",),
        related=(Related(item.declaration.span, "declared here"),),
    )
