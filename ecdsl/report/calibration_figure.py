"""The figure of a calibration: coverage of all levels at each size, bias and width."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure
from scipy.stats import binom

from ecdsl.inference.coverage import CONFIDENCE
from ecdsl.report.style import BLACK, GREY, LIKELIHOODS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

    from ecdsl.inference.results import CalibrationResult, CoverageResult, RankResult

# What an interval may be off by: its centre, in half-widths, and its width over the oracle's.
BIAS_LIMIT, WIDTH_LIMIT = 0.25, 1.10


def calibration_figure(result: CalibrationResult) -> Figure:
    """Draw a row per observable: coverage minus level at each size, then bias and width over size.

    The bands hold 99% of what calibrated, independent experiments give. Bias is in units of the 68%
    half-width, the half-width in units of the binned likelihood's; grey is where both should be.
    """
    names = list(dict.fromkeys(r.observable for r in result.ranks))
    sizes = sorted({r.n_events for r in result.ranks})
    columns = len(sizes) + 2
    figure = Figure(figsize=(2.7 * columns, 2.5 * len(names) + 0.5), layout="constrained")
    grid = figure.subplots(len(names), columns, squeeze=False)
    for line, name in zip(grid, names, strict=True):
        for axes, size in zip(line, sizes, strict=False):
            rows = [r for r in result.ranks if (r.observable, r.n_events) == (name, size)]
            _coverage(axes, rows)
            axes.set_title(f"{size:,} events", fontsize=10)
        rows68 = [c for c in result.coverage if (c.observable, c.level) == (name, 0.68)]
        _over_size(line[-2], rows68, [c.bias / c.half_width for c in rows68], "bias / half-width")
        # Beyond a half-width it no longer matters by how much.
        line[-2].set_ylim(-1, 1)
        line[-2].axhspan(-BIAS_LIMIT, BIAS_LIMIT, color=GREY, alpha=0.25, linewidth=0)
        widths = [c.half_width / c.oracle_half_width for c in rows68]
        _over_size(line[-1], rows68, widths, "half-width / binned")
        line[-1].axhspan(1 / WIDTH_LIMIT, WIDTH_LIMIT, color=GREY, alpha=0.25, linewidth=0)
        line[0].set_ylabel(f"{name}\ncovered - level")
    handles, labels = grid[0][0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=len(labels))
    return figure


def _coverage(axes: Axes, rows: Sequence[RankResult]) -> None:
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


def _over_size(
    axes: Axes, rows: Sequence[CoverageResult], values: Sequence[float], title: str
) -> None:
    for likelihood in dict.fromkeys(row.likelihood for row in rows):
        look = LIKELIHOODS[likelihood]
        mine = [k for k, row in enumerate(rows) if row.likelihood == likelihood]
        axes.plot(
            [rows[k].n_events for k in mine],
            [values[k] for k in mine],
            color=look.color,
            linestyle=look.line,
            marker=look.marker,
            markersize=5,
        )
    sizes = sorted({row.n_events for row in rows})
    axes.set_xscale("log")
    axes.set_xticks(sizes, [f"{size:,}" for size in sizes])
    axes.minorticks_off()
    axes.set_xlabel("events")
    axes.set_title(title, fontsize=10)
