"""A filled histogram with its covariance from whole events, and the file it is written to."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar

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
    from ecdsl.ir.nodes import Axis
    from ecdsl.resolution import ResolutionError
    from ecdsl.variations import Variation

SCHEMA = "ecdsl/spectrum/1"
# The covariance of more cells would not fit in memory beside the events (200 MB here).
MAX_COVARIANCE_CELLS = 5000


@dataclass(frozen=True, kw_only=True)
class Filled(ABC):
    """A histogram filled from events, with its covariance.

    Attributes:
        parameters: The values of the shapes' parameters.
        variances: (n_cells,) of the contents, from the scatter between events; all axes flattened.
        covariance: (n_cells, n_cells) of the contents, or None above `MAX_COVARIANCE_CELLS`.
        n_events: Events filled, those without any tuple included.
        n_jets: Jets filled.
        n_undefined: Tuples without a value on an axis, such as 0/0.
        variations: By name, the contents with the weights of a variation of the generator.
    """

    flow: ClassVar[bool]

    parameters: Mapping[str, float]
    variances: NDArray[np.float64]
    covariance: NDArray[np.float64] | None
    n_events: int
    n_jets: int
    n_undefined: int
    variations: Mapping[str, Variation] = field(default_factory=dict)

    @property
    @abstractmethod
    def name(self) -> str:
        """The name it was declared under."""

    @property
    @abstractmethod
    def formula(self) -> str:
        """The defining formula in LaTeX."""

    @property
    @abstractmethod
    def axes(self) -> tuple[Axis, ...]:
        """The axes, with their bins."""

    @property
    @abstractmethod
    def contents(self) -> NDArray[np.float64]:
        """What each cell holds, (n_cells,)."""

    @property
    def remarks(self) -> tuple[str, ...]:
        """What a reader of the numbers should know, in sentences."""
        return ()

    @abstractmethod
    def metadata(self) -> dict[str, str | float]:
        """Return what a file of it says about it."""

    def to_hist(self) -> hist.Hist:
        """Return the histogram; its variances are the diagonal of the covariance."""
        return self._hist(self.contents, self.variances)

    def variation_hists(self) -> dict[str, hist.Hist]:
        """Return the histograms with the weights of the generator's variations, by name."""
        return {name: self._hist(v.contents, v.variances) for name, v in self.variations.items()}

    def _hist(self, contents: NDArray[np.float64], variances: NDArray[np.float64]) -> hist.Hist:
        axes = [
            hist.axis.Variable(edges(a.bins), name=a.name, label=a.name, flow=self.flow)
            for a in self.axes
        ]
        histogram = hist.Hist(*axes, storage=hist.storage.Weight(), name=self.name)
        view = histogram.view(flow=self.flow)
        view["value"] = contents.reshape(view.shape)
        view["variance"] = variances.reshape(view.shape)
        histogram.metadata = self.metadata()
        return histogram

    def covariance_hist(self) -> hist.Hist | None:
        """Return the covariance as a histogram over pairs of cells (flattened)."""
        if self.covariance is None:
            return None
        cells = [
            hist.axis.Integer(0, len(self.contents), name=name, flow=False)
            for name in ("cell", "other")
        ]
        histogram = hist.Hist(*cells, storage=hist.storage.Double())
        histogram.view()[...] = self.covariance
        return histogram

    def write(self, path: Path) -> Path:
        """Write UHI JSON with the histograms `spectrum`, `covariance` and `variation NAME`.

        NaN is written `null`.
        """
        every = {"spectrum": self.to_hist(), "covariance": self.covariance_hist()}
        every |= {f"variation {name}": found for name, found in self.variation_hists().items()}
        content = {
            name: boost_histogram.serialization.to_uhi(histogram)
            for name, histogram in every.items()
            if histogram is not None
        }
        return write_atomic(path, json.dumps(content, default=_plain, allow_nan=False) + "\n")


@dataclass(frozen=True, kw_only=True)
class Spectrum(Filled):
    """One observable filled from events.

    Attributes:
        manifest: The observable.
        sums: (n_cells,) sum of weights, all axes flattened with under- and overflow; not divided
            by bin widths or by the number of events.
        error: How far off a sum over dynamic subjets is; None for a sum over all particles.
    """

    flow: ClassVar[bool] = True

    manifest: Manifest
    sums: NDArray[np.float64]
    error: ResolutionError | None = None

    @property
    def name(self) -> str:
        """The name it was declared under."""
        return self.manifest.name

    @property
    def formula(self) -> str:
        """The defining formula in LaTeX."""
        return self.manifest.formula

    @property
    def axes(self) -> tuple[Axis, ...]:
        """The axes, with their bins."""
        return self.manifest.observable.axes

    @property
    def contents(self) -> NDArray[np.float64]:
        """The sums of weights, (n_cells,) with under- and overflow."""
        return self.sums

    @property
    def remarks(self) -> tuple[str, ...]:
        """What a reader of the numbers should know, in sentences."""
        undefined = (
            f"{self.n_undefined:,} tuples have no value on an axis (such as 0/0) and are in its"
            " overflow"
        )
        return (
            *([self.error.remark()] if self.error else []),
            *([undefined] if self.n_undefined else []),
        )

    def metadata(self) -> dict[str, str | float]:
        """Return what a file of it says about it."""
        return {
            "schema": SCHEMA,
            "observable": self.name,
            "fingerprint": self.manifest.fingerprint,
            "n_events": self.n_events,
            "n_jets": self.n_jets,
            "undefined_tuples": self.n_undefined,
            **(self.error.metadata() if self.error else {}),
            **{f"parameter {name}": value for name, value in self.parameters.items()},
        }


def _plain(value: object) -> object:
    """Return what JSON has for a value of UHI: no NaN, which numpy makes of `null` again."""
    if isinstance(value, np.ndarray) and value.dtype.kind == "f":
        numbers = value.astype(object)
        numbers[~np.isfinite(value)] = None
        return numbers.tolist()
    return uhi.io.json.default(value)
