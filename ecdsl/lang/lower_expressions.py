"""Lower expressions: names and calls become the nodes of the IR that they stand for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, Literal, assert_never

from ecdsl.diagnostics import InternalError
from ecdsl.ir import nodes as ir
from ecdsl.lang import ast, checked
from ecdsl.lang.constants import in_gev
from ecdsl.lang.externals import Externals
from ecdsl.lang.quantities import Leg, Quantity, called, is_called

_JETS: Final[Mapping[str, ir.JetQuantity]] = {
    "E_jet": "energy",
    "pt_jet": "pt",
    "mass_jet": "mass",
    "eta_jet": "eta",
    "E_sum": "energy_sum",
    "pt_sum": "pt_sum",
    "et_sum": "et_sum",
}
_MEMBERS: Final[Mapping[str, ir.MemberQuantity]] = {
    "et": "et",
    "eta": "eta",
    "mass": "mass",
    "q": "charge",
    "id": "pdgid",
}


@dataclass(frozen=True)
class Scope:
    """What names stand for.

    Attributes:
        externals: Columns and constants.
        meaning: The quantity of a name that is nothing else.
        geometry: Of the correlator.
        measure: The user's measure of the correlator.
        parameters: Of the shape, in their order.
        lets: Written out.
        other: In a user's measure, what its second point is; else None.
    """

    externals: Externals
    meaning: Callable[[str], Quantity | None]
    geometry: Literal["ee", "hadron"]
    measure: checked.UserMeasure | None = None
    parameters: Sequence[str] = ()
    lets: dict[str, ir.Expr] = field(default_factory=dict)
    points: tuple[str, ...] = ()
    other: int | Leg | None = None
    particle: int = 1


def distance(measure: checked.UserMeasure, other: int | Leg, particle: int = 1) -> ir.Expr:
    """Return a user's measure between a particle and another, or a leg."""
    scope = Scope(
        externals=measure.externals,
        meaning=lambda _: None,
        geometry=measure.geometry,
        points=measure.points,
        other=other,
        particle=particle,
    )
    return expression(measure.declaration.value, scope)


def expression(node: ast.Expression, scope: Scope) -> ir.Expr:
    """Return the IR of an expression."""
    match node:
        case ast.Number(unit=unit):
            return ir.Number(value=in_gev(node), energy=0 if unit is None else 1)
        case ast.Name(text=text):
            return _name(text, scope)
        case ast.Call():
            return _call(node, scope)
        case ast.Minus(operand=operand):
            return _apply("neg", expression(operand, scope))
        case ast.Sum(terms=terms):
            return _sum([(op, expression(item, scope)) for op, item in terms])
        case ast.Product(factors=factors):
            return _product([(op, expression(item, scope)) for op, item in factors])
        case ast.Power(base=base, exponent=exponent):
            return _apply("pow", expression(base, scope), expression(exponent, scope))
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


def _name(text: str, scope: Scope) -> ir.Expr:
    if text in scope.lets:
        return scope.lets[text]
    if text in scope.parameters:
        return ir.Parameter(index=scope.parameters.index(text))
    match scope.externals.names.get(text):
        case checked.Constant(value=value, energy=energy):
            return ir.Number(value=value, energy=energy)
        case checked.Column(declaration=declaration, energy=energy, factor=factor):
            column = ir.Column(name=declaration.name.text, energy=energy)
            return column if factor == 1 else _apply("mul", ir.Number(value=factor), column)
    quantity = scope.meaning(text)
    if quantity is None:
        raise InternalError(f"the name {text!r} was not resolved by the checks")
    return _quantity(quantity, scope)


def _call(node: ast.Call, scope: Scope) -> ir.Expr:
    if not is_called(node, scope.points):
        return _apply(node.function.text, *(expression(item, scope) for item in node.arguments))
    quantity = called(node, scope.points)
    if quantity is None:
        raise InternalError(f"the call {node.span.text!r} was not resolved by the checks")
    if scope.other is None:
        return _quantity(quantity, scope)
    if quantity.kind == "cos":
        return _cosine(_between("angle", scope.particle, scope.other))
    return _angle(quantity.kind, scope.particle, scope.other)


# --- quantities ----------------------------------------------------------------------------------


def _quantity(quantity: Quantity, scope: Scope) -> ir.Expr:
    kind, indices = quantity.kind, quantity.particles
    match kind:
        case "side":
            return ir.Side(k=_whole(quantity.indices[0]))
        case "Q":
            return ir.Scale()
        case "triple":
            return _triple(indices)
        case "azimuth":
            return ir.Azimuth(pole=indices[0], j=indices[1], k=indices[2])
        case "E":
            return ir.Energy(i=indices[0])
        case "pt":
            return ir.Pt(i=indices[0])
    if kind in _JETS:
        return ir.Jet(quantity=_JETS[kind])
    if len(quantity.indices) == 1:
        return ir.Member(quantity=_MEMBERS[kind], i=indices[0])
    if quantity.leg is not None:
        return _to_leg(kind, indices[0], quantity.leg, scope)
    return _pair(kind, min(indices), max(indices), scope)


def _whole(index: int | Leg) -> int:
    if isinstance(index, str):
        raise InternalError(f"{index} is no number")
    return index


def _pair(kind: str, i: int, j: int, scope: Scope) -> ir.Expr:
    pair = ir.Pair(i=i, j=j)
    match kind:
        case "z":
            return pair
        case "mass":
            return _between("mass", i, j)
        case "dR" if scope.measure is None:
            return _apply("sqrt", pair)
        case "theta" if scope.measure is None:
            return _opening(pair)
        case _:
            return _angle(kind, i, j)


def _to_leg(kind: str, i: int, leg: Leg, scope: Scope) -> ir.Expr:
    if kind != "z":
        return _angle(kind, i, leg)
    if scope.measure is not None:
        return distance(scope.measure, leg, i)
    return _between("z", i, leg)


def _angle(kind: str, i: int, j: int | Leg) -> ir.Expr:
    """An angle between a particle and another or a leg, whatever the measure."""
    match kind:
        case "theta":
            return _opening(_between("angle", i, j))
        case "deta":
            return _between("deta", i, j)
        case "dphi":
            return _between("dphi", i, j)
        case "dR":
            two = ir.Number(value=2.0)
            squares = (_apply("pow", _angle(one, i, j), two) for one in ("deta", "dphi"))
            return _apply("sqrt", _apply("add", *squares))
        case _:
            raise InternalError(f"{kind} is no angle")


def _between(quantity: ir.BetweenQuantity, i: int, j: int | Leg) -> ir.Between:
    return ir.Between(quantity=quantity, i=i, j=j)


def _opening(half: ir.Expr) -> ir.Expr:
    """The angle theta of (1 - cos theta) / 2."""
    return _apply("mul", ir.Number(value=2.0), _apply("asin", _apply("sqrt", half)))


def _cosine(half: ir.Expr) -> ir.Expr:
    """The cosine of (1 - cos theta) / 2."""
    return _apply("sub", ir.Number(value=1.0), _apply("mul", ir.Number(value=2.0), half))


def _triple(indices: Sequence[int]) -> ir.Expr:
    """The triple product changes its sign with every exchange of two directions."""
    i, j, k = sorted(indices)
    product = ir.Triple(i=i, j=j, k=k)
    is_even = tuple(indices) in {(i, j, k), (j, k, i), (k, i, j)}
    return product if is_even else _apply("neg", product)
