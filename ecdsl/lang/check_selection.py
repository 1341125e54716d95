"""Check what selects the tuples of a correlator: `per`, `where`, `hardest`, windows and names."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal

from ecdsl.diagnostics import Related
from ecdsl.diagnostics.suggest import did_you_mean, quoted
from ecdsl.lang import ast, checked
from ecdsl.lang.expressions import MAX_OPERATIONS, Scope, check_condition
from ecdsl.lang.provides import resolver, resolver_of_one, side_names
from ecdsl.lang.quantities import is_taken, named_of_one

if TYPE_CHECKING:
    from ecdsl.diagnostics import Span
    from ecdsl.lang.externals import Externals
    from ecdsl.lang.findings import Findings

GROUPS: Final = {
    "jet": "tuples are drawn from one jet",
    "event": "tuples are drawn from the whole event",
}


def group(
    node: ast.Per | None, over: ast.Over | None, findings: Findings
) -> Literal["jet", "event"]:
    """Return what tuples are drawn from; jets are always those of a whole event."""
    of_jets = over is not None and over.kind.text == "jets"
    if node is None:
        return "event" if of_jets else "jet"
    if node.kind.text not in GROUPS:
        hints = did_you_mean(node.kind.text, GROUPS)
        message = f"tuples are drawn per {quoted(GROUPS)}, not per `{node.kind.text}`"
        findings.add("E207", message, node.kind.span, hints=hints)
        return "jet"
    if of_jets and over is not None and node.kind.text == "jet":
        message = "`per jet` contradicts `over jets`: one jet has no other jets"
        hint = "leave `per jet` out, or sum `over subjets(...)`"
        related = (Related(over.span, "these are jets of the event"),)
        findings.add("E221", message, node.span, hints=(hint,), related=related)
    return "event" if node.kind.text == "event" else "jet"


def hardest(node: ast.Hardest | None, findings: Findings) -> int | None:
    """Return how many constituents count."""
    if node is None:
        return None
    value = node.value.value
    if value != int(value) or not 1 <= value <= MAX_OPERATIONS:
        message = f"`hardest` is a whole number from 1 to {MAX_OPERATIONS}"
        findings.add("E222", message, node.value.span, hints=("write `hardest 25`",))
        return None
    return int(value)


def enough_for_a_tuple(node: ast.Hardest | None, order: int, findings: Findings) -> None:
    """Report fewer constituents than a tuple of different ones has."""
    if node is not None and node.value.value < order:
        message = f"`{node.span.text}` leaves too few for tuples of {order} different particles"
        hints = (f"write `hardest {order}` or more", "to count equal particles: `tuples all`")
        findings.add("E222", message, node.value.span, hints=hints)


def check_conditions(correlator: checked.Correlator, findings: Findings) -> None:
    """Check `where` and the windows of a correlator."""
    size = 0
    if correlator.where is not None:
        resolve = resolver_of_one(correlator.constituents, findings)
        scope = Scope(findings, resolve, correlator.externals, meaning=named_of_one)
        size += check_condition(correlator.where, scope).size
    scope = tuple_scope(correlator, findings)
    for window in correlator.windows:
        size += check_condition(window, scope).size
    if size > MAX_OPERATIONS:
        message = f"the conditions of the correlator have more than {MAX_OPERATIONS} operations"
        findings.add("E106", message, correlator.declaration.name.span)


def tuple_scope(correlator: checked.Correlator, findings: Findings) -> Scope:
    """Return what the weight and the windows of a correlator can use."""
    return Scope(
        findings,
        resolver(correlator, findings),
        correlator.externals,
        meaning=correlator.meaning,
        distance=correlator.distance,
    )


def sides(
    node: ast.Sides | None, order: int, externals: Externals, findings: Findings
) -> tuple[str, ...]:
    """Return the names of the ordered distances."""
    if node is None:
        return ()
    count = order * (order - 1) // 2
    if len(node.names) != count:
        message = f"order {order} has {count} sides, but {len(node.names)} are named"
        hints = (f"write `sides {side_names(order)}`",) if count else ("leave `sides` out",)
        findings.add("E215", message, node.span, hints=hints)
    seen: dict[str, Span] = {}
    taken = externals.taken()
    for word in node.names:
        if word.text in seen:
            first = Related(seen[word.text], "first named here")
            findings.add("E205", f"side `{word.text}` is named twice", word.span, related=(first,))
        elif word.text in taken:
            first = Related(taken[word.text], "first declared here")
            message = f"`{word.text}` is declared twice"
            findings.add("E205", message, word.span, related=(first,))
        seen.setdefault(word.text, word.span)
        if is_taken(word.text):
            message = f"`{word.text}` already has a meaning and cannot name a side"
            findings.add("E216", message, word.span, hints=("sides are usually `z1 <= z2 <= z3`",))
    return tuple(word.text for word in node.names)


def is_ranked(node: ast.Correlator, order: int, findings: Findings) -> bool:
    """Tell whether `points` names the particles by their distance from the first."""
    points = next((item for item in node.statements if isinstance(item, ast.Points)), None)
    if points is None:
        return False
    wanted = [f"z1{index}" for index in range(2, order + 1)]
    if [word.text for word in points.names] != wanted:
        message = (
            "`points` names all particles by their distance from particle 1, the farthest first"
        )
        hint = f"write `points {' >= '.join(wanted)}`" if wanted else "leave `points` out"
        findings.add("E220", message, points.span, hints=(hint,))
    for other in node.statements:
        if isinstance(other, ast.Sides):
            why, hint = "the sides have no special particle", "keep one of the two"
        elif isinstance(other, ast.Tuples) and other.kind.text == "sets":
            why, hint = "a set has no special particle", "write `tuples distinct` or `tuples all`"
        else:
            continue
        message = f"`{other.span.text.split()[0]}` contradicts `points`: {why}"
        related = (Related(points.span, "particle 1 is special here"),)
        findings.add("E221", message, other.span, hints=(hint,), related=related)
    return True
