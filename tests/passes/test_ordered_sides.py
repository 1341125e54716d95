"""What the order of the sides decides, and what it leaves open."""

from __future__ import annotations

import itertools

import pytest
import sympy as sp

from ecdsl.passes._sympy import Bridge, Median
from ecdsl.passes.ordered_sides import side_symbols, use_order

A, B, C = SIDES = side_symbols(Bridge(), 3)
X = sp.Symbol("x", real=True)


@pytest.mark.parametrize(
    ("expr", "decided"),
    [
        (sp.Abs(A - C), C - A),
        (sp.Abs(C - A), C - A),
        (sp.Abs(2 * C - A - B), 2 * C - A - B),
        (sp.Abs(A + B - 2 * C), 2 * C - A - B),
        (sp.Abs(A - 2 * B - C), 2 * B + C - A),
        (sp.Abs(A + B - C), sp.Abs(A + B - C)),
        (sp.Abs(A - X), sp.Abs(A - X)),
        (3 * sp.Abs(B - A) ** 2, 3 * (B - A) ** 2),
        (sp.Max(A, B), B),
        (sp.Max(A, C, X), sp.Max(C, X)),
        (sp.Min(B, C), B),
        (sp.Min(C, B, X), sp.Min(B, X)),
        (Median(C, A, B), B),
        (Median(A, B, X), Median(A, B, X)),
        (Median(A, A, C), A),
    ],
)
def test_decided_by_the_order(expr, decided):
    assert sp.expand(use_order(expr, SIDES) - decided) == 0


@pytest.mark.parametrize("coefficients", list(itertools.product((-2, -1, 0, 1, 2), repeat=3)))
def test_bars_go_only_where_the_sign_is_the_same_for_all_ordered_sides(coefficients):
    form = sp.Add(*(c * side for c, side in zip(coefficients, SIDES, strict=True)))
    found = use_order(sp.Abs(form), SIDES)
    corners = [(0, 0, 1), (0, 1, 1), (1, 1, 1), (1, 2, 4), (3, 4, 5)]
    for corner in corners:
        values = dict(zip(SIDES, corner, strict=True))
        assert found.subs(values) == abs(form.subs(values))
