"""Conditions as alternatives of comparisons with 0.

`a and (b or c)` is `a b` or `a c`. An absolute value, minimum or maximum in a comparison is written
out: |x| < w is x < w and -x < w; |x| > w is one of two. What cannot be written out is left as it
is, which weakens what is known and never adds to it.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, TypeAlias

from ecdsl.ir.nodes import Compare
from ecdsl.passes import bounds_polynomials as poly

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ecdsl.ir.nodes import Condition, Delta, Expr
    from ecdsl.passes.bounds_algebra import Algebra
    from ecdsl.passes.bounds_geometry import Geometry
    from ecdsl.passes.bounds_polynomials import Polynomial

_MOST = 32
_DEEPEST = 6


@dataclass(frozen=True)
class Comparison:
    """`left < 0`, or `left <= 0` where not strict.

    Where `apart`, particles that coincide do not count, whatever the correlator sums.
    """

    left: Polynomial
    strict: bool
    apart: bool = False


# One of the lists holds, and with it each of its comparisons.
Alternatives: TypeAlias = list[list[Comparison]]
ANYTHING: Alternatives = [[]]


def alternatives(geometry: Geometry, condition: Condition, *, holds: bool = True) -> Alternatives:
    """Return when a condition holds, or where it does not (NaN included).

    Returns:
        The alternatives; `ANYTHING` where nothing can be said.
    """
    if isinstance(condition, Compare):
        return _compare(geometry, condition, holds)
    if condition.op == "not":
        return alternatives(geometry, condition.args[0], holds=not holds)
    parts = [alternatives(geometry, arg, holds=holds) for arg in condition.args]
    return every(parts) if (condition.op == "and") is holds else either(parts)


def every(parts: Sequence[Alternatives]) -> Alternatives:
    """Return the alternatives of a conjunction."""
    found: Alternatives = [[]]
    for part in parts:
        if len(found) * len(part) > _MOST:
            continue
        found = [[*left, *right] for left, right in product(found, part)]
    return found


def either(parts: Sequence[Alternatives]) -> Alternatives:
    """Return the alternatives of a disjunction."""
    found = [item for part in parts for item in part]
    return found if len(found) <= _MOST else ANYTHING


def of_delta(geometry: Geometry, delta: Delta) -> Alternatives:
    """Return where a delta lets a tuple pass; an exact one where it is 0."""
    value = geometry.expression(delta.expr)
    if delta.lower is None or delta.upper is None:
        return _equal(geometry.algebra, value, apart=True)
    lower, upper = geometry.expression(delta.lower), geometry.expression(delta.upper)
    return every(
        [
            _written_out(geometry.algebra, Comparison(poly.minus(lower, value), strict=False)),
            _written_out(geometry.algebra, Comparison(poly.minus(value, upper), strict=False)),
        ]
    )


def of_range(
    geometry: Geometry, expr: Expr, lower: float | None, upper: float | None
) -> Alternatives:
    """Return where an expression lies in [lower, upper), None for unbounded."""
    value = geometry.expression(expr)
    parts: list[Alternatives] = []
    if lower is not None:
        below = poly.minus(poly.constant(lower), value)
        parts.append(_written_out(geometry.algebra, Comparison(below, strict=False)))
    if upper is not None:
        above = poly.minus(value, poly.constant(upper))
        parts.append(_written_out(geometry.algebra, Comparison(above, strict=True)))
    return every(parts)


def _compare(geometry: Geometry, condition: Compare, holds: bool) -> Alternatives:
    algebra = geometry.algebra
    first = len(algebra.partial)
    left, right = geometry.expression(condition.lhs), geometry.expression(condition.rhs)
    # A comparison with NaN fails, and != holds: then the negation says nothing about the values.
    if holds is (condition.op == "!=") and not algebra.is_total(
        first, coincident=geometry.coincident
    ):
        return ANYTHING
    difference = poly.minus(left, right)
    if condition.op in {"==", "!="}:
        if holds is (condition.op == "=="):
            return _equal(algebra, difference)
        return [
            [Comparison(difference, strict=True)],
            [Comparison(poly.scale(difference, -1), strict=True)],
        ]
    strict = condition.op == "<"
    if holds:
        return _written_out(algebra, Comparison(difference, strict))
    return _written_out(algebra, Comparison(poly.scale(difference, -1), not strict))


def _equal(algebra: Algebra, p: Polynomial, *, apart: bool = False) -> Alternatives:
    both = (p, poly.scale(p, -1))
    return every([_written_out(algebra, Comparison(side, False, apart)) for side in both])


def _written_out(algebra: Algebra, item: Comparison, depth: int = 0) -> Alternatives:
    found = None if depth >= _DEEPEST else _pieces(algebra, item.left)
    if found is None:
        return [[item]]
    pieces, all_hold = found
    parts = [
        _written_out(algebra, Comparison(piece, item.strict, item.apart), depth + 1)
        for piece in pieces
    ]
    return every(parts) if all_hold else either(parts)


def _pieces(algebra: Algebra, p: Polynomial) -> tuple[list[Polynomial], bool] | None:
    """Return p with an absolute value or an extreme replaced by each thing that it can be.

    The second value tells whether all of them are below 0 where p is, or one of them.
    """
    occurrences = list(poly.variables(p))
    for monomial, coefficient in p:
        if len(monomial) != 1 or monomial[0][1] != 1 or occurrences.count(monomial[0][0]) > 1:
            continue
        call = algebra.variables[monomial[0][0]]
        if call.fn not in {"abs", "max", "min"}:
            continue
        options = (
            [call.args[0], poly.scale(call.args[0], -1)] if call.fn == "abs" else list(call.args)
        )
        rest = tuple(term for term in p if term[0] != monomial)
        pieces = [poly.add(rest, poly.scale(option, coefficient)) for option in options]
        return pieces, (coefficient > 0) is (call.fn != "min")
    return None
