"""What a scan prints and draws."""

from __future__ import annotations

import pytest

from ecdsl.inference.search import Bound, LeftOut, PlayedResult, ScanResult, ShapeResult
from ecdsl.report.scan import bound_text, print_scan, scan_figure, write_scan

N1, N2 = (1.0, 2.0), (1.0, 2.0, 3.0)
PLAYED = PlayedResult(
    likelihood="nre",
    n_events=5000,
    experiments=101,
    covered68=70,
    covered95=97,
    width=0.912,
    width_error=0.021,
    nats=1.123,
    nats_error=0.031,
)


def shape(n1: float, n2: float, width: float, *, candidate: bool) -> ShapeResult:
    return ShapeResult(
        observable="triangle",
        parameters={"n1": n1, "n2": n2},
        width=width,
        width_error=0.02,
        tuple_width=40 * width,
        tuple_width_error=1.0,
        beaten=0.4 if candidate else 1.0,
        candidate=candidate,
        bins=8,
        played=PLAYED if candidate else None,
    )


@pytest.fixture
def result() -> ScanResult:
    shapes = [shape(n1, n2, 0.7 + n1 * n2 / 10, candidate=n1 * n2 < 2.1) for n1 in N1 for n2 in N2]
    return ScanResult(
        parameter="mt",
        unit="GeV",
        at=175.0,
        merit="width",
        n_jets=10000,
        n_events=505000,
        blocks=40,
        grid={"n1": N1, "n2": N2},
        shapes=(*shapes, shape(1.3, 1.4, 0.85, candidate=True)),
        not_covering=(
            LeftOut(observable="triangle", parameters={"n1": 1.5}, reason="it holds 12 of 101"),
        ),
        bounds=(
            Bound(
                source="the full correlator",
                at_least=False,
                width=0.42,
                width_error=0.01,
                n_events=505000,
            ),
        ),
        seconds=1.0,
    )


def test_the_table_says_what_was_played_and_what_does_not_cover(result, capsys):
    print_scan(result)
    printed = capsys.readouterr().out
    assert "70 of 101" in printed
    assert "0.912 ± 0.021" in printed
    assert "1.123 ± 0.031" in printed
    assert "not ranked: triangle (n1 = 1.5): it holds 12 of 101" in printed
    assert "the full correlator: 0.420 ± 0.010 (505,000 events)" in printed


def test_posteriors_have_columns_where_they_were_ranked_alone(result, capsys):
    print_scan(result.model_copy(update={"merit": "event"}))
    printed = capsys.readouterr().out
    assert "0.912" not in printed
    assert "70 of 101" in printed


def test_the_map_marks_all_that_may_be_the_best(result):
    (axes, _) = scan_figure(result).axes
    marks = {m.get_label(): m.get_offsets() for m in axes.collections}
    assert sorted(map(tuple, marks["best at 95%"])) == [(1, 1), (1, 2), (1.3, 1.4), (2, 1)]
    assert [tuple(mark) for mark in marks["first"]] == [(1, 1)]


def test_shapes_without_a_map_are_drawn_with_the_bound(result):
    (axes,) = scan_figure(result.model_copy(update={"grid": {}})).axes
    assert [text.get_text() for text in axes.get_legend().get_texts()] == ["the full correlator"]


def test_a_bound_that_was_not_found_says_so(result):
    (bound,) = result.bounds
    text = bound_text(bound.model_copy(update={"width": None, "width_error": None}))
    assert "simulate more jets" in text


def test_file_and_picture_are_written(result, tmp_path):
    file, plot = write_scan(result, tmp_path)
    assert ScanResult.model_validate_json(file.read_text()) == result
    assert plot.stat().st_size > 1000
