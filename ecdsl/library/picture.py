"""One small picture per filled observable: a curve with its errors, or a map of two axes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure

from ecdsl.inference.results import AxisResult
from ecdsl.report.axes import Binning, binning, drawn_per
from ecdsl.report.maps import draw_map
from ecdsl.report.style import BLUE, GREY, png, style

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from ecdsl.spectrum import Filled


def picture(filled: Filled) -> bytes:
    """Draw a histogram as PNG: of more than two axes the first two, summed over the others.

    Observables are drawn per event and divided by the width of their bins, derived ones as they
    are.
    """
    with style():
        figure = Figure(figsize=(3.3, 2.4), layout="constrained")
        axes = figure.add_subplot()
        if len(filled.axes) == 1:
            _curve(axes, filled, binning([AxisResult.of(filled.axes[0])]))
        else:
            draw_map(figure, axes, filled).ax.tick_params(labelsize=6)
        axes.xaxis.label.set_fontsize(8)
        axes.yaxis.label.set_fontsize(8)
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
    axes.set_xlabel(bins.label)
