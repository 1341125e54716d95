"""Where a classifier tells a surrogate from events: a sentence and a map."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure

from ecdsl.files import write_atomic
from ecdsl.report.style import png, style

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from matplotlib.axes import Axes
    from matplotlib.cm import ScalarMappable

    from ecdsl.surrogate.separation import Separation

# The colours end at ratios so far from one.
REACH = 0.2


def in_words(separation: Separation) -> str:
    """Return what a classifier found, in two lines."""
    i, j = separation.worst
    places = [
        f"{name} {edges[k]:.3g} to {edges[k + 1]:.3g}"
        for name, edges, k in zip(separation.axes, separation.edges, (i, j), strict=True)
    ]
    return (
        f"a classifier tells surrogate and held-out tuples apart with an AUC of "
        f"{separation.auc:.4f} ± {separation.auc_error:.4f} (0.5: not at all);\n"
        f"it sees events over surrogate differ most from one, as counts go, at "
        f"{' and '.join(places)}: {separation.ratio[i][j]:.3f} ± {separation.ratio_error[i][j]:.3f}"
    )


def write_maps(separations: Sequence[Separation], path: Path) -> tuple[Path, ...]:
    """Write the maps of all correlators beside each other; nothing where there is none."""
    if not separations:
        return ()
    with style():
        return (write_atomic(path, png(maps_figure(separations))),)


def maps_figure(separations: Sequence[Separation]) -> Figure:
    """Draw D/(1 - D), the density of the events over that of the surrogate, as seen by D."""
    figure = Figure(figsize=(5.4 * len(separations), 4.2), layout="constrained")
    (row,) = figure.subplots(1, len(separations), squeeze=False)
    for axes, separation in zip(row, separations, strict=True):
        figure.colorbar(_drawn(axes, separation), ax=axes, label="events / surrogate")
    return figure


def _drawn(axes: Axes, separation: Separation) -> ScalarMappable:
    ratio = np.array(separation.ratio, dtype=np.float64)
    first, second = separation.edges
    mesh = axes.pcolormesh(
        first,
        second,
        np.ma.masked_invalid(ratio).T,
        cmap="RdBu_r",
        vmin=1 - REACH,
        vmax=1 + REACH,
    )
    axes.set_xlabel(separation.axes[0])
    axes.set_ylabel(separation.axes[1])
    for axis, edges in ((axes.set_xscale, first), (axes.set_yscale, second)):
        if edges[-1] > 10 * edges[0] > 0:
            axis("log")
    axes.set_title(f"AUC {separation.auc:.4f} ± {separation.auc_error:.4f}", fontsize=11)
    return mesh
