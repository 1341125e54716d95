"""Histograms of two axes as maps, and of more axes as maps of each two."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.colors import CenteredNorm, Normalize

from ecdsl.derived.fill import DerivedSpectrum
from ecdsl.inference.results import AxisResult
from ecdsl.report.axes import binning, drawn_per

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colorbar import Colorbar
    from matplotlib.figure import Figure

    from ecdsl.report.axes import Binning
    from ecdsl.spectrum import Filled


def draw_map(
    figure: Figure, axes: Axes, filled: Filled, shown: tuple[int, int] = (0, 1)
) -> Colorbar:
    """Draw two axes of a histogram, summed over the bins of the others.

    Observables are drawn per event and divided by the width of their bins, derived ones as they
    are. Bins without a value stay white.

    Args:
        figure: Where the scale of the colours is put.
        axes: Where to draw.
        filled: The histogram.
        shown: Which of its axes run along the page, and up.

    Returns:
        The scale of the colours.
    """
    first, second = (binning([AxisResult.of(filled.axes[k])]) for k in shown)
    values = np.asarray(filled.to_hist().values())
    values = values.sum(axis=tuple(k for k in range(values.ndim) if k not in shown))
    density = values / drawn_per(filled, np.outer(first.widths, second.widths))
    signed = bool((density < 0).any())
    mesh = axes.pcolormesh(
        first.edges,
        second.edges,
        density.T,
        cmap="RdBu_r" if signed else "cividis",
        norm=CenteredNorm() if signed else Normalize(0),
    )
    first.apply(axes)
    second.apply(axes, "y")
    axes.set_xlabel(first.label)
    axes.set_ylabel(second.label)
    return figure.colorbar(mesh, ax=axes)


def meaning(filled: Filled, shown: tuple[int, int]) -> str:
    """Return what the colours of a map stand for."""
    if isinstance(filled, DerivedSpectrum):
        return filled.name
    first, second = (binning([AxisResult.of(filled.axes[k])]) for k in shown)
    return rf"d$^2\Sigma$ / {_factor(first)}{_factor(second)} per event"


def _factor(bins: Binning) -> str:
    return rf"{bins.per}$\,$"
