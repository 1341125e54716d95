"""Expressions of the IR as polynomials over variables and calls, each with what it can be.

A variable is a quantity of the tuple with a domain; a call is a function of polynomials. Equal
calls are one variable of the normal form, so that what one constraint says of `abs(z12 - z23)` is
known to the next. Calls are numbered after their arguments.
"""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from math import isqrt
from typing import TYPE_CHECKING

from ecdsl.ir.nodes import Apply, Number
from ecdsl.passes import bounds_polynomials as poly
from ecdsl.passes.bounds_forms import Form
from ecdsl.passes.bounds_functions import forward, is_defined

if TYPE_CHECKING:
    from collections.abc import Callable

    from ecdsl.ir.nodes import Expr
    from ecdsl.passes.bounds_intervals import Interval
    from ecdsl.passes.bounds_polynomials import Exact, Polynomial

_HALF = Fraction(1, 2)
_LARGEST_POWER = 100


@dataclass(frozen=True)
class Variable:
    """A quantity of the tuple, or a call.

    Attributes:
        domain: All that it can be.
        key: What quantity it is; None for a call.
        fn: The function of a call, empty for a quantity; `inv` is 1/x.
        args: The arguments of a call.
        is_integer: Whether it is a whole number by nature.
        is_positive: Whether it is 0 only where particles coincide, if ever.
    """

    domain: Interval
    key: object = None
    fn: str = ""
    args: tuple[Polynomial, ...] = ()
    is_integer: bool = False
    is_positive: bool = False


@dataclass(frozen=True)
class Partial:
    """A call, met while reading an expression, of a function that is not defined everywhere."""

    fn: str
    args: tuple[Polynomial, ...]


