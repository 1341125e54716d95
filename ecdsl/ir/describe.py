"""A plan as text: what the compiler found out about an observable and what it will do."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecdsl.ir.plan import Region
from ecdsl.ir.printer import print_expr
from ecdsl.ir.text import print_observable, spelling

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ecdsl.ir.nodes import Expr
    from ecdsl.ir.plan import Loop, Plan, RegionCoordinate, Symmetry
    from ecdsl.ir.printer import Spelling

LETTERS = "abcdefgh"


def describe_plan(plan: Plan) -> str:
    """Return the canonical observable, its symmetry, its loop and its regions."""
    names = [parameter.name for parameter in plan.observable.parameters]
    words = spelling(names)
    symmetry = plan.symmetry
    lines = [print_observable(plan.observable).rstrip(), ""]
    lines.append(f"symmetry {_symmetry(symmetry)}")
    lines.append("loop " + ", ".join(loop_line(plan.loop, k) for k in range(symmetry.order)))
    for term in plan.terms:
        tuple_text = ", ".join(LETTERS[letter] for letter in term.word)
        lines.append(f"  ({tuple_text})  multiplicity {term.multiplicity}")
    for region in plan.regions:
        lines.append("")
        if isinstance(region, Region):
            lines.extend(region_lines(region, words))
        else:
            lines.append(f"no change of variables: {region.reason}")
    return "\n".join(lines) + "\n"


def _symmetry(symmetry: Symmetry) -> str:
    particles = f"of {symmetry.order} particles"
    if symmetry.order == 1:
        return "none: one particle has no other label"
    if symmetry.size == 1:
        return f"none: no relabelling {particles} leaves the integrand unchanged"
    if symmetry.is_full:
        return f"full: every relabelling {particles} leaves the integrand unchanged"
    return f"{symmetry.size} relabellings {particles} leave the integrand unchanged"


def loop_line(loop: Loop, level: int) -> str:
    """Return what the loop at a level (from 0) runs over."""
    letter, before = LETTERS[level], LETTERS[:level]
    if not before:
        return f"for {letter}"
    match loop.kind:
        case "sets":
            return f"for {letter} > {before[-1]}"
        case "ordered":
            return f"for {letter}" if loop.contact else f"for {letter} not {', '.join(before)}"
        case "ranked" if level == 1:
            return f"for {letter} in falling distance from {before[0]}"
        case "ranked":
            return f"for {letter} behind {before[-1]}"


def region_lines(region: Region, words: Spelling) -> list[str]:
    """Return a region: its share, coordinates, sides and Jacobian."""
    lines = [f"region, share {region.share:.6g} of the ordered tuples"]
    lines.extend(
        f"  c{k} {_role(coordinate)}{_range(coordinate, words)}"
        for k, coordinate in enumerate(region.coordinates)
    )
    lines.extend(f"  z{k} = {print_expr(side, words)}" for k, side in enumerate(region.sides, 1))
    lines.append(f"  jacobian {print_expr(region.jacobian, words)}")
    lines.extend(f"  where {print_expr(guard, words)} <= 0" for guard in region.guards)
    return lines


def _role(coordinate: RegionCoordinate) -> str:
    what = {"axis": "axis", "delta": "delta", "free": "side"}[coordinate.kind]
    number = coordinate.index + 1 if coordinate.kind == "free" else coordinate.index
    return f"{what} {number}"


def _range(coordinate: RegionCoordinate, words: Spelling) -> str:
    if coordinate.pinned:
        return " = 0"
    bin_ = "the bin and " if coordinate.kind == "axis" else ""
    lower, upper = coordinate.lower, coordinate.upper
    return f" in {bin_}[{_extreme('max', lower, words)}, {_extreme('min', upper, words)}]"


def _extreme(name: str, bounds: Sequence[Expr], words: Spelling) -> str:
    texts = [print_expr(bound, words) for bound in bounds] or ["-inf" if name == "max" else "inf"]
    return texts[0] if len(texts) == 1 else f"{name}({', '.join(texts)})"
