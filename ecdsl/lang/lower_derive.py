"""Lower derivations: the observables they are made of, and arithmetic of two operands each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, assert_never

from ecdsl.diagnostics import InternalError
from ecdsl.ir.derived import Combine, CombineFn, Derived, DerivedExpr, Operand
from ecdsl.ir.nodes import Number
from ecdsl.lang import ast, checked
from ecdsl.lang.constants import NotConstantError, evaluate, in_gev
from ecdsl.lang.lower import lower

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ecdsl.ir.nodes import Observable

_FUNCTIONS: Final[Mapping[str, CombineFn]] = {
    "reflect": "reflect",
    "normalize": "normalize",
    "density": "density",
}
_OPERATORS: Final[Mapping[str, CombineFn]] = {"+": "add", "-": "sub", "*": "mul", "/": "div"}


def lower_derived(derived: checked.Derived) -> Derived:
    """Return the IR of a derivation; those it is made of are written out."""
    operands: dict[int, Observable] = {}
    value = _expression(derived.declaration.value, derived, operands)
    name = derived.declaration.name.text
    return Derived(name=name, expr=value, operands=tuple(operands.values()))


def _expression(
    node: ast.Expression, derived: checked.Derived, operands: dict[int, Observable]
) -> DerivedExpr:
    match node:
        case ast.Number(unit=unit):
            return Number(value=in_gev(node), energy=0 if unit is None else 1)
        case ast.Name(text=text):
            return _name(text, derived, operands)
        case ast.Call(function=function, arguments=(argument,)):
            inner = _expression(argument, derived, operands)
            return Combine(fn=_FUNCTIONS[function.text], args=(inner,))
        case ast.Minus(operand=operand):
            return Combine(fn="neg", args=(_expression(operand, derived, operands),))
        case ast.Sum(terms=terms):
            return _chain(terms, derived, operands)
        case ast.Product(factors=factors):
            return _chain(factors, derived, operands)
        case ast.Power():
            return Number(value=_power(node, derived))
        case ast.Call():
            raise InternalError(f"the call {node.span.text!r} was not resolved by the checks")
    assert_never(node)


def _chain(
    parts: tuple[tuple[str, ast.Expression], ...],
    derived: checked.Derived,
    operands: dict[int, Observable],
) -> DerivedExpr:
    """`a - b + c` from the left; the operator before the first part is never a sign."""
    (_, first), *rest = parts
    result = _expression(first, derived, operands)
    for operator, item in rest:
        other = _expression(item, derived, operands)
        result = Combine(fn=_OPERATORS[operator], args=(result, other))
    return result


def _power(node: ast.Power, derived: checked.Derived) -> float:
    try:
        return evaluate(node, derived.externals.value)
    except NotConstantError as error:
        raise InternalError(f"{node.span.text!r} is no number") from error


def _name(text: str, derived: checked.Derived, operands: dict[int, Observable]) -> DerivedExpr:
    operand = derived.operands.get(text)
    if isinstance(operand, checked.Derived):
        return _expression(operand.declaration.value, operand, operands)
    if operand is not None:
        key = id(operand.declaration)
        if key not in operands:
            operands[key] = lower(operand)[0]
        return Operand(index=list(operands).index(key))
    constant = derived.externals.names.get(text)
    if not isinstance(constant, checked.Constant):
        raise InternalError(f"the name {text!r} was not resolved by the checks")
    return Number(value=constant.value, energy=constant.energy)
