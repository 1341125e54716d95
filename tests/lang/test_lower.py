"""What the spellings of the language mean in the IR."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import pytest

from ecdsl.ir.nodes import (
    Apply,
    Compare,
    Energy,
    Expr,
    Logic,
    Number,
    Observable,
    Pair,
    Parameter,
    Side,
)
from ecdsl.lang import compile_module

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Compile = Callable[..., Observable]

Z12, Z13 = Pair(i=1, j=2), Pair(i=1, j=3)


def apply(fn: str, *args: Expr) -> Apply:
    return Apply(fn=fn, args=args)


def axis(observable: Observable) -> Expr:
    return observable.axes[0].expr


@pytest.mark.parametrize("spelling", ["z13", "z31", "z(1, 3)", "z(3, 1)"])
def test_a_pair_has_no_order(observable: Compile, spelling: str) -> None:
    assert axis(observable(axis=spelling)) == Z13


def test_sides_count_from_the_shortest(observable: Compile) -> None:
    assert axis(observable(axis="z3")) == Side(k=3)


def test_angle_is_exact(observable: Compile) -> None:
    half = apply("asin", apply("sqrt", Z12))

    assert axis(observable(axis="theta12")) == apply("mul", Number(value=2.0), half)


def test_delta_r_is_the_root_of_the_distance(observable: Compile) -> None:
    assert axis(observable(axis="dR12", measure="hadron")) == apply("sqrt", Z12)


@pytest.mark.parametrize(
    ("spelling", "value"), [("5 GeV", 5.0), ("0.005 TeV", 5.0), ("5000 MeV", 5.0)]
)
def test_units_become_gev(observable: Compile, spelling: str, value: float) -> None:
    found = observable(f"window E1 > {spelling}").windows

    assert found == (Compare(op="<", lhs=Number(value=value, energy=1), rhs=Energy(i=1)),)


def test_products_gather_factors_and_divisors(observable: Compile) -> None:
    expected = apply("div", apply("mul", Z12, Z13), apply("mul", Side(k=1), Side(k=2)))

    assert axis(observable(axis="z12 / z1 * z13 / z2")) == expected


def test_sums_are_flat(observable: Compile) -> None:
    expected = apply("add", Z12, apply("neg", Z13), Side(k=1))

    assert axis(observable(axis="z12 - z13 + z1")) == expected


def test_minus_binds_less_than_a_power(observable: Compile) -> None:
    square = apply("pow", Z12, Number(value=2.0))

    assert axis(observable(axis="1 - (-z12^2)")) == apply(
        "sub", Number(value=1.0), apply("neg", square)
    )


def test_lets_are_written_out(observable: Compile) -> None:
    direct = observable("window sqrt(z12) + sqrt(z12) < 1")
    named = observable("let side = sqrt(z12)", "let twice = side + side", "window twice < 1")

    assert named == direct


def test_a_chain_compares_neighbours(observable: Compile) -> None:
    found = observable("window z12 < z13 <= 0.5").windows

    assert found == (
        Compare(op="<", lhs=Z12, rhs=Z13),
        Compare(op="<=", lhs=Z13, rhs=Number(value=0.5)),
    )


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (["window z12 < z13 and z13 < 1"], ["window z12 < z13", "window z13 < 1"]),
        (["window z12 < z13 < 1"], ["window z12 < z13", "window z13 < 1"]),
        (["window z12 > z13"], ["window z13 < z12"]),
        (["window (z12 < z13)"], ["window z12 < z13"]),
        (["window z12 <\n    z13"], ["window z12 < z13"]),
        (["window z12 < z13; window z13 < 1"], ["window z12 < z13", "window z13 < 1"]),
    ],
)
def test_spellings_of_one_meaning(observable: Compile, one: list[str], other: list[str]) -> None:
    assert observable(*one) == observable(*other)


def test_or_and_not_stay_together(observable: Compile) -> None:
    (found,) = observable("window not z12 < z13 or z13 < 1 and z12 < 1").windows

    assert isinstance(found, Logic)
    assert (found.op, [getattr(item, "op", "") for item in found.args]) == ("or", ["not", "and"])


def test_delta_within_and_exact(observable: Compile) -> None:
    opened, limit = observable("delta z2 - z1 within [0, 0.1]", "delta z3 - z1 exact").deltas

    assert (opened.exact, opened.upper) == (False, Number(value=0.1))
    assert (limit.exact, limit.upper) == (True, None)


def test_parameters_are_numbered_in_their_order(tmp_path: Path) -> None:
    path = tmp_path / "some.obs"
    path.write_text(
        """
correlator pair {
  order 2; over charged; measure hadron; weight pt1 * pt2 / Q^2; tuples all
}
shape cut(low in [0, 1] = 0, high in (0, 1]) {
  window low < z12 < high
  axis radius = dR12
}
observable seen = pair | cut(high = sqrt(1/4)) {
  axis radius: 10 log bins in [1/100, 1]
}
"""
    )

    found = compile_module(path).observables[0].observable

    assert [item.value for item in found.parameters] == [0.0, 0.5]
    assert found.windows[1] == Compare(op="<", lhs=Z12, rhs=Parameter(index=1))
    assert (found.correlator.tuples, found.correlator.measure) == ("all", "hadron")
    assert found.axes[0].bins.lower == pytest.approx(0.01)


def test_a_long_sum_has_no_depth(observable: Compile) -> None:
    found = axis(observable(axis=" + ".join(["z12"] * 3000)))

    assert isinstance(found, Apply)
    assert all(left == right for left, right in pairwise(found.args))
