"""The defining formula of an observable in LaTeX, for papers, reports and hover text.

dSigma/dx = < sum_t W(t) prod Theta(window) prod delta(constraint) prod delta(x - f(t)) >
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecdsl.diagnostics import InternalError
from ecdsl.ir.nodes import (
    Apply,
    Azimuth,
    Between,
    Column,
    Compare,
    Energy,
    Jet,
    Member,
    Number,
    Pair,
    Parameter,
    Particles,
    Pt,
    Scale,
    Side,
    Subjets,
    Triple,
)
from ecdsl.ir.walk import leaves

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecdsl.ir.nodes import Condition, Correlator, Expr, Observable

_SUM, _PRODUCT, _ATOM = range(3)
_LETTERS = "ijklmnop"
_MEMBER = {"et": "E_{T,%s}", "eta": r"\eta_%s", "mass": "m_%s", "charge": "q_%s"}
_MEMBER |= {"pdgid": r"\mathrm{id}_%s"}
_JET = {
    "energy": r"E_{\mathrm{jet}}",
    "pt": r"p_{T,\mathrm{jet}}",
    "mass": r"m_{\mathrm{jet}}",
    "eta": r"\eta_{\mathrm{jet}}",
    "energy_sum": r"\sum E",
    "pt_sum": r"\sum p_T",
    "et_sum": r"\sum E_T",
}
_BETWEEN = {
    "z": r"\zeta_{%s}",
    "angle": r"\sin^2(\theta_{%s}/2)",
    "deta": r"|\Delta\eta_{%s}|",
    "dphi": r"|\Delta\phi_{%s}|",
    "mass": "m_{%s}",
}
_COMPARED = {"<": "<", "<=": r"\leq", "==": "=", "!=": r"\neq"}
_FUNCTIONS = {
    "log": r"\ln",
    "asin": r"\arcsin",
    "acos": r"\arccos",
    "atan": r"\arctan",
    "mean": r"\mathrm{mean}",
    "median": r"\mathrm{median}",
}


def formula(observable: Observable) -> str:
    r"""Return `\frac{d\Sigma}{dx} = ...`, which defines an observable.

    Args:
        observable: As it was lowered: canonical form merges constants and drops their units.
    """
    names = [parameter.name for parameter in observable.parameters]
    axes = [axis.name for axis in observable.axes]
    factors = [_weight(observable.correlator)]
    for window in (*observable.correlator.windows, *observable.windows):
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
        rf"{left} = \left\langle \sum_{{{_indices(observable.correlator)}}} "
        + r" \, ".join(factors)
        + r" \right\rangle"
        + "".join(rf", \quad {note}" for note in _notes(observable.correlator))
    )


def _weight(correlator: Correlator) -> str:
    """Return what a tuple weighs; what a set does where the order need not be whole."""
    if correlator.nu is None:
        return _text(correlator.weight, [])
    if not correlator.ranked:
        return rf"w_{{{correlator.nu:g}}}(S)"
    return rf"x_i \, w_{{{correlator.nu - 1:g}}}(S)"


def _indices(correlator: Correlator) -> str:
    if correlator.nu is not None:
        return "i, S" if correlator.ranked else "S"
    letters = _LETTERS[: correlator.order]
    joint = {"distinct": r" \neq ", "sets": " < ", "all": ", "}[correlator.tuples]
    return joint.join(letters)


def _notes(correlator: Correlator) -> list[str]:
    """Return what the symbols of the formula stand for, where it is not the usual."""
    letters = _LETTERS[: correlator.order]
    notes = [*_origin(correlator), *_of_sets(correlator)]
    wanted = correlator.constituents
    if isinstance(wanted, Particles) and wanted.charged:
        notes.append(rf"q_{{{','.join(letters)}}} \neq 0")
    if correlator.where is not None:
        notes.append(rf"\forall \, i: {_condition(correlator.where, [])}")
    if correlator.hardest is not None:
        notes.append(rf"{','.join(letters)} \in \mathrm{{hardest}} \ {correlator.hardest}")
    if correlator.distance is not None:
        notes.append(rf"\zeta_{{ij}} = {_text(correlator.distance, [])}")
    if correlator.ranked and correlator.order > 2:
        # Every tuple counts, under these names: the order is no condition.
        ranks = r" \geq ".join(rf"\zeta_{{i{letter}}}" for letter in letters[1:])
        notes.append(rf"{','.join(letters[1:])} \ \mathrm{{named \ so \ that}} \ {ranks}")
    if correlator.resolution is not None:
        notes.append(rf"\mathrm{{by \ dynamic \ subjets}}, \ f = {correlator.resolution:g}")
    return notes


def _origin(correlator: Correlator) -> Iterator[str]:
    """Say what tuples are made of, where it is not the particles of a jet."""
    wanted, whole = correlator.constituents, correlator.group == "event"
    if isinstance(wanted, Subjets):
        kind = "jets" if whole else "subjets"
        what = rf"\mathrm{{{kind}}}(\mathrm{{{wanted.algorithm}}}, R = {wanted.radius:g})"
    elif whole:
        what = r"\mathrm{event}"
    else:
        return
    yield rf"{','.join(_LETTERS[: correlator.order])} \in {what}"


def _of_sets(correlator: Correlator) -> Iterator[str]:
    """Say what sets weigh, and which two of their particles are looked at."""
    if correlator.nu is None:
        return
    yield (
        r"w_\nu(S) = \sum_{T \subseteq S} (-1)^{|S \setminus T|}"
        rf" \left(\sum_{{i \in T}} x_i\right)^\nu, \quad x_i = {_text(correlator.weight, [])}"
    )
    farthest = r"\zeta_{ij} = \max_{k \in S} \zeta_{ik}"
    longest = r"\zeta_{ij} = \max_{k,l \in S} \zeta_{kl}"
    yield farthest if correlator.ranked else longest


def _condition(condition: Condition, names: list[str]) -> str:
    if isinstance(condition, Compare):
        lhs, rhs = _text(condition.lhs, names), _text(condition.rhs, names)
        return f"{lhs} {_COMPARED[condition.op]} {rhs}"
    parts = [_condition(arg, names) for arg in condition.args]
    if condition.op == "not":
        return rf"\neg ({parts[0]})"
    joint = r" \wedge " if condition.op == "and" else r" \vee "
    return joint.join(f"({part})" for part in parts)


def _text(expr: Expr, names: list[str], weakest: int = _SUM) -> str:
    text, strength = _render(expr, names)
    return text if strength >= weakest else rf"\left({text}\right)"


def _render(expr: Expr, names: list[str]) -> tuple[str, int]:
    match expr:
        case Number():
            return _number(expr)
        case Parameter(index=k):
            return identifier(names[k]), _ATOM
        case Column(name=name):
            return identifier(name), _ATOM
        case Scale():
            return "Q", _ATOM
        case Jet(quantity=quantity):
            return _JET[quantity], _PRODUCT if quantity.endswith("_sum") else _ATOM
        case Apply(
            fn="mul",
            args=(
                Number(value=2.0),
                Apply(fn="asin", args=(Apply(fn="sqrt", args=(Between(quantity="angle"),)),)),
            ),
        ):
            return _opening(expr), _ATOM
        case Apply():
            return _apply(expr, names)
        case Triple(i=i, j=j, k=k):
            n, m, r = (rf"\hat{{n}}_{_LETTERS[v - 1]}" for v in (i, j, k))
            return rf"{n} \cdot ({m} \times {r})", _PRODUCT
        case _:
            return _of_particles(expr), _ATOM


def _number(number: Number) -> tuple[str, int]:
    text, strength = f"{number.value:.12g}", _SUM if number.value < 0 else _ATOM
    if "e" in text:
        mantissa, power = text.split("e")
        text, strength = rf"{mantissa} \times 10^{{{int(power)}}}", _PRODUCT
    if not number.energy:
        return text, strength
    power = "" if number.energy == 1 else f"^{{{number.energy}}}"
    return rf"{text} \, \mathrm{{GeV}}{power}", min(strength, _PRODUCT)


def _opening(expr: Apply) -> str:
    """Return the angle theta, which is 2 asin sqrt of `Between(quantity="angle")`."""
    between = next(leaf for leaf in leaves(expr) if isinstance(leaf, Between))
    return _between(r"\theta_{%s}", between)


def _of_particles(expr: Expr) -> str:
    match expr:
        case Pair(i=i, j=j):
            return rf"\zeta_{{{_LETTERS[i - 1]}{_LETTERS[j - 1]}}}"
        case Side(k=k):
            return rf"\zeta_{{({k})}}"
        case Energy(i=i):
            return f"E_{_LETTERS[i - 1]}"
        case Pt(i=i):
            return f"p_{{T,{_LETTERS[i - 1]}}}"
        case Member(quantity=quantity, i=i):
            return _MEMBER[quantity] % _LETTERS[i - 1]
        case Between(quantity=quantity):
            return _between(_BETWEEN[quantity], expr)
        case Azimuth(pole=pole, j=j, k=k):
            p, a, b = (_LETTERS[v - 1] for v in (pole, j, k))
            return rf"\phi_{{{a}{b}}}^{{({p})}}"
        case _:
            raise InternalError(f"{expr!r} is not part of a formula")


def _between(symbol: str, expr: Between) -> str:
    other = _LETTERS[expr.j - 1] if isinstance(expr.j, int) else rf",\mathrm{{{expr.j}}}"
    return symbol % f"{_LETTERS[expr.i - 1]}{other}"


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
