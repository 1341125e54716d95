r"""Judge a surrogate by what it is for: held-out events, shape by shape, and the mass they give.

The loss cannot tell a good density from one with a smeared peak; the marginals can. Each is held
against events that no network saw: chi^2 in the bins with the covariance of whole events, pulls of
single bins, and the shift of the parameter that a fit of the surrogate's marginals to those events
gives. Most of that shift is not the surrogate's: held-out events fluctuate. A fit of templates made
of the training events themselves to the same held-out events meets the same fluctuation, and that
of the training events too; the difference of the two fits is what the surrogate induces. Pulls and
shifts of single shapes scatter even where a surrogate is perfect: of 27 shifts, 9 are beyond one
standard deviation of the held-out events, but not of what is induced.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict

from ecdsl.inference.binned import log_likelihood
from ecdsl.inference.posterior import posterior
from ecdsl.inference.results import BinContents
from ecdsl.inference.templates import with_means
from ecdsl.surrogate.separation import Separation

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from ecdsl.inference.samples import LabelledRows
    from ecdsl.inference.templates import Templates

# The fit may end outside of the simulated range by this share of it on either side.
MARGIN = 0.5
POINTS = 2001


class ValidationRow(BaseModel):
    """A surrogate's marginal against held-out events at one value of the parameter.

    Attributes:
        observable: The shape.
        label: The value of the parameter.
        chi2: Of the merged bins, with event covariance and the error of the integration.
        ndf: Merged bins.
        shift: Fitted minus true value, the surrogate's marginals as templates.
        shift_error: Its error from the held-out events alone.
        training_error: What the finite number of training events adds, as it does to templates made
            of them; all values share it.
        template_shift: The shift of the templates made of the training events, same data.
        induced_shift: `shift` less `template_shift`, what the surrogate itself adds. The noise of
            the held-out events is not in it; that of the training events is, as far as the
            surrogate smooths what the templates follow, at most `training_error`.
        pull_width: Root mean square of (events - surrogate) / error over the merged bins, the error
            being that of the events and of the integration.
        band_pull_width: The same with the band of the ensemble in the error.
        band_error: What the band adds to the error of the shift; None without an ensemble.
        kl: Kullback-Leibler divergence of the surrogate's merged bins from those of the events.
        n_events: Held-out events.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    observable: str
    label: float
    chi2: float
    ndf: int
    shift: float
    shift_error: float
    training_error: float
    template_shift: float
    induced_shift: float
    pull_width: float
    band_pull_width: float | None = None
    band_error: float | None = None
    kl: float
    n_events: int


class ValidatedShape(BaseModel):
    """One shape: the rows, and the bins that they were worked out from.

    Attributes:
        edges: Of each axis.
        events: Mean sum of weights per event of the held-out events, at each value.
        surrogate: The surrogate's marginals at the same values.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    observable: str
    edges: tuple[tuple[float, ...], ...]
    rows: tuple[ValidationRow, ...]
    events: tuple[BinContents, ...]
    surrogate: tuple[BinContents, ...]


class ValidationResult(BaseModel):
    """What `ecdsl validate` found, stored as `build/validation.json`.

    Attributes:
        separations: How well a classifier tells each correlator's surrogate from the events.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    schema_version: Literal["ecdsl/validation/1"] = "ecdsl/validation/1"
    parameter: str
    unit: str
    model: str
    preset: str
    shapes: tuple[ValidatedShape, ...]
    separations: tuple[Separation, ...] = ()


@dataclass(frozen=True)
class Marginals:
    """A surrogate's bin contents.

    Attributes:
        contents: (V, n_bins) expected sum of weights per event at each held-out value.
        errors: (V, n_bins) of the integration.
        members: (K, V, n_bins) the contents of the other members of its ensemble.
    """

    contents: NDArray[np.float64]
    errors: NDArray[np.float64]
    members: NDArray[np.float64]


