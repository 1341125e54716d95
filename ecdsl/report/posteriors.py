"""The figure of all posteriors: a row for each observable, a column for each parameter."""

from __future__ import annotations

from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from ecdsl.report.style import BLACK, LIKELIHOODS
from ecdsl.report.symbols import symbol, with_unit

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

    from ecdsl.inference.results import (
        AnalysisResult,
        ObservableResult,
        PosteriorResult,
    )


def posterior_figure(result: AnalysisResult) -> Figure:
    """Draw every posterior with the 68% region of the first likelihood shaded, and the truth."""
    rows, columns = len(result.observables), 1 + len(_by_nuisance(result.observables[0]))
    figure = Figure(figsize=(7.4 + 2.6 * (columns - 1), 1.0 + 1.2 * rows))
    top, bottom = 1 - 0.42 / figure.get_figheight(), 0.58 / figure.get_figheight()
    grid = figure.add_gridspec(
        rows,
        columns,
        width_ratios=[2] + [1] * (columns - 1),
        hspace=0.0,
        wspace=0.1,
        left=0.03,
        right=0.97,
        top=top,
        bottom=bottom,
    )
    lowest: list[Axes] = []
    for row, observable in enumerate(result.observables):
        parts = [observable.posteriors, *_by_nuisance(observable)]
        lowest = [
            figure.add_subplot(grid[row, k], sharex=lowest[k] if lowest else None)
            for k in range(columns)
        ]
        for axes, posteriors in zip(lowest, parts, strict=True):
            _curves(axes, posteriors)
            axes.tick_params(labelbottom=row == rows - 1, labelleft=False, left=False, right=False)
        _name(lowest[0], result, observable)
    lowest[0].set_xlabel(with_unit(result.parameter, result.unit))
    lowest[0].set_xlim(*result.prior)
    for axes, posteriors in zip(lowest[1:], parts[1:], strict=True):
        axes.set_xlabel(symbol(posteriors[0].parameter))
        axes.set_xlim(posteriors[0].grid[0], posteriors[0].grid[-1])
    _legend(figure, result)
    return figure


def _by_nuisance(observable: ObservableResult) -> list[tuple[PosteriorResult, ...]]:
    """Return the posteriors of each nuisance."""
    name = attrgetter("parameter")
    return [tuple(found) for _, found in groupby(sorted(observable.nuisances, key=name), name)]


def _curves(axes: Axes, posteriors: Sequence[PosteriorResult]) -> None:
    top = 0.0
    for rank, posterior in enumerate(posteriors):
        color, line, _, _ = LIKELIHOODS[posterior.likelihood]
        grid, density = np.asarray(posterior.grid), np.asarray(posterior.density)
        top = max(top, float(density.max()))
        if rank == 0:
            _shade(axes, posterior, color)
        axes.plot(grid, density, color=color, linestyle=line, linewidth=1.8 if rank == 0 else 1.4)
    axes.set_ylim(0, 1.3 * top if top > 0 else 1)
    axes.minorticks_on()
    axes.tick_params(axis="y", which="both", left=False, right=False)


def _name(axes: Axes, result: AnalysisResult, observable: ObservableResult) -> None:
    """Write the observable and its estimate, and mark the truth."""
    if result.truth is not None:
        axes.axvline(result.truth, color=BLACK, linewidth=1, linestyle=(0, (4, 3)))
    inside = axes.transAxes
    axes.text(0.015, 0.9, observable.name, fontweight="bold", transform=inside, va="top")
    if observable.posteriors:
        estimate = _estimate(observable.posteriors[0], result)
        axes.text(0.985, 0.9, estimate, transform=inside, va="top", ha="right", fontsize=11)


def _shade(axes: Axes, posterior: PosteriorResult, color: str) -> None:
    grid, density = np.asarray(posterior.grid), np.asarray(posterior.density)
    for low, high in posterior.interval68:
        inside = np.unique(np.concatenate(([low, high], grid[(grid > low) & (grid < high)])))
        axes.fill_between(
            inside, np.interp(inside, grid, density), color=color, alpha=0.22, linewidth=0
        )


def _estimate(posterior: PosteriorResult, result: AnalysisResult) -> str:
    unit = f" {result.unit}" if result.unit else ""
    mark = "" if posterior.calibrated else "\nnot calibrated"
    return f"{posterior.estimate:.2f} ± {posterior.half_width68:.2f}{unit}{mark}"


def _legend(figure: Figure, result: AnalysisResult) -> None:
    used = {p.likelihood for o in result.observables for p in o.posteriors}
    handles = [
        Line2D([], [], color=look.color, linestyle=look.line, label=look.name)
        for likelihood, look in LIKELIHOODS.items()
        if likelihood in used
    ]
    if result.truth is not None:
        label = f"truth, {symbol(result.parameter)} = {result.truth:g}"
        handles.append(Line2D([], [], color=BLACK, linestyle=(0, (4, 3)), linewidth=1, label=label))
    figure.legend(
        handles=handles,
        loc="upper left",
        ncols=len(handles),
        bbox_to_anchor=(0.015, 1.0),
        borderaxespad=0.4,
    )
