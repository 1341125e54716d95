r"""The formula of a derived observable in LaTeX: a fraction of names, e.g. \frac{E3C}{EEC}.

A reflection is an argument: `reflect(eec) - eec` is eec(1 - z) - eec(z), where the bins run from 0
to 1.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecdsl.backends.latex import formula, identifier
from ecdsl.ir.derived import Combine, Operand
from ecdsl.ir.nodes import Number
from ecdsl.ir.printer import print_number

if TYPE_CHECKING:
    from ecdsl.ir.derived import Derived, DerivedExpr

_SUM, _PRODUCT, _ATOM = range(3)
_INFIX = {"add": (" + ", _SUM), "sub": (" - ", _SUM), "mul": (r" \, ", _PRODUCT)}


def derived_formula(derived: Derived) -> str:
    """Return `name = expression` in the names of the operands."""
    names = [identifier(operand.name) for operand in derived.operands]
    axis = derived.operands[0].axes[0]
    variable = identifier(axis.name)
    plain = reflected = ""
    if _reflects(derived.expr):
        total = axis.bins.lower + axis.bins.upper
        plain = rf"\left({variable}\right)"
        reflected = rf"\left({print_number(total) if total else ''} - {variable}\right)"
    render = _Renderer(names, variable, plain, reflected)
    return f"{identifier(derived.name)}{plain} = {render.text(derived.expr, mirrored=False)[0]}"


def derived_formulae(derived: Derived) -> str:
    """Return the formula and below it the defining formula of each operand, a line each."""
    lines = [derived_formula(derived)]
    lines.extend(rf"{identifier(o.name)} : \quad {formula(o)}" for o in derived.operands)
    return "\n".join(lines)


class _Renderer:
    """Writes parts of an expression; reflections travel inwards to the operands."""

    def __init__(self, names: list[str], variable: str, plain: str, reflected: str) -> None:
        self._names = names
        self._variable = variable
        self._arguments = {False: plain, True: reflected}

    def text(self, expr: DerivedExpr, *, mirrored: bool) -> tuple[str, int]:
        if isinstance(expr, Number):
            text = print_number(expr.value)
            return text, _SUM if text.startswith("-") else _ATOM
        if isinstance(expr, Operand):
            return self._names[expr.index] + self._arguments[mirrored], _ATOM
        return self._combine(expr, mirrored)

    def _combine(self, expr: Combine, mirrored: bool) -> tuple[str, int]:
        def inside(k: int, weakest: int) -> str:
            text, strength = self.text(expr.args[k], mirrored=mirrored)
            return text if strength >= weakest else rf"\left({text}\right)"

        match expr.fn:
            case "add" | "sub" | "mul":
                infix, strength = _INFIX[expr.fn]
                weakest = strength if expr.fn != "sub" else strength + 1
                return f"{inside(0, strength)}{infix}{inside(1, weakest)}", strength
            case "div":
                return rf"\frac{{{inside(0, _SUM)}}}{{{inside(1, _SUM)}}}", _PRODUCT
            case "neg":
                return f"-{inside(0, _PRODUCT)}", _SUM
            case "reflect":
                return self.text(expr.args[0], mirrored=not mirrored)
            case "normalize":
                whole = inside(0, _PRODUCT)
                return rf"\frac{{{inside(0, _SUM)}}}{{\sum_{{\mathrm{{bins}}}} {whole}}}", _PRODUCT
            case _:
                width = rf"\Delta {self._variable}"
                return rf"\frac{{{inside(0, _SUM)}}}{{{width}}}", _PRODUCT


def _reflects(expr: DerivedExpr) -> bool:
    return isinstance(expr, Combine) and (
        expr.fn == "reflect" or any(_reflects(arg) for arg in expr.args)
    )
