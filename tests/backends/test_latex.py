from __future__ import annotations

import pytest

from ecdsl.backends.latex import formula
from ecdsl.compiler import compile_paths
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


WHERE = """
constant m_top = 172.5 GeV
correlator c {{
  order   2
  over    {over}
  per     {per}
  measure hadron
  weight  pt1 * pt2 / (10 GeV)^2
}}
observable seen = c | {{
  window mass12 / m_top < 0.2 and pt1 > 500 MeV and mass12^2 > 1e-9 GeV * m_top
  axis x = pt_jet: 4 bins in [0 GeV, 1 GeV]
}}
"""


def latex(tmp_path, over="particles", per="jet"):
    path = tmp_path / "c.obs"
    path.write_text(WHERE.format(over=over, per=per))
    (found,) = compile_module(path).observables
    return formula(found.observable)


def test_constants_have_their_units(tmp_path):
    text = latex(tmp_path)
    assert r"\frac{m_{ij}}{172.5 \, \mathrm{GeV}} < 0.2" in text
    assert r"0.5 \, \mathrm{GeV} < p_{T,i}" in text
    assert r"{\left(10 \, \mathrm{GeV}\right)^{2}}" in text
    assert r"1 \times 10^{-9} \, \mathrm{GeV} \, 172.5 \, \mathrm{GeV} < m_{ij}^{2}" in text
    (compiled,) = compile_paths([tmp_path / "c.obs"], build=tmp_path / "build").observables
    assert compiled.manifest.formula == text


@pytest.mark.parametrize(
    ("over", "per", "note"),
    [
        ("particles", "jet", None),
        ("particles", "event", r"i,j \in \mathrm{event}"),
        ("subjets(kt, 0.2)", "jet", r"i,j \in \mathrm{subjets}(\mathrm{kt}, R = 0.2)"),
        ("jets(antikt, 0.4)", "event", r"i,j \in \mathrm{jets}(\mathrm{antikt}, R = 0.4)"),
    ],
)
def test_what_tuples_are_made_of_is_said(tmp_path, over, per, note):
    text = latex(tmp_path, over, per)
    assert text.endswith(rf"\right\rangle, \quad {note}" if note else r"\right\rangle")


def test_an_approximate_sum_says_so(tmp_path):
    path = tmp_path / "c.obs"
    path.write_text(
        "correlator c { order 2; over particles; measure ee; weight E1 * E2 / Q^2; tuples all\n"
        "  resolution 32 }\n"
        "observable o = c | { axis z = z12: 10 bins in [0, 1] }\n"
    )
    (found,) = compile_module(path).observables
    text = formula(found.observable)
    assert text.endswith(r"\right\rangle, \quad \mathrm{by \ dynamic \ subjets}, \ f = 32")
