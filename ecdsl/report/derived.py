"""The figure of a derived observable: measured and simulated, with errors from whole events."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure

from ecdsl.report.axes import binning
from ecdsl.report.curves import TEMPLATES, at, points, steps

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ecdsl.inference.results import AnalysisResult, DerivedBins, DerivedResult


def derived_figure(result: AnalysisResult, derived: DerivedResult) -> Figure:
    """Draw data and templates as they are; bins without a value are left out."""
    bins = binning(derived.axes)
    figure = Figure(figsize=(6.6, 4.6), layout="constrained")
    axes = figure.add_subplot()
    for template, look in zip(derived.templates, TEMPLATES, strict=False):
        values, _ = _numbers(template)
        label = f"simulation, {at(result, template.parameter)}"
        steps(axes, bins.edges, values, look, label=label)
    label = f"data, {derived.data.n_events:,} events"
    points(axes, bins.edges, *_numbers(derived.data), label=label)
    bins.apply(axes)
    axes.set_xlabel(bins.label)
    axes.set_ylabel(derived.name)
    axes.legend(loc="best")
    return figure


def _numbers(bins: DerivedBins) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return values and errors, NaN where there are none."""
    return np.array(bins.values, dtype=np.float64), np.array(bins.errors, dtype=np.float64)
