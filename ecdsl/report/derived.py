"""The figure of a derived observable: measured and simulated, with errors from whole events."""

from __future__ import annotations

from typing import TYPE_CHECKING

import mplhep
import numpy as np
from matplotlib.figure import Figure

from ecdsl.report.axes import binning
from ecdsl.report.style import BLACK, BLUE, GREEN, ORANGE, Line
from ecdsl.report.symbols import symbol

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ecdsl.inference.results import AnalysisResult, DerivedBins, DerivedResult

_LOOKS: tuple[tuple[str, Line], ...] = ((BLUE, "--"), (GREEN, "-"), (ORANGE, "-."))


def derived_figure(result: AnalysisResult, derived: DerivedResult) -> Figure:
    """Draw data and templates as they are; bins without a value are left out."""
    bins = binning(derived.axes)
    figure = Figure(figsize=(6.6, 4.6), layout="constrained")
    axes = figure.add_subplot()
    unit = f" {result.unit}" if result.unit else ""
    for template, (color, line) in zip(derived.templates, _LOOKS, strict=False):
        label = f"simulation, {symbol(result.parameter)} = {template.parameter:g}{unit}"
        values, _ = _numbers(template)
        mplhep.histplot(
            values, bins.edges, ax=axes, color=color, linestyle=line, label=label, edges=False
        )
    values, errors = _numbers(derived.data)
    mplhep.histplot(
        values,
        bins.edges,
        yerr=errors,
        ax=axes,
        histtype="errorbar",
        color=BLACK,
        markersize=5,
        label=f"data, {derived.data.n_events:,} events",
    )
    bins.apply(axes)
    axes.set_xlabel(bins.label)
    axes.set_ylabel(derived.name)
    axes.legend(loc="best")
    return figure


def _numbers(bins: DerivedBins) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return values and errors, NaN where there are none."""
    return np.array(bins.values, dtype=np.float64), np.array(bins.errors, dtype=np.float64)
