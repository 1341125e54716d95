"""The type of a declared name: its unit, and whether it is a distance or an angle."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING

from ecdsl.lang import ast
from ecdsl.lang.expressions import Scope, check_expression
from ecdsl.lang.externals import Externals
from ecdsl.lang.findings import Findings
from ecdsl.lang.quantities import Quantity
from ecdsl.lang.types import Type, unit_text

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ecdsl.diagnostics import Span
    from ecdsl.editor.bindings import Binding, Index

_SIDE = Quantity("side", (1,))


def type_of(binding: Binding, index: Index) -> str:
    """Return the type of a parameter, let, axis, constant or column in words, else nothing."""
    scope = Scope(Findings(), _resolve, Externals())
    names = index.names.get(binding.path, {})
    for name, item in names.items():
        _learn(name, item.declared.node, scope)
    parent = names.get(binding.parent)
    members = {} if parent is None else index.members(parent.declared.node)
    for name, item in members.items():
        _learn(name, item.node, scope)
    found = _type(binding.node, scope)
    if found is None or found.energy is None:
        return ""
    unit = unit_text(found.energy)
    if found.of_distance:
        return f"{unit}, a distance"
    return f"{unit}, an angle" if found.of_angle else unit


def _resolve(
    _span: Span, candidate: Quantity | None, _text: str, _others: Sequence[str]
) -> Quantity:
    """A name that is no other quantity is a side, whatever its correlator calls it."""
    return candidate or _SIDE


def _learn(name: str, node: ast.Node, scope: Scope) -> None:
    found = None if isinstance(node, ast.Axis) else _type(node, scope)
    if found is not None:
        scope.lets[name] = found


def _type(node: ast.Node, scope: Scope) -> Type | None:
    match node:
        case ast.Parameter(range=interval):
            return check_expression(interval.lower, scope)
        case ast.Let(value=value) | ast.Constant(value=value):
            return check_expression(value, scope)
        case ast.Axis(value=value) if value is not None:
            return check_expression(value, scope)
        case ast.Column(unit=None):
            return Type(Fraction(0))
        case ast.Column(unit=unit) if unit is not None:
            power = 1 if unit.power is None else unit.power.value
            return Type(Fraction(power))
        case _:
            return None
