"""A filled histogram: sums of weights per bin with their covariance from whole events."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

import boost_histogram.serialization
import hist
import numpy as np
import uhi.io.json

from ecdsl.artifacts.manifest import edges
from ecdsl.files import write_atomic

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from numpy.typing import NDArray

    from ecdsl.artifacts.manifest import Manifest

SCHEMA = "ecdsl/spectrum/1"
# The covariance of more cells would not fit in memory beside the events (200 MB here).
MAX_COVARIANCE_CELLS = 5000


@dataclass(frozen=True)
class Spectrum:
    """One observable filled from events.

    Attributes:
        manifest: The observable.
        parameters: The values of the shape's parameters.
        sums: (n_cells,) sum of weights, all axes flattened with under- and overflow; not divided
            by bin widths or by the number of events.
        variances: (n_cells,) of the sums, from the scatter between events.
        covariance: (n_cells, n_cells) of the sums, or None above `MAX_COVARIANCE_CELLS`.
        n_events: Events filled, those without any tuple included.
        n_jets: Jets filled.
    """

    manifest: Manifest
    parameters: Mapping[str, float]
    sums: NDArray[np.float64]
    variances: NDArray[np.float64]
    covariance: NDArray[np.float64] | None
    n_events: int
    n_jets: int

    def to_hist(self) -> hist.Hist:
        """Return the histogram; its variances are the diagonal of the covariance."""
        axes = [
            hist.axis.Variable(edges(axis.bins), name=axis.name, label=axis.name)
            for axis in self.manifest.observable.axes
        ]
        histogram = hist.Hist(*axes, storage=hist.storage.Weight(), name=self.manifest.name)
        view = histogram.view(flow=True)
        view["value"] = self.sums.reshape(view.shape)
        view["variance"] = self.variances.reshape(view.shape)
        histogram.metadata = self._metadata()
        return histogram

    def covariance_hist(self) -> hist.Hist | None:
        """Return the covariance as a histogram over pairs of cells (flattened, flow included)."""
        if self.covariance is None:
            return None
        cells = [
            hist.axis.Integer(0, len(self.sums), name=name, flow=False)
            for name in ("cell", "other")
        ]
        histogram = hist.Hist(*cells, storage=hist.storage.Double())
        histogram.view()[...] = self.covariance
        return histogram

    def write(self, path: Path) -> Path:
        """Write UHI JSON with the histograms `spectrum` and `covariance`."""
        both = {"spectrum": self.to_hist(), "covariance": self.covariance_hist()}
        content = {
            name: boost_histogram.serialization.to_uhi(histogram)
            for name, histogram in both.items()
            if histogram is not None
        }
        return write_atomic(path, json.dumps(content, default=uhi.io.json.default) + "\n")

    def _metadata(self) -> dict[str, str | float]:
        return {
            "schema": SCHEMA,
            "observable": self.manifest.name,
            "fingerprint": self.manifest.fingerprint,
            "n_events": self.n_events,
            "n_jets": self.n_jets,
            **{f"parameter {name}": value for name, value in self.parameters.items()},
        }


def event_covariance(
    squares: NDArray[np.float64], sums: NDArray[np.float64], n_events: int
) -> NDArray[np.float64]:
    """Return the covariance of the sum over `n_events` independent events.

    n/(n-1) (sum_e h_e h_e^T - S S^T / n): the event is the independent unit, never the tuple.

    Args:
        squares: sum_e h_e h_e^T, or its diagonal.
        sums: S = sum_e h_e, (n_cells,).
        n_events: n.
    """
    if n_events < 2:
        return np.full_like(squares, np.nan)
    product = np.outer(sums, sums) if squares.ndim == 2 else sums**2
    return (squares - product / n_events) * (n_events / (n_events - 1))
