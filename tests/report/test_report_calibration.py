from __future__ import annotations

import numpy as np
import pytest

from ecdsl.inference.coverage import Trials, coverage, ranks
from ecdsl.inference.posterior import posterior
from ecdsl.inference.results import CalibrationResult
from ecdsl.report.calibration import coverage_json, print_coverage, write_calibration
from ecdsl.report.calibration_figure import calibration_figure

GRID = np.linspace(170, 180, 401)


def exact(n_events: int) -> Trials:
    rng = np.random.default_rng(n_events)
    truths = np.repeat([173.0, 175.0, 177.0], 20)
    sigma = 20 / n_events**0.5
    measured = truths + sigma * rng.standard_normal(60)
    posteriors = tuple(posterior(GRID, -0.5 * ((GRID - m) / sigma) ** 2) for m in measured)
    return Trials(truths, posteriors, n_events, np.tile(np.arange(4), 15))


@pytest.fixture(scope="module")
def result() -> CalibrationResult:
    tested = [(name, kind, exact(n)) for name in ("a", "b") for n in (1000, 5000) for kind in KINDS]
    return CalibrationResult(
        parameter="mt",
        unit="GeV",
        coverage=tuple(
            row
            for name, kind, trials in tested
            for row in coverage(trials, trials, observable=name, likelihood=kind)
        ),
        ranks=tuple(
            ranks(trials, observable=name, likelihood=kind) for name, kind, trials in tested
        ),
    )


KINDS = ("binned", "nre")


def test_the_table_says_what_was_covered_and_what_would_be_expected(result, capsys):
    print_coverage(result.coverage)
    shown = capsys.readouterr().out
    row = result.coverage[0]
    assert f"{row.covered} ± {row.covered_error:.0f} of 60" in shown
    assert "31-50" in shown  # 99% of binomial numbers at 68% of 60
    assert "…" not in shown


def test_the_json_holds_every_row(result):
    rows = coverage_json(result.coverage)
    assert len(rows) == 2 * 2 * 2 * 2
    assert {"covered", "covered_error", "pseudo_experiments", "n_events", "bias"} < set(rows[0])


def test_the_figure_has_a_column_per_size_and_two_for_bias_and_width(result):
    figure = calibration_figure(result)
    panels = figure.axes
    assert len(panels) == 2 * (2 + 2)
    assert [axes.get_title() for axes in panels[:4]] == [
        "1,000 events",
        "5,000 events",
        "bias / half-width",
        "half-width / binned",
    ]
    np.testing.assert_allclose(panels[3].lines[0].get_ydata(), 1)


def test_it_is_written_with_its_plot(result, tmp_path):
    for path in write_calibration(result, tmp_path):
        assert path.stat().st_size > 1000
    stored = (tmp_path / "calibration.json").read_text()
    assert CalibrationResult.model_validate_json(stored) == result
