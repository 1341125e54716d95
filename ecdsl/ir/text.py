"""The IR as text: what `ecdsl show --stage ir` prints and what generated code is headed by."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from ecdsl.ir.nodes import (
    Coordinate,
    Energy,
    Pair,
    Parameter,
    Particles,
    Pt,
    Scale,
    Side,
    Support,
)
from ecdsl.ir.printer import Spelling, print_condition, print_expr, print_number

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ecdsl.ir.nodes import Axis, Constituents, Expr, Observable


def spelling(names: Sequence[str]) -> Spelling:
    """Return the language's own spelling; parameter k is called `names[k]`."""
    return Spelling(
        leaf=partial(_leaf, names),
        call=lambda fn, args: f"{fn}({', '.join(args)})",
        power="^",
    )


def positional(observable: Observable) -> tuple[str, ...]:
    """Return the names p0, p1, ... that text has which must not depend on a user's names."""
    return tuple(f"p{k}" for k in range(len(observable.parameters)))


def print_observable(observable: Observable) -> str:
    """Return the whole observable as readable text, one statement a line."""
    names = tuple(parameter.name for parameter in observable.parameters)
    return "\n".join([f"observable {observable.name}", *_statements(observable, names)]) + "\n"


def print_anonymous(observable: Observable) -> str:
    """Return the same text without any name that a user chose and without bins and values."""
    correlator = observable.correlator
    words = spelling(positional(observable))
    lines = [
        f"order {correlator.order}, tuples {correlator.tuples}, measure {correlator.measure}",
        f"weight {print_expr(correlator.weight, words)}",
        *_selection(observable, words),
        *(f"axis {k} = {print_expr(axis.expr, words)}" for k, axis in enumerate(observable.axes)),
    ]
    return "\n".join(lines) + "\n"


def describe_constituents(constituents: Constituents) -> str:
    """Return constituents in the language's spelling."""
    if isinstance(constituents, Particles):
        return "charged" if constituents.charged else "particles"
    return f"subjets(algorithm = {constituents.algorithm}, R = {print_number(constituents.radius)})"


def _statements(observable: Observable, names: tuple[str, ...]) -> list[str]:
    correlator = observable.correlator
    words = spelling(names)
    ranges = [
        f"  parameter {p.name} in {'(' if p.lower_open else '['}{print_number(p.lower)}, "
        f"{print_number(p.upper)}{')' if p.upper_open else ']'} = {print_number(p.value)}"
        for p in observable.parameters
    ]
    return [
        f"  order {correlator.order}",
        f"  over {describe_constituents(correlator.constituents)}",
        f"  measure {correlator.measure}",
        f"  weight {print_expr(correlator.weight, words)}",
        f"  tuples {correlator.tuples}",
        *ranges,
        *(f"  {line}" for line in _selection(observable, words)),
        *(f"  {_axis(axis, words)}" for axis in observable.axes),
    ]


def _selection(observable: Observable, words: Spelling) -> list[str]:
    lines = []
    for delta in observable.deltas:
        if delta.lower is None or delta.upper is None:
            lines.append(f"delta {print_expr(delta.expr, words)} exact")
        else:
            bounds = ", ".join(print_expr(end, words) for end in (delta.lower, delta.upper))
            lines.append(f"delta {print_expr(delta.expr, words)} within [{bounds}]")
    lines.extend(f"window {print_condition(window, words)}" for window in observable.windows)
    return lines


def _axis(axis: Axis, words: Spelling) -> str:
    bins = axis.bins
    kind = "log bins" if bins.spacing == "log" else "bins"
    ends = f"[{print_number(bins.lower)}, {print_number(bins.upper)}]"
    return f"axis {axis.name} = {print_expr(axis.expr, words)}: {bins.n} {kind} in {ends}"


def _leaf(names: Sequence[str], expr: Expr) -> str:
    match expr:
        case Parameter(index=k):
            return names[k]
        case Pair(i=i, j=j):
            return f"z{i}{j}"
        case Side(k=k):
            return f"z{k}"
        case Energy(i=i):
            return f"E{i}"
        case Pt(i=i):
            return f"pt{i}"
        case Scale():
            return "Q"
        case Coordinate(index=k):
            return f"c{k}"
        case Support(end=end):
            return end
        case _:
            raise AssertionError(f"{expr!r} is not a leaf")
