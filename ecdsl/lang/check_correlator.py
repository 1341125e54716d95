"""Check correlators: each statement once, its words known, the weight a pure number."""

from __future__ import annotations

from fractions import Fraction
from re import fullmatch
from typing import TYPE_CHECKING, TypeVar

from ecdsl.diagnostics import Related, Span
from ecdsl.lang import ast, checked
from ecdsl.lang.check_values import constant
from ecdsl.lang.check_weight import check_weight, usual_weight
from ecdsl.lang.expressions import Resolve, Scope
from ecdsl.lang.findings import Findings
from ecdsl.lang.quantities import PAIRS, Quantity, named, provided
from ecdsl.lang.suggest import did_you_mean, quoted

if TYPE_CHECKING:
    from collections.abc import Sequence

S = TypeVar("S", bound=ast.CorrelatorStatement)

MAX_ORDER = 8
CONSTITUENTS = ("particles", "charged", "subjets")
ALGORITHMS = ("cambridge", "kt", "antikt")
MEASURES = ("ee", "hadron")
TUPLES = ("distinct", "all", "sets")
_REQUIRED: dict[type[ast.Node], tuple[str, str]] = {
    ast.Order: ("order", "order 3"),
    ast.Over: ("over", "over particles"),
    ast.Measure: ("measure", "measure ee"),
    ast.Weight: ("weight", ""),
}


def check_correlator(node: ast.Correlator, findings: Findings) -> checked.Correlator | None:
    """Return the correlator with its settings, or None after reporting what is wrong."""
    before = findings.errors
    _complete(node, findings)
    order = _order(_only(node, ast.Order), findings)
    constituents = _constituents(_only(node, ast.Over), findings)
    measure = _setting(_only(node, ast.Measure), "measure", MEASURES, findings)
    tuples = _setting(_only(node, ast.Tuples), "tuples", TUPLES, findings) or "distinct"
    weight = _only(node, ast.Weight)
    if order is None or measure is None or weight is None:
        return None
    sides = _sides(_only(node, ast.Sides), order, node, findings)
    correlator = checked.Correlator(
        node,
        order,
        constituents or checked.Constituents("particles"),
        measure,  # type: ignore[arg-type]  # one of MEASURES
        weight.value,
        tuples,  # type: ignore[arg-type]  # one of TUPLES
        sides,
    )
    scope = Scope(findings, resolver(correlator, findings), sides=correlator.sides)
    check_weight(correlator, scope)
    return correlator if findings.errors == before else None


def resolver(correlator: checked.Correlator, findings: Findings) -> Resolve:
    """Return the function that looks a name up among those `correlator` provides."""

    def resolve(
        span: Span, candidate: Quantity | None, text: str, others: Sequence[str]
    ) -> Quantity | None:
        problem = why_not(correlator, candidate, text, others)
        if problem is None:
            return candidate
        code, message, hints = problem
        findings.add(code, message, span, hints=hints, related=(place(correlator),))
        return None

    return resolve


def place(correlator: checked.Correlator) -> Related:
    """Return where a correlator is declared, with what it provides."""
    text = f"`{correlator.declaration.name.text}` is of order {correlator.order}, measure "
    return Related(correlator.declaration.name.span, text + correlator.measure)


def why_not(
    correlator: checked.Correlator,
    candidate: Quantity | None,
    text: str,
    others: Sequence[str] = (),
) -> tuple[str, str, tuple[str, ...]] | None:
    """Return code, message and hints if `correlator` does not provide a name, else None.

    Args:
        correlator: Whose names are asked for.
        candidate: What the name means in a correlator of sufficient order; None for no quantity.
        text: The name.
        others: More names that could have been meant.
    """
    order, measure = correlator.order, correlator.measure
    names = provided(order, measure, correlator.sides)
    if candidate is None:
        listed = f"it provides {', '.join(names)}" if len(names) <= 20 else ""
        hints = did_you_mean(text, [*names, *others], otherwise=listed)
        if not correlator.sides and fullmatch("z[0-9]", text) and order > 1:
            hints = (f"to order the distances, give the correlator `sides {side_names(order)}`",)
        return "E201", f"unknown name `{text}`", hints
    if candidate.kind == "side":
        return None
    if candidate.kind in PAIRS and len(set(candidate.indices)) < 2:
        return "E204", f"`{text}` is the distance of a particle from itself", ()
    if any(not 1 <= index <= order for index in candidate.indices):
        message = f"`{text}` needs particle {max(candidate.indices)}, but the order is {order}"
        if min(candidate.indices) < 1:
            message = f"`{text}` needs particle 0, but particles are counted from 1"
        return "E204", message, (f"the particles are 1 to {order}",)
    if candidate.measure not in (None, measure):
        other = "dR" if measure == "hadron" else "theta"
        message = f"`{text}` belongs to measure {candidate.measure}, the correlator has {measure}"
        indices = "".join(str(index) for index in candidate.indices)
        return "E311", message, (f"use `{other}{indices}` or `z{indices}`",)
    return None


