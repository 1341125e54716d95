"""Check correlators: each statement once, its words known, the weight a pure number."""

from __future__ import annotations

from collections.abc import Callable, Collection
from fractions import Fraction
from math import pi
from typing import TYPE_CHECKING, Final, TypeAlias, TypeVar

from ecdsl.diagnostics import Related, Span
from ecdsl.diagnostics.suggest import did_you_mean, quoted
from ecdsl.lang import ast, checked
from ecdsl.lang.check_order import MAX_ORDER, check_continued, check_order
from ecdsl.lang.check_resolution import resolution
from ecdsl.lang.check_safety import ACCEPTABLE, check_safety
from ecdsl.lang.check_selection import (
    check_conditions,
    enough_for_a_tuple,
    group,
    hardest,
    is_ranked,
    sides,
)
from ecdsl.lang.check_values import constant
from ecdsl.lang.check_weight import check_weight, usual_weight
from ecdsl.lang.externals import Externals

if TYPE_CHECKING:
    from ecdsl.lang.findings import Findings

S = TypeVar("S", bound=ast.CorrelatorStatement)
# The measure that a name refers to; None after reporting, or where its own errors were reported.
LookUp: TypeAlias = Callable[[ast.Reference], checked.UserMeasure | None]

CONSTITUENTS: Final = {
    "particles": "all particles",
    "charged": "charged particles",
    "subjets": "what a jet's particles are clustered into, `subjets(algorithm = .., R = ..)`",
    "jets": "what the particles of the event are clustered into, `jets(algorithm = .., R = ..)`",
}
ALGORITHMS: Final = ("cambridge", "kt", "antikt")
MEASURES: Final = {
    "ee": "z_ij = (1 - cos theta_ij) / 2",
    "hadron": "z_ij = dEta_ij^2 + dPhi_ij^2",
}
TUPLES: Final = {
    "distinct": "all ordered tuples of different particles",
    "all": "equal particles too (contact terms); the total weight obeys the sum rule",
    "sets": "each set of different particles once; weight and shape must be symmetric",
}
_REQUIRED: dict[type[ast.Node], tuple[str, str]] = {
    ast.Order: ("order", "order 3"),
    ast.Over: ("over", "over particles"),
    ast.Measure: ("measure", "measure ee"),
    ast.Weight: ("weight", ""),
}


def check_correlator(
    node: ast.Correlator, externals: Externals, look_up: LookUp, findings: Findings
) -> checked.Correlator | None:
    """Return the correlator with its settings, or None after reporting what is wrong."""
    before = findings.errors
    _complete(node, findings)
    order = check_order(_only(node, ast.Order), findings)
    check_continued(node, findings)
    over = _only(node, ast.Over)
    constituents = _constituents(over, externals, findings)
    grouped = group(_only(node, ast.Per), over, findings)
    count = hardest(_only(node, ast.Hardest), findings)
    measure = _measure(_only(node, ast.Measure), look_up)
    tuples = _tuples(_only(node, ast.Tuples), findings)
    weight, where = _only(node, ast.Weight), _only(node, ast.Where)
    for statement in _all(node, ast.Accept):
        for code in statement.codes:
            _known(code, "warning to accept", ACCEPTABLE, findings)
    if order is None or weight is None or measure is None:
        return None
    if count is not None and tuples != "all":
        enough_for_a_tuple(_only(node, ast.Hardest), order.particles, findings)
    geometry = measure if isinstance(measure, str) else measure.geometry
    correlator = checked.Correlator(
        declaration=node,
        externals=externals,
        order=order.particles,
        constituents=constituents or checked.Constituents("particles"),
        group=grouped,
        where=where.condition if where else None,
        hardest=count,
        user_measure=None if isinstance(measure, str) else measure,
        geometry=geometry,  # type: ignore[arg-type]  # one of MEASURES
        weight=weight.value,
        tuples=tuples,  # type: ignore[arg-type]  # one of TUPLES
        windows=tuple(item.condition for item in _all(node, ast.Window)),
        sides=sides(
            _only(node, ast.Sides) if order.nu is None else None,
            order.particles,
            externals,
            findings,
        ),
        ranked=is_ranked(node, order.particles, findings),
        nu=order.nu,
        resolution=resolution(node, findings),
    )
    if findings.errors == before or constituents is not None:
        check_conditions(correlator, findings)
        check_weight(correlator, findings)
    if findings.errors > before:
        return None
    check_safety(correlator, findings)
    return correlator


def _only(node: ast.Correlator, kind: type[S]) -> S | None:
    return next(iter(_all(node, kind)), None)


