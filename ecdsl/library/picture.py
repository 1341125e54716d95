"""One small picture per filled observable: a curve with its errors, or a map of two axes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.colors import CenteredNorm, Normalize
from matplotlib.figure import Figure

from ecdsl.inference.results import AxisResult
from ecdsl.report.axes import Binning, binning, drawn_per
from ecdsl.report.style import BLUE, GREY, png, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ecdsl.spectrum import Filled


def picture(filled: Filled) -> bytes:
    """Draw a histogram as PNG: of more than two axes the first two, summed over the others.

    Observables are drawn per event and divided by the width of their bins, derived ones as they
    are.
    """
    bins = [binning([AxisResult.of(axis)]) for axis in filled.axes]
    with style():
        figure = Figure(figsize=(3.3, 2.4), layout="constrained")
        axes = figure.add_subplot()
        if len(bins) == 1:
            _curve(axes, filled, bins[0])
        else:
            _map(figure, axes, filled, bins[:2])
        axes.set_title(filled.name, fontsize=8)
        axes.tick_params(labelsize=7)
        return png(figure)


def _curve(axes: Axes, filled: Filled, bins: Binning) -> None:
    unit = drawn_per(filled, bins.widths)
    histogram = filled.to_hist()
    values = np.asarray(histogram.values()) / unit
    errors = np.sqrt(np.asarray(histogram.variances())) / unit
    low, high = values - errors, values + errors
    axes.stairs(high, bins.edges, baseline=low, fill=True, color=BLUE, alpha=0.25)
    axes.stairs(values, bins.edges, baseline=None, color=BLUE)
    bins.apply(axes)
    seen = values[np.isfinite(values)]
    if seen.size and seen.min() < 0:
        axes.axhline(0, color=GREY, linewidth=0.6)
    else:
        axes.set_ylim(bottom=0)
    axes.set_xlabel(bins.label, fontsize=8)


def _map(figure: Figure, axes: Axes, filled: Filled, bins: list[Binning]) -> None:
    first, second = bins
    values = np.asarray(filled.to_hist().values())
    values = values.sum(axis=tuple(range(2, values.ndim)))
    density = values / drawn_per(filled, np.outer(first.widths, second.widths))
    signed = bool((density < 0).any())
    mesh = axes.pcolormesh(
        first.edges,
        second.edges,
        density.T,
        cmap="RdBu_r" if signed else "cividis",
        norm=CenteredNorm() if signed else Normalize(0),
    )
    figure.colorbar(mesh, ax=axes).ax.tick_params(labelsize=6)
    first.apply(axes)
    axes.set_yscale("log" if second.scale == "log" else "linear")
    axes.set_ylim(second.edges[0], second.edges[-1])
    axes.set_xlabel(first.label, fontsize=8)
    axes.set_ylabel(second.label, fontsize=8)
