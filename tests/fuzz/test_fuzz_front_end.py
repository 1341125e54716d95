"""No text makes the front end fail: it gives a program or diagnostics that lie inside the text.

A long run: `ECDSL_FUZZ_EXAMPLES=20000 pytest tests/fuzz --hypothesis-profile=brief`.
"""

from __future__ import annotations

import os
from pathlib import Path

from fuzz_texts import broken_files, sentences
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from ecdsl.diagnostics import Diagnostic, EcdslError, Source
from ecdsl.diagnostics.render import render, to_json
from ecdsl.lang import compile_module
from ecdsl.lang.format import format_source
from ecdsl.lang.parser import parse

EXAMPLES = int(os.environ.get("ECDSL_FUZZ_EXAMPLES", "60"))
_SETTINGS = settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)

USES_A_BROKEN_CONSTANT = """
constant m m = 1
correlator c { order 2; over particles; measure ee; weight E1 * E2 / Q^2 }
observable o = c | {
  window z12 < m
  axis x = z12: 5 bins in [0, 1]
}
"""


def survives(data: bytes, folder: Path) -> None:
    path = folder / "fuzzed.obs"
    path.write_bytes(data)
    try:
        found = list(compile_module(path).warnings)
    except EcdslError as error:
        found = list(error.diagnostics)
        assert any(item.severity == "error" for item in found)
    for item in found:
        lies_inside(item)
    assert len(to_json(found)) == len(found)
    shown = render(found)
    assert all(one.isprintable() or one == "\n" for one in shown)


def lies_inside(item: Diagnostic) -> None:
    assert item.message
    assert item.span is not None or item.code in {"E101", "E405"}
    for span in (item.span, *(related.span for related in item.related)):
        if span is not None:
            assert 0 <= span.start <= span.end <= len(span.source.text)


@_SETTINGS
@given(data=broken_files())
def test_broken_files(data: bytes, tmp_path: Path) -> None:
    survives(data, tmp_path)


@_SETTINGS
@given(text=sentences())
@example(text="derive x = y / log()^0")
@example(text="; ;")
@example(text="constant a = 2 ^ abs()")
@example(text=USES_A_BROKEN_CONSTANT)
def test_sentences(text: str, tmp_path: Path) -> None:
    survives(text.encode(), tmp_path)


@_SETTINGS
@given(text=sentences())
def test_sentences_are_accepted_by_the_parser(text: str) -> None:
    _, found = parse(Source("sentence", text))

    assert {item.code for item in found} <= {"E102", "E106", "E107"}


@_SETTINGS
@given(data=st.binary(max_size=300))
def test_any_bytes(data: bytes, tmp_path: Path) -> None:
    survives(data, tmp_path)


@_SETTINGS
@given(text=sentences() | broken_files().map(lambda data: data.decode("utf-8", "replace")))
def test_formatting_keeps_the_tree_or_refuses(text: str) -> None:
    try:
        once = format_source(text)
    except EcdslError as error:
        for item in error.diagnostics:
            lies_inside(item)
        return
    assert format_source(once) == once
    assert parse(Source("", once))[0] == parse(Source("", text))[0]
