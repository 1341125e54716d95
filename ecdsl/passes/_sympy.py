"""The border to sympy: our expressions on one side, sympy's on the other, total both ways.

Expressions are built node by node, never parsed from text. Numbers cross as exact rationals of
their shortest decimal form, so that 0.1 + 0.2 is 0.3 and a round trip returns the same float.
"""

from __future__ import annotations

from fractions import Fraction
from functools import reduce
from operator import add
from typing import TYPE_CHECKING, Any

import sympy as sp

from ecdsl.diagnostics import Diagnostic, EcdslError, InternalError
from ecdsl.ir.nodes import (
    Apply,
    Azimuth,
    Between,
    Column,
    Coordinate,
    Energy,
    Jet,
    Member,
    Number,
    Pair,
    Parameter,
    Pt,
    Scale,
    Side,
    Support,
    Triple,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ecdsl.ir.nodes import Correlator, Expr, ParameterSpec

# sympy ships no types: its expressions are `Any` here and nowhere leave `passes/`.
SympyExpr = Any


class Median(sp.Function):  # type: ignore[misc]
    """The middle one of three, symmetric: its arguments are kept sorted."""

    @classmethod
    def eval(cls, *args: SympyExpr) -> SympyExpr:
        """Return the middle argument where it is known, else the call with sorted arguments."""
        if all(arg.is_number for arg in args):
            return sorted(args)[1]
        ordered = tuple(sorted(args, key=sp.default_sort_key))
        twice = [a for k, a in enumerate(ordered) if a in ordered[:k]]
        if twice:
            return twice[0]
        return cls(*ordered) if ordered != args else None

    def _eval_is_extended_real(self) -> bool | None:
        return True if all(arg.is_extended_real for arg in self.args) else None


_FUNCTIONS = {
    "log": sp.log,
    "exp": sp.exp,
    "sin": sp.sin,
    "cos": sp.cos,
    "tan": sp.tan,
    "asin": sp.asin,
    "acos": sp.acos,
    "atan": sp.atan,
    "abs": sp.Abs,
    "min": sp.Min,
    "max": sp.Max,
    "median": Median,
}
# Irrational numbers stay what they are; a backend folds them when it prints (`fold_constants`).
_CONSTANTS: dict[SympyExpr, Expr] = {
    sp.E: Apply(fn="exp", args=(Number(value=1.0),)),
    sp.pi: Apply(fn="acos", args=(Number(value=-1.0),)),
}
_REAL, _NONNEGATIVE, _POSITIVE = ({sign: True} for sign in ("real", "nonnegative", "positive"))
_JET_SIGN = {"eta": _REAL, "mass": _NONNEGATIVE}
# Integers below are exact as floats.
_EXACT_INTEGERS = 2**53
_NAMES = {function: name for name, function in _FUNCTIONS.items()}


class Bridge:
    """Converts expressions both ways.

    Knows which leaves cannot be negative, from the parameters' ranges and from what a quantity is.
    A user's distance has the sign that its expression shows.
    """

    def __init__(
        self, parameters: Sequence[ParameterSpec] = (), correlator: Correlator | None = None
    ) -> None:
        self._nodes: dict[SympyExpr, Expr] = {}
        self._parameters = tuple(parameters)
        self._distance = {"nonnegative": True}
        own = None if correlator is None else correlator.distance
        if own is not None and Bridge().to_sympy(own).is_nonnegative is not True:
            self._distance = {"real": True}

    def to_sympy(self, expr: Expr) -> SympyExpr:
        """Return the sympy expression of `expr`."""
        if isinstance(expr, Number):
            return sp.Rational(Fraction(repr(expr.value)))
        if not isinstance(expr, Apply):
            return self.symbol(expr)
        args = [self.to_sympy(arg) for arg in _factors(expr)]
        match expr.fn:
            case "add" | "mean":
                total = reduce(add, args)
                return total / len(args) if expr.fn == "mean" else total
            case "sub":
                return args[0] - args[1]
            case "mul":
                # All factors at once: a number times one sum alone would be multiplied out.
                return sp.Mul(*args)
            case "div":
                return args[0] / args[1]
            case "neg":
                return -args[0]
            case "pow":
                return args[0] ** args[1]
            case "sqrt":
                return sp.sqrt(args[0])
            case fn if fn in _FUNCTIONS:
                # A function of what has no value may have one, or be unknown to sympy.
                return _FUNCTIONS[fn](*map(defined, args))
            case fn:
                raise InternalError(f"no sympy spelling for {fn!r}")

    def symbol(self, leaf: Expr) -> SympyExpr:
        """Return the symbol of a leaf, with the sign that is known of it."""
        name, sign = self._named(leaf)
        symbol = sp.Symbol(name, **sign)
        self._nodes[symbol] = leaf
        return symbol

    def _named(self, leaf: Expr) -> tuple[str, dict[str, bool]]:
        match leaf:
            case Parameter(index=k):
                return f"p_{k}", {"real": True, **self._sign(k)}
            case Pair(i=i, j=j):
                return f"z_{i}_{j}", self._distance
            case Side(k=k):
                return f"s_{k}", self._distance
            case Between(quantity="z", i=i, j=j):
                return f"z_{i}_{j}", self._distance
            case Scale():
                return "Q", _POSITIVE
            case Jet(quantity=quantity):
                return f"jet_{quantity}", _JET_SIGN.get(quantity, _POSITIVE)
            case Column(name=name, energy=energy):
                return f"column_{energy}_{name}", _REAL
            case Coordinate(index=k):
                return f"c_{k}", _REAL
            case Support(end=end):
                return end, _NONNEGATIVE
            case _:
                return _of_particles(leaf)

    def leaves(self) -> dict[SympyExpr, Expr]:
        """Return the leaves that have been seen, by their symbols."""
        return dict(self._nodes)

    def from_sympy(self, expr: SympyExpr) -> Expr:
        """Return the expression of a sympy expression; terms come in sympy's canonical order."""
        if expr.is_Rational:
            return _rational(expr)
        if expr.is_Symbol:
            return self._nodes[expr]
        if expr in _CONSTANTS:
            return _CONSTANTS[expr]
        if expr.is_Add:
            terms = expr.as_ordered_terms()
            # A sum that starts with a positive term reads as one writes it.
            terms.sort(key=lambda term: bool(term.as_coeff_Mul()[0].is_negative))
            return Apply(fn="add", args=self._each(terms))
        if expr.is_Mul:
            return self._product(expr)
        if expr.is_Pow:
            return self._power(*expr.as_base_exp())
        # sympy rewrites exp(x) as a power of E only on request, but its class is not `exp` itself.
        name = next((n for f, n in _NAMES.items() if isinstance(expr, f)), None)
        if name is None:
            raise InternalError(f"no spelling of our own for {sp.srepr(expr)}")
        return Apply(fn=name, args=self._each(sorted(expr.args, key=sp.default_sort_key)))

    def _each(self, args: Sequence[SympyExpr]) -> tuple[Expr, ...]:
        return tuple(self.from_sympy(arg) for arg in args)

    def _sign(self, k: int) -> dict[str, bool]:
        spec = self._parameters[k] if k < len(self._parameters) else None
        if spec is None or spec.lower < 0:
            return {}
        open_at_zero = spec.lower == 0 and not spec.lower_open
        return {"nonnegative": True} if open_at_zero else {"positive": True}

    def _product(self, expr: SympyExpr) -> Expr:
        coefficient, rest = expr.as_coeff_Mul()
        if coefficient.is_negative:
            return Apply(fn="neg", args=(self.from_sympy(-coefficient * rest),))
        numerator, denominator = sp.fraction(expr)
        if denominator != 1:
            args = (self.from_sympy(numerator), self.from_sympy(denominator))
            return Apply(fn="div", args=args)
        return Apply(fn="mul", args=self._each(expr.as_ordered_factors()))

    def _power(self, base: SympyExpr, exponent: SympyExpr) -> Expr:
        if exponent == sp.Rational(1, 2):
            return Apply(fn="sqrt", args=(self.from_sympy(base),))
        if exponent.could_extract_minus_sign():
            inverse = self.from_sympy(base**-exponent)
            return Apply(fn="div", args=(Number(value=1.0), inverse))
        return Apply(fn="pow", args=(self.from_sympy(base), self.from_sympy(exponent)))


def defined(expr: SympyExpr) -> SympyExpr:
    """Return `expr`.

    Raises:
        EcdslError: E320 where it is infinite, E321 where it is no real number.
    """
    if expr.has(sp.zoo, sp.nan):
        message = "an expression divides by something that is always zero"
        hint = "look for a difference of equal terms in a denominator, or for log(0)"
        raise EcdslError([Diagnostic("E320", message, hints=(hint,))])
    parts = sp.preorder_traversal(expr)
    if any(not part.free_symbols and part.is_extended_real is False for part in parts):
        message = "an expression is not a real number"
        hint = "look for the root or log of a negative"
        raise EcdslError([Diagnostic("E321", message, hints=(hint,))])
    return expr


def _factors(expr: Apply) -> list[Expr]:
    """Return the arguments of a function; of a product all factors, also of the products in it."""
    found: list[Expr] = []
    for arg in expr.args:
        if expr.fn == "mul" and isinstance(arg, Apply) and arg.fn == "mul":
            found.extend(_factors(arg))
        else:
            found.append(arg)
    return found


def _of_particles(leaf: Expr) -> tuple[str, dict[str, bool]]:
    match leaf:
        case Energy(i=i):
            return f"E_{i}", _NONNEGATIVE
        case Pt(i=i):
            return f"pt_{i}", _NONNEGATIVE
        case Member(quantity="et" | "mass", i=i):
            return f"{leaf.quantity}_{i}", _NONNEGATIVE
        case Member(quantity=quantity, i=i):
            return f"{quantity}_{i}", _REAL
        case Between(quantity=quantity, i=i, j=j):
            return f"{quantity}_{i}_{j}", _NONNEGATIVE
        case Triple(i=i, j=j, k=k):
            return f"triple_{i}_{j}_{k}", _REAL
        case Azimuth(pole=pole, j=j, k=k):
            return f"azimuth_{pole}_{j}_{k}", _REAL
        case _:
            raise InternalError(f"{leaf!r} is not a leaf")


def _rational(expr: SympyExpr) -> Expr:
    """Return a float where its shortest decimal is the number, else a quotient of integers."""
    exact = Fraction(int(expr.p), int(expr.q))
    try:
        value = float(exact)
    except OverflowError:
        message = "a constant in an expression is beyond the largest number"
        hint = "look for powers of large numbers"
        raise EcdslError([Diagnostic("E320", message, hints=(hint,))]) from None
    integers = max(abs(exact.numerator), exact.denominator) < _EXACT_INTEGERS
    if Fraction(repr(value)) == exact or not integers:
        return Number(value=value)
    quotient = (Number(value=float(abs(exact.numerator))), Number(value=float(exact.denominator)))
    node = Apply(fn="div", args=quotient)
    return Apply(fn="neg", args=(node,)) if exact < 0 else node
