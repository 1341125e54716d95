"""How histogram axes are drawn: at which edges, on which scale, per which unit of the variable.

Contents are divided by the width of their bins in the variable in which the bins are equal, so that
equal areas on the page are equal contents.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np
from matplotlib.ticker import NullFormatter

from ecdsl.derived.fill import DerivedSpectrum
from ecdsl.report.symbols import symbol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from ecdsl.inference.results import AxisResult
    from ecdsl.spectrum import Filled

    Array = NDArray[np.float64]


@dataclass(frozen=True)
class Binning:
    """The bins of a histogram as they are drawn; several axes are unrolled into one row of bins.

    Attributes:
        edges: (n_bins + 1,) where the bins begin and end on the page.
        widths: (n_bins,) what contents are divided by to be densities.
        scale: How the page's axis runs.
        threshold: Where the scale `symlog` turns from linear to logarithmic.
        label: Title of the page's axis.
        per: What densities are per, such as `dx`; empty where they are not.
    """

    edges: Array
    widths: Array
    scale: Literal["linear", "log", "symlog", "logit"]
    threshold: float
    label: str
    per: str

    @property
    def density(self) -> str:
        """Title of the axis of contents, per event and divided by `widths`."""
        return rf"d$\Sigma$ / {self.per}  per event" if self.per else r"$\Sigma$ per bin and event"

    def apply(self, axes: Axes, side: Literal["x", "y"] = "x") -> None:
        """Set the scale and the range of one of a figure's axes."""
        set_scale = axes.set_xscale if side == "x" else axes.set_yscale
        set_range = axes.set_xlim if side == "x" else axes.set_ylim
        match self.scale:
            case "symlog":
                set_scale("asinh", linear_width=self.threshold)
            case scale:
                set_scale(scale)
        set_range(self.edges[0], self.edges[-1])
        (axes.xaxis if side == "x" else axes.yaxis).set_minor_formatter(NullFormatter())


def drawn_per(filled: Filled, widths: Array) -> Array:
    """Return what the contents of bins of some `widths` are divided by on a page.

    Observables are drawn per event and width; arithmetic of them has units of its own.
    """
    if isinstance(filled, DerivedSpectrum):
        return np.ones_like(widths)
    return max(filled.n_events, 1) * widths


def binning(axes: Sequence[AxisResult]) -> Binning:
    """Return how to draw a histogram with these axes."""
    names = ", ".join(symbol(axis.name) for axis in axes)
    if len(axes) > 1:
        n_bins = int(np.prod([len(axis.edges) - 1 for axis in axes]))
        row = np.arange(n_bins + 1, dtype=np.float64)
        return Binning(row, np.ones(n_bins), "linear", 1.0, f"bin of ({names})", "")
    (axis,) = axes
    edges, threshold = np.asarray(axis.edges), axis.threshold or 1.0
    match axis.spacing:
        case "log":
            return Binning(edges, np.diff(np.log(edges)), "log", 1.0, names, rf"d$\,$ln$\,${names}")
        case "symlog":
            widths = np.diff(np.arcsinh(edges / threshold))
            per = rf"d$\,$asinh({names} / {threshold:g})"
            return Binning(edges, widths, "symlog", threshold, names, per)
        case "logit":
            widths = np.diff(np.log(edges) - np.log1p(-edges))
            return Binning(edges, widths, "logit", 1.0, names, rf"d$\,$logit$\,${names}")
        case _:
            scale: Literal["linear", "log"] = "log" if _grows(edges) else "linear"
            return Binning(edges, np.diff(edges), scale, 1.0, names, f"d{names}")


def _grows(edges: Array) -> bool:
    """Tell whether listed edges are spaced in ratios rather than in steps."""
    if edges[0] <= 0:
        return False
    steps, ratios = np.diff(edges), np.diff(np.log(edges))
    return bool(ratios.max() / ratios.min() < steps.max() / steps.min())
