"""Bin contents of a shape, integrated from a surrogate's density.

`marginal` integrates over the shape's own coordinates (`from_cube` of a `region.py`), whose box is
the window, so that no point is wasted; `marginal_by_mask` throws points at the sides and asks the
shape which bin they fall in: slow, and independent of every change of variables.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import torch

from ecdsl.diagnostics import NumericalError, data_error
from ecdsl.surrogate.box import BoxIntegral, bins_of
from ecdsl.surrogate.integrate import CubeMonteCarlo
from ecdsl.surrogate.mask import ShapeMask
from ecdsl.surrogate.threads import torch_threads

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray
    from torch import Tensor

    from ecdsl.surrogate.protocol import RegionModule
    from ecdsl.surrogate.surrogate import Surrogate

# A bin whose Gauss-Legendre rules differ by more than this, relatively, needs Sobol points.
TOLERANCE = 2e-3
# A bin in which points drawn after the density still scatter by more needs points of its own box.
COARSE = 1e-2
MASK_CHUNK = 1 << 17


@dataclass(frozen=True)
class Marginal:
    """Bin contents per event.

    Attributes:
        contents: (B1, ..., BA) sum of weights per event in each bin.
        errors: (B1, ..., BA) numerical error of the integration alone.
    """

    contents: NDArray[np.float64]
    errors: NDArray[np.float64]


@torch_threads()
def marginal(
    surrogate: Surrogate,
    region: RegionModule,
    edges: Sequence[NDArray[np.float64]],
    parameters: Sequence[float],
    context: Mapping[str, float],
) -> Marginal:
    """Integrate the density over each bin in the shape's own coordinates.

    content = W(m) sum_r share_r int_box du |dz/du| p(z(u) | m): Gauss-Legendre; where its
    orders disagree or an edge of phase space crosses the box, Sobol points drawn after the density;
    and for bins too small for these, Sobol points drawn in the box.

    Args:
        surrogate: Of the shape's correlator.
        region: The shape's generated module.
        edges: Per axis, (B + 1,) bin edges.
        parameters: The shape's parameters in their declared order.
        context: The simulation parameters, e.g. `{"mt": 172.5}`.

    Raises:
        EcdslError: D404 for a context outside the training range, D410 where the shape has no
            coordinates of its own.
    """
    if region.CUBE_DIMENSION is None:
        raise data_error(
            "D410",
            "this shape has no change of variables to integrate over",
            hint="integrate it with marginal_by_mask",
        )
    row = surrogate.context(context)
    box = BoxIntegral(surrogate, region, torch.tensor(parameters, dtype=torch.float64), row)
    bins = bins_of(edges)
    contents, errors = box.by_gauss_legendre(bins, region.CUBE_DIMENSION)
    if (errors > TOLERANCE * contents).any():
        mask = ShapeMask(surrogate, region, edges, parameters, row)
        _take_better(contents, errors, *mask.by_sobol())
    rough = np.flatnonzero(errors > COARSE * contents)
    if len(rough):
        contents[rough], errors[rough] = box.by_sobol(
            [bins[k] for k in rough], region.CUBE_DIMENSION
        )
    return _per_event(surrogate, row, edges, contents, errors)


def _take_better(
    contents: NDArray[np.float64],
    errors: NDArray[np.float64],
    others: NDArray[np.float64],
    other_errors: NDArray[np.float64],
) -> None:
    better = (errors > TOLERANCE * contents) & (other_errors < errors)
    contents[better], errors[better] = others[better], other_errors[better]


def _per_event(
    surrogate: Surrogate,
    row: Tensor,
    edges: Sequence[NDArray[np.float64]],
    contents: NDArray[np.float64],
    errors: NDArray[np.float64],
) -> Marginal:
    shape = tuple(len(e) - 1 for e in edges)
    weight = surrogate.weight_per_event(row)
    return Marginal(weight * contents.reshape(shape), weight * errors.reshape(shape))


@torch_threads()
def marginal_by_mask(
    surrogate: Surrogate,
    region: RegionModule,
    edges: Sequence[NDArray[np.float64]],
    parameters: Sequence[float],
    context: Mapping[str, float],
    *,
    points: int = 1 << 20,
    min_hits: int = 1000,
    seed: int = 0,
) -> Marginal:
    """Integrate the density over each bin by Monte Carlo in the sides' cube, with a 0/1 mask.

    Args:
        surrogate: Of the shape's correlator.
        region: The shape's generated module.
        edges: Per axis, (B + 1,) bin edges.
        parameters: The shape's parameters in their declared order.
        context: The simulation parameters.
        points: Monte Carlo points, rounded up to whole chunks.
        min_hits: Points that must fall into the histogram, counted once for each of its bins.
        seed: Of the points.

    Raises:
        EcdslError: D404 for a context outside the training range.
        NumericalError: If fewer than `min_hits` points fall into the histogram.
    """
    row = surrogate.context(context)
    mask = ShapeMask(surrogate, region, edges, parameters, row)
    monte_carlo = CubeMonteCarlo(surrogate.chart.dimension, seed)
    chunks = -(-points // MASK_CHUNK)
    parts = [monte_carlo.integrate(mask.with_square, MASK_CHUNK) for _ in range(chunks)]
    mean = torch.stack(parts).mean(dim=0)
    if mask.hits < min_hits:
        raise NumericalError(
            f"only {mask.hits} of {chunks * MASK_CHUNK} points fall into the histogram "
            f"(at least {min_hits} are needed): use more points or wider windows"
        )
    first, second = mean[0].numpy(), mean[1].numpy()
    errors = np.sqrt(np.maximum(second - first**2, 0) / (chunks * MASK_CHUNK))
    return _per_event(surrogate, row, edges, first, errors)
