"""The IR as text: what `ecdsl show --stage ir` prints and what generated code is headed by."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from ecdsl.diagnostics import InternalError
from ecdsl.ir.columns import jet_columns
from ecdsl.ir.nodes import (
    Azimuth,
    Between,
    Column,
    Coordinate,
    Energy,
    Jet,
    Member,
    Pair,
    Parameter,
    Particles,
    Pt,
    Scale,
    Side,
    Support,
    Triple,
)
from ecdsl.ir.printer import Spelling, print_condition, print_expr, print_number

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ecdsl.ir.nodes import Axis, Bins, Constituents, Correlator, Expr, Observable

_MEMBER = {"et": "et", "eta": "eta", "mass": "mass", "charge": "q", "pdgid": "id"}
_JET = {
    "energy": "E_jet",
    "pt": "pt_jet",
    "mass": "mass_jet",
    "eta": "eta_jet",
    "energy_sum": "E_sum",
    "pt_sum": "pt_sum",
    "et_sum": "et_sum",
}


def spelling(names: Sequence[str], columns: Mapping[str, str] | None = None) -> Spelling:
    """Return the language's own spelling.

    Args:
        names: Parameter k is called `names[k]`.
        columns: What a user's columns are called where they must not have their names.
    """
    return Spelling(
        leaf=partial(_leaf, names, columns or {}),
        call=lambda fn, args: f"{fn}({', '.join(args)})",
        power="^",
    )


def positional(observable: Observable) -> tuple[str, ...]:
    """Return the names p0, p1, ... that text has which must not depend on a user's names."""
    return tuple(f"p{k}" for k in range(len(observable.parameters)))


def column_names(observable: Observable) -> dict[str, str]:
    """Return names column0, column1, ... for a user's columns, in the kernel's order."""
    columns = (leaf for leaf in jet_columns(observable) if isinstance(leaf, Column))
    return {column.name: f"column{k}" for k, column in enumerate(columns)}


def print_observable(observable: Observable) -> str:
    """Return the whole observable as readable text, one statement a line."""
    names = tuple(parameter.name for parameter in observable.parameters)
    return "\n".join([f"observable {observable.name}", *_statements(observable, names)]) + "\n"


def print_anonymous(observable: Observable) -> str:
    """Return what a kernel computes, without any name that a user chose, bins and values."""
    correlator = observable.correlator
    words = spelling(positional(observable), column_names(observable))
    lines = [
        f"{order_line(correlator)}, tuples {correlator.tuples}, measure {correlator.measure}",
        *geometry_lines(correlator, words),
        f"weight {print_expr(correlator.weight, words)}",
        *window_lines(correlator, words),
        *selection_lines(observable, words),
        *(f"axis {k} = {print_expr(axis.expr, words)}" for k, axis in enumerate(observable.axes)),
    ]
    return "\n".join(lines) + "\n"


def order_line(correlator: Correlator) -> str:
    """Return the order in the language's spelling."""
    if correlator.nu is None:
        return f"order {correlator.order}"
    return f"order nu = {print_number(correlator.nu)}"


def describe_constituents(constituents: Constituents) -> str:
    """Return constituents in the language's spelling."""
    if isinstance(constituents, Particles):
        return "charged" if constituents.charged else "particles"
    return f"subjets(algorithm = {constituents.algorithm}, R = {print_number(constituents.radius)})"


def _statements(observable: Observable, names: tuple[str, ...]) -> list[str]:
    correlator = observable.correlator
    words = spelling(names)
    ranges = [
        f"parameter {p.name} in {'(' if p.lower_open else '['}{print_number(p.lower)}, "
        f"{print_number(p.upper)}{')' if p.upper_open else ']'} = {print_number(p.value)}"
        for p in observable.parameters
    ]
    lines = [
        order_line(correlator),
        *input_lines(correlator, words),
        f"measure {correlator.measure}",
        *geometry_lines(correlator, words),
        f"weight {print_expr(correlator.weight, words)}",
        f"tuples {correlator.tuples}",
        *window_lines(correlator, words),
        *resolution_lines(correlator),
        *ranges,
        *selection_lines(observable, words),
        *(axis_line(axis, words) for axis in observable.axes),
    ]
    return [f"  {line}" for line in lines]


