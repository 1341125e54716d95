"""Fill a derived observable: all its operands on the same events, then their arithmetic."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, ClassVar, Final

import numpy as np
from threadpoolctl import threadpool_limits

from ecdsl.artifacts.manifest import edges
from ecdsl.derived.arithmetic import propagate
from ecdsl.derived.joint import joint_rows
from ecdsl.diagnostics import data_error
from ecdsl.diagnostics.suggest import likely
from ecdsl.event_sums import EventSums
from ecdsl.execute import parameter_values, resolution_error
from ecdsl.spectrum import MAX_COVARIANCE_CELLS, Filled
from ecdsl.variations import Variation, VariedSums, common_variations

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from numpy.typing import NDArray

    from ecdsl.artifacts.derived import DerivedManifest
    from ecdsl.derived.arithmetic import Propagated
    from ecdsl.ir.nodes import Axis
    from ecdsl.resolution import ResolutionError

SCHEMA: Final = "ecdsl/derived-spectrum/1"


@dataclass(frozen=True, kw_only=True)
class DerivedSpectrum(Filled):
    """One derived observable, evaluated on the operands' histograms per event.

    Its parameters are named `operand.parameter`.

    Attributes:
        manifest: The derived observable.
        values: (n_bins,) all axes flattened, without under- and overflow; NaN where a denominator
            is empty, and so are the variances there.
        unsure: (n_bins,) where a denominator is within three of its errors of zero: the errors are
            too small.
        errors: By operand, how far off its sum over dynamic subjets is, where it is one.
    """

    flow: ClassVar[bool] = False

    manifest: DerivedManifest
    values: NDArray[np.float64]
    unsure: NDArray[np.bool_]
    errors: Mapping[str, ResolutionError] = field(default_factory=dict)

    @property
    def name(self) -> str:
        """The name it was declared under."""
        return self.manifest.name

    @property
    def formula(self) -> str:
        """The formula in the names of the operands, in LaTeX."""
        return self.manifest.formula

    @property
    def axes(self) -> tuple[Axis, ...]:
        """The axes, with their bins."""
        return self.manifest.axes

    @property
    def contents(self) -> NDArray[np.float64]:
        """The values, (n_bins,)."""
        return self.values

    @property
    def undefined(self) -> NDArray[np.bool_]:
        """Which bins have no value, (n_bins,)."""
        return np.isnan(self.values)

    @property
    def remarks(self) -> tuple[str, ...]:
        """What a reader of the numbers should know, in sentences."""
        lost = (
            f"{self.n_undefined:,} tuples of the operands have no value on an axis (such as 0/0)"
            " and are in no bin"
        )
        approximate = (f"{name}: {error.remark()}" for name, error in self.errors.items())
        return (
            *approximate,
            *([lost] if self.n_undefined else []),
            *_remarks(self.undefined, self.unsure),
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
            "undefined_bins": int(self.undefined.sum()),
            "unsure_bins": int(self.unsure.sum()),
            **{
                f"{operand}.{name}": value
                for operand, error in self.errors.items()
                for name, value in error.metadata().items()
            },
            **{f"parameter {name}": value for name, value in self.parameters.items()},
        }


def fill_derived(
    manifest: DerivedManifest,
    build: Path,
    events: Sequence[Path],
    *,
    parameters: Mapping[str, float] | None = None,
    workers: int = 1,
    progress: Callable[[int, int], None] | None = None,
) -> DerivedSpectrum:
    """Fill the operands in one pass over the events and evaluate the derived observable.

    Args:
        manifest: The derived observable; its operands' kernels are under `build`.
        build: The build folder.
        events: Parquet files of jets.
        parameters: Values of parameters that differ from the declared ones; one goes to every
            operand whose shape has a parameter of that name.
        workers: Threads.
        progress: Told (jets done, jets in all).

    Raises:
        EcdslError: D206 for an unknown parameter, D207 for a value outside its range, D208 for an
            operand without a histogram, D213 for too many bins, D30x for events that cannot be
            used.
    """
    points = _points(manifest, parameters or {})
    n_all = len(manifest.operands) * _volumes(manifest).size
    _require_covariance(manifest, n_all)
    total, varied = EventSums(n_all), VariedSums(common_variations(events), n_all)
    n_jets = n_undefined = 0
    # How many threads share a product decides its last bits, and those that wait for one are busy.
    with threadpool_limits(limits=1, user_api="blas"):
        for chunk in joint_rows(
            manifest.operands, build, events, points=points, workers=workers, progress=progress
        ):
            total.add(chunk.rows)
            varied.add(chunk.rows, chunk.weights)
            n_jets += chunk.n_jets
            n_undefined += chunk.n_undefined
    result = evaluate(manifest, total)
    found = (
        (operand.name, resolution_error(operand, build, events, point))
        for operand, point in zip(manifest.operands, points, strict=True)
    )
    errors = {name: error for name, error in found if error}
    return DerivedSpectrum(
        manifest=manifest,
        errors=errors,
        variations={name: _varied(manifest, v, total.n_events) for name, v in varied.each()},
        parameters={
            f"{operand.name}.{name}": value
            for operand, point in zip(manifest.operands, points, strict=True)
            for name, value in point.items()
        },
        values=result.values,
        variances=result.covariance.diagonal().copy(),
        covariance=result.covariance,
        unsure=result.unsure,
        n_events=total.n_events,
        n_jets=n_jets,
        n_undefined=n_undefined,
    )


def evaluate(manifest: DerivedManifest, total: EventSums) -> Propagated:
    """Evaluate a derived observable on the mean over events of its operands' bins.

    Args:
        manifest: The derived observable.
        total: The bins of all operands, one operand after another, summed over events.
    """
    volumes = _volumes(manifest)
    scale = 1 / total.n_events if total.n_events else np.nan
    return propagate(
        manifest.expr,
        scale * total.sums.reshape(-1, volumes.size),
        scale**2 * total.covariance(),
        volumes.ravel(),
    )


def _varied(manifest: DerivedManifest, sums: Variation, n_events: int) -> Variation:
    """Evaluate a derived observable on a variation of its operands, whose covariance is unknown."""
    volumes = _volumes(manifest)
    contents = sums.contents.reshape(-1, volumes.size) / max(n_events, 1)
    unknown = np.zeros((contents.size, contents.size))
    values = propagate(manifest.expr, contents, unknown, volumes.ravel()).values
    return Variation(values, np.full_like(values, np.nan))


def remarks(result: Propagated) -> tuple[str, ...]:
    """Return what a reader of the numbers should know, in sentences."""
    return _remarks(result.undefined, result.unsure)


def _remarks(undefined: NDArray[np.bool_], unsure: NDArray[np.bool_]) -> tuple[str, ...]:
    n_bins, n_undefined, n_unsure = len(undefined), int(undefined.sum()), int(unsure.sum())
    found = []
    if n_undefined:
        found.append(f"{n_undefined} of {n_bins} bins are undefined (an empty denominator)")
    if n_unsure:
        found.append(
            f"in {n_unsure} of {n_bins} bins a denominator lies within three of its own errors of"
            " zero: the errors there are too small"
        )
    return tuple(found)


def _volumes(manifest: DerivedManifest) -> NDArray[np.float64]:
    """Return the product of the widths of each bin, in the shape of the axes."""
    volumes = np.ones(())
    for axis in manifest.axes:
        volumes = np.multiply.outer(volumes, np.diff(edges(axis.bins)))
    return volumes


def _points(manifest: DerivedManifest, given: Mapping[str, float]) -> tuple[dict[str, float], ...]:
    known = [{spec.name for spec in m.observable.parameters} for m in manifest.operands]
    every = sorted(set().union(*known))
    for name in given:
        if name not in every:
            raise data_error(
                "D206",
                f"no operand of `{manifest.name}` has a parameter `{name}`",
                hint=likely(name, every, otherwise=f"parameters: {', '.join(every) or 'none'}"),
            )
    return tuple(
        parameter_values(m, {name: value for name, value in given.items() if name in names})
        for m, names in zip(manifest.operands, known, strict=True)
    )


def _require_covariance(manifest: DerivedManifest, n_all: int) -> None:
    if n_all > MAX_COVARIANCE_CELLS:
        raise data_error(
            "D213",
            f"the {len(manifest.operands)} operands of `{manifest.name}` have {n_all} bins"
            f" together, and the covariance of all pairs of more than {MAX_COVARIANCE_CELLS} bins"
            " does not fit in memory",
            hint="give the operands fewer bins",
        )