def judge(
    observable: str, templates: Templates, held_out: Sequence[LabelledRows], marginals: Marginals
) -> tuple[ValidationRow, ...]:
    """Return how well a surrogate describes held-out events, one row per value.

    Args:
        observable: Its name.
        templates: Fitted to the events that the surrogate was trained on.
        held_out: Other events, at values in ascending order.
        marginals: The surrogate's, at the same values.
    """
    values = np.array([sample.value for sample in held_out])
    learned = _certain(with_means(templates, values, marginals.contents))
    ensemble = [_certain(with_means(templates, values, member)) for member in marginals.members]
    known = _certain(templates)
    rows = []
    for k, sample in enumerate(held_out):
        contents, errors = marginals.contents[k], marginals.errors[k]
        mean, n = sample.rows.mean(axis=0), sample.n_events
        residual = templates.merge(mean - contents)
        covariance = _covariance(templates, sample, errors)
        off = templates.merge(marginals.members[:, k] - contents)
        shift, error = _fit(learned, mean, n, sample.value)
        known_shift, _ = _fit(known, mean, n, sample.value)
        shifts = [_fit(member, mean, n, sample.value)[0] - shift for member in ensemble]
        rows.append(
            ValidationRow(
                observable=observable,
                label=sample.value,
                chi2=_chi2(templates, residual, covariance),
                ndf=templates.whiten.shape[0],
                shift=shift,
                shift_error=error,
                training_error=_training_error(templates, mean, n, sample.value),
                template_shift=known_shift,
                induced_shift=shift - known_shift,
                pull_width=_pull_width(residual, np.diagonal(covariance)),
                band_pull_width=_pull_width(
                    residual, np.diagonal(covariance) + np.mean(off**2, axis=0)
                )
                if ensemble
                else None,
                band_error=float(np.sqrt(np.mean(np.square(shifts)))) if ensemble else None,
                kl=_divergence(templates.merge(mean), templates.merge(contents)),
                n_events=n,
            )
        )
    return tuple(rows)


def _certain(templates: Templates) -> Templates:
    """Return templates whose mean is taken for exact."""
    return replace(templates, coefficient_variances=np.zeros_like(templates.coefficient_variances))


def _covariance(
    templates: Templates, sample: LabelledRows, errors: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return (B, B) that of the held-out events, and of the integration, in merged bins."""
    noise = np.diag(templates.merge(errors**2))
    return templates.event_covariance(sample.value) / sample.n_events + noise


def _chi2(
    templates: Templates, residual: NDArray[np.float64], covariance: NDArray[np.float64]
) -> float:
    whitened = templates.whiten @ residual
    metric = templates.whiten @ covariance @ templates.whiten.T
    return float(whitened @ np.linalg.solve(metric, whitened))


def _pull_width(residual: NDArray[np.float64], variance: NDArray[np.float64]) -> float:
    seen = variance > 0
    return float(np.sqrt(np.mean(residual[seen] ** 2 / variance[seen])))


def _divergence(seen: NDArray[np.float64], learned: NDArray[np.float64]) -> float:
    """Return sum p ln(p / q) of normalised bins, where both hold something."""
    held = (seen > 0) & (learned > 0)
    p, q = seen[held] / seen[held].sum(), learned[held] / learned[held].sum()
    return float((p * np.log(p / q)).sum())


def _training_error(
    templates: Templates, mean: NDArray[np.float64], n_events: int, truth: float
) -> float:
    """Return the error of a fit that the templates' own error is responsible for."""
    both = _fit(templates, mean, n_events, truth)[1]
    events = _fit(_certain(templates), mean, n_events, truth)[1]
    return float(np.sqrt(max(0.0, both**2 - events**2)))


def _fit(
    templates: Templates, mean: NDArray[np.float64], n_events: int, truth: float
) -> tuple[float, float]:
    """Return estimate minus truth, and the posterior standard deviation."""
    low, high = templates.points[0, 0], templates.points[-1, 0]
    margin = MARGIN * (high - low)
    grid = np.linspace(low - margin, high + margin, POINTS)
    found = posterior(grid, log_likelihood(templates, mean, n_events, grid))
    return found.mode - truth, found.standard_deviation
