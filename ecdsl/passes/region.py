"""Solve deltas, windows and axes for a region: the change of variables whose box is the shape.

A marginal of a density over sorted sides is an integral over the part of side space that the shape
selects. A mask on a cube wastes nearly every point (the share of a narrow shape is 1e-4). Here the
axes and the deltas become coordinates, sides are solved for in terms of them, and windows, the
order of the sides and the support become nested bounds of each coordinate in terms of the ones
before it (Fourier-Motzkin elimination). The Jacobian is kept.

Example: `delta z2 - n1 z1 within [0, w]`, `delta z3 - n2 z1 within [0, w]`, `axis zeta = z1`:
coordinates (zeta, d0, d1), sides (zeta, n1 zeta + d0, n2 zeta + d1), Jacobian 1.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import combinations, pairwise
from typing import TYPE_CHECKING, Literal

import sympy as sp

from ecdsl.ir.nodes import Compare, Coordinate, Pair, Support, pairs
from ecdsl.ir.plan import NoRegion, Region, RegionCoordinate
from ecdsl.ir.walk import is_angular
from ecdsl.passes._sympy import Bridge
from ecdsl.passes.eliminate import bounds_of
from ecdsl.passes.invert import invert, neat
from ecdsl.passes.ordered_sides import side_symbols, use_order
from ecdsl.passes.simplify import tidy
from ecdsl.passes.symmetry import pair_assignments

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ecdsl.ir.nodes import Condition, Observable
    from ecdsl.ir.plan import Regions, Symmetry
    from ecdsl.passes._sympy import SympyExpr

# Four-point correlators have six sides: their marginals are another design (and another surrogate).
_MAX_ORDER = 3


@dataclass
class _Chamber:
    """One assignment of sides to pairs, while it is being solved."""

    observable: Observable
    bridge: Bridge
    sides: list[SympyExpr]
    pair_to_side: dict[SympyExpr, SympyExpr]
    guards: list[SympyExpr] = field(default_factory=list)

    def expr(self, sympy_expr: SympyExpr) -> SympyExpr:
        """Return an expression of pairs as one of sorted sides."""
        return use_order(sympy_expr.xreplace(self.pair_to_side), self.sides)


@dataclass(frozen=True)
class _Role:
    """What a coordinate is: which axis, delta or side, and whether it is pinned to 0."""

    kind: Literal["axis", "delta", "free"]
    index: int
    pinned: bool = False


def solve(observable: Observable, symmetry: Symmetry) -> tuple[Regions, ...]:
    """Return the regions of an observable, one for each class of assignments."""
    order = observable.correlator.order
    if observable.correlator.nu is not None:
        return (NoRegion(reason="sets of any number of particles have no density of sides"),)
    if not 2 <= order <= _MAX_ORDER:
        return (NoRegion(reason=f"marginals are for two and three points, not {order}"),)
    if not is_angular(observable):
        return (
            NoRegion(
                reason="the shape looks at more than distances, all that a density of sides has"
            ),
        )
    if observable.correlator.distance is not None:
        return (NoRegion(reason="the triangles of a declared measure are not known"),)
    found = pair_assignments(order, symmetry.generators)
    total = sum(size for _, size in found)
    return tuple(_region(observable, assignment, size / total) for assignment, size in found)


def _region(observable: Observable, assignment: tuple[int, ...], share: float) -> Regions:
    bridge = Bridge(observable.parameters)
    sides = side_symbols(bridge, len(assignment))
    pair_to_side = {
        bridge.symbol(Pair(i=i, j=j)): sides[side - 1]
        for (i, j), side in zip(pairs(observable.correlator.order), assignment, strict=True)
    }
    chamber = _Chamber(observable, bridge, sides, pair_to_side)
    fixed = _fixed_quantities(chamber)
    if len(fixed) > len(sides):
        return NoRegion(reason=f"{len(fixed)} axes and deltas for {len(sides)} distances")
    solution = _solve_sides(chamber, [quantity for _, quantity in fixed])
    if solution is None:
        return NoRegion(reason="the axes and deltas could not be solved for the sides")
    return _assemble(chamber, [role for role, _ in fixed], solution, assignment, share)


def _fixed_quantities(chamber: _Chamber) -> list[tuple[_Role, SympyExpr]]:
    """Return what the axes and deltas fix, each as an expression of sides."""
    observable, bridge = chamber.observable, chamber.bridge
    fixed = [(_Role("axis", k), axis.expr) for k, axis in enumerate(observable.axes)]
    fixed += [(_Role("delta", k, d.exact), d.expr) for k, d in enumerate(observable.deltas)]
    return [(role, chamber.expr(bridge.to_sympy(expr))) for role, expr in fixed]


def _solve_sides(
    chamber: _Chamber, quantities: Sequence[SympyExpr]
) -> tuple[dict[SympyExpr, SympyExpr], list[SympyExpr]] | None:
    """Return each side in terms of coordinates, and the sides that stay free, longest first."""
    sides = chamber.sides
    targets = [chamber.bridge.symbol(Coordinate(index=k)) for k in range(len(quantities))]
    for solved in combinations(reversed(sides), len(quantities)):
        answer = _solve_for(quantities, targets, solved)
        if answer is None:
            continue
        solution, conditions = answer
        chamber.guards.extend(conditions)
        free = [side for side in reversed(sides) if side not in solved]
        renamed = {
            side: chamber.bridge.symbol(Coordinate(index=len(quantities) + k))
            for k, side in enumerate(free)
        }
        solution = {side: value.xreplace(renamed) for side, value in solution.items()}
        chamber.guards = [guard.xreplace(renamed) for guard in chamber.guards]
        return {**solution, **renamed}, free
    return None


def _solve_for(
    quantities: Sequence[SympyExpr], targets: Sequence[SympyExpr], unknowns: Sequence[SympyExpr]
) -> tuple[dict[SympyExpr, SympyExpr], list[SympyExpr]] | None:
    """Solve one equation after another, each for the first unknown that it determines."""
    equations = list(zip(quantities, targets, strict=True))
    left = list(unknowns)
    solution: dict[SympyExpr, SympyExpr] = {}
    conditions: list[SympyExpr] = []
    while equations:
        step = _next_step(equations, left)
        if step is None:
            return None
        position, unknown, value, needed = step
        equations.pop(position)
        left.remove(unknown)
        substitution = {unknown: value}
        equations = [(neat(q.subs(substitution)), t) for q, t in equations]
        solution = {u: neat(v.subs(substitution)) for u, v in solution.items()}
        conditions = [c.subs(substitution) for c in [*conditions, *needed]]
        solution[unknown] = value
    return solution, conditions


def _next_step(
    equations: Sequence[tuple[SympyExpr, SympyExpr]], unknowns: Sequence[SympyExpr]
) -> tuple[int, SympyExpr, SympyExpr, list[SympyExpr]] | None:
    # Equations with fewest unknowns first: they are solved without mixing the others in.
    ranked = sorted(
        range(len(equations)), key=lambda k: sum(equations[k][0].has(u) for u in unknowns)
    )
    for position in ranked:
        quantity, target = equations[position]
        for unknown in unknowns:
            if quantity.has(unknown):
                answer = invert(quantity, unknown, target)
                if answer is not None:
                    return position, unknown, *answer
    return None


def _assemble(
    chamber: _Chamber,
    roles: Sequence[_Role],
    solution: tuple[dict[SympyExpr, SympyExpr], list[SympyExpr]],
    assignment: tuple[int, ...],
    share: float,
) -> Region:
    bridge, sides = chamber.bridge, chamber.sides
    of_coordinates, free = solution
    symbols = [bridge.symbol(Coordinate(index=k)) for k in range(len(sides))]
    roles = [*roles, *(_Role("free", sides.index(side)) for side in free)]
    pinned = {s: sp.Integer(0) for s, role in zip(symbols, roles, strict=True) if role.pinned}
    jacobian = sp.Matrix([of_coordinates[s] for s in sides]).jacobian(symbols).det()
    inside = {side: value.xreplace(pinned) for side, value in of_coordinates.items()}
    constraints = [constraint.subs(inside) for constraint in _constraints(chamber)]
    constraints += [guard.xreplace(pinned) for guard in chamber.guards]
    constraints += _delta_boxes(chamber, symbols, inside)
    for symbol, role in zip(symbols, roles, strict=True):
        # Implied by the order of the sides, but not always in a form that bounds this coordinate.
        if role.kind == "free":
            floor, ceil = (bridge.symbol(Support(end=end)) for end in ("floor", "ceil"))
            constraints += [floor - symbol, symbol - ceil]
    shortest = [(side.subs(inside), bound.subs(inside)) for side, bound in _triangle(chamber)]
    bounds, guards = bounds_of(constraints, shortest, symbols)
    convert = bridge.from_sympy
    return Region(
        share=share,
        assignment=assignment,
        coordinates=tuple(
            RegionCoordinate(
                kind=role.kind,
                index=role.index,
                lower=tuple(convert(low) for low in bounds[symbol][0]),
                upper=tuple(convert(high) for high in bounds[symbol][1]),
                pinned=role.pinned,
            )
            for symbol, role in zip(symbols, roles, strict=True)
        ),
        sides=tuple(convert(neat(inside[s])) for s in sides),
        jacobian=convert(tidy(sp.Abs(neat(jacobian.xreplace(pinned))))),
        guards=tuple(convert(guard) for guard in guards),
    )


def _constraints(chamber: _Chamber) -> list[SympyExpr]:
    """Return everything that a point must fulfil, as expressions of sides that are <= 0."""
    bridge, sides = chamber.bridge, chamber.sides
    floor, ceil = (bridge.symbol(Support(end=end)) for end in ("floor", "ceil"))
    found = [floor - sides[0], sides[-1] - ceil]
    found += [low - high for low, high in pairwise(sides)]
    for window in chamber.observable.windows:
        found += _split_abs(_excess(window, chamber))
    return found


def _triangle(chamber: _Chamber) -> list[tuple[SympyExpr, SympyExpr]]:
    """Return the least that the shortest and the middle side of a triangle can be.

    Lengths are angles (measure ee, z = sin^2(theta/2)) or distances in the plane (z = dR^2). Only
    used where it bounds a coordinate outright; elsewhere the density's own support sees to it.
    """
    if len(chamber.sides) != 3:
        return []
    short, middle, long = chamber.sides

    def half(z: SympyExpr) -> SympyExpr:
        return sp.asin(sp.sqrt(z)) if chamber.observable.correlator.measure == "ee" else sp.sqrt(z)

    def zeta(length: SympyExpr) -> SympyExpr:
        if chamber.observable.correlator.measure == "ee":
            return sp.sin(length) ** 2
        return length**2

    return [
        (short, zeta(half(long) - half(middle))),
        (middle, zeta(half(long) / 2)),
    ]


def _excess(window: Condition, chamber: _Chamber) -> SympyExpr:
    """Return an expression that is <= 0 where a window holds and >= 0 where it does not.

    The difference between `<` and `<=` has measure zero, unless the order of the sides makes both
    hands the same (`z12 < max(z12, z13)`); and no distance is compared by `==`.
    """
    if isinstance(window, Compare):
        to_sympy = chamber.bridge.to_sympy
        difference = chamber.expr(to_sympy(window.lhs) - to_sympy(window.rhs))
        if difference.is_zero:
            return sp.Integer(1 if window.op == "<" else -1)
        return difference
    parts = [_excess(arg, chamber) for arg in window.args]
    if window.op == "not":
        return -parts[0]
    return (sp.Max if window.op == "and" else sp.Min)(*parts)


def _split_abs(difference: SympyExpr) -> list[SympyExpr]:
    """Write `abs(x) + rest <= 0` as two bounds and `max(a, b) + rest <= 0` as one for each."""
    for term in sp.Add.make_args(difference):
        if isinstance(term, sp.Abs):
            rest = difference - term
            return [e for sign in (1, -1) for e in _split_abs(rest + sign * term.args[0])]
        if isinstance(term, sp.Max):
            rest = difference - term
            return [e for arg in term.args for e in _split_abs(rest + arg)]
        if isinstance(-term, sp.Min):
            rest = difference - term
            return [e for arg in (-term).args for e in _split_abs(rest - arg)]
    return [difference]


def _delta_boxes(
    chamber: _Chamber,
    symbols: Sequence[SympyExpr],
    of_coordinates: dict[SympyExpr, SympyExpr],
) -> list[SympyExpr]:
    offset = len(chamber.observable.axes)
    found = []
    for k, delta in enumerate(chamber.observable.deltas):
        if delta.lower is None or delta.upper is None:
            continue
        low, high = (
            chamber.expr(chamber.bridge.to_sympy(end)).subs(of_coordinates)
            for end in (delta.lower, delta.upper)
        )
        symbol = symbols[offset + k]
        found += [low - symbol, symbol - high]
    return found