def input_lines(correlator: Correlator, words: Spelling) -> list[str]:
    """Return which constituents a correlator sums over."""
    constituents = describe_constituents(correlator.constituents)
    per_event = correlator.group == "event"
    if per_event:
        constituents = constituents.replace("subjets", "jets")
    lines = [f"over {constituents}"]
    if per_event:
        lines.append("per event")
    if correlator.where is not None:
        lines.append(f"where {print_condition(correlator.where, words)}")
    if correlator.hardest is not None:
        lines.append(f"hardest {correlator.hardest}")
    return lines


def geometry_lines(correlator: Correlator, words: Spelling) -> list[str]:
    """Return a correlator's own distance and ordering, where it has them."""
    lines = []
    if correlator.distance is not None:
        lines.append(f"distance {print_expr(correlator.distance, words)}")
    if correlator.ranked:
        lines.append("points z12 >= z13 >= ... from particle 1")
    return lines


def resolution_lines(correlator: Correlator) -> list[str]:
    """Return the resolution of a correlator, where not everything is resolved."""
    if correlator.resolution is None:
        return []
    return [f"resolution {print_number(correlator.resolution)}"]


def window_lines(correlator: Correlator, words: Spelling) -> list[str]:
    """Return the windows that belong to a correlator."""
    return [f"window {print_condition(window, words)}" for window in correlator.windows]


def selection_lines(observable: Observable, words: Spelling) -> list[str]:
    """Return the deltas and windows of an observable's shape."""
    lines = []
    for delta in observable.deltas:
        if delta.lower is None or delta.upper is None:
            lines.append(f"delta {print_expr(delta.expr, words)} exact")
        else:
            bounds = ", ".join(print_expr(end, words) for end in (delta.lower, delta.upper))
            lines.append(f"delta {print_expr(delta.expr, words)} within [{bounds}]")
    lines.extend(f"window {print_condition(window, words)}" for window in observable.windows)
    return lines


def axis_line(axis: Axis, words: Spelling) -> str:
    """Return an axis with its bins."""
    return f"axis {axis.name} = {print_expr(axis.expr, words)}: {_bins(axis.bins)}"


def _bins(bins: Bins) -> str:
    if bins.spacing == "edges":
        return f"edges [{', '.join(print_number(edge) for edge in bins.edges)}]"
    kind = "" if bins.spacing == "linear" else f"{bins.spacing} "
    if bins.threshold is not None:
        kind = f"{bins.spacing}({print_number(bins.threshold)}) "
    ends = f"[{print_number(bins.lower)}, {print_number(bins.upper)}]"
    return f"{bins.n} {kind}bins in {ends}"


def _leaf(names: Sequence[str], columns: Mapping[str, str], expr: Expr) -> str:
    match expr:
        case Parameter(index=k):
            return names[k]
        case Scale():
            return "Q"
        case Jet(quantity=quantity):
            return _JET[quantity]
        case Column(name=name):
            return columns.get(name, name)
        case Coordinate(index=k):
            return f"c{k}"
        case Support(end=end):
            return end
        case _:
            return _of_particles(expr)


def _of_particles(expr: Expr) -> str:
    match expr:
        case Pair(i=i, j=j):
            return f"z{i}{j}"
        case Side(k=k):
            return f"z{k}"
        case Energy(i=i):
            return f"E{i}"
        case Pt(i=i):
            return f"pt{i}"
        case Member(quantity=quantity, i=i):
            return f"{_MEMBER[quantity]}{i}"
        case Between(quantity=quantity, i=i, j=j):
            return f"{quantity}({i}, {j})"
        case Triple(i=i, j=j, k=k):
            return f"triple({i}, {j}, {k})"
        case Azimuth(pole=i, j=j, k=k):
            return f"azimuth({i}, {j}, {k})"
        case _:
            raise InternalError(f"{expr!r} is not a leaf")
