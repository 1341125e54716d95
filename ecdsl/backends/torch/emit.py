"""Emit `region.py`: a shape as a torch mask, and as a map from the unit cube onto its region."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecdsl.backends.source import SourceFile, render
from ecdsl.backends.torch.context import CoordinateCode, RegionCode, RegionContext
from ecdsl.diagnostics import InternalError
from ecdsl.ir.builtins import BUILTINS
from ecdsl.ir.fingerprint import kernel_fingerprint
from ecdsl.ir.nodes import (
    Apply,
    Coordinate,
    Energy,
    Number,
    Pair,
    Parameter,
    Pt,
    Scale,
    Side,
    Support,
    pairs,
)
from ecdsl.ir.plan import Region
from ecdsl.ir.printer import Spelling, print_condition, print_expr
from ecdsl.ir.text import print_anonymous
from ecdsl.ir.walk import condition_expressions, fold_constants, leaves, map_observable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ecdsl.ir.nodes import Expr, Observable
    from ecdsl.ir.plan import Plan, RegionCoordinate


def emit_region(plan: Plan) -> SourceFile:
    """Return the torch module of a plan."""
    observable = map_observable(plan.observable, fold_constants)
    words = Spelling(leaf=_leaf, call=_call, connectives=("&", "|", "~"))
    setup, conditions = [], [f"({print_condition(w, words)})" for w in observable.windows]
    for k, delta in enumerate(observable.deltas):
        if delta.lower is None or delta.upper is None:
            continue
        setup.append(f"delta{k} = {print_expr(delta.expr, words)}")
        conditions.append(f"({print_expr(delta.lower, words)} <= delta{k})")
        conditions.append(f"(delta{k} <= {print_expr(delta.upper, words)})")
    regions = [region for region in plan.regions if isinstance(region, Region)]
    if len(regions) < len(plan.regions):
        regions = []  # a part of the ordered tuples would be missing from every integral
    context = RegionContext(
        header=(
            *print_anonymous(plan.observable).splitlines(),
            f"kernel {kernel_fingerprint(plan)}",
        ),
        mask_reads=_reads(observable, _selection(observable)),
        value_reads=_reads(observable, [axis.expr for axis in observable.axes]),
        setup=tuple(setup),
        conditions=tuple(conditions),
        values=tuple(_with_zero(axis.expr, words) for axis in observable.axes),
        parameters=tuple(f"p{k}" for k in range(len(observable.parameters))),
        cube_dimension=_cube_dimension(regions),
        regions=tuple(_region(region, words) for region in regions),
    )
    return SourceFile("region.py", render("torch/templates/region.py.j2", context))


def _selection(observable: Observable) -> list[Expr]:
    found = [e for window in observable.windows for e in condition_expressions(window)]
    for delta in observable.deltas:
        found += [e for e in (delta.expr, delta.lower, delta.upper) if e is not None]
    return found


def _reads(observable: Observable, exprs: Sequence[Expr]) -> tuple[str, ...]:
    """Return the statements that take the distances apart which `exprs` use."""
    used = {leaf for expr in exprs for leaf in leaves(expr)}
    order = observable.correlator.order
    lines = [
        f"z_{i}_{j} = pairs[..., {column}]"
        for column, (i, j) in enumerate(pairs(order))
        if Pair(i=i, j=j) in used
    ]
    if any(isinstance(leaf, Side) for leaf in used):
        lines.append("sides = torch.sort(pairs, dim=-1).values")
        count = len(pairs(order))
        lines += [
            f"side{k} = sides[..., {k - 1}]" for k in range(1, count + 1) if Side(k=k) in used
        ]
    return tuple(lines)


def _with_zero(expr: Expr, words: Spelling) -> str:
    """Spell an expression so that it is a tensor even where it is a constant."""
    variable = any(not isinstance(leaf, Number | Parameter) for leaf in leaves(expr))
    text = print_expr(expr, words)
    return text if variable else f"zero + {text}"


def _factor(expr: Expr, words: Spelling) -> str:
    """Spell an expression so that it can follow a `*`."""
    return print_expr(Apply(fn="mul", args=(Number(value=1.0), expr)), words).removeprefix("1*")


def _cube_dimension(regions: Sequence[Region]) -> int | None:
    """Return how many coordinates have a range; every region pins the same exact deltas."""
    for region in regions:
        return sum(not coordinate.pinned for coordinate in region.coordinates)
    return None


def _region(region: Region, words: Spelling) -> RegionCode:
    columns = iter(range(len(region.coordinates)))
    codes = tuple(
        _coordinate(k, coordinate, words, 0 if coordinate.pinned else next(columns))
        for k, coordinate in enumerate(region.coordinates)
    )
    return RegionCode(
        share=region.share,
        assignment=region.assignment,
        coordinates=codes,
        sides=tuple(_with_zero(fold_constants(side), words) for side in region.sides),
        jacobian=_factor(fold_constants(region.jacobian), words),
        guards=tuple(_with_zero(fold_constants(guard), words) for guard in region.guards),
    )


def _coordinate(
    k: int, coordinate: RegionCoordinate, words: Spelling, column: int
) -> CoordinateCode:
    lower = [print_expr(fold_constants(bound), words) for bound in coordinate.lower]
    upper = [print_expr(fold_constants(bound), words) for bound in coordinate.upper]
    if coordinate.kind == "axis":
        lower.insert(0, f"axis_lower[{coordinate.index}]")
        upper.insert(0, f"axis_upper[{coordinate.index}]")
    if not coordinate.pinned and not (lower and upper):
        raise InternalError(f"coordinate {k} of a region has no bounds")
    return CoordinateCode(
        name=f"c{k}",
        lower=_extreme("_maximum", lower),
        upper=_extreme("_minimum", upper),
        column=column,
        pinned=coordinate.pinned,
    )


def _extreme(name: str, bounds: Sequence[str]) -> str:
    return bounds[0] if len(bounds) == 1 else f"{name}({', '.join(bounds)})"


def _leaf(expr: Expr) -> str:
    match expr:
        case Pair(i=i, j=j):
            return f"z_{i}_{j}"
        case Side(k=k):
            return f"side{k}"
        case Energy(i=i):
            return f"energies[..., {i - 1}, 0]"
        case Pt(i=i):
            return f"energies[..., {i - 1}, 1]"
        case Scale():
            return "scale"
        case Parameter(index=k):
            return f"p{k}"
        case Coordinate(index=k):
            return f"c{k}"
        case Support(end=end):
            return end
        case _:
            raise InternalError(f"{expr!r} has no torch spelling")


def _call(fn: str, args: Sequence[str]) -> str:
    if fn == "median":
        a, b, c = args
        return f"_maximum(_minimum({a}, {b}), _minimum(_maximum({a}, {b}), {c}))"
    if fn == "mean":
        return f"(({' + '.join(args)})/{len(args)})"
    if fn in {"min", "max"}:
        return f"_{fn}imum({', '.join(args)})"
    return BUILTINS[fn].torch.format(*args)
