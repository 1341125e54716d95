"""One small picture per histogram: a curve with its errors, or a map of two axes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.colors import Normalize
from matplotlib.figure import Figure

from ecdsl.report.style import BLUE, png, style
from ecdsl.report.symbols import symbol

if TYPE_CHECKING:
    import hist
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    Array = NDArray[np.float64]


def picture(histogram: hist.Hist, name: str) -> bytes:
    """Draw a histogram as PNG: of more than two axes the first two, summed over the others.

    Contents are divided by the width of their bins, of ln x on a logarithmic axis.
    """
    with style():
        figure = Figure(figsize=(3.3, 2.4), layout="constrained")
        axes = figure.add_subplot()
        if histogram.ndim == 1:
            _curve(axes, histogram)
        else:
            _map(figure, axes, histogram)
        axes.set_title(name, fontsize=8)
        axes.tick_params(labelsize=7)
        return png(figure)


def _curve(axes: Axes, histogram: hist.Hist) -> None:
    edges = np.asarray(histogram.axes[0].edges)
    widths = _widths(edges)
    values = np.asarray(histogram.values()) / widths
    errors = np.sqrt(np.asarray(histogram.variances())) / widths
    axes.stairs(values, edges, color=BLUE, baseline=None)
    axes.stairs(values + errors, edges, baseline=values - errors, fill=True, color=BLUE, alpha=0.25)
    axes.set_xlim(edges[0], edges[-1])
    if _logarithmic(edges):
        axes.set_xscale("log")
    seen = values[np.isfinite(values)]
    if seen.size and seen.min() >= 0:
        axes.set_ylim(bottom=0)
    axes.set_xlabel(symbol(histogram.axes[0].name), fontsize=8)


def _map(figure: Figure, axes: Axes, histogram: hist.Hist) -> None:
    values = np.asarray(histogram.values())
    values = values.sum(axis=tuple(range(2, values.ndim)))
    first, second = (np.asarray(axis.edges) for axis in histogram.axes[:2])
    density = values / np.outer(_widths(first), _widths(second))
    mesh = axes.pcolormesh(
        first, second, density.T, cmap="cividis", norm=Normalize(0), rasterized=True
    )
    figure.colorbar(mesh, ax=axes).ax.tick_params(labelsize=6)
    for edges, scale in ((first, axes.set_xscale), (second, axes.set_yscale)):
        if _logarithmic(edges):
            scale("log")
    axes.set_xlabel(symbol(histogram.axes[0].name), fontsize=8)
    axes.set_ylabel(symbol(histogram.axes[1].name), fontsize=8)


def _logarithmic(edges: Array) -> bool:
    """Tell whether equal steps of the logarithm describe the edges better than equal steps."""
    if edges[0] <= 0:
        return False
    steps, ratios = np.diff(edges), np.diff(np.log(edges))
    return bool(np.ptp(ratios) / ratios.mean() < np.ptp(steps) / steps.mean())


def _widths(edges: Array) -> Array:
    return np.diff(np.log(edges) if _logarithmic(edges) else edges)