def _all(node: ast.Correlator, kind: type[S]) -> list[S]:
    return [item for item in node.statements if isinstance(item, kind)]


def _complete(node: ast.Correlator, findings: Findings) -> None:
    seen: dict[type[ast.Node], Span] = {}
    for statement in node.statements:
        word = type(statement).__name__.lower()
        if type(statement) in seen and not isinstance(statement, ast.Window):
            first = Related(seen[type(statement)], "first given here")
            message = f"`{word}` is given twice"
            joined = ("join the two with `and`",) if isinstance(statement, ast.Where) else ()
            findings.add("E205", message, statement.span, hints=joined, related=(first,))
        seen.setdefault(type(statement), statement.span)
    missing = [texts for kind, texts in _REQUIRED.items() if kind not in seen]
    if missing:
        words = quoted([word for word, _ in missing], "and")
        order = _only(node, ast.Order)
        weight = f"weight {usual_weight(min(int(order.value.value), MAX_ORDER) if order else 3)}"
        hints = tuple(f"add `{example or weight}`" for _, example in missing)
        message = f"correlator `{node.name.text}` lacks {words}"
        findings.add("E208", message, node.name.span, hints=hints)


def _known(word: ast.Word, what: str, words: Collection[str], findings: Findings) -> str | None:
    if word.text in words:
        return word.text
    hints = did_you_mean(word.text, words)
    notes = (f"it can be {quoted(words)}",)
    findings.add("E207", f"unknown {what} `{word.text}`", word.span, hints=hints, notes=notes)
    return None


def _measure(node: ast.Measure | None, look_up: LookUp) -> checked.UserMeasure | str | None:
    if node is None:
        return None
    return node.kind.text if node.kind.text in MEASURES else look_up(node.kind)


def _tuples(node: ast.Tuples | None, findings: Findings) -> str:
    known = None if node is None else _known(node.kind, "tuples", TUPLES, findings)
    return known or "distinct"


def _constituents(
    node: ast.Over | None, externals: Externals, findings: Findings
) -> checked.Constituents | None:
    if node is None:
        return None
    kind = _known(node.kind, "constituents", CONSTITUENTS, findings)
    if kind is None:
        return None
    if kind not in {"subjets", "jets"}:
        for argument in node.arguments:
            findings.add("E203", f"`{kind}` takes no arguments", argument.span)
        return checked.Constituents(kind)  # type: ignore[arg-type]  # one of CONSTITUENTS
    return _clustered(node, externals, findings)


def _clustered(
    node: ast.Over, externals: Externals, findings: Findings
) -> checked.Constituents | None:
    kind = node.kind.text
    values = _match(node, ("algorithm", "R"), findings)
    absent = [name for name in ("algorithm", "R") if name not in values]
    if absent:
        message = f"`{kind}` needs {quoted(absent, 'and')}"
        example = f"{kind}(algorithm = cambridge, R = 0.1)"
        if kind == "jets":
            example = "jets(algorithm = antikt, R = 0.4)"
        findings.add("E203", message, node.span, hints=(f"write `{example}`",))
        return None
    word = values["algorithm"]
    name = ast.Word(word.span, word.text if isinstance(word, ast.Name) else word.span.text)
    algorithm = _known(name, "algorithm", ALGORITHMS, findings)
    what = f"the radius of {kind}"
    radius = constant(values["R"], Fraction(0), externals, findings, what)
    if radius is not None and not 0 < radius <= pi:
        message = f"{what} must be positive and at most pi, not {radius:g}"
        note = "no two directions, and no two azimuths, lie further apart than pi radians"
        findings.add("E314", message, values["R"].span, notes=(note,) if radius > 0 else ())
        return None
    if algorithm is None or radius is None:
        return None
    return checked.Constituents(kind, algorithm, radius)  # type: ignore[arg-type]  # both are known


def _match(node: ast.Over, names: tuple[str, ...], findings: Findings) -> dict[str, ast.Expression]:
    values: dict[str, ast.Expression] = {}
    for place, argument in enumerate(node.arguments):
        if argument.name is not None:
            name = argument.name.text
        else:
            name = names[place] if place < len(names) else ""
        if name not in names:
            hints = did_you_mean(name, names, otherwise=f"it takes {quoted(names, 'and')}")
            message = f"`{node.kind.text}` has no argument `{name}`"
            if not name:
                message = "one argument too many"
            findings.add("E211", message, argument.span, hints=hints)
        elif name in values:
            findings.add("E205", f"`{name}` is given twice", argument.span)
        else:
            values[name] = argument.value
    return values
