from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from pydantic import ValidationError
from strategies import apply, expressions, observables

from ecdsl.ir.builtins import BUILTINS
from ecdsl.ir.fingerprint import kernel_fingerprint, observable_fingerprint
from ecdsl.ir.nodes import Number, Observable, Pair, Parameter, Side
from ecdsl.ir.printer import print_expr
from ecdsl.ir.text import print_observable, spelling
from ecdsl.ir.walk import bottom_up
from ecdsl.lang import compile_module
from ecdsl.passes import pipeline

SHAPES = """
from top.correlators import top_eeec

shape first(width in (0, 0.1] = 0.01) {{
  window abs(z12 - z23) < width
  axis zeta = mean(z12, z23, z31)
}}

observable one = top_eeec | {shape} {{
  axis {axis}: {bins}
}}
{extra}
"""


def compiled(tmp_path, text):
    file = tmp_path / "shape.obs"
    file.write_text(text)
    found = compile_module(file, tmp_path).observables
    return pipeline.run(found[0].observable)


def variant(tmp_path, shape="first(width = 0.02)", axis="zeta", bins="10 bins in [0, 1]", extra=""):
    return compiled(tmp_path, SHAPES.format(shape=shape, axis=axis, bins=bins, extra=extra))


@given(observables())
@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
def test_json_round_trip_gives_an_equal_node(observable):
    again = Observable.model_validate_json(observable.model_dump_json())
    assert again == observable
    assert hash(again) == hash(observable)
    assert observable_fingerprint(again) == observable_fingerprint(observable)
    assert observable.name in print_observable(observable)


@given(expressions(3, 2))
@settings(max_examples=100, deadline=None)
def test_rebuilding_without_a_change_returns_the_same_object(expr):
    assert bottom_up(expr, lambda node: node) is expr


def test_nodes_are_closed_and_frozen():
    with pytest.raises(ValidationError):
        Number(value=float("inf"))
    with pytest.raises(ValidationError):
        Observable.model_validate_json('{"name": "x", "unknown": 1}')
    with pytest.raises(ValidationError):
        Side(k=1).k = 2


def test_fingerprint_ignores_spelling(tmp_path):
    plain = variant(tmp_path)
    inlined = compiled(
        tmp_path,
        """
        # another file, other names, other order
        from top.correlators import top_eeec as eeec
        shape renamed(w in (0, 0.1] = 0.05) {
          let spread = z32 - z21
          axis x = (z13 + z12 + z23) / 3
          window w > abs(spread)
        }
        observable two = eeec | renamed(0.02) { axis x: 10 bins in [0, 1] }
        """,
    )
    assert observable_fingerprint(inlined.observable) == observable_fingerprint(plain.observable)
    assert kernel_fingerprint(inlined) == kernel_fingerprint(plain)


def test_fingerprint_follows_meaning(tmp_path):
    plain = variant(tmp_path)
    value = variant(tmp_path, shape="first(width = 0.03)")
    bins = variant(tmp_path, bins="20 bins in [0, 1]")
    # A parameter's value and the bins make another histogram with the same code.
    for other in (value, bins):
        assert observable_fingerprint(other.observable) != observable_fingerprint(plain.observable)
        assert kernel_fingerprint(other) == kernel_fingerprint(plain)
    shape = compiled(
        tmp_path,
        SHAPES.format(
            shape="first(width = 0.02)", axis="zeta", bins="10 bins in [0, 1]", extra=""
        ).replace("abs(z12 - z23) < width", "abs(z12 - z23) <= width"),
    )
    assert kernel_fingerprint(shape) != kernel_fingerprint(plain)


@pytest.mark.parametrize(
    ("expr", "text"),
    [
        (
            apply("sub", Number(value=1.0), apply("sub", Number(value=2.0), Side(k=1))),
            "1 - (2 - z1)",
        ),
        (apply("div", Side(k=1), apply("mul", Side(k=2), Number(value=2.0))), "z1/(z2*2)"),
        (apply("mul", Side(k=1), apply("add", Side(k=2), Side(k=3))), "z1*(z2 + z3)"),
        (apply("pow", apply("neg", Side(k=1)), Number(value=2.0)), "(-z1)^2"),
        (apply("neg", apply("pow", Side(k=1), Number(value=2.0))), "-z1^2"),
        (apply("mul", Number(value=-2.0), Side(k=1)), "-2*z1"),
        (
            apply("add", Side(k=1), apply("neg", apply("add", Side(k=2), Side(k=3)))),
            "z1 - (z2 + z3)",
        ),
        (apply("max", Pair(i=1, j=2), Parameter(index=0)), "max(z12, w)"),
    ],
)
def test_printing_keeps_precedence(expr, text):
    assert print_expr(expr, spelling(["w"])) == text


def test_builtins_evaluate_as_their_names_say():
    assert BUILTINS["median"].evaluate(3.0, 1.0, 2.0) == 2.0
    assert BUILTINS["mean"].evaluate(1.0, 2.0, 6.0) == 3.0
    assert BUILTINS["sub"].evaluate(5.0, 3.0) == 2.0
    assert BUILTINS["min"].evaluate(4.0, 2.0, 3.0) == 2.0
