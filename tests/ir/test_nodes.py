"""Ranges and pairs."""

from __future__ import annotations

import pytest

from ecdsl.ir.nodes import ParameterSpec, pairs
from ecdsl.ir.plan import Symmetry


@pytest.mark.parametrize("lower_open", [False, True])
@pytest.mark.parametrize("upper_open", [False, True])
def test_a_range_holds_its_ends_where_they_are_closed(lower_open, upper_open):
    spec = ParameterSpec(
        name="w", lower=1, upper=3, lower_open=lower_open, upper_open=upper_open, value=2
    )

    inside = [value for value in (0.999, 1, 1.001, 2.999, 3, 3.001) if spec.contains(value)]

    assert inside == [*([] if lower_open else [1]), 1.001, 2.999, *([] if upper_open else [3])]


def test_pairs_are_counted_from_one_in_their_fixed_order():
    assert pairs(1) == ()
    assert pairs(2) == ((1, 2),)
    assert pairs(4) == ((1, 2), (1, 3), (1, 4), (2, 3), (2, 4), (3, 4))


def test_a_symmetry_is_full_where_every_relabelling_is_one():
    swap = ((1, 0, 2),)

    assert Symmetry(order=3, generators=swap, size=6).is_full
    assert not Symmetry(order=3, generators=swap, size=2).is_full
