"""Parsing: recovery, budgets, and time that is linear in the text."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from ecdsl.diagnostics import Source
from ecdsl.lang import ast
from ecdsl.lang.parser import parse

if TYPE_CHECKING:
    from collections.abc import Callable

    from ecdsl.diagnostics import Diagnostic
    from ecdsl.ir.nodes import Observable

    Diagnose = Callable[[str], list[Diagnostic]]

SHAPE = "shape any {\n  axis zeta = z12\n}\n"


def codes(text: str) -> list[str]:
    return [item.code for item in parse(Source("some.obs", text))[1]]


def test_errors_of_different_declarations_are_all_reported() -> None:
    broken = ["shape a {\n  axis = z12\n}\n", "shape b {\n  delta\n}\n", "shap c {\n}\n"]

    assert codes(SHAPE.join(broken)) == ["E104"] * 3


def test_sound_declarations_survive_broken_ones() -> None:
    tree, _ = parse(Source("some.obs", "shape a {\n  axis = z12\n}\n" + SHAPE))

    assert [type(item) for item in tree.declarations] == [ast.Broken, ast.Shape]
    assert tree.declarations[1].name.text == "any"  # type: ignore[union-attr]


def test_meaning_is_checked_beside_broken_declarations(diagnose: Diagnose) -> None:
    text = "shape a {\n  axis = z12\n}\nshape b(w in [1, 0]) {\n  axis zeta = w * z12\n}\n"

    assert [item.code for item in diagnose(text)] == ["E104", "E308"]


def test_doc_is_the_block_directly_above() -> None:
    text = f"## not this\n\n## one\n##  two\n{SHAPE}"

    (shape,) = parse(Source("some.obs", text))[0].declarations

    assert isinstance(shape, ast.Shape)
    assert shape.doc == "one\ntwo"


def test_spans_are_what_was_written() -> None:
    text = "shape any {\n  window abs(z12 - z23) <= 2 * z31^2 # near\n  axis zeta = z12\n}\n"

    (shape,) = parse(Source("some.obs", text))[0].declarations
    assert isinstance(shape, ast.Shape)
    window, axis = shape.body.statements

    assert isinstance(window, ast.Window)
    assert window.span.text == "window abs(z12 - z23) <= 2 * z31^2"
    assert [item.span.text for item in ast.children(window.condition)] == [
        "abs(z12 - z23)",
        "2 * z31^2",
    ]
    assert axis.span.text == "axis zeta = z12"


@pytest.mark.parametrize(
    "text",
    [
        "shape any {\n  window " + "(" * 20_000 + "z12" + ")" * 20_000 + " < 1\n}\n",
        "shape any {\n  window " + "(" * 100_000,
        "shape any {\n  window " + "abs(1 + " * 5_000,
        "shape any {\n" + "  axis zeta = z12\n" * 50_001 + "}\n",
        "correlator a {\n  weight " + "-" * 100_000,
        "\\" * 100_000,
        "é " * 100_000,
        "{" * 100_000,
        "}\n" * 50_000,
        "=" * 100_000,
    ],
    ids=lambda text: text[:40].replace("\n", " "),
)
def test_hostile_text_costs_little(text: str) -> None:
    start = time.process_time()

    assert 1 <= len(codes(text)) <= 100
    assert time.process_time() - start < 20


def test_spaces_and_comments_cost_little() -> None:
    assert codes(SHAPE + " " * 500_000 + "\n" * 100_000 + "#" * 400_000) == []


def test_twenty_thousand_terms_are_refused(diagnose: Diagnose) -> None:
    text = "shape any {\n  axis zeta = " + " + ".join(["z12"] * 20_000) + "\n}\n"

    assert [item.code for item in diagnose(text)] == ["E106"]


def test_observables_have_a_number(diagnose: Diagnose) -> None:
    text = "".join(f"observable o{i} = pair | {{\n}}\n" for i in range(1001))

    assert len(diagnose(text)) < 300


@pytest.mark.parametrize(
    "statement",
    [
        "where " + " and ".join(f"pt{i} > 1 GeV" for i in range(3_000)),
        "window " + " == ".join(["q1"] * 12_000),
        "points " + " >= ".join(["z12"] * 12_000),
        "sides " + " <= ".join(f"s{i}" for i in range(12_000)),
        "weight " + " * ".join(f"f{i}(z12)" for i in range(3_000)),
    ],
    ids=lambda text: text[:20],
)
def test_long_statements_have_few_findings(diagnose: Diagnose, statement: str) -> None:
    lines = ["order 2", "over particles", "measure ee", "weight E1 * E2 / Q^2", statement]

    found = diagnose("correlator a {\n" + "\n".join(lines) + "\n}\n")

    assert 1 <= len(found) <= 1000


def test_constants_of_constants_cost_little(diagnose: Diagnose) -> None:
    lines = ["constant a0 = 1", *(f"constant a{i} = a{i - 1} + a{i - 1}" for i in range(1, 5_000))]

    assert [item.code for item in diagnose("\n".join(lines) + "\n")] == ["E313"]


def test_brackets_may_nest_a_hundred_deep(diagnose: Diagnose) -> None:
    deep = "(" * 99 + "z12" + ")" * 99

    assert diagnose(f"shape any {{\n  axis zeta = {deep}\n}}\n") == []


def test_the_deepest_expression_can_be_stored(observable: Callable[..., Observable]) -> None:
    deep = "theta13 - (1 - " * 19 + "theta12" + ")" * 19

    found = observable(f"window not (theta13 < {deep})")

    assert type(found).model_validate_json(found.model_dump_json()) == found
