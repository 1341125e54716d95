"""The result of a calibration: a table, a file, and the figure beside it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from rich.box import SIMPLE_HEAD
from rich.table import Table
from rich.text import Text

from ecdsl.inference.coverage import binomial_band
from ecdsl.report.calibration_figure import calibration_figure
from ecdsl.report.store import write_with_plot
from ecdsl.report.tables import print_table

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from ecdsl.inference.results import CalibrationResult, CoverageResult

FILE, PLOT = "calibration.json", "calibration.png"

_COLUMNS: dict[str, Literal["left", "right"]] = {
    "observable": "left",
    "likelihood": "left",
    "events": "right",
    "level": "right",
    "covered": "right",
    "99% band": "right",
    "bias": "right",
    "half-width": "right",
    "/ binned": "right",
    "pulls": "right",
    "ranks p": "right",
    "levels p": "right",
}


def write_calibration(result: CalibrationResult, build: Path) -> tuple[Path, Path]:
    """Write `calibration.json` and `calibration.png` into `build` and return their paths."""
    return write_with_plot(result, build / FILE, lambda: calibration_figure(result), build / PLOT)


def coverage_json(coverage: Sequence[CoverageResult]) -> list[dict[str, Any]]:
    """Return what `ecdsl calibrate --format json` prints."""
    return [row.model_dump(mode="json") for row in coverage]


def print_coverage(coverage: Sequence[CoverageResult]) -> None:
    """Print one row per observable, size, likelihood and level."""
    table = Table(box=SIMPLE_HEAD, padding=(0, 1, 0, 0))
    for title, justify in _COLUMNS.items():
        table.add_column(title, justify=justify)
    for row in coverage:
        table.add_row(*map(Text, _cells(row)))
    print_table(table)


def _cells(row: CoverageResult) -> tuple[str, ...]:
    band = binomial_band(row.level, row.pseudo_experiments)
    return (
        row.observable,
        row.likelihood,
        f"{row.n_events:,}",
        f"{row.level:.0%}",
        f"{row.covered:,} ± {row.covered_error:.0f} of {row.pseudo_experiments:,}",
        f"{band.start:,}-{band.stop - 1:,}",
        f"{row.bias:+.3f} ± {row.bias_error:.3f}",
        f"{row.half_width:.3f}",
        f"{row.half_width / row.oracle_half_width:.2f}",
        f"{row.pull_mean:+.2f} ± {row.pull_width:.2f}",
        f"{row.rank_p:.2g}",
        f"{row.credibility_p:.2g}",
    )
