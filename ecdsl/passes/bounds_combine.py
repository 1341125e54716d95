"""Contradictions that sums of constraints show: a <= b, b <= c and c < a.

Intervals cannot see them, since each pair of the constraints can hold. Two constraints with a term
of opposite sign are added so that the term cancels (one step of Fourier-Motzkin elimination), and
the sum is looked at as a whole.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecdsl.passes import bounds_polynomials as poly

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from ecdsl.passes.bounds_algebra import Algebra
    from ecdsl.passes.bounds_conditions import Comparison
    from ecdsl.passes.bounds_polynomials import Polynomial

_MOST = 60


def contradict(algebra: Algebra, comparisons: Sequence[Comparison]) -> bool:
    """Tell whether a sum of comparisons, each with a positive factor, is never below 0."""
    known: dict[Polynomial, bool] = {}
    for item in comparisons:
        known[item.left] = item.strict or known.get(item.left, False)
    order = list(known)
    for later, p in enumerate(order):
        for q in order[:later]:
            strict = known[p] or known[q]
            for combined in _sums(p, q):
                lower = algebra.enclosure(combined)[0]
                if lower > 0 or (strict and lower >= 0):
                    return True
                if len(order) < _MOST and combined not in known and len(combined) <= len(p):
                    known[combined] = strict
                    order.append(combined)
    return False


def _sums(p: Polynomial, q: Polynomial) -> Iterator[Polynomial]:
    """Yield positive combinations of two polynomials in which a term cancels."""
    other = dict(q)
    for monomial, coefficient in p:
        opposite = other.get(monomial, 0)
        if monomial and coefficient * opposite < 0:
            total = poly.add(poly.scale(p, -opposite), poly.scale(q, coefficient))
            yield total if coefficient > 0 else poly.scale(total, -1)