class Algebra:
    """The variables of one geometry, and the expressions over them.

    Args:
        leaf: Gives the polynomial of a leaf of the IR that is no number.
    """

    def __init__(self, leaf: Callable[[Expr], Polynomial]) -> None:
        self.variables: list[Variable] = []
        self.partial: list[Partial] = []
        self._leaf = leaf
        self._squares: dict[Polynomial, Polynomial] = {}
        self._index: dict[object, int] = {}
        self._forms: dict[Polynomial, Form] = {}

    def quantity(
        self, key: object, domain: Interval, *, integer: bool = False, positive: bool = False
    ) -> Polynomial:
        """Return the variable of a quantity, made when it is first asked for."""
        if key not in self._index:
            self._index[key] = len(self.variables)
            self.variables.append(Variable(domain, key, is_integer=integer, is_positive=positive))
        return poly.variable(self._index[key])

    def square(self, p: Polynomial) -> Polynomial:
        """Return the square of something that is not negative, and know its root from now on."""
        result = self._product([p, p])
        self._squares[poly.factored(result)[1]] = poly.factored(p)[1]
        return result

    def expression(self, expr: Expr) -> Polynomial:
        """Return the normal form of an expression; what it divides by and so on is noted."""
        if isinstance(expr, Number):
            return poly.constant(expr.value)
        if not isinstance(expr, Apply):
            return self._leaf(expr)
        return self._apply(expr.fn, [self.expression(arg) for arg in expr.args])

    def form(self, p: Polynomial) -> Form:
        """Return a polynomial ready to be evaluated."""
        if p not in self._forms:
            self._forms[p] = Form(p)
        return self._forms[p]

    def enclosure(self, p: Polynomial) -> Interval:
        """Return all that a polynomial can be."""
        return self.form(p).evaluate([variable.domain for variable in self.variables])

    def is_total(self, first: int, *, coincident: bool) -> bool:
        """Tell whether what was noted since `first` is defined for every tuple.

        Args:
            first: A length that `partial` had.
            coincident: Whether particles that coincide are among the tuples.
        """
        return all(self.is_defined(item, coincident=coincident) for item in self.partial[first:])

    def is_defined(self, item: Partial, *, coincident: bool) -> bool:
        """Tell whether a call is defined for every tuple."""
        args = [self.enclosure(arg) for arg in item.args]
        if is_defined(item.fn, args):
            return True
        factor, rest = poly.factored(item.args[0])
        if coincident or item.fn not in {"inv", "log", "pow"}:
            return False
        known = all(self.variables[index].is_positive for index, _ in factor)
        return known and self.enclosure(rest)[0] > 0

    def _apply(self, fn: str, args: list[Polynomial]) -> Polynomial:
        match fn:
            case "add":
                return poly.add(*args)
            case "sub":
                return poly.minus(args[0], args[1])
            case "neg":
                return poly.scale(args[0], -1)
            case "mean":
                return poly.scale(poly.add(*args), Fraction(1, len(args)))
            case "mul":
                return self._product(args)
            case "div":
                return self._quotient(args[0], args[1])
            case "pow":
                return self._power(args[0], args[1])
            case "sqrt":
                self.partial.append(Partial("sqrt", (args[0],)))
                return self._root(args[0], _HALF)
            case "abs":
                return self._absolute(args[0])
            case "max" | "min":
                return self._extreme(fn, args)
            case "median":
                return self._median(args)
        if fn in {"log", "asin", "acos", "tan"}:
            self.partial.append(Partial(fn, (args[0],)))
        return self.call(fn, *args)

    def call(self, fn: str, *args: Polynomial) -> Polynomial:
        """Return the variable that is a function of some arguments."""
        key = (fn, args)
        if key not in self._index:
            domain = forward(fn, [self.enclosure(arg) for arg in args])
            whole = fn in {"abs", "min", "max", "median"} and all(map(self.is_integer, args))
            self._index[key] = len(self.variables)
            self.variables.append(Variable(domain, None, fn, args, is_integer=whole))
        return poly.variable(self._index[key])

    def is_integer(self, p: Polynomial) -> bool:
        """Tell whether a polynomial is a whole number by nature."""
        return all(
            coefficient.denominator == 1
            and all(self.variables[i].is_integer and e > 0 and e == int(e) for i, e in monomial)
            for monomial, coefficient in p
        )

    def _product(self, args: list[Polynomial]) -> Polynomial:
        result = args[0]
        for arg in args[1:]:
            product = poly.multiply(result, arg)
            result = self.call("mul", *sorted((result, arg))) if product is None else product
        return result

    def _quotient(self, above: Polynomial, below: Polynomial) -> Polynomial:
        self.partial.append(Partial("inv", (below,)))
        if not below:
            return self._product([above, self.call("inv", below)])
        factor, rest = poly.factored(below)
        lead = rest[0][1]
        rest = poly.scale(rest, poly.ratio(1, lead))
        reciprocal: Polynomial = ((poly.raised(factor, -1), poly.ratio(1, lead)),)
        if poly.value_of(rest) is not None:
            return self._product([above, reciprocal])
        common, others = poly.factored(above)
        if others and poly.scale(others, poly.ratio(1, others[0][1])) == rest:
            return self._product([((common, others[0][1]),), reciprocal])
        return self._product([above, reciprocal, self.call("inv", rest)])

    def _power(self, base: Polynomial, exponent: Polynomial) -> Polynomial:
        value = poly.value_of(exponent)
        if value is None or not -_LARGEST_POWER <= value <= _LARGEST_POWER:
            self.partial.append(Partial("pow", (base, exponent)))
            return self.call("pow", base, exponent)
        if not base and value < 0:
            return self._quotient(poly.constant(1.0), base)
        if value.denominator != 1:
            self.partial.append(Partial("pow", (base, exponent)))
            return self._root(base, value)
        if value < 0:
            return self._quotient(poly.constant(1.0), self._whole_power(base, -int(value)))
        return self._whole_power(base, int(value))

    def _whole_power(self, base: Polynomial, exponent: int) -> Polynomial:
        if len(base) == 1:
            return ((poly.raised(base[0][0], exponent), base[0][1] ** exponent),)
        result = poly.constant(1.0)
        for _ in range(exponent):
            product = poly.multiply(result, base)
            if product is None:
                # A power of one variable knows that squares are not negative.
                inner = self.call("max", base)
                return ((poly.raised(inner[0][0], exponent), 1),)
            result = product
        return result

    def _root(self, base: Polynomial, exponent: Exact) -> Polynomial:
        """Return base^exponent: factors that are not negative leave the root."""
        if not base:
            return poly.ZERO
        factor, rest = poly.factored(base)
        outside = tuple((i, e) for i, e in factor if self.variables[i].domain[0] >= 0)
        inside = tuple((i, e) for i, e in factor if self.variables[i].domain[0] < 0)
        rest = tuple((poly.times(monomial, inside), c) for monomial, c in rest)
        result: Polynomial = ((poly.raised(outside, exponent), 1),)
        value = poly.value_of(rest)
        exact = None if value is None else _exact_power(value, exponent)
        if exact is not None:
            return poly.scale(result, exact)
        if rest in self._squares:
            power = self._power(self._squares[rest], poly.constant(2 * exponent))
            return self._product([result, power])
        if exponent == _HALF:
            return self._product([result, self.call("sqrt", rest)])
        return self._product([result, self.call("pow", rest, poly.constant(exponent))])

    def _absolute(self, p: Polynomial) -> Polynomial:
        lower, upper = self.enclosure(p)
        if lower >= 0:
            return p
        if upper <= 0:
            return poly.scale(p, -1)
        # abs(a - b) and abs(b - a) are one call.
        return self.call("abs", p if p[0][1] > 0 else poly.scale(p, -1))

    def _extreme(self, fn: str, args: list[Polynomial]) -> Polynomial:
        kept: list[Polynomial] = []
        for arg in dict.fromkeys(args):
            if any(self._is_above(other, arg, fn) for other in kept):
                continue
            kept = [other for other in kept if not self._is_above(arg, other, fn)]
            kept.append(arg)
        return kept[0] if len(kept) == 1 else self.call(fn, *sorted(kept))

    def _is_above(self, p: Polynomial, q: Polynomial, fn: str) -> bool:
        """Tell whether p decides `max(p, q)` (or `min`) for every tuple."""
        lower, upper = self.enclosure(poly.minus(p, q))
        return lower >= 0 if fn == "max" else upper <= 0

    def _median(self, args: list[Polynomial]) -> Polynomial:
        for k, middle in enumerate(args):
            first, second = args[:k] + args[k + 1 :]
            for low, high in ((first, second), (second, first)):
                if self._is_above(middle, low, "max") and self._is_above(high, middle, "max"):
                    return middle
        return self.call("median", *sorted(args))


def _exact_power(value: Exact, exponent: Exact) -> Exact | None:
    """Return value^exponent where that is rational and easily seen."""
    if value == 1:
        return value
    doubled = exponent * 2
    if value <= 0 or doubled.denominator != 1:
        return None
    above, below = isqrt(value.numerator), isqrt(value.denominator)
    if above * above != value.numerator or below * below != value.denominator:
        return None
    return Fraction(above, below) ** int(doubled)
