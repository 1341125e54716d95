"""A conjunction of comparisons as bounds on polynomials, and how they narrow the variables.

The bounds of one polynomial meet in one place: `z2 - z1 < 0.1` and `z1 - z2 < -0.2` are an empty
interval for z2 - z1, whatever the distances are.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import ceil, floor, inf, isnan
from typing import TYPE_CHECKING

import numpy as np

from ecdsl.passes import bounds_polynomials as poly
from ecdsl.passes.bounds_conditions import Comparison
from ecdsl.passes.bounds_functions import forward
from ecdsl.passes.bounds_intervals import (
    ALL,
    Interval,
    add,
    intersect,
    multiply,
    of_fraction,
)
from ecdsl.passes.bounds_inverse import backward

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from ecdsl.passes.bounds_algebra import Algebra, Variable
    from ecdsl.passes.bounds_forms import Form
    from ecdsl.passes.bounds_geometry import Geometry
    from ecdsl.passes.bounds_polynomials import Exact, Monomial, Polynomial

_ROUNDS = 4
_ENOUGH = 0.9


@dataclass
class Bound:
    """What is known of a polynomial; `None` is unbounded."""

    lower: Exact | None = None
    upper: Exact | None = None
    lower_open: bool = False
    upper_open: bool = False

    def below(self, value: Exact, strict: bool) -> None:
        """Note that the polynomial is below a value."""
        if self.upper is None or value <= self.upper:
            self.upper_open = strict or (value == self.upper and self.upper_open)
            self.upper = value

    def above(self, value: Exact, strict: bool) -> None:
        """Note that the polynomial is above a value."""
        if self.lower is None or value >= self.lower:
            self.lower_open = strict or (value == self.lower and self.lower_open)
            self.lower = value

    def round_inwards(self) -> None:
        """Keep the whole numbers only."""
        if self.upper is not None:
            whole = floor(self.upper)
            self.upper = whole - (self.upper_open and whole == self.upper)
            self.upper_open = False
        if self.lower is not None:
            whole = ceil(self.lower)
            self.lower = whole + (self.lower_open and whole == self.lower)
            self.lower_open = False

    @property
    def is_empty(self) -> bool:
        """Whether no number is within."""
        if self.lower is None or self.upper is None:
            return False
        return self.lower > self.upper or (
            self.lower == self.upper and (self.lower_open or self.upper_open)
        )

    @property
    def is_point(self) -> bool:
        """Whether exactly one number is within."""
        return self.lower is not None and self.lower == self.upper and not self.is_empty

    def limits(self) -> Limits:
        """Return the floats around it."""
        lower = -inf if self.lower is None else of_fraction(self.lower)[0]
        upper = inf if self.upper is None else of_fraction(self.upper)[1]
        return Limits((lower, upper), self.lower_open, self.upper_open)


@dataclass(frozen=True)
class Limits:
    """A bound in floats."""

    interval: Interval
    lower_open: bool
    upper_open: bool

    def excludes(self, value: Interval) -> bool:
        """Tell whether nothing of an interval is within."""
        lower, upper = self.interval
        if value[0] > upper or value[1] < lower:
            return True
        return (self.upper_open and value[0] >= upper) or (self.lower_open and value[1] <= lower)

    def include(self, value: Interval) -> bool:
        """Tell whether all of an interval is within, open ends apart."""
        return self.interval[0] <= value[0] and value[1] <= self.interval[1]


class System:
    """Everything that holds for a tuple, ready to be searched.

    Attributes:
        comparisons: What holds, as it was given.
        bounds: What is known of each polynomial (without constant, first coefficient 1).
        is_contradiction: Whether that alone is impossible.
        forms: The same, ready to be evaluated.
        searched: The variables that are bisected, quantities that occur.
        work: How many terms of forms were narrowed so far.
    """

    def __init__(self, geometry: Geometry, comparisons: Iterable[Comparison]) -> None:
        self.algebra: Algebra = geometry.algebra
        self.bounds: dict[Polynomial, Bound] = {}
        self.is_contradiction = False
        relations = [Comparison(relation, strict=False) for relation in geometry.relations]
        self.comparisons = [*relations, *comparisons]
        self._positive = self._above_zero(geometry.coincident)
        for index in self._positive:
            self.bounds[poly.variable(index)] = Bound(lower=0, lower_open=True)
        for item in self.comparisons:
            self._note(item, geometry.coincident)
        for p, bound in self.bounds.items():
            if self.algebra.is_integer(p):
                bound.round_inwards()
            self.is_contradiction |= bound.is_empty
        self.forms: list[tuple[Form, Limits]] = [
            (self.algebra.form(p), bound.limits()) for p, bound in self.bounds.items()
        ]
        self._calls = _calls(self.algebra.variables, (form for form, _ in self.forms))
        used = {index for form, _ in self.forms for index in form.indices}
        for index in self._calls:
            used.update(*(self.algebra.form(arg).indices for arg in self._variable(index).args))
        arguments = {arg for index in self._calls for arg in self._variable(index).args}
        self._stated = {arg: self.stated(arg) for arg in arguments}
        self.searched = sorted(index for index in used if not self._variable(index).fn)
        self.work = 0
        called = [self.algebra.form(arg) for k in self._calls for arg in self._variable(k).args]
        self._round = sum(form.length for form in (*called, *(form for form, _ in self.forms)))

    def _variable(self, index: int) -> Variable:
        return self.algebra.variables[index]

    def _above_zero(self, coincident: bool) -> set[int]:
        """Return what could be 0, but not where a product with it is strictly below 0."""
        factors = (poly.factored(item.left)[0] for item in self.comparisons if item.strict)
        found = {index: self._variable(index) for factor in factors for index, e in factor if e > 0}
        return {
            index
            for index, variable in found.items()
            if variable.domain[0] == 0 and (coincident or not variable.is_positive)
        }

    def _note(self, item: Comparison, coincident: bool) -> None:
        p = self._reduced(item, coincident)
        rest, offset = poly.split_constant(p)
        if not rest:
            self.is_contradiction |= offset > 0 or (item.strict and offset == 0)
            return
        lead = rest[0][1]
        bound = self.bounds.setdefault(poly.scale(rest, poly.ratio(1, lead)), Bound())
        if lead > 0:
            bound.below(poly.ratio(-offset, lead), item.strict)
        else:
            bound.above(poly.ratio(-offset, lead), item.strict)

    def _reduced(self, item: Comparison, coincident: bool) -> Polynomial:
        """Divide by a common factor that is positive, or not negative where that is the same."""
        factor, rest = poly.factored(item.left)
        if not factor or not self._may_divide(factor, item, coincident):
            return item.left
        return rest

    def _may_divide(self, factor: Monomial, item: Comparison, coincident: bool) -> bool:
        if any(self._variable(index).domain[0] < 0 for index, _ in factor):
            return False
        # The product is below 0 only if the factor is above; with 0 included, only if it is not 0.
        zero_counts = coincident and not item.apart
        return item.strict or all(
            exponent < 0
            or index in self._positive
            or (self._variable(index).is_positive and not zero_counts)
            for index, exponent in factor
        )

    def stated(self, p: Polynomial) -> Interval:
        """Return what the constraints say of a polynomial outright."""
        rest, offset = poly.split_constant(p)
        if not rest:
            return of_fraction(offset)
        lead = rest[0][1]
        bound = self.bounds.get(poly.scale(rest, poly.ratio(1, lead)))
        if bound is None:
            return ALL
        return add(multiply(bound.limits().interval, of_fraction(lead)), of_fraction(offset))

    def start(self) -> list[Interval]:
        """Return everything that each variable can be."""
        return [variable.domain for variable in self.algebra.variables]

    def narrow(self, box: list[Interval]) -> bool:
        """Narrow a box to where the system can hold; False where it cannot (HC4)."""
        for _ in range(_ROUNDS):
            self.work += self._round
            before = [box[index] for index in self.searched]
            if not (self._forwards(box) and self._meet(box) and self._backwards(box)):
                return False
            pairs = zip(before, (box[index] for index in self.searched), strict=True)
            if all(_size(new) > _ENOUGH * _size(old) for old, new in pairs):
                break
        return True

    def _forwards(self, box: list[Interval]) -> bool:
        for index in self._calls:
            call = self._variable(index)
            args = self._arguments(call, box)
            value = None if args is None else intersect(box[index], forward(call.fn, args))
            if value is None:
                return False
            box[index] = value
        return True

    def _arguments(self, call: Variable, box: Sequence[Interval]) -> list[Interval] | None:
        """Return what the arguments of a call can be, None where one has no value."""
        found = []
        for arg in call.args:
            value = intersect(self.algebra.form(arg).evaluate(box), self._stated[arg])
            if value is None:
                return None
            found.append(value)
        return found

    def _meet(self, box: list[Interval]) -> bool:
        for form, limits in self.forms:
            value = form.evaluate(box)
            if limits.excludes(value):
                return False
            if not limits.include(value) and not form.contract(limits.interval, box):
                return False
        for index in self.searched:
            if self._variable(index).is_integer:
                lower, upper = box[index]
                whole = (
                    lower if lower == -inf else ceil(lower),
                    upper if upper == inf else floor(upper),
                )
                if whole[0] > whole[1]:
                    return False
                box[index] = (float(whole[0]), float(whole[1]))
        return True

    def _backwards(self, box: list[Interval]) -> bool:
        for index in reversed(self._calls):
            call = self._variable(index)
            forms = [self.algebra.form(arg) for arg in call.args]
            args = self._arguments(call, box)
            narrowed = None if args is None else backward(call.fn, box[index], args)
            if args is None or narrowed is None:
                return False
            for form, old, new in zip(forms, args, narrowed, strict=True):
                if new != old and not form.contract(new, box):
                    return False
        return True

    def holds_at(self, values: Sequence[float]) -> bool:
        """Tell whether the system holds where every variable has a value, calls included."""
        for form, limits in self.forms:
            with np.errstate(all="ignore"):
                value = float(form.at(values))
            if isnan(value) or limits.excludes((value, value)):
                return False
        return not self.is_contradiction


def _calls(variables: Sequence[Variable], forms: Iterable[Form]) -> list[int]:
    """Return the calls that some polynomials need, arguments before what is called on them."""
    needed: set[int] = set()
    todo = [index for form in forms for index in form.indices]
    while todo:
        index = todo.pop()
        if index not in needed and variables[index].fn:
            needed.add(index)
            todo.extend(i for arg in variables[index].args for i in poly.variables(arg))
    return sorted(needed)


def _size(interval: Interval) -> float:
    """The size of an interval on a scale on which infinite ones can shrink."""
    lower, upper = (
        end / (1 + abs(end)) if abs(end) < inf else (1 if end > 0 else -1) for end in interval
    )
    return upper - lower
