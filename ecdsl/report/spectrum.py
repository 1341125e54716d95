"""The figure of one observable: measured, simulated and learned, and their ratio."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from ecdsl.report.axes import binning
from ecdsl.report.curves import TEMPLATES, at, points, steps
from ecdsl.report.style import GREEN, PURPLE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from ecdsl.inference.results import AnalysisResult, BinContents, ObservableResult
    from ecdsl.report.axes import Binning
    from ecdsl.report.style import Line

    Array = NDArray[np.float64]


def spectrum_figure(result: AnalysisResult, observable: ObservableResult) -> Figure:
    """Draw data, the lowest, central and highest template, and the central surrogate marginal.

    Contents are per event and divided by the width of their bins (`ecdsl.report.axes`); the lower
    panel divides by the central template.
    """
    bins = binning(observable.axes)
    figure = Figure(figsize=(6.6, 5.4))
    grid = figure.add_gridspec(2, 1, height_ratios=(2.6, 1), hspace=0.05)
    grid.update(left=0.125, right=0.975, top=0.965, bottom=0.115)
    upper = figure.add_subplot(grid[0])
    lower = figure.add_subplot(grid[1], sharex=upper)
    central = central_template(result, observable)
    reference = np.asarray(central.contents)
    usable = reference > 0
    for axes, scale in (
        (upper, 1 / bins.widths),
        (lower, np.where(usable, 1, np.nan) / _safe(reference)),
    ):
        for template, look in _chosen(observable.templates, central):
            label = f"simulation, {at(result, template.parameter)}"
            steps(axes, bins.edges, np.asarray(template.contents) * scale, look, label=label)
        for learned in _nearest(observable.surrogate, central.parameter):
            _band(axes, bins.edges, learned, scale, result)
        _data(axes, bins.edges, observable.data, scale)
    _finish(upper, lower, bins, observable, central)
    return figure


def central_template(result: AnalysisResult, observable: ObservableResult) -> BinContents:
    """Return the template nearest the truth, or nearest the estimate where none is known."""
    target = result.truth
    if target is None and observable.posteriors:
        target = observable.posteriors[0].estimate
    if target is None:
        target = sum(result.prior) / 2
    return _nearest(observable.templates, target)[0]


def _nearest(found: Sequence[BinContents], value: float | None) -> Sequence[BinContents]:
    if value is None or not found:
        return found[:1]
    return [min(found, key=lambda b: abs((b.parameter or 0.0) - value))]


def _chosen(
    templates: Sequence[BinContents], central: BinContents
) -> list[tuple[BinContents, tuple[str, Line]]]:
    """Return the lowest, central and highest template with their looks, each template once."""
    lowest, middle, highest = TEMPLATES
    outer = ((templates[0], lowest), (templates[-1], highest))
    chosen = [(central, middle), *((one, look) for one, look in outer if one is not central)]
    return sorted(chosen, key=lambda item: TEMPLATES.index(item[1]))


def _safe(values: Array) -> Array:
    return np.where(values > 0, values, 1.0)


def _band(
    axes: Axes, edges: Array, learned: BinContents, scale: Array, result: AnalysisResult
) -> None:
    values = np.asarray(learned.contents) * scale
    errors = np.asarray(learned.errors) * scale
    axes.stairs(
        values + errors,
        edges,
        baseline=values - errors,
        fill=True,
        color=PURPLE,
        alpha=0.45,
        linewidth=0,
    )
    axes.stairs(
        values,
        edges,
        baseline=None,
        color=PURPLE,
        linewidth=1.6,
        linestyle=(0, (1, 1)),
        label=f"surrogate, {at(result, learned.parameter)}",
    )


def _data(axes: Axes, edges: Array, data: BinContents, scale: Array) -> None:
    values, errors = np.asarray(data.contents) * scale, np.asarray(data.errors) * np.abs(scale)
    points(axes, edges, values, errors, label=f"data, {data.n_events:,} events")


def _finish(
    upper: Axes, lower: Axes, bins: Binning, observable: ObservableResult, central: BinContents
) -> None:
    bins.apply(upper)
    upper.set_ylabel(bins.density)
    lower.set_xlabel(bins.label)
    lower.set_ylabel("ratio", loc="center")
    lower.axhline(1, color=GREEN, linewidth=0.8)
    lower.set_ylim(*_ratio_range(observable, central))
    lower.yaxis.set_major_locator(MaxNLocator(4, prune="both"))
    upper.tick_params(labelbottom=False)
    upper.set_ylim(bottom=0, top=1.12 * upper.get_ylim()[1])
    handles, labels = upper.get_legend_handles_labels()
    order = [len(labels) - 1, *range(len(labels) - 1)]
    upper.legend([handles[k] for k in order], [labels[k] for k in order], loc="best")
    upper.text(0.03, 0.95, observable.name, fontweight="bold", transform=upper.transAxes, va="top")


def _ratio_range(observable: ObservableResult, central: BinContents) -> tuple[float, float]:
    """Cover data and templates where there is something to see: bins above 5% of the highest."""
    reference = np.asarray(central.contents)
    full = reference > 0.05 * reference.max(initial=0)
    drawn = [np.asarray(b.contents)[full] for b in (observable.data, *observable.templates)]
    largest = max((float(np.abs(d / reference[full] - 1).max(initial=0)) for d in drawn), default=0)
    half = min(max(1.15 * largest, 0.05), 0.95)
    return 1 - half, 1 + half
