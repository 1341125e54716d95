from __future__ import annotations

import pytest

from ecdsl.ir.describe import describe_plan
from ecdsl.lang import compile_module
from ecdsl.passes import pipeline


def described(path, order, weight, axis):
    path.write_text(
        f"correlator c {{ order {order}; over particles; measure hadron; weight {weight} }}\n"
        f"observable seen = c | {{ axis x = {axis}: 4 bins in [0, 1] }}\n"
    )
    (found,) = compile_module(path).observables
    return describe_plan(pipeline.run(found.observable))


@pytest.mark.parametrize(
    ("order", "axis", "words"),
    [
        (1, "abs(eta1)", "none: one particle has no other label"),
        (2, "dR12", "full: every relabelling of 2 particles leaves"),
        (3, "dR12", "2 relabellings of 3 particles leave"),
        (3, "dR12 + 2 * dR13", "none: no relabelling of 3 particles leaves"),
    ],
)
def test_the_symmetry_is_said_in_words(tmp_path, order, axis, words):
    weight = " * ".join(f"pt{i}" for i in range(1, order + 1)) + f" / pt_jet^{order}"
    assert f"\nsymmetry {words}" in described(tmp_path / "c.obs", order, weight, axis)


def test_a_distance_without_an_upper_end_says_so(tmp_path):
    text = described(tmp_path / "c.obs", 2, "pt1 * pt2 / pt_jet^2", "dR12")
    assert "c0 axis 0 in the bin and [0, inf]\n" in text
