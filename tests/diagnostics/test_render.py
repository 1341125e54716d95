"""Diagnostics as text and as JSON."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from ecdsl.diagnostics import Diagnostic, Related, Source, Span, data_error
from ecdsl.diagnostics.render import render, to_json

SOURCE = Source("a.obs", "first line\n\tsecond = z45 # 漢字\nlast")


def span(text: str) -> Span:
    start = SOURCE.text.index(text)
    return Span(SOURCE, start, start + len(text))


def test_marks_stand_under_the_span() -> None:
    lines = render([Diagnostic("E201", "unknown name", span("z45"), label="here")]).splitlines()

    source = next(line for line in lines if "second" in line)
    marks = next(line for line in lines if "^" in line)
    assert source.index("z45") == marks.index("^^^ here")
    assert " --> a.obs:2:11" in lines


def test_wide_characters_keep_the_marks_in_place() -> None:
    source = Source("a.obs", "漢 x")

    text = render([Diagnostic("E103", "m", Span(source, 2, 3))])

    assert text.splitlines()[-1].endswith("   ^")


def test_span_over_several_lines_marks_the_first() -> None:
    text = render([Diagnostic("E105", "m", Span(SOURCE, 0, len(SOURCE.text)))])

    assert "^" * len("first line") in text
    assert "last" not in text


def test_notes_hints_and_related_places_are_shown_in_this_order() -> None:
    item = Diagnostic(
        "W101",
        "m",
        span("z45"),
        notes=("a fact",),
        hints=("an action\non two lines",),
        related=(Related(span("first"), "before"),),
    )

    text = render([item])

    assert text.startswith("warning[W101]: m\n")
    places = [text.index(part) for part in ("before", "note: a fact", "help: an action", "on two")]
    assert places == sorted(places)


def test_surroundings_have_no_place() -> None:
    (item,) = data_error("D105", "no file", hint="make one").diagnostics

    assert render([item]) == "error[D105]: no file\n  = help: make one"
    assert to_json([item])[0]["file"] is None


def test_colour_adds_nothing_but_colour() -> None:
    item = Diagnostic("E201", "m", span("z45"), "label", ("n",), ("h",))

    plain = re.sub(r"\x1b\[[0-9;]*m", "", render([item], color=True))

    assert plain == render([item])


def test_json_counts_from_one_and_ends_after_the_span() -> None:
    (found,) = to_json([Diagnostic("E201", "m", span("z45"), hints=("h",))])

    assert found == {
        "code": "E201",
        "severity": "error",
        "message": "m",
        "file": "a.obs",
        "line": 2,
        "column": 11,
        "end_line": 2,
        "end_column": 14,
        "hints": ["h"],
    }


def test_sources_cannot_steer_a_terminal() -> None:
    source = Source("\x1b]0;title\x07.obs", "\x1b[2J \x9b31m x\rfake")

    text = render([Diagnostic("E103", "bad \x1b[31m", Span(source, 0, 1), hints=("\x1b[0m",))])

    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]", text)


@given(st.text(), st.integers(0, 50), st.integers(0, 50))
def test_any_span_of_any_text_can_be_shown(text: str, one: int, other: int) -> None:
    start, end = sorted((min(one, len(text)), min(other, len(text))))
    item = Diagnostic("E104", "m", Span(Source("a.obs", text), start, end))

    assert render([item]).count("^") >= 1
    assert to_json([item])[0]["line"] >= 1
