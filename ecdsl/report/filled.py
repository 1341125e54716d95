"""The figure of one filled histogram: its bins with errors from whole events, or maps of them."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure

from ecdsl.derived.fill import DerivedSpectrum
from ecdsl.diagnostics import data_error
from ecdsl.files import write_atomic
from ecdsl.inference.results import AxisResult
from ecdsl.report.axes import binning, drawn_per
from ecdsl.report.curves import points
from ecdsl.report.maps import draw_map, meaning
from ecdsl.report.style import GREY, png, style, svg

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from numpy.typing import NDArray

    from ecdsl.spectrum import Filled

    Array = NDArray[np.float64]

FORMATS: dict[str, Callable[[Figure], bytes]] = {".png": png, ".svg": svg}


def filled_figure(filled: Filled) -> Figure:
    """Draw a filled histogram, bins without a value left out.

    One axis is drawn with errors, two are drawn as a map, and of more a map of each two, summed
    over the others. An observable is drawn per event and divided by the width of its bins
    (`ecdsl.report.axes`), a derived one as it is; its bins do not add up, and more than two axes of
    it are drawn bin by bin.
    """
    n_axes = len(filled.axes)
    if n_axes == 1 or (n_axes > 2 and isinstance(filled, DerivedSpectrum)):
        return _curve(filled)
    return _maps(filled, list(combinations(range(n_axes), 2)))


def _curve(filled: Filled) -> Figure:
    bins = binning([AxisResult.of(axis) for axis in filled.axes])
    values, errors = (part / drawn_per(filled, bins.widths) for part in _inside(filled))
    figure = Figure(figsize=(6.6, 4.6), layout="constrained")
    axes = figure.add_subplot()
    points(axes, bins.edges, values, errors, label=f"{filled.n_events:,} events")
    bins.apply(axes)
    axes.set_xlabel(bins.label)
    derived = isinstance(filled, DerivedSpectrum)
    axes.set_ylabel(filled.name if derived else bins.density)
    if (values < 0).any():
        axes.axhline(0, color=GREY, linewidth=0.8)
    axes.legend(loc="best", title=None if derived else filled.name)
    return figure


def _maps(filled: Filled, pairs: list[tuple[int, int]]) -> Figure:
    n_columns = min(len(pairs), 3)
    n_rows = -(-len(pairs) // n_columns)
    figure = Figure(figsize=(5.6 * n_columns, 4.6 * n_rows), layout="constrained")
    for number, shown in enumerate(pairs, 1):
        axes = figure.add_subplot(n_rows, n_columns, number)
        draw_map(figure, axes, filled, shown).set_label(meaning(filled, shown))
    figure.suptitle(f"{filled.name}, {filled.n_events:,} events", fontsize=11)
    return figure


def write_figure(filled: Filled, path: Path) -> Path:
    """Write the figure as PNG or SVG, as the name of the file says.

    Raises:
        EcdslError: D215 for another kind of file.
    """
    save = save_as(path)
    with style():
        return write_atomic(path, save(filled_figure(filled)))


def save_as(path: Path) -> Callable[[Figure], bytes]:
    """Return how a figure is saved in the format that the name of a file asks for.

    Raises:
        EcdslError: D215 for a name that is neither PNG nor SVG.
    """
    if path.suffix not in FORMATS:
        raise data_error(
            "D215",
            f"{path}: figures are written as {' or '.join(FORMATS)}",
            hint=f"name it {path.with_suffix('.png').name}",
        )
    return FORMATS[path.suffix]


def _inside(filled: Filled) -> tuple[Array, Array]:
    """Return contents and errors of the bins, (n_bins,) each, without under- and overflow."""
    histogram = filled.to_hist()
    variances = np.asarray(histogram.variances()).ravel()
    return np.asarray(histogram.values()).ravel(), np.sqrt(variances)
