"""Check expressions: names, arity, dimensions and degrees, in one walk that types each of them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TypeAlias, assert_never

from ecdsl.diagnostics import Span
from ecdsl.diagnostics.suggest import did_you_mean
from ecdsl.ir.builtins import FUNCTIONS, Builtin
from ecdsl.lang import ast, checked
from ecdsl.lang.constants import MAX_EXPONENT, NotConstantError, UndefinedError, evaluate
from ecdsl.lang.externals import Externals
from ecdsl.lang.findings import Findings
from ecdsl.lang.quantities import (
    CALLS,
    PRIMITIVES,
    TRIPLES,
    Quantity,
    called,
    is_called,
    named,
)
from ecdsl.lang.types import PURE, Part, Type, pure_number, same_degree, same_energy, unit_text

MAX_OPERATIONS = 10_000
# An operation of the IR takes up to four levels of JSON, and readers of JSON stop at 200.
MAX_DEPTH = 40

Resolve: TypeAlias = Callable[[Span, Quantity | None, str, Sequence[str]], Quantity | None]


@dataclass
class Scope:
    """The names that an expression can use.

    Attributes:
        findings: Where errors go.
        resolve: The quantity of a name or of a call such as `z(1, 2)`, which reports a bad one and
            returns None; it is told the other names in scope, for its hints.
        externals: Columns and constants.
        meaning: What a name means where a correlator of sufficient order is looked at.
        points: The two points of a user's measure, in its declaration.
        distance: The type of the user's measure that stands for `z`, None for a builtin one.
        parameters: Of the shape, by name.
        lets: Types of the lets before this place, by name.
        used: Parameters and lets that were mentioned.
    """

    findings: Findings
    resolve: Resolve
    externals: Externals
    meaning: Callable[[str], Quantity | None] = named
    points: tuple[str, ...] = ()
    distance: Type | None = None
    parameters: Mapping[str, checked.Parameter] = field(default_factory=dict)
    lets: dict[str, Type] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)


def check_expression(expression: ast.Expression, scope: Scope) -> Type:
    """Return the type of an expression and report what is wrong in it."""
    match expression:
        case ast.Number(unit=unit, value=value):
            energy = PURE if unit is None else Fraction(1)
            return Type(energy, is_whole=unit is None and value == int(value))
        case ast.Name():
            return _name(expression, scope)
        case ast.Call():
            return _call(expression, scope)
        case ast.Minus(operand=operand):
            inner = check_expression(operand, scope)
            return _like(inner, expression.span, [inner], scope)
        case ast.Sum(terms=terms):
            parts = [(item, check_expression(item, scope)) for _, item in terms]
            return _alike(parts, expression.span, scope, "a sum")
        case ast.Product(factors=factors):
            return _product(expression, factors, scope)
        case ast.Power():
            return _power(expression, scope)
    assert_never(expression)


def check_formula(expression: ast.Expression, scope: Scope) -> Type:
    """Check an expression, and that the parts of it that are made of numbers have a value."""
    before = scope.findings.errors
    found = check_expression(expression, scope)
    if scope.findings.errors == before:
        _check_values(expression, scope)
    return found


def _check_values(expression: ast.Expression, scope: Scope) -> float | None:
    """Return the value of an expression, None where it names something or has none."""
    try:
        return evaluate(expression, scope.externals.value)
    except UndefinedError as error:
        scope.findings.add("E313", f"this has no value: {error.reason}", error.span)
        return None
    except NotConstantError:
        pass
    values = [(part, _check_values(part, scope)) for part in _parts(expression)]
    if isinstance(expression, ast.Product):
        for (operator, _), (part, value) in zip(expression.factors, values, strict=True):
            if operator == "/" and value == 0:
                scope.findings.add("E313", "this has no value: division by zero", part.span)
    return None


def _parts(expression: ast.Expression) -> tuple[ast.Expression, ...]:
    """Return what an expression is made of; an exponent is checked with its power."""
    match expression:
        case ast.Number() | ast.Name():
            return ()
        case ast.Call(arguments=arguments):
            return arguments
        case ast.Minus(operand=operand):
            return (operand,)
        case ast.Sum(terms=terms):
            return tuple(item for _, item in terms)
        case ast.Product(factors=factors):
            return tuple(item for _, item in factors)
        case ast.Power(base=base):
            return (base,)
    assert_never(expression)


def _like(found: Type, span: Span, parts: Sequence[Type], scope: Scope) -> Type:
    """The type `found` of an operation on `parts`, within the limits on size and depth."""
    size = 1 + sum(part.size for part in parts)
    depth = 1 + max((part.depth for part in parts), default=0)
    kinds = frozenset[str]().union(*(part.kinds for part in parts))
    if size > MAX_OPERATIONS or depth > MAX_DEPTH:
        what = f"{MAX_OPERATIONS} operations"
        if size <= MAX_OPERATIONS:
            what = f"{MAX_DEPTH} operations on top of each other"
        note = "every `let` counts as often as it is used"
        scope.findings.add("E106", f"the expression has more than {what}", span, notes=(note,))
        size, depth = 1, 1
    return Type(found.energy, kinds, found.zeta, found.angle, found.is_whole, size, depth)


def _alike(parts: Sequence[Part], span: Span, scope: Scope, where: str) -> Type:
    """The type of a sum, or of a function whose arguments and result are of one kind."""
    energy = same_energy(parts, scope.findings, where)
    zeta, angle = same_degree(parts, scope.findings, where)
    types = [part for _, part in parts]
    whole = all(part.is_whole for part in types)
    return _like(Type(energy, zeta=zeta, angle=angle, is_whole=whole), span, types, scope)


# --- conditions ----------------------------------------------------------------------------------


def check_condition(condition: ast.Condition, scope: Scope) -> Type:
    """Check every comparison in a condition; its type is a pure number."""
    match condition:
        case ast.Comparison(rest=rest):
            parts = [(item, check_formula(item, scope)) for item in _compared(condition)]
            found = _alike(parts, condition.span, scope, "a comparison")
            for place, (operator, _) in enumerate(rest):
                if operator in {"==", "!="}:
                    _whole(operator, parts[place : place + 2], scope.findings)
            return Type(PURE, found.kinds, size=found.size, depth=found.depth)
        case ast.Not(operand=operand):
            types = [check_condition(operand, scope)]
        case ast.And(operands=operands) | ast.Or(operands=operands):
            types = [check_condition(item, scope) for item in operands]
        case _:
            assert_never(condition)
    return _like(Type(PURE), condition.span, types, scope)


def _compared(node: ast.Comparison) -> tuple[ast.Expression, ...]:
    return node.first, *(item for _, item in node.rest)


def _whole(operator: str, sides: Sequence[Part], findings: Findings) -> None:
    """Report an equality of what is not whole: it holds nowhere or by accident of rounding."""
    wrong = next((item for item, part in sides if not part.is_whole), None)
    if wrong is None or any(part.energy is None for _, part in sides):
        return
    left, right = (item.span.text for item, _ in sides)
    hints = (f"to fix a quantity, write `delta {left} - {right} within [0, 0.01]`",)
    if operator == "!=":
        hints = ("compare with `<` or `>`",)
    findings.add(
        "E251",
        f"`{operator}` compares whole numbers: charges, species and whole constants",
        wrong.span,
        label="this is not a whole number",
        hints=hints,
    )


# --- names and calls -----------------------------------------------------------------------------


def _name(name: ast.Name, scope: Scope) -> Type:
    text = name.text
    if text in scope.lets:
        scope.used.add(text)
        return scope.lets[text]
    if text in scope.parameters:
        scope.used.add(text)
        return Type(scope.parameters[text].energy)
    externals = scope.externals
    if text in externals.names or text in externals.broken:
        externals.used.add(text)
        if text not in externals.names:
            scope.findings.follow()
        return _external(externals.names.get(text))
    return _quantity(name.span, scope.meaning(text), text, scope)


def _external(found: checked.Column | checked.Constant | None) -> Type:
    match found:
        case checked.Column(energy=energy):
            return Type(Fraction(energy), frozenset({"column"}))
        case checked.Constant(energy=energy, value=value):
            whole = energy == 0 and value == int(value)
            return Type(Fraction(energy), is_whole=whole)
        case None:
            return Type(None)
    assert_never(found)


def _quantity(span: Span, candidate: Quantity | None, text: str, scope: Scope) -> Type:
    others = [*scope.parameters, *scope.lets, *scope.externals.names]
    quantity = scope.resolve(span, candidate, text, others)
    if quantity is None:
        return Type(None, frozenset({candidate.kind} if candidate else ()))
    kinds = frozenset({quantity.kind, "leg"} if quantity.leg else {quantity.kind})
    written_out = scope.distance if quantity.kind == "z" and quantity.leg else None
    return Type(
        Fraction(quantity.energy),
        kinds,
        Fraction(quantity.zeta),
        Fraction(quantity.angle),
        quantity.is_whole,
        size=written_out.size if written_out else 1,
        depth=written_out.depth if written_out else 1,
    )


def _call(call: ast.Call, scope: Scope) -> Type:
    if is_called(call, scope.points):
        return _called(call, scope)
    text = call.function.text
    parts = [(item, check_expression(item, scope)) for item in call.arguments]
    types = [part for _, part in parts]
    builtin = FUNCTIONS.get(text)
    if builtin is None:
        known = [*FUNCTIONS, *(PRIMITIVES if scope.points else CALLS)]
        hints = did_you_mean(text, known, otherwise=_FUNCTION_LIST)
        message = f"there is no function `{text}`"
        scope.findings.add("E202", message, call.function.span, hints=hints)
        return _like(Type(None), call.span, types, scope)
    if not _arity(call, builtin, scope):
        return _like(Type(None), call.span, types, scope)
    return _applied(call, builtin, parts, scope)


_FUNCTION_LIST = f"the functions are {', '.join(f'`{name}`' for name in FUNCTIONS)}"


def _arity(call: ast.Call, builtin: Builtin, scope: Scope) -> bool:
    given = len(call.arguments)
    if given >= builtin.min_args and (builtin.max_args is None or given <= builtin.max_args):
        return True
    wanted = str(builtin.min_args) if builtin.max_args else f"at least {builtin.min_args}"
    scope.findings.add(
        "E203",
        f"`{builtin.name}` takes {wanted} argument{'s' * (builtin.min_args > 1)}, not {given}",
        call.span,
        notes=(f"`{builtin.name}`: {builtin.doc}",),
    )
    return False


def _applied(call: ast.Call, builtin: Builtin, parts: Sequence[Part], scope: Scope) -> Type:
    types = [part for _, part in parts]
    match builtin.energy:
        case "same":
            found = _alike(parts, call.span, scope, f"`{builtin.name}`")
            whole = found.is_whole and builtin.name != "mean"
            return Type(
                found.energy, found.kinds, found.zeta, found.angle, whole, found.size, found.depth
            )
        case "half":
            inner = types[0]
            energy = None if inner.energy is None else inner.energy / 2
            found = Type(energy, zeta=inner.zeta / 2, angle=inner.angle / 2)
            return _like(found, call.span, types, scope)
        case _:
            for item, part in parts:
                pure_number(item, part, scope.findings, f"the argument of `{builtin.name}`")
            return _like(Type(PURE), call.span, types, scope)


def _called(call: ast.Call, scope: Scope) -> Type:
    """`z(1, 2)`, `theta(1, beam)`, `triple(1, 2, 3)`; in a measure `cos(a, b)`."""
    quantity = called(call, scope.points)
    if quantity is not None:
        return _quantity(call.span, quantity, call.span.text, scope)
    text = call.function.text
    if scope.points:
        wanted, example = "its two points", f"{text}({', '.join(scope.points)})"
    elif text in TRIPLES:
        wanted, example = "the numbers of three particles", f"{text}(1, 2, 3)"
    elif text == "mass":
        wanted, example = "the numbers of two particles", f"{text}(1, 2)"
    else:
        wanted, example = (
            "the numbers of two particles, or that of one and a leg",
            (f"{text}(1, 2)` or `{text}(1, jet)"),
        )
    message, hint = f"`{text}` takes {wanted}", f"write `{example}`"
    scope.findings.add("E203", message, call.span, hints=(hint,))
    return Type(None, frozenset({text}))


# --- products and powers -------------------------------------------------------------------------


def _product(
    node: ast.Product, factors: tuple[tuple[str, ast.Expression], ...], scope: Scope
) -> Type:
    parts = [(operator, check_expression(item, scope)) for operator, item in factors]
    energy: Fraction | None = PURE
    zeta, angle = PURE, PURE
    for operator, part in parts:
        sign = 1 if operator == "*" else -1
        energy = None if energy is None or part.energy is None else energy + sign * part.energy
        zeta, angle = zeta + sign * part.zeta, angle + sign * part.angle
    whole = all(operator == "*" and part.is_whole for operator, part in parts)
    found = Type(energy, zeta=zeta, angle=angle, is_whole=whole)
    return _like(found, node.span, [part for _, part in parts], scope)


def _power(node: ast.Power, scope: Scope) -> Type:
    base = check_expression(node.base, scope)
    exponent = check_expression(node.exponent, scope)
    is_pure = pure_number(node.exponent, exponent, scope.findings, "an exponent")
    is_sound = is_pure and exponent.energy is not None
    value = _constant_exponent(node, base, scope) if is_sound else None
    times = Fraction(value).limit_denominator(1000) if value is not None else None
    if exponent.energy is None:
        energy: Fraction | None = None
    elif base.energy == 0:
        energy = PURE
    elif base.energy is None or times is None:
        energy = None
    else:
        energy = base.energy * times
    zeta, angle = (base.zeta * times, base.angle * times) if times is not None else (PURE, PURE)
    whole = base.is_whole and exponent.is_whole and times is not None and times >= 0
    found = Type(energy, zeta=zeta, angle=angle, is_whole=whole)
    return _like(found, node.span, [base, exponent], scope)


def _constant_exponent(node: ast.Power, base: Type, scope: Scope) -> float | None:
    try:
        value = evaluate(node.exponent, scope.externals.value)
    except NotConstantError as error:
        if base.energy:
            message = f"{unit_text(base.energy)} can only be raised to a constant power"
            scope.findings.add("E312", message, error.span, hints=("divide energies by `Q` first",))
        return None
    except UndefinedError as error:
        scope.findings.add("E313", f"the exponent has no value: {error.reason}", error.span)
        return None
    if abs(value) > MAX_EXPONENT:
        message = f"the exponent {value:g} is beyond {MAX_EXPONENT}"
        scope.findings.add("E312", message, node.exponent.span)
        return None
    return value
