"""The result of a calibration: a file, and a figure of coverage at all levels and of ranks."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure
from scipy.stats import binom

from ecdsl.inference.coverage import CONFIDENCE
from ecdsl.report.store import write_with_plot
from ecdsl.report.style import BLACK, GREY, LIKELIHOODS

if TYPE_CHECKING:
    from pathlib import Path

    from matplotlib.axes import Axes

    from ecdsl.inference.results import CalibrationResult, RankResult

FILE, PLOT = "calibration.json", "calibration.png"
_RANK_BINS = 10


def write_calibration(result: CalibrationResult, build: Path) -> tuple[Path, Path]:
    """Write `calibration.json` and `calibration.png` into `build` and return their paths."""
    return write_with_plot(result, build / FILE, lambda: calibration_figure(result), build / PLOT)


def calibration_figure(result: CalibrationResult) -> Figure:
    """Draw, per observable, coverage against level and the ranks of the truth.

    The bands hold 99% of what calibrated, independent experiments give.
    """
    names = list(dict.fromkeys(r.observable for r in result.ranks))
    figure = Figure(figsize=(7.4, 2.7 * len(names)), layout="constrained")
    grid = figure.subplots(len(names), 2, squeeze=False)
    for (left, right), name in zip(grid, names, strict=True):
        rows = [r for r in result.ranks if r.observable == name]
        _coverage(left, rows)
        _ranks(right, rows)
        left.set_title(name, loc="left")
    grid[0][0].legend(loc="lower right")
    return figure


def _coverage(axes: Axes, rows: list[RankResult]) -> None:
    """Draw covered minus nominal, where a narrow band can be seen."""
    n = len(rows[0].credibilities)
    levels = np.linspace(0, 1, 201)
    low, high = binom.interval(CONFIDENCE, n, levels)
    axes.fill_between(levels, low / n - levels, high / n - levels, color=GREY, alpha=0.25)
    axes.axhline(0, color=BLACK, linewidth=0.8)
    for row in rows:
        look = LIKELIHOODS[row.likelihood]
        found = np.searchsorted(np.sort(row.credibilities), levels, side="right") / n
        axes.plot(levels, found - levels, color=look.color, linestyle=look.line, label=look.name)
    axes.set_xlim(0, 1)
    axes.set_xlabel("level of the region")
    axes.set_ylabel("covered - level")


def _ranks(axes: Axes, rows: list[RankResult]) -> None:
    n = len(rows[0].ranks)
    low, high = binom.interval(CONFIDENCE, n, 1 / _RANK_BINS)
    axes.axhspan(low, high, color=GREY, alpha=0.25)
    axes.axhline(n / _RANK_BINS, color=BLACK, linewidth=0.8)
    for row in rows:
        look = LIKELIHOODS[row.likelihood]
        counts, edges = np.histogram(row.ranks, bins=_RANK_BINS, range=(0, 1))
        axes.stairs(counts, edges, color=look.color, linestyle=look.line)
    axes.set_xlim(0, 1)
    axes.set_ylim(bottom=0)
    axes.set_xlabel("posterior probability below the truth")
    axes.set_ylabel("experiments")
