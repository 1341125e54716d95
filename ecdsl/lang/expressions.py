"""Check expressions: names, arity and powers of energy, in one walk that gives each its type."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import TypeAlias, assert_never

from ecdsl.diagnostics import Span
from ecdsl.ir.builtins import FUNCTIONS, Builtin
from ecdsl.lang import ast, checked
from ecdsl.lang.constants import MAX_EXPONENT, NotConstantError, UndefinedError, evaluate
from ecdsl.lang.findings import Findings
from ecdsl.lang.quantities import PAIRS, Kind, Quantity, named
from ecdsl.lang.suggest import did_you_mean

MAX_OPERATIONS = 10_000
# An operation of the IR takes up to four levels of JSON, and readers of JSON stop at 200.
MAX_DEPTH = 40

PURE = Fraction(0)
Resolve: TypeAlias = Callable[[Span, Quantity | None, str, Sequence[str]], Quantity | None]


@dataclass(frozen=True)
class Type:
    """What is known of an expression.

    Attributes:
        energy: Its power of GeV; None where an error inside leaves it open.
        kinds: The kinds of quantities it is made of; empty for a constant.
        size: Operations in it, after every let is written out.
        depth: Operations on top of each other, after every let is written out.
    """

    energy: Fraction | None
    kinds: frozenset[Kind] = frozenset()
    size: int = 1
    depth: int = 1


@dataclass
class Scope:
    """The names that an expression can use.

    Attributes:
        findings: Where errors go.
        resolve: The quantity of a name or of a call such as `z(1, 2)`, which reports a bad one and
            returns None; it is told the names of parameters and lets, for its hints.
        parameters: Of the shape, by name.
        lets: Types of the lets before this place, by name.
        used: Parameters and lets that were mentioned.
    """

    findings: Findings
    resolve: Resolve
    sides: tuple[str, ...] = ()
    parameters: Mapping[str, checked.Parameter] = field(default_factory=dict)
    lets: dict[str, Type] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)


def check_expression(expression: ast.Expression, scope: Scope) -> Type:
    """Return the type of an expression and report what is wrong in it."""
    match expression:
        case ast.Number(unit=unit):
            return Type(PURE if unit is None else Fraction(1))
        case ast.Name():
            return _name(expression, scope)
        case ast.Call():
            return _call(expression, scope)
        case ast.Minus(operand=operand):
            inner = check_expression(operand, scope)
            return _combined(scope, expression.span, inner.energy, [inner])
        case ast.Sum(terms=terms):
            parts = [(item, check_expression(item, scope)) for _, item in terms]
            energy = same_energy(parts, scope.findings, "a sum")
            return _combined(scope, expression.span, energy, [part for _, part in parts])
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
        _check_values(expression, scope.findings)
    return found


def _check_values(expression: ast.Expression, findings: Findings) -> float | None:
    """Return the value of an expression, None where it names something or has none."""
    try:
        return evaluate(expression)
    except UndefinedError as error:
        findings.add("E313", f"this has no value: {error.reason}", error.span)
        return None
    except NotConstantError:
        pass
    values = [(part, _check_values(part, findings)) for part in _parts(expression)]
    if isinstance(expression, ast.Product):
        for (operator, _), (part, value) in zip(expression.factors, values, strict=True):
            if operator == "/" and value == 0:
                findings.add("E313", "this has no value: division by zero", part.span)
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


def check_condition(condition: ast.Condition, scope: Scope) -> Type:
    """Check every comparison in a condition; its type is a pure number."""
    match condition:
        case ast.Comparison(first=first, rest=rest):
            sides = [first, *(item for _, item in rest)]
            parts = [(item, check_formula(item, scope)) for item in sides]
            same_energy(parts, scope.findings, "a comparison")
            types = [part for _, part in parts]
        case ast.Not(operand=operand):
            types = [check_condition(operand, scope)]
        case ast.And(operands=operands) | ast.Or(operands=operands):
            types = [check_condition(item, scope) for item in operands]
        case _:
            assert_never(condition)
    return _combined(scope, condition.span, PURE, types)


def same_energy(
    parts: list[tuple[ast.Expression, Type]], findings: Findings, where: str
) -> Fraction | None:
    """Return the power of energy that all parts share; report the first that differs."""
    first, known = next(
        ((item, part.energy) for item, part in parts if part.energy is not None), (None, None)
    )
    for item, part in parts:
        if first is None or known is None or part.energy is None or part.energy == known:
            continue
        findings.add(
            "E302",
            f"{where} cannot mix {unit_text(known)} and {unit_text(part.energy)}",
            item.span,
            label=f"this is {in_unit(part.energy)}",
            notes=(f"`{first.span.text}` is {in_unit(known)}",),
            hints=unit_hint(item, part.energy, known),
        )
        return None
    return known


def unit_hint(item: ast.Expression, energy: Fraction, wanted: Fraction) -> tuple[str, ...]:
    """Return how an expression of one dimension can be given another."""
    if isinstance(item, ast.Number) and energy == 0 and wanted == 1:
        return (f"write `{item.span.text} GeV`",)
    return ("divide energies by the scale `Q` to make them pure numbers",)


def unit_text(energy: Fraction) -> str:
    """Return a power of energy in words: `a pure number`, `GeV`, `GeV^3`."""
    if energy == 0:
        return "a pure number"
    if energy == 1:
        return "GeV"
    return f"GeV^{energy}" if energy.denominator == 1 else f"GeV^({energy})"


def in_unit(energy: Fraction) -> str:
    """Return a power of energy as a predicate: `a pure number`, `in GeV`."""
    return unit_text(energy) if energy == 0 else f"in {unit_text(energy)}"


def _combined(scope: Scope, span: Span, energy: Fraction | None, parts: list[Type]) -> Type:
    """The type of an operation on `parts`, within the limits on size and depth."""
    size = 1 + sum(part.size for part in parts)
    depth = 1 + max((part.depth for part in parts), default=0)
    kinds = frozenset[Kind]().union(*(part.kinds for part in parts))
    if size > MAX_OPERATIONS or depth > MAX_DEPTH:
        what = f"{MAX_OPERATIONS} operations"
        if size <= MAX_OPERATIONS:
            what = f"{MAX_DEPTH} operations on top of each other"
        note = "every `let` counts as often as it is used"
        scope.findings.add("E106", f"the expression has more than {what}", span, notes=(note,))
        size, depth = 1, 1
    return Type(energy, kinds, size, depth)


def _name(name: ast.Name, scope: Scope) -> Type:
    if name.text in scope.lets:
        scope.used.add(name.text)
        return scope.lets[name.text]
    if name.text in scope.parameters:
        scope.used.add(name.text)
        return Type(scope.parameters[name.text].energy)
    return _quantity(name.span, named(name.text, scope.sides), name.text, scope)


def _quantity(span: Span, candidate: Quantity | None, text: str, scope: Scope) -> Type:
    quantity = scope.resolve(span, candidate, text, [*scope.parameters, *scope.lets])
    if quantity is None:
        return Type(None, frozenset({candidate.kind} if candidate else ()))
    return Type(Fraction(quantity.energy), frozenset({quantity.kind}))


def _call(call: ast.Call, scope: Scope) -> Type:
    text = call.function.text
    if text in PAIRS:
        return _indexed(call, scope)
    parts = [(item, check_expression(item, scope)) for item in call.arguments]
    types = [part for _, part in parts]
    builtin = FUNCTIONS.get(text)
    if builtin is None:
        hints = did_you_mean(text, [*FUNCTIONS, *PAIRS], otherwise=_FUNCTION_LIST)
        scope.findings.add(
            "E202", f"there is no function `{text}`", call.function.span, hints=hints
        )
        return _combined(scope, call.span, None, types)
    if not _arity(call, builtin, scope):
        return _combined(scope, call.span, None, types)
    return _combined(scope, call.span, _result_energy(builtin, parts, scope), types)


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


def _result_energy(
    builtin: Builtin, parts: list[tuple[ast.Expression, Type]], scope: Scope
) -> Fraction | None:
    match builtin.energy:
        case "same":
            return same_energy(parts, scope.findings, f"`{builtin.name}`")
        case "half":
            energy = parts[0][1].energy
            return None if energy is None else energy / 2
        case _:
            for item, part in parts:
                pure_number(item, part, scope.findings, f"the argument of `{builtin.name}`")
            return PURE


def pure_number(item: ast.Expression, part: Type, findings: Findings, what: str) -> bool:
    """Report an expression that has a dimension where a pure number is needed."""
    if part.energy is None or part.energy == 0:
        return True
    findings.add(
        "E303",
        f"{what} must be a pure number, this is {in_unit(part.energy)}",
        item.span,
        label=in_unit(part.energy),
        hints=("divide energies by the scale `Q`",),
    )
    return False


def _product(
    node: ast.Product, factors: tuple[tuple[str, ast.Expression], ...], scope: Scope
) -> Type:
    parts = [(operator, check_expression(item, scope)) for operator, item in factors]
    energy: Fraction | None = PURE
    for operator, part in parts:
        if energy is None or part.energy is None:
            energy = None
        else:
            energy += part.energy if operator == "*" else -part.energy
    return _combined(scope, node.span, energy, [part for _, part in parts])


def _power(node: ast.Power, scope: Scope) -> Type:
    base = check_expression(node.base, scope)
    exponent = check_expression(node.exponent, scope)
    is_pure = pure_number(node.exponent, exponent, scope.findings, "an exponent")
    is_sound = is_pure and exponent.energy is not None
    value = _constant_exponent(node, base, scope) if is_sound else None
    if base.energy == 0:
        energy: Fraction | None = PURE
    elif base.energy is None or value is None:
        energy = None
    else:
        energy = base.energy * Fraction(value).limit_denominator(1000)
    return _combined(scope, node.span, energy, [base, exponent])


def _constant_exponent(node: ast.Power, base: Type, scope: Scope) -> float | None:
    try:
        value = evaluate(node.exponent)
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


def _indexed(call: ast.Call, scope: Scope) -> Type:
    """`z(1, 2)`: a quantity by its indices."""
    indices = [item.value for item in call.arguments if isinstance(item, ast.Number)]
    whole = all(value == int(value) and 1 <= value <= 99 for value in indices)
    if len(indices) != 2 or len(call.arguments) != 2 or not whole:
        message = f"`{call.function.text}` takes the numbers of two particles"
        hint = f"write `{call.function.text}(1, 2)`"
        scope.findings.add("E203", message, call.span, hints=(hint,))
        return Type(None)
    kind: Kind = call.function.text  # type: ignore[assignment]  # a key of PAIRS
    quantity = Quantity(kind, (int(indices[0]), int(indices[1])))
    return _quantity(call.span, quantity, call.span.text, scope)
