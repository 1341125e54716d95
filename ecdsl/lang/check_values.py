"""Values fixed at compile time: parameters, arguments, ranges and bins."""

from __future__ import annotations

from fractions import Fraction
from math import prod
from typing import TYPE_CHECKING

from ecdsl.diagnostics import Related, Span
from ecdsl.lang import ast, checked
from ecdsl.lang.constants import NotConstantError, UndefinedError, evaluate
from ecdsl.lang.expressions import Scope, Type, check_expression, in_unit, unit_hint
from ecdsl.lang.findings import Findings
from ecdsl.lang.quantities import Quantity
from ecdsl.lang.suggest import did_you_mean, quoted

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_CELLS = 10_000_000
SPACINGS = ("linear", "log")


def constant(
    expression: ast.Expression, energy: Fraction | None, findings: Findings, what: str
) -> float | None:
    """Return the value of a constant expression of dimension `energy`, or None after reporting."""
    found = constant_type(expression, findings, what)
    if found is None or found.energy is None:
        return None
    if energy is not None and found.energy != energy:
        message = f"{what} must be {in_unit(energy)}, this is {in_unit(found.energy)}"
        hints = unit_hint(expression, found.energy, energy)
        label = in_unit(found.energy)
        findings.add("E302", message, expression.span, label=label, hints=hints)
        return None
    try:
        return evaluate(expression)
    except UndefinedError as error:
        findings.add("E313", f"{what} has no value: {error.reason}", error.span)
    except NotConstantError:
        pass  # reported with the type
    return None


def constant_type(expression: ast.Expression, findings: Findings, what: str) -> Type | None:
    """Return the type of an expression that may name nothing, or None after reporting."""
    named: list[Span] = []

    def resolve(
        span: Span, _candidate: Quantity | None, text: str, _others: Sequence[str]
    ) -> Quantity | None:
        named.append(span)
        hint = "give a number; `sqrt(2)` and `1/3` are numbers too"
        findings.add("E213", f"{what} must be a constant, `{text}` is none", span, hints=(hint,))
        return None

    found = check_expression(expression, Scope(findings, resolve))
    return None if named else found


def parameter(node: ast.Parameter, findings: Findings) -> checked.Parameter | None:
    """Check a parameter's range and default."""
    name = node.name.text
    lower_type = constant_type(node.range.lower, findings, "the end of a range")
    if lower_type is None or lower_type.energy is None:
        return None
    energy = lower_type.energy
    lower = constant(node.range.lower, energy, findings, "the end of a range")
    upper = constant(node.range.upper, energy, findings, "the end of a range")
    if lower is None or upper is None:
        return None
    if not ordered(node.range, lower, upper, f"the range of `{name}`", findings):
        return None
    result = checked.Parameter(
        node, name, lower, upper, node.range.lower_open, node.range.upper_open, energy, None
    )
    return result if node.default is None else with_value(result, node.default, "default", findings)


def ordered(node: ast.Interval, lower: float, upper: float, what: str, findings: Findings) -> bool:
    """Report a range whose ends are the wrong way round or leave nothing between them."""
    if lower < upper or (lower == upper and not (node.lower_open or node.upper_open)):
        return True
    message = f"{what} is empty: {lower:g} is not below {upper:g}"
    hints = ("exchange the two ends",) if lower > upper else ()
    findings.add("E308", message, node.span, hints=hints)
    return False


def with_value(
    parameter: checked.Parameter, expression: ast.Expression, what: str, findings: Findings
) -> checked.Parameter | None:
    """Return a parameter with the value of `expression`, or None after reporting."""
    text = f"the {what} of `{parameter.name}`"
    value = constant(expression, parameter.energy, findings, text)
    if value is None:
        return None
    if not parameter.contains(value):
        declared = Related(parameter.declaration.range.span, "the declared range")
        message = f"{text} is outside its range: {value:g} is not in {parameter.range_text}"
        findings.add("E307", message, expression.span, related=(declared,))
        return None
    return checked.Parameter(
        parameter.declaration,
        parameter.name,
        parameter.lower,
        parameter.upper,
        parameter.lower_open,
        parameter.upper_open,
        parameter.energy,
        value,
    )


def arguments(
    use: ast.ShapeUse,
    shape: ast.Shape,
    parameters: Sequence[checked.Parameter],
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
            valued = with_value(item, given[item.name].value, "value", findings)
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


def bins(node: ast.Bins, energy: Fraction | None, findings: Findings) -> checked.Bins | None:
    """Check the bins of an axis of dimension `energy`."""
    before = findings.errors
    n = node.number.value
    if n != int(n) or n < 1:
        message = f"the number of bins is a whole number from 1, not {node.number.span.text}"
        findings.add("E306", message, node.number.span)
    spacing = "linear" if node.spacing is None else node.spacing.text
    if node.spacing is not None and spacing not in SPACINGS:
        hints = did_you_mean(spacing, SPACINGS, otherwise="bins are `linear` or `log`")
        findings.add("E207", f"unknown spacing `{spacing}`", node.spacing.span, hints=hints)
    lower = constant(node.interval.lower, energy, findings, "the end of a bin")
    upper = None
    if lower is not None:
        upper = constant(node.interval.upper, energy, findings, "the end of a bin")
    if lower is None or upper is None or findings.errors > before:
        return None
    if lower >= upper:
        message = f"the bins end where they should begin: {lower:g} is not below {upper:g}"
        findings.add("E306", message, node.interval.span)
    elif spacing == "log" and lower <= 0:
        message = f"logarithmic bins start above 0, not at {lower:g}"
        hint = f"start at a small positive number, e.g. `[{upper / 1000:.3g}, {upper:g}]`"
        findings.add("E306", message, node.interval.lower.span, hints=(hint,))
    elif n > MAX_CELLS:
        findings.add("E306", f"{int(n)} bins are more than {MAX_CELLS}", node.number.span)
    if findings.errors > before:
        return None
    return checked.Bins(node, int(n), lower, upper, "log" if spacing == "log" else "linear")


def cells(all_bins: Sequence[checked.Bins], span: Span, findings: Findings) -> None:
    """Report a histogram with more cells than memory should be asked for."""
    total = prod(item.n for item in all_bins)
    if total > MAX_CELLS:
        message = f"the histogram has {total} cells, the limit is {MAX_CELLS}"
        findings.add("E306", message, span, notes=(f"that is {total * 8 / 1e9:.1f} GB",))
