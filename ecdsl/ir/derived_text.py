"""A derived observable as text: what `ecdsl show --stage ir` prints."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecdsl.ir.derived import Operand
from ecdsl.ir.nodes import Number
from ecdsl.ir.printer import print_number
from ecdsl.ir.text import print_observable

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ecdsl.ir.derived import Derived, DerivedExpr

_SUM, _PRODUCT, _ATOM = range(3)
_INFIX = {
    "add": (" + ", _SUM),
    "sub": (" - ", _SUM),
    "mul": (" * ", _PRODUCT),
    "div": (" / ", _PRODUCT),
}


def print_derived(derived: Derived) -> str:
    """Return the expression in the language's spelling, and each operand below it."""
    names = [operand.name for operand in derived.operands]
    parts = [f"derive {derived.name} = {_render(derived.expr, names)[0]}\n"]
    parts.extend(print_observable(operand) for operand in derived.operands)
    return "\n".join(parts)


def _render(expr: DerivedExpr, names: Sequence[str]) -> tuple[str, int]:
    if isinstance(expr, Number):
        text = print_number(expr.value)
        return text, _SUM if text.startswith("-") else _ATOM
    if isinstance(expr, Operand):
        return names[expr.index], _ATOM

    def inside(k: int, weakest: int) -> str:
        text, strength = _render(expr.args[k], names)
        return text if strength >= weakest else f"({text})"

    match expr.fn:
        case "add" | "sub" | "mul" | "div":
            infix, strength = _INFIX[expr.fn]
            return f"{inside(0, strength)}{infix}{inside(1, strength + 1)}", strength
        case "neg":
            return f"-{inside(0, _ATOM)}", _SUM
        case fn:
            return f"{fn}({inside(0, _SUM)})", _ATOM
