"""The defining formula of an observable in LaTeX, for papers, reports and hover text.

dSigma/dx = < sum_t W(t) prod Theta(window) prod delta(constraint) prod delta(x - f(t)) >
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecdsl.diagnostics import InternalError
from ecdsl.ir.nodes import Apply, Compare, Energy, Number, Pair, Parameter, Pt, Scale, Side

if TYPE_CHECKING:
    from ecdsl.ir.nodes import Condition, Expr, Observable

_SUM, _PRODUCT, _ATOM = range(3)
_FUNCTIONS = {
    "log": r"\ln",
    "asin": r"\arcsin",
    "acos": r"\arccos",
    "atan": r"\arctan",
    "mean": r"\mathrm{mean}",
    "median": r"\mathrm{median}",
}


def formula(observable: Observable) -> str:
    r"""Return the right-hand side `\frac{d\Sigma}{dx} = ...` that defines an observable."""
    names = [parameter.name for parameter in observable.parameters]
    axes = [axis.name for axis in observable.axes]
    factors = [_text(observable.correlator.weight, names)]
    for window in observable.windows:
        factors.append(rf"\Theta\left({_condition(window, names)}\right)")
    for delta in observable.deltas:
        inner = _text(delta.expr, names)
        if delta.lower is None or delta.upper is None:
            factors.append(rf"\delta\left({inner}\right)")
        else:
            low, high = _text(delta.lower, names), _text(delta.upper, names)
            factors.append(rf"\Theta\left({low} \leq {inner} \leq {high}\right)")
    for axis in observable.axes:
        factors.append(
            rf"\delta\left({identifier(axis.name)} - {_text(axis.expr, names, _PRODUCT)}\right)"
        )
    measure = " ".join(f"d{identifier(name)}" for name in axes)
    power = f"^{{{len(axes)}}}" if len(axes) > 1 else ""
    left = rf"\frac{{d{power}\Sigma}}{{{measure}}}"
    return (
        rf"{left} = \left\langle \sum_{{{_indices(observable)}}} "
        + r" \, ".join(factors)
        + r" \right\rangle"
    )


def _indices(observable: Observable) -> str:
    order, tuples = observable.correlator.order, observable.correlator.tuples
    letters = "ijklmnop"[:order]
    joint = {"distinct": r" \neq ", "sets": " < ", "all": ", "}[tuples]
    return joint.join(letters)


def _condition(condition: Condition, names: list[str]) -> str:
    if isinstance(condition, Compare):
        op = "<" if condition.op == "<" else r"\leq"
        return f"{_text(condition.lhs, names)} {op} {_text(condition.rhs, names)}"
    parts = [_condition(arg, names) for arg in condition.args]
    if condition.op == "not":
        return rf"\neg ({parts[0]})"
    joint = r" \wedge " if condition.op == "and" else r" \vee "
    return joint.join(f"({part})" for part in parts)


def _text(expr: Expr, names: list[str], weakest: int = _SUM) -> str:
    text, strength = _render(expr, names)
    return text if strength >= weakest else rf"\left({text}\right)"


def _render(expr: Expr, names: list[str]) -> tuple[str, int]:
    letters = "ijklmnop"
    match expr:
        case Number(value=value):
            text = f"{value:.12g}"
            if "e" in text:
                mantissa, power = text.split("e")
                return rf"{mantissa} \times 10^{{{int(power)}}}", _PRODUCT
            return text, _SUM if value < 0 else _ATOM
        case Parameter(index=k):
            return identifier(names[k]), _ATOM
        case Pair(i=i, j=j):
            return rf"\zeta_{{{letters[i - 1]}{letters[j - 1]}}}", _ATOM
        case Side(k=k):
            return rf"\zeta_{{({k})}}", _ATOM
        case Energy(i=i):
            return f"E_{letters[i - 1]}", _ATOM
        case Pt(i=i):
            return f"p_{{T,{letters[i - 1]}}}", _ATOM
        case Scale():
            return "Q", _ATOM
        case Apply():
            return _apply(expr, names)
        case _:
            raise InternalError(f"{expr!r} is not part of a formula")


def _apply(expr: Apply, names: list[str]) -> tuple[str, int]:
    args = expr.args

    def inner(k: int, weakest: int = _SUM) -> str:
        return _text(args[k], names, weakest)

    match expr.fn:
        case "add":
            parts = [inner(0)]
            for arg in args[1:]:
                negative = isinstance(arg, Apply) and arg.fn == "neg"
                body = arg.args[0] if isinstance(arg, Apply) and negative else arg
                parts.append(f"{'-' if negative else '+'} {_text(body, names, _PRODUCT)}")
            return " ".join(parts), _SUM
        case "sub":
            return f"{inner(0)} - {inner(1, _PRODUCT)}", _SUM
        case "mul":
            return r" \, ".join(inner(k, _PRODUCT) for k in range(len(args))), _PRODUCT
        case "div":
            return rf"\frac{{{inner(0)}}}{{{inner(1)}}}", _PRODUCT
        case "neg":
            return f"-{inner(0, _PRODUCT)}", _SUM
        case "pow":
            return f"{inner(0, _ATOM)}^{{{inner(1)}}}", _PRODUCT
        case "sqrt":
            return rf"\sqrt{{{inner(0)}}}", _ATOM
        case "abs":
            return rf"\left|{inner(0)}\right|", _ATOM
        case fn:
            return _function(_FUNCTIONS.get(fn, rf"\{fn}"), args, names), _ATOM


def _function(name: str, args: tuple[Expr, ...], names: list[str]) -> str:
    return rf"{name}\left({', '.join(_text(arg, names) for arg in args)}\right)"


def identifier(name: str) -> str:
    """Return a user's identifier as upright text; identifiers hold letters, digits and `_` only."""
    greek = {"zeta", "theta", "phi", "xi", "tau", "eta", "chi"}
    if name in greek:
        return rf"\{name}"
    return name if len(name) == 1 else rf"\mathrm{{{name}}}".replace("_", r"\_")
