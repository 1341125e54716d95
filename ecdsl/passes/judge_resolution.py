"""What dynamic subjets cannot stand for: a subjet has the energy and the place of its particles.

A weight that is linear in every energy (with `hadron` in every pT) is that of all particles of a
subjet together, and distances tell the subjet from others. Powers of energies, charges and masses
of single particles are lost in it (arXiv:2406.08577).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecdsl.ir.nodes import (
    Apply,
    Between,
    Column,
    Energy,
    Jet,
    Number,
    Pair,
    Parameter,
    Pt,
    Scale,
    Side,
)
from ecdsl.ir.walk import condition_expressions, leaves
from ecdsl.passes.judge_case import Finding, Place

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from ecdsl.ir.nodes import Correlator, Expr, Observable

_OF_JETS = Number | Parameter | Scale | Jet | Column


def unresolvable(observable: Observable) -> list[Finding]:
    """Find what keeps a correlator with a `resolution` from being summed over subjets."""
    correlator = observable.correlator
    if correlator.resolution is None:
        return []
    found = []
    if not _is_linear(correlator):
        letter = "E" if correlator.measure == "ee" else "pt"
        product = " * ".join(f"{letter}{i}" for i in range(1, correlator.order + 1))
        message = f"`resolution` needs a weight that is `{product}` but for what the jet decides"
        note = "a subjet has the sum of its particles' energies, and no other sum of theirs"
        hint = "leave `resolution` out"
        found.append(Finding("E318", message, Place("weight"), notes=(note,), hints=(hint,)))
    for place, expressions in _parts(observable):
        if not all(map(_is_of_directions, expressions)):
            message = "with `resolution` this can look at distances and at the jet alone"
            note = "energies, charges and masses of particles are lost in subjets"
            hint = "look at distances, or leave `resolution` out"
            found.append(Finding("E318", message, place, notes=(note,), hints=(hint,)))
    return found


def _is_linear(correlator: Correlator) -> bool:
    """Tell whether a weight is the product of all energies times what belongs to no particle."""
    kind = Energy if correlator.measure == "ee" else Pt
    every: dict[Expr, float] = {kind(i=i): 1.0 for i in range(1, correlator.order + 1)}
    return _powers(correlator.weight) == every


def _powers(expr: Expr) -> dict[Expr, float] | None:
    """Return the powers of what particles multiply an expression with; None if it is no product."""
    if all(isinstance(leaf, _OF_JETS) for leaf in leaves(expr)):
        return {}
    match expr:
        case Apply(fn="mul", args=args):
            return _product(*((arg, 1.0) for arg in args))
        case Apply(fn="div", args=(above, below)):
            return _product((above, 1.0), (below, -1.0))
        case Apply(fn="pow", args=(base, Number(value=power))):
            return _product((base, power))
        case Apply(fn="neg", args=(arg,)):
            return _powers(arg)
        case Apply():
            return None
        case _:
            return {expr: 1.0}


def _product(*factors: tuple[Expr, float]) -> dict[Expr, float] | None:
    found: dict[Expr, float] = {}
    for factor, power in factors:
        powers = _powers(factor)
        if powers is None:
            return None
        for leaf, own in powers.items():
            found[leaf] = found.get(leaf, 0.0) + power * own
    return {leaf: power for leaf, power in found.items() if power}


def _parts(observable: Observable) -> Iterator[tuple[Place, Iterable[Expr]]]:
    for k, window in enumerate(observable.correlator.windows):
        yield Place("correlator_window", k), condition_expressions(window)
    for k, window in enumerate(observable.windows):
        yield Place("window", k), condition_expressions(window)
    for k, delta in enumerate(observable.deltas):
        ends = (end for end in (delta.lower, delta.upper) if end is not None)
        yield Place("delta", k), (delta.expr, *ends)
    for k, axis in enumerate(observable.axes):
        yield Place("axis", k), (axis.expr,)


def _is_of_directions(expr: Expr) -> bool:
    return all(
        isinstance(leaf, _OF_JETS | Pair | Side)
        or (isinstance(leaf, Between) and isinstance(leaf.j, int) and leaf.quantity != "mass")
        for leaf in leaves(expr)
    )
