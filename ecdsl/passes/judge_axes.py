"""Axes whose bins no tuple reaches, all of them or those at an end."""

from __future__ import annotations

from decimal import ROUND_CEILING, ROUND_FLOOR, Context, Decimal
from math import inf, isfinite
from typing import TYPE_CHECKING

import numpy as np

from ecdsl.artifacts.manifest import edges
from ecdsl.passes import bounds_polynomials as poly
from ecdsl.passes.bounds_search import upper_end
from ecdsl.passes.judge_case import Constraint, Finding, Place, Range
from ecdsl.passes.judge_region import minimal, places, why

if TYPE_CHECKING:
    from collections.abc import Callable

    from ecdsl.ir.nodes import Axis
    from ecdsl.passes.judge_case import Case

    Text = Callable[[Place], str]

# Work on one end of an axis.
_WORK = 2_000


def inside(case: Case) -> list[Constraint]:
    """Return that every axis is within its bins."""
    return [
        Constraint(Place("bins", k), Range(axis, axis.bins.lower, axis.bins.upper))
        for k, axis in enumerate(case.observable.axes)
    ]


def unreached(case: Case, text: Text) -> list[Finding]:
    """Find bins that no tuple of the shape falls into."""
    axes, ranges = case.observable.axes, inside(case)
    for wanted in [[item] for item in ranges] + ([ranges] if len(ranges) > 1 else []):
        if not case.is_empty([*case.all, *wanted]):
            continue
        conflict = minimal(case, [*case.all, *wanted])
        where = [place for place in places(conflict) if place.part != "bins"]
        bins = [k for k, item in enumerate(ranges) if item in conflict]
        names = " and ".join(f"`{axes[k].name}`" for k in bins)
        message = f"no tuple falls into the bins of {names}"
        if where:
            message += ": " + " and ".join(f"`{text(place)}`" for place in where)
        axis = axes[bins[-1]]
        hints = (_range_hint(axis, *reach(case, axis)),) if len(bins) == 1 else ()
        place = Place("bins", bins[-1])
        related = tuple((other, "with this") for other in where)
        notes = why(case, conflict)
        return [Finding("E332", message, place, notes=notes, hints=hints, related=related)]
    return []


def partly_unreached(case: Case, _text: Text) -> list[Finding]:
    """Find axes whose first or last bins no tuple reaches."""
    found = []
    for k, axis in enumerate(case.observable.axes):
        bins = edges(axis.bins)
        place = Place("bins", k)
        # A bin holds its lower edge.
        first = Constraint(place, Range(axis, None, float(bins[1])))
        last = Constraint(place, Range(axis, float(bins[-2]), None))
        near = case.bearing_on(axis.expr)
        ends = [case.is_empty([*near, end]) for end in (first, last)]
        if not any(ends):
            continue
        low, high = reach(case, axis)
        number = int(np.sum(bins[1:] <= low)) + int(np.sum(bins[:-1] > high))
        message = f"no tuple reaches {number or 1} of the {axis.bins.n} bins of `{axis.name}`"
        hints = (_range_hint(axis, low, high),)
        found.append(Finding("W312", message, place, hints=hints))
    return found


def reach(case: Case, axis: Axis) -> tuple[float, float]:
    """Return bounds of an axis over the tuples of the shape."""
    low, high = inf, -inf
    for geometry in case.geometries():
        value = geometry.expression(axis.expr)
        for system in case.systems(geometry, case.all):
            high = max(high, upper_end(system, value, _WORK, enough=high))
            mirrored = upper_end(system, poly.scale(value, -1), _WORK, enough=-low)
            low = min(low, -mirrored)
    widest = [
        geometry.algebra.enclosure(geometry.expression(axis.expr))
        for geometry in case.geometries(knowledge="none")
    ]
    return max(low, min(end[0] for end in widest)), min(high, max(end[1] for end in widest))


def _range_hint(axis: Axis, low: float, high: float) -> str:
    """Return the range of an axis in words, rounded outwards to three digits."""
    if isfinite(low) and isfinite(high):
        ends = f"between {_rounded(low, ROUND_FLOOR):g} and {_rounded(high, ROUND_CEILING):g}"
    elif isfinite(high):
        ends = f"at most {_rounded(high, ROUND_CEILING):g}"
    else:
        ends = f"at least {_rounded(low, ROUND_FLOOR):g}"
    return f"`{axis.name}` is {ends}"


def _rounded(value: float, rounding: str) -> float:
    exact = Decimal(value)
    # A bound that was only widened by rounding is shown as what it is.
    nearest = Context(prec=3).plus(exact)
    if abs(nearest - exact) <= Decimal("1e-9") * abs(exact):
        return float(nearest)
    return float(Context(prec=3, rounding=rounding).plus(exact))
