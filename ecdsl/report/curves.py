"""What every figure of a histogram draws: points with errors, and the steps of a simulation."""

from __future__ import annotations

from typing import TYPE_CHECKING

import mplhep

from ecdsl.report.style import BLACK, BLUE, GREEN, ORANGE, Line
from ecdsl.report.symbols import symbol

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from ecdsl.inference.results import AnalysisResult

    Array = NDArray[np.float64]

TEMPLATES: tuple[tuple[str, Line], ...] = ((BLUE, "--"), (GREEN, "-"), (ORANGE, "-."))
"""The look of the lowest, the central and the highest simulated value."""


def points(axes: Axes, edges: Array, values: Array, errors: Array, *, label: str) -> None:
    """Draw contents (n_bins,) with their errors."""
    mplhep.histplot(
        values,
        edges,
        yerr=errors,
        ax=axes,
        histtype="errorbar",
        color=BLACK,
        markersize=5,
        label=label,
    )


def steps(axes: Axes, edges: Array, values: Array, look: tuple[str, Line], *, label: str) -> None:
    """Draw the contents (n_bins,) of a template."""
    color, line = look
    mplhep.histplot(values, edges, ax=axes, color=color, linestyle=line, label=label, edges=False)


def at(result: AnalysisResult, parameter: float | None) -> str:
    """Return the value of the parameter as legends say it, e.g. `mt = 175 GeV`."""
    unit = f" {result.unit}" if result.unit else ""
    return f"{symbol(result.parameter)} = {parameter:g}{unit}"
