"""The figures of the tests: coverage of the intervals and training of the surrogate."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure

from ecdsl.report.style import BLACK, BLUE, GREY, LIKELIHOODS, ORANGE

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes

    from ecdsl.inference.results import CoverageResult, SurrogateResult


def coverage_figure(coverage: Sequence[CoverageResult]) -> Figure:
    """Draw the covered fraction over the nominal level of each observable and likelihood.

    Grey bands hold 95% of what exact intervals would show in as many pseudo-experiments.
    """
    names = list(dict.fromkeys(c.observable for c in coverage))
    likelihoods = [k for k in LIKELIHOODS if any(c.likelihood == k for c in coverage)]
    figure = Figure(figsize=(7.4, 1.1 + 0.5 * len(names)))
    height = figure.get_figheight()
    axes = figure.add_axes((0.2, 0.55 / height, 0.77, 1 - 1.0 / height))
    _levels(axes, coverage)
    for shift, likelihood in enumerate(likelihoods):
        rows = [c for c in coverage if c.likelihood == likelihood]
        offset = 0.22 * (shift - (len(likelihoods) - 1) / 2)
        _fractions(axes, rows, [names.index(c.observable) + offset for c in rows])
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.4, -0.6)
    axes.tick_params(axis="y", which="both", left=False, right=False)
    axes.set_xlim(min([0.4, *(c.covered / c.pseudo_experiments - 0.05 for c in coverage)]), 1.02)
    axes.set_xlabel("fraction of intervals that hold the truth (lines: nominal)")
    figure.legend(loc="upper left", ncols=3, bbox_to_anchor=(0.19, 1.0))
    return figure


def _levels(axes: Axes, coverage: Sequence[CoverageResult]) -> None:
    for level in sorted({c.level for c in coverage}):
        trials = min(c.pseudo_experiments for c in coverage if c.level == level)
        band = 1.96 * np.sqrt(level * (1 - level) / max(trials, 1))
        axes.axvspan(level - band, min(level + band, 1), color=GREY, alpha=0.25, linewidth=0)
        axes.axvline(level, color=BLACK, linewidth=0.9)


def _fractions(axes: Axes, rows: Sequence[CoverageResult], heights: Sequence[float]) -> None:
    look = LIKELIHOODS[rows[0].likelihood]
    trials = np.array([c.pseudo_experiments for c in rows])
    fractions = np.array([c.covered for c in rows]) / trials
    errors = np.sqrt(np.maximum(fractions * (1 - fractions), 1 / trials) / trials)
    axes.errorbar(
        fractions,
        heights,
        xerr=errors,
        fmt=look.marker,
        color=look.color,
        markersize=5,
        label=look.name,
    )


def training_figure(surrogate: SurrogateResult) -> Figure:
    """Draw the loss per epoch on the training and the validation part."""
    figure = Figure(figsize=(6.6, 3.0))
    axes = figure.add_axes((0.14, 0.17, 0.83, 0.78))
    epochs = range(1, len(surrogate.training_loss) + 1)
    axes.plot(epochs, surrogate.training_loss, color=BLUE, label="training")
    axes.plot(epochs, surrogate.validation_loss, color=ORANGE, linestyle="--", label="validation")
    axes.set_xlabel("epoch")
    axes.set_ylabel("loss")
    axes.legend(loc="upper right")
    return figure