def side_names(order: int) -> str:
    """Return how the ordered distances of an order are usually named: `z1 <= z2 <= z3`."""
    return " <= ".join(f"z{k}" for k in range(1, order * (order - 1) // 2 + 1))


def _only(node: ast.Correlator, kind: type[S]) -> S | None:
    return next((item for item in node.statements if isinstance(item, kind)), None)


def _complete(node: ast.Correlator, findings: Findings) -> None:
    seen: dict[type[ast.Node], Span] = {}
    for statement in node.statements:
        word = type(statement).__name__.lower()
        if type(statement) in seen:
            first = Related(seen[type(statement)], "first given here")
            findings.add("E205", f"`{word}` is given twice", statement.span, related=(first,))
        seen.setdefault(type(statement), statement.span)
    missing = [texts for kind, texts in _REQUIRED.items() if kind not in seen]
    if missing:
        words = quoted([word for word, _ in missing], "and")
        order = _only(node, ast.Order)
        weight = f"weight {usual_weight(min(int(order.value.value), MAX_ORDER) if order else 3)}"
        hints = tuple(f"add `{example or weight}`" for _, example in missing)
        message = f"correlator `{node.name.text}` lacks {words}"
        findings.add("E208", message, node.name.span, hints=hints)


def _order(node: ast.Order | None, findings: Findings) -> int | None:
    if node is None:
        return None
    value = node.value.value
    if value != int(value) or not 1 <= value <= MAX_ORDER:
        message = f"the order is a whole number from 1 to {MAX_ORDER}, not {node.value.span.text}"
        note = "the number of tuples grows as the number of particles to the power of the order"
        findings.add("E309", message, node.value.span, notes=(note,))
        return None
    return int(value)


def _known(word: ast.Word, what: str, words: tuple[str, ...], findings: Findings) -> str | None:
    if word.text in words:
        return word.text
    hints = did_you_mean(word.text, words)
    notes = (f"it can be {quoted(words)}",)
    findings.add("E207", f"unknown {what} `{word.text}`", word.span, hints=hints, notes=notes)
    return None


def _setting(
    node: ast.Measure | ast.Tuples | None, what: str, words: tuple[str, ...], findings: Findings
) -> str | None:
    return None if node is None else _known(node.kind, what, words, findings)


def _constituents(node: ast.Over | None, findings: Findings) -> checked.Constituents | None:
    if node is None:
        return None
    kind = _known(node.kind, "constituents", CONSTITUENTS, findings)
    if kind is None:
        return None
    if kind != "subjets":
        for argument in node.arguments:
            findings.add("E203", f"`{kind}` takes no arguments", argument.span)
        return checked.Constituents("charged" if kind == "charged" else "particles")
    return _subjets(node, findings)


def _subjets(node: ast.Over, findings: Findings) -> checked.Constituents | None:
    values = _match(node.arguments, ("algorithm", "R"), findings)
    absent = [name for name in ("algorithm", "R") if name not in values]
    if absent:
        message = f"`subjets` needs {quoted(absent, 'and')}"
        hint = "write `subjets(algorithm = cambridge, R = 0.1)`"
        findings.add("E203", message, node.span, hints=(hint,))
        return None
    word = values["algorithm"]
    name = ast.Word(word.span, word.text if isinstance(word, ast.Name) else word.span.text)
    algorithm = _known(name, "algorithm", ALGORITHMS, findings)
    radius = constant(values["R"], Fraction(0), findings, "the subjet radius")
    if radius is not None and radius <= 0:
        message = f"the subjet radius must be positive, not {radius:g}"
        findings.add("E314", message, values["R"].span)
        return None
    if algorithm is None or radius is None:
        return None
    return checked.Constituents("subjets", algorithm, radius)  # type: ignore[arg-type]  # ALGORITHMS


def _match(
    arguments: tuple[ast.Argument, ...], names: tuple[str, ...], findings: Findings
) -> dict[str, ast.Expression]:
    values: dict[str, ast.Expression] = {}
    for place_, argument in enumerate(arguments):
        if argument.name is not None:
            name = argument.name.text
        else:
            name = names[place_] if place_ < len(names) else ""
        if name not in names:
            hints = did_you_mean(name, names, otherwise=f"it takes {quoted(names, 'and')}")
            message = f"`subjets` has no argument `{name}`" if name else "one argument too many"
            findings.add("E211", message, argument.span, hints=hints)
        elif name in values:
            findings.add("E205", f"`{name}` is given twice", argument.span)
        else:
            values[name] = argument.value
    return values


def _sides(
    node: ast.Sides | None, order: int, correlator: ast.Correlator, findings: Findings
) -> tuple[str, ...]:
    if node is None:
        return ()
    count = order * (order - 1) // 2
    if len(node.names) != count:
        message = f"order {order} has {count} sides, but {len(node.names)} are named"
        hints = (f"write `sides {side_names(order)}`",) if count else ("leave `sides` out",)
        findings.add("E215", message, node.span, hints=hints)
    seen: dict[str, Span] = {}
    for word in node.names:
        if word.text in seen:
            first = Related(seen[word.text], "first named here")
            findings.add("E205", f"side `{word.text}` is named twice", word.span, related=(first,))
        seen.setdefault(word.text, word.span)
        if named(word.text) is not None:
            message = f"`{word.text}` already has a meaning and cannot name a side"
            findings.add("E216", message, word.span, hints=("sides are usually `z1 <= z2 <= z3`",))
    return tuple(word.text for word in node.names)
