from __future__ import annotations

import pytest

from ecdsl.backends.latex import formula
from ecdsl.lang import compile_module

SOURCE = """correlator c {{
  order   3
  over    particles
  measure hadron
  weight  pt1 * pt2 * pt3 / pt_jet^3
  tuples  {tuples}
  {names}
}}

observable seen = c | {{
  axis x = {axis}: 4 bins in [0, 1]
}}
"""


@pytest.mark.parametrize(
    ("tuples", "indices"),
    [("distinct", r"i \neq j \neq k"), ("all", "i, j, k"), ("sets", "i < j < k")],
)
def test_the_sum_says_which_tuples_count(tmp_path, tuples, indices):
    path = tmp_path / "c.obs"
    path.write_text(SOURCE.format(tuples=tuples, names="sides s <= m <= l", axis="l"))
    (found,) = compile_module(path).observables
    assert rf"\sum_{{{indices}}} " in formula(found.observable)


def test_the_order_of_points_is_a_way_of_naming_and_no_condition(tmp_path):
    path = tmp_path / "c.obs"
    path.write_text(SOURCE.format(tuples="distinct", names="points z12 >= z13", axis="dR12"))
    (found,) = compile_module(path).observables
    named = r"j,k \ \mathrm{named \ so \ that} \ \zeta_{ij} \geq \zeta_{ik}"
    assert formula(found.observable).endswith(named)
