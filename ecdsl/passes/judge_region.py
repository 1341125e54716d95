"""Contradictions: constraints that no tuple fulfils, alone, together or against geometry."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecdsl.ir.nodes import Delta
from ecdsl.ir.walk import is_of_distances
from ecdsl.passes.judge_case import Finding, Place

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ecdsl.passes.bounds_geometry import Knowledge
    from ecdsl.passes.bounds_polynomials import Polynomial
    from ecdsl.passes.bounds_system import System
    from ecdsl.passes.judge_case import Case, Constraint

    Text = Callable[[Place], str]

ORDER = "the sides are sorted: z1 <= z2 <= z3"
TRIANGLE = "a chord is at most the sum of the two others: sqrt(z3) <= sqrt(z1) + sqrt(z2)"
SPHERE = (
    "three directions obey 2*(z1*z2 + z2*z3 + z3*z1) - z1^2 - z2^2 - z3^2 >= 4*z1*z2*z3, so that"
    " the shortest side is at most 3/4"
)
CHORDS = "a chord sqrt(z12) is at most the sum of sqrt(z13) and sqrt(z23)"


def empty(case: Case, text: Text) -> list[Finding]:
    """Find what leaves no particle, no tuple of the correlator, or no tuple of the shape."""
    implied = [item for item in case.given if item.place is None]
    if case.where and case.is_empty([*implied, *case.where]):
        message = "no particle passes `where`, so that there is nothing to sum"
        hint = "look at its comparisons: they contradict each other"
        return [Finding("E333", message, Place("where"), hints=(hint,))]
    for code, constraints in (("E334", case.given), ("E330", case.all)):
        if constraints and case.is_empty(constraints):
            return [_contradiction(case, code, minimal(case, constraints), text)]
    return _without_width(case, text)


def minimal(case: Case, constraints: Sequence[Constraint]) -> list[Constraint]:
    """Return constraints that are impossible together, none of which can be left out."""
    kept = list(constraints)
    for item in constraints:
        if item.place is None:
            continue
        others = [other for other in kept if other is not item]
        if case.is_empty(others):
            kept = others
    return kept


def places(constraints: Sequence[Constraint]) -> list[Place]:
    """Return where constraints are written, each place once."""
    return list(dict.fromkeys(item.place for item in constraints if item.place is not None))


def why(case: Case, constraints: Sequence[Constraint]) -> tuple[str, ...]:
    """Return the fact of geometry that a contradiction needs."""
    if case.is_empty(constraints, knowledge="none"):
        return ()
    if case.observable.correlator.order != 3:
        return (CHORDS,)
    facts: tuple[tuple[Knowledge, str], ...] = (("order", ORDER), ("plane", TRIANGLE))
    for knowledge, fact in facts:
        if case.is_empty(constraints, knowledge=knowledge):
            return (fact,)
    return (SPHERE,)


def _contradiction(case: Case, code: str, conflict: Sequence[Constraint], text: Text) -> Finding:
    where = places(conflict)
    notes = why(case, conflict)
    last = where[-1]
    if all(_fixes_distances(item) for item in conflict if item.place is not None):
        code = "E331"
    related = tuple((place, "together with this") for place in where[:-1])
    parts = [f"`{text(place)}`" for place in where]
    if len(parts) == 1:
        message = f"no tuple passes: {parts[0]} never holds"
        hint = "compare with a value that the expression can have"
        if last.part == "delta":
            message = f"no tuple passes: {parts[0]} has no solution"
            hint = "fix the expression to a value that it can have"
    else:
        joined = ", ".join(parts[:-1]) + f" and {parts[-1]}"
        message = f"no tuple passes: {joined} contradict each other"
        hint = "relax or remove one of them"
    if code == "E331":
        figure = {2: "pair", 3: "triangle"}.get(case.observable.correlator.order, "figure")
        message = f"no {figure} has these distances: {' and '.join(parts)}"
        hint = "change the values so that the distances fit together"
    return Finding(code, message, last, notes=notes, hints=(hint,), related=related)


def _fixes_distances(item: Constraint) -> bool:
    return isinstance(item.what, Delta) and all(map(is_of_distances, item.expressions()))


def _without_width(case: Case, text: Text) -> list[Finding]:
    """Find windows that leave a single value of an expression: a set of measure zero."""
    windows = [item for item in case.all if _is_window(item)]
    if not windows or not _is_flat(case, windows):
        return []
    for item in windows:
        fewer = [other for other in windows if other is not item]
        if _is_flat(case, fewer):
            windows = fewer
    where = places(windows)
    parts = " and ".join(f"`{text(place)}`" for place in where)
    leave = "leaves" if len(where) == 1 else "leave"
    message = f"{parts} {leave} a single value, which selects a set of measure zero"
    hints = (
        "open the window, e.g. by 0.01",
        "for the limit of a smooth density: `delta ... exact`",
    )
    related = tuple((place, "together with this") for place in where[:-1])
    return [Finding("E335", message, where[-1], hints=hints, related=related)]


def _is_window(item: Constraint) -> bool:
    return (
        item.place is not None
        and item.place.part in {"window", "correlator_window", "delta"}
        and not (isinstance(item.what, Delta) and item.what.exact)
    )


def _is_flat(case: Case, constraints: Sequence[Constraint]) -> bool:
    """Tell whether every alternative fixes something that is not a whole number by nature."""
    flat = [
        any(
            bound.is_point and not (system.algebra.is_integer(p) or _is_fixed(bare, p))
            for p, bound in system.bounds.items()
        )
        for geometry in case.geometries()
        for bare in case.systems(geometry, [])
        for system in case.systems(geometry, constraints)
        if not system.is_contradiction
    ]
    return bool(flat) and all(flat)


def _is_fixed(bare: System, p: Polynomial) -> bool:
    """Tell whether geometry alone fixes a polynomial: dEta^2 + dPhi^2 - z is 0."""
    return p in bare.bounds and bare.bounds[p].is_point
