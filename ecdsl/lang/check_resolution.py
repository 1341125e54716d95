"""Check `resolution`: a factor above 1, and a sum that dynamic subjets can stand for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecdsl.diagnostics import Related
from ecdsl.lang import ast

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecdsl.lang.findings import Findings

_LARGEST = 1e12
_DISTINCT = "the same subjet twice stands for equal particles and for different ones"


def resolution(node: ast.Correlator, findings: Findings) -> float | None:
    """Return the factor of dynamic subjets, None where everything is resolved."""
    found = next((item for item in node.statements if isinstance(item, ast.Resolution)), None)
    if found is None:
        return None
    value = found.value.value
    if not 1 < value <= _LARGEST:
        message = f"`resolution` is a number above 1 and at most {_LARGEST:g}"
        findings.add("E230", message, found.value.span, hints=("write `resolution 32`",))
        return None
    for other, why, hint in _contradicted(node):
        message = f"`{other.span.text.split()[0]}` contradicts `resolution`: {why}"
        related = (Related(found.span, "what lies close is merged here"),)
        findings.add("E221", message, other.span, hints=(hint,), related=related)
    if not any(isinstance(item, ast.Tuples) for item in node.statements):
        message = f"`resolution` contradicts `tuples distinct`, the default: {_DISTINCT}"
        findings.add("E221", message, found.span, hints=("add `tuples all`",))
    return value


def _contradicted(node: ast.Correlator) -> Iterator[tuple[ast.Node, str, str]]:
    """Yield what contradicts a resolution, why, and what can be done."""
    without = "leave `resolution` out"
    for other in node.statements:
        if isinstance(other, ast.Points):
            yield other, "sums about a special particle are quick as they are", without
        if isinstance(other, ast.Order) and other.name is not None:
            yield other, "sets are summed over the particles themselves", without
        elif isinstance(other, ast.Order) and other.value.value == 1:
            yield other, "one particle has no distance that could be resolved", without
        if isinstance(other, ast.Tuples) and other.kind.text in {"distinct", "sets"}:
            yield other, _DISTINCT, "write `tuples all`"
