"""Expressions without a value: for every tuple, or for some that the shape selects."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np

from ecdsl.ir.walk import condition_expressions
from ecdsl.passes import bounds_polynomials as poly
from ecdsl.passes.bounds_functions import domain
from ecdsl.passes.bounds_intervals import intersect
from ecdsl.passes.judge_case import Finding, Place

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from ecdsl.ir.nodes import Expr
    from ecdsl.passes.bounds_algebra import Algebra, Partial
    from ecdsl.passes.bounds_geometry import Geometry
    from ecdsl.passes.judge_case import Case

    Text: TypeAlias = Callable[[Place], str]

# Rounding may carry a cosine over 1 by this much; that is no property of the shape.
_ROUNDING = 1e-9


@dataclass(frozen=True)
class _Trouble:
    """How a function fails: which arguments, the code, and words."""

    code: str
    what: str
    becomes: str


_TROUBLES = {
    "inv": _Trouble("W313", "divides by something that can be 0", "infinite or no number"),
    "log": _Trouble(
        "W314",
        "takes the logarithm of something that can be 0 or negative",
        "-infinity or no number",
    ),
    "sqrt": _Trouble("W315", "takes the root of something that can be negative", "no number"),
    "pow": _Trouble("W315", "raises something that can be negative to a broken power", "no number"),
    "asin": _Trouble("W316", "takes the arcsine of something beyond [-1, 1]", "no number"),
    "acos": _Trouble("W316", "takes the arccosine of something beyond [-1, 1]", "no number"),
}
_HINTS = {
    "W313": "exclude it: add a `window` that keeps the denominator away from 0",
    "W314": "exclude it: add a `window` that keeps the argument above 0",
    "W315": "exclude it with a `window`, or take the root of `max(0, ...)`",
    "W316": "exclude it with a `window`, or write `min(1, max(-1, ...))`",
}


def never_defined(case: Case, text: Text) -> list[Finding]:
    """Find expressions that have no value for any tuple, and weights that are always 0."""
    found: list[Finding] = []
    for place, exprs in _expressions(case):
        first = case.geometries()[0].algebra
        for k, item in enumerate(_partial(case.geometries()[0], exprs)):
            if not all(
                _never(geometry.algebra, _partial(geometry, exprs)[k])
                for geometry in case.geometries()
            ):
                continue
            code, message, part = "E321", "is not a real number", "root, logarithm or arcsine"
            if not item.args[0]:
                code, message, part = "E320", "divides by something that is always 0", "difference"
            if item.fn == "log" and first.enclosure(item.args[0]) == (0.0, 0.0):
                code, message = "E320", "takes the logarithm of 0"
            hints = (f"look for the {part} in it that cannot be meant",)
            found.append(Finding(code, f"`{text(place)}` {message}", place, hints=hints))
            break
    weight = case.observable.correlator.weight
    if not found and all(not geometry.expression(weight) for geometry in case.geometries()):
        message = "the weight is 0 for every tuple"
        hint = "the usual weight is a product of energies, e.g. `E1 * E2 / Q^2`"
        found.append(Finding("E336", message, Place("weight"), hints=(hint,)))
    return found


def not_always_defined(case: Case, text: Text) -> list[Finding]:
    """Find expressions without a value for some tuples that the shape selects.

    Only what random tuples show is reported: a root of something negative, or a denominator that
    has both signs.
    """
    found: list[Finding] = []
    for place, exprs in _expressions(case):
        every = [(geometry, _partial(geometry, exprs)) for geometry in case.geometries()]
        troubles: dict[_Trouble, bool] = {}
        for k, item in enumerate(every[0][1]):
            trouble = _TROUBLES.get(item.fn)
            if trouble is None or trouble in troubles:
                continue
            seen = _fails(case, [(geometry, items[k]) for geometry, items in every], place)
            if seen is not None:
                troubles[trouble] = seen
        for trouble, at_contact in troubles.items():
            notes = (f"the value is {trouble.becomes} there; what is no number counts as overflow",)
            if place.part in {"window", "delta", "correlator_window"}:
                notes = ("a comparison with what is no number fails: the tuple does not pass",)
            contact = ("`tuples all` sums contact terms, whose distances are 0",)
            message = f"`{text(place)}` {trouble.what}"
            hints = (_HINTS[trouble.code],)
            all_notes = notes + contact if at_contact else notes
            found.append(Finding(trouble.code, message, place, notes=all_notes, hints=hints))
    return found


def _expressions(case: Case) -> Iterator[tuple[Place, list[Expr]]]:
    """Yield the expressions of each place."""
    observable = case.observable
    yield Place("weight"), [observable.correlator.weight]
    for k, window in enumerate(observable.correlator.windows):
        yield Place("correlator_window", k), list(condition_expressions(window))
    for k, delta in enumerate(observable.deltas):
        ends = (delta.expr, delta.lower, delta.upper)
        yield Place("delta", k), [expr for expr in ends if expr is not None]
    for k, window in enumerate(observable.windows):
        yield Place("window", k), list(condition_expressions(window))
    for k, axis in enumerate(observable.axes):
        yield Place("axis", k), [axis.expr]


def _partial(geometry: Geometry, exprs: list[Expr]) -> list[Partial]:
    first = len(geometry.algebra.partial)
    for expr in exprs:
        geometry.expression(expr)
    return geometry.algebra.partial[first:]


def _never(algebra: Algebra, item: Partial) -> bool:
    value = algebra.enclosure(item.args[0])
    if item.fn == "inv":
        return not item.args[0]
    if item.fn == "log":
        return value[1] <= 0
    if item.fn in {"pow", "sqrt"}:
        return bool(item.args[0]) and value[1] <= 0
    return intersect(value, domain(item.fn)) is None


def _fails(case: Case, calls: Sequence[tuple[Geometry, Partial]], place: Place) -> bool | None:
    """Return whether a call fails at contact terms only, None where no tuple shows it."""
    if all(_is_total(case, geometry, item) for geometry, item in calls):
        return None
    is_asked = any(constraint.place == place for constraint in case.all)
    apart, touching = [], []
    for geometry, item in calls:
        # What fails in two constraints is no excuse for one by the other.
        others = [
            constraint
            for constraint in case.all
            if not is_asked or item not in _partial(geometry, [*constraint.expressions()])
        ]
        every = enumerate(geometry.algebra.variables)
        positive = [poly.variable(index) for index, variable in every if variable.is_positive]
        value, *lengths = case.sample([item.args[0], *positive], geometry, others)
        distinct = np.logical_and.reduce([np.full(len(value), True), *(x > 0 for x in lengths)])
        apart.append(value[distinct])
        touching.append(value[~distinct])
    fn = calls[0][1].fn
    if _shows_failure(fn, np.concatenate(apart)):
        return False
    return True if _shows_failure(fn, np.concatenate(touching)) else None


def _is_total(case: Case, geometry: Geometry, item: Partial) -> bool:
    contact = case.observable.correlator.tuples == "all"
    return geometry.algebra.is_defined(item, coincident=contact)


def _shows_failure(fn: str, value: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> bool:
    value = value[np.isfinite(value)]
    if not len(value):
        return False
    lowest, highest = float(value.min()), float(value.max())
    match fn:
        case "inv":
            return lowest <= 0 <= highest
        case "log":
            return lowest <= 0
        case "sqrt" | "pow":
            return lowest < -_ROUNDING
        case _:
            return lowest < -1 - _ROUNDING or highest > 1 + _ROUNDING
