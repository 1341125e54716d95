"""Parameters that change nothing, and parts of their ranges where nothing is left."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecdsl.ir.nodes import Parameter
from ecdsl.ir.walk import leaves, shape_expressions
from ecdsl.passes import bounds_polynomials as poly
from ecdsl.passes.judge_axes import inside
from ecdsl.passes.judge_case import Case, Finding, Place

if TYPE_CHECKING:
    from collections.abc import Callable

    from ecdsl.ir.nodes import ParameterSpec
    from ecdsl.passes.bounds_geometry import Geometry

    Text = Callable[[Place], str]

# The ends of a range are looked at in steps of this share of it, and the last one is halved.
_STEPS = 16
_HALVINGS = 5


def without_effect(case: Case, _text: Text) -> list[Finding]:
    """Find parameters that cancel wherever they are written."""
    specs = case.observable.parameters
    # One that has a single value is a constant, which no normal form shows.
    written = {
        leaf.index
        for expr in shape_expressions(case.observable)
        for leaf in leaves(expr)
        if isinstance(leaf, Parameter) and specs[leaf.index].lower < specs[leaf.index].upper
    }
    if not written:
        return []
    acting = {
        index for geometry in case.geometries(ranges=True) for index in _acting(case, geometry)
    }
    return [
        Finding(
            "W321",
            f"parameter `{specs[index].name}` cancels: it changes nothing",
            Place("parameter", index),
            related=((Place("observable"), "in this observable"),),
            hints=("remove it, or look for the term that takes it away",),
        )
        for index in sorted(written - acting)
    ]


def impossible_values(case: Case, _text: Text) -> list[Finding]:
    """Find parts of a parameter's range at whose values no tuple falls into the histogram."""
    found = []
    for index, spec in enumerate(case.observable.parameters):
        if spec.lower == spec.upper:
            continue
        low, high = _possible(case, index)
        if low == spec.lower and high == spec.upper:
            continue
        message = f"parameter `{spec.name}` leaves nothing in a part of its range"
        note = (
            f"the others as they are, tuples exist only for values between {low:.4g} and {high:.4g}"
        )
        opening = "(" if spec.lower_open and low == spec.lower else "["
        closing = ")" if spec.upper_open and high == spec.upper else "]"
        hint = f"let it range `in {opening}{low:.4g}, {high:.4g}{closing}`"
        place, seen = Place("parameter", index), (Place("observable"), "in this observable")
        found.append(Finding("W320", message, place, notes=(note,), hints=(hint,), related=(seen,)))
    return found


def _acting(case: Case, geometry: Geometry) -> set[int]:
    """Return the parameters that are left in the normal form of constraints and axes."""
    comparisons = [
        c for item in case.all for part in case.alternatives(geometry, item) for c in part
    ]
    every_polynomial = [c.left for c in comparisons]
    every_polynomial += [geometry.expression(axis.expr) for axis in case.observable.axes]
    todo = {index for p in every_polynomial for index in poly.variables(p)}
    seen: set[int] = set()
    while todo:
        index = todo.pop()
        seen.add(index)
        for arg in geometry.algebra.variables[index].args:
            todo |= set(poly.variables(arg)) - seen
    keys = (geometry.algebra.variables[index].key for index in seen)
    return {key.index for key in keys if isinstance(key, Parameter)}


def _possible(case: Case, index: int) -> tuple[float, float]:
    """Return the range of a parameter without the ends where nothing is left."""
    spec = case.observable.parameters[index]
    step = (spec.upper - spec.lower) / _STEPS
    low = _first_possible(case, index, spec.lower, step)
    high = _first_possible(case, index, spec.upper, -step)
    return low, high


def _first_possible(case: Case, index: int, end: float, step: float) -> float:
    """Return where something may be left, going from an end of the range to the value."""
    value = case.observable.parameters[index].value

    def advance(start: float, size: float) -> float:
        stop = min(start + size, value) if size > 0 else max(start + size, value)
        low, high = sorted((start, stop))
        return stop if low < high and _nothing(case, index, low, high) else start

    reached = end
    while (further := advance(reached, step)) != reached:
        reached = further
    if reached != end:
        for k in range(1, _HALVINGS + 1):
            reached = advance(reached, step / 2**k)
    return reached


def _nothing(case: Case, index: int, lower: float, upper: float) -> bool:
    """Tell whether nothing is left for values of one parameter, the others as they are."""

    def pinned(k: int, spec: ParameterSpec) -> ParameterSpec:
        ends = (lower, upper) if k == index else (spec.value, spec.value)
        return spec.model_copy(update={"lower": ends[0], "upper": ends[1]})

    specs = tuple(pinned(k, spec) for k, spec in enumerate(case.observable.parameters))
    part = Case(case.observable.model_copy(update={"parameters": specs}))
    part.work = case.work
    found = part.is_empty([*part.all, *inside(part)], ranges=True)
    case.work = part.work
    return found
