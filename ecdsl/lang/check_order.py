"""Check the order: of so many particles, or `order nu = 2.5` of sets of any number of them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Final, NamedTuple, TypeVar

from ecdsl.diagnostics import Related
from ecdsl.diagnostics.suggest import did_you_mean
from ecdsl.lang import ast, checked
from ecdsl.lang.provides import resolver

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ecdsl.diagnostics import Span
    from ecdsl.lang.expressions import Resolve
    from ecdsl.lang.findings import Findings
    from ecdsl.lang.quantities import Quantity

S = TypeVar("S", bound=ast.CorrelatorStatement)

MAX_ORDER: Final = 8
MAX_NU: Final = 100


class Order(NamedTuple):
    """An order without errors.

    Attributes:
        particles: How many particles the shape sees.
        nu: The order where it need not be whole.
    """

    particles: int
    nu: float | None = None


def check_order(node: ast.Order | None, findings: Findings) -> Order | None:
    """Return the order, or None after reporting what is wrong."""
    if node is None:
        return None
    if node.name is not None:
        return _nu(node.name, node.value, findings)
    value = node.value.value
    if value == int(value) and 1 <= value <= MAX_ORDER:
        return Order(int(value))
    message = f"the order is a whole number from 1 to {MAX_ORDER}, not {node.value.span.text}"
    note = "the number of tuples grows as the number of particles to the power of the order"
    hint = f"for the longest side, or about a special particle: `order nu = {value:g}`"
    hints = (hint,) if 0 < value <= MAX_NU else ()
    findings.add("E309", message, node.value.span, notes=(note,), hints=hints)
    return None


def _nu(name: ast.Word, number: ast.Number, findings: Findings) -> Order | None:
    if name.text != "nu":
        hints = did_you_mean(name.text, ["nu"], otherwise=f"write `order nu = {number.value:g}`")
        findings.add("E207", f"unknown order `{name.text}`", name.span, hints=hints)
        return None
    if not 0 < number.value <= MAX_NU:
        message = f"nu is a number above 0 and at most {MAX_NU}, not {number.span.text}"
        findings.add("E309", message, number.span)
        return None
    return Order(2, number.value)


def check_continued(node: ast.Correlator, findings: Findings) -> None:
    """Report what does not go with `order nu`: sets of one particle count, of two, and so on."""
    order = _statement(node, ast.Order)
    if order is None or order.name is None:
        return
    related = (Related(order.span, "sets of any number of particles are summed"),)
    tuples, sides = _statement(node, ast.Tuples), _statement(node, ast.Sides)
    if tuples is None or tuples.kind.text != "all":
        span = order.span if tuples is None else tuples.span
        message = "`order nu` sums contact terms: the power of a sum has them"
        findings.add("E221", message, span, hints=("write `tuples all`",))
    if sides is not None:
        message = "`sides` contradicts `order nu`: sets have no fixed number of sides"
        hint = "leave `sides` out: `z12` is the longest one"
        findings.add("E221", message, sides.span, hints=(hint,), related=related)
    if _statement(node, ast.Points) is not None and order.value.value <= 1:
        message = f"about a special particle, nu is above 1, not {order.value.span.text}"
        findings.add("E309", message, order.value.span)


def _statement(node: ast.Correlator, kind: type[S]) -> S | None:
    return next((item for item in node.statements if isinstance(item, kind)), None)


def of_one_particle(correlator: checked.Correlator, findings: Findings) -> Resolve:
    """Return the function that looks a name up in the weight of `order nu`."""
    look_up = resolver(replace(correlator, ranked=True), findings)

    def resolve(
        span: Span, candidate: Quantity | None, text: str, others: Sequence[str]
    ) -> Quantity | None:
        if candidate is None or set(candidate.particles) <= {1}:
            return look_up(span, candidate, text, others)
        message = f"with `order nu` the weight is what one particle adds, and `{text}` is no such"
        one = "pt1 / pt_jet" if correlator.geometry == "hadron" else "E1 / Q"
        findings.add("E229", message, span, hints=(f"write for particle 1: `{one}`",))
        return None

    return resolve
