r"""The datum: the measured correlator as it is, or divided by its sum over all bins.

A normalized correlator keeps the shape alone: what multiplies all tuples alike, such as a scale of
all energies, drops out, with the information that the total carries. Per event it is not a sum of
tuples any more, but to first order in the fluctuations it is the mean of rows again,

.. math:: r'_e = p + \frac{r_e - p\, s_e}{S}, \qquad p = \frac{\langle r \rangle}{S}, \quad
          s_e = \sum_b r_{eb}, \quad S = \langle s \rangle,

whose mean over the same events is p exactly and whose covariance is that of p by the propagation of
errors. So templates, resampling and likelihoods are those of the absolute correlator.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Literal

import numpy as np

from ecdsl.diagnostics import data_error

if TYPE_CHECKING:
    from collections.abc import Iterable

    from numpy.typing import NDArray

    from ecdsl.inference.samples import LabelledRows

Datum = Literal["absolute", "normalized"]


def datum_of(kind: Datum, x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the datum of (..., n_bins) measured correlators.

    Raises:
        EcdslError: D505 for a correlator that cannot be normalized, as its sum is not positive.
    """
    if kind == "absolute":
        return x
    return np.asarray(x / _totals(x)[..., None], dtype=np.float64)


def rows_of(kind: Datum, rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return (n_events, n_bins) rows whose mean is the datum of these events.

    Args:
        kind: Which datum.
        rows: (n_events, n_bins) what each event put into each bin.

    Raises:
        EcdslError: D505 for events that put nothing, or less, into all bins together.
    """
    if kind == "absolute":
        return rows
    total = _totals(rows.mean(axis=0))
    shares = rows.mean(axis=0) / total
    return np.asarray(
        shares + (rows - np.multiply.outer(rows.sum(axis=1), shares)) / total, dtype=np.float64
    )


def samples_of(kind: Datum, samples: Iterable[LabelledRows]) -> tuple[LabelledRows, ...]:
    """Return the samples with rows whose means are the datum."""
    return tuple(replace(sample, rows=rows_of(kind, sample.rows)) for sample in samples)


def _totals(x: NDArray[np.float64]) -> NDArray[np.float64]:
    totals = np.asarray(x.sum(axis=-1), dtype=np.float64)
    if not (totals > 0).all():
        raise data_error(
            "D505",
            f"a correlator whose bins sum to {totals.min():g} cannot be normalized",
            hint='use inference.datum = "absolute", or widen the range of the axis',
        )
    return totals
