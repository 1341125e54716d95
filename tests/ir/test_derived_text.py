"""The text of a derived observable reads back as the same expression."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from ecdsl.ir.derived import Combine, Derived, Operand, operand_indices
from ecdsl.ir.derived_text import print_derived
from ecdsl.ir.nodes import Number
from ecdsl.ir.text import print_observable
from ecdsl.lang import compile_module

PROGRAM = """
correlator pair {
  order   2
  over    particles
  measure ee
  weight  E1 * E2 / Q^2
}
observable a = pair | { axis x = z12: 10 bins in [0, 1] }
observable b = pair | { axis x = z12^2: 10 bins in [0, 1] }
"""
BINARY = ("add", "sub", "mul", "div")
UNARY = ("neg", "reflect", "normalize", "density")
A, B, HALF = Operand(index=0), Operand(index=1), Number(value=0.5)


def combine(fn, *args):
    return Combine(fn=fn, args=args)


def trees():
    """Every pair of functions, one inside the other, on either side."""
    inner = [combine(fn, A, B) for fn in BINARY] + [combine(fn, A) for fn in UNARY]
    yield from inner
    for one in inner:
        yield from (combine(fn, one) for fn in UNARY)
        for fn in BINARY:
            yield from (combine(fn, one, HALF), combine(fn, A, one), combine(fn, HALF, one))


@pytest.fixture(scope="module")
def operands(tmp_path_factory):
    path = tmp_path_factory.mktemp("derived") / "some.obs"
    path.write_text(PROGRAM, encoding="utf-8")
    return tuple(item.observable for item in compile_module(path).observables)


def test_text_reads_back_as_the_same_expression(operands, tmp_path):
    every = [Derived(name=f"d{k}", expr=expr, operands=operands) for k, expr in enumerate(trees())]
    lines = [print_derived(item).partition("\n")[0] for item in every]
    path = tmp_path / "some.obs"
    path.write_text("\n".join([PROGRAM, *lines]) + "\n", encoding="utf-8")

    again = [item.derived for item in compile_module(path).derived]

    for one, other in zip(every, again, strict=True):
        assert other.name == one.name
        # What is mentioned first is numbered first.
        names = [item.name for item in other.operands]
        assert _named(other.expr, names) == _named(one.expr, ["a", "b"]), one


def _named(expr, names):
    match expr:
        case Operand(index=k):
            return names[k]
        case Combine(fn=fn, args=args):
            return (fn, *(_named(arg, names) for arg in args))
        case _:
            return expr.value


@pytest.mark.parametrize(
    ("expr", "text"),
    [
        (combine("sub", A, combine("sub", B, A)), "a - (b - a)"),
        (combine("sub", combine("sub", A, B), A), "a - b - a"),
        (combine("mul", combine("div", A, B), HALF), "a / b * 0.5"),
        (combine("reflect", combine("add", A, B)), "reflect(a + b)"),
        (combine("neg", combine("mul", A, B)), "-(a * b)"),
        (combine("mul", combine("neg", A), B), "(-a) * b"),
        (combine("mul", Number(value=-2.0), A), "(-2) * a"),
        (combine("add", A, Number(value=-2.0)), "a + (-2)"),
    ],
)
def test_text_has_no_more_parentheses_than_it_needs(operands, expr, text):
    shown = print_derived(Derived(name="some", expr=expr, operands=operands))

    assert shown.startswith(f"derive some = {text}\n\n")


def test_each_operand_is_shown_below(operands):
    shown = print_derived(Derived(name="some", expr=combine("div", A, B), operands=operands))

    first, second = map(print_observable, operands)
    assert shown == f"derive some = a / b\n\n{first}\n{second}"


@pytest.mark.parametrize("fn", [*BINARY, *UNARY])
def test_functions_take_one_histogram_or_two(fn):
    right = 2 if fn in BINARY else 1
    for count in (0, 1, 2, 3):
        if count == right:
            assert len(Combine(fn=fn, args=(A,) * count).args) == count
            continue
        with pytest.raises(ValidationError, match=f"{fn} takes {right} argument"):
            Combine(fn=fn, args=(A,) * count)


def test_operands_are_there(operands):
    with pytest.raises(ValidationError, match="an operand that is not there"):
        Derived(name="some", expr=combine("add", A, B), operands=operands[:1])
    assert Derived(name="some", expr=A, operands=operands[:1]).expr == A
    assert Derived(name="some", expr=HALF, operands=operands[:1]).expr == HALF


def test_operands_are_listed_as_often_as_they_are_mentioned():
    expr = combine("div", combine("sub", B, combine("neg", A)), combine("mul", B, HALF))

    assert operand_indices(expr) == (1, 0, 1)
