"""Fit the histogram: cells of equal weight first, then how their content depends on the label.

The score of the label, the mean of phi_k over the tuples in a cell, is mostly noise in a single
cell but smooth from cell to cell. So a_ck = sum_j a_jk f_j(c), polynomials of the cell's centre,
Legendre's made orthonormal over the weight. Their moments, sum_i w_i f_j(c_i) phi_k(m_i), are what
the likelihood needs to know of the tuples. Each a_jk has a Gaussian prior, as wide as its moment
exceeds the noise of the tuples, so that what a shape sums over many cells is kept, and what is no
larger than noise is shrunk to nothing. (One prior for all a_jk of a degree shrinks too much: few
directions of the cube know of the mass.)
"""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import torch

from ecdsl.surrogate.fit import Epoch
from ecdsl.surrogate.label_terms import orthonormal_terms
from ecdsl.surrogate.losses import weighted_loss
from ecdsl.surrogate.threads import pinned_threads

if TYPE_CHECKING:
    from collections.abc import Callable

    from torch import Tensor

    from ecdsl.surrogate.dataset import TrainingSet, Tuples
    from ecdsl.surrogate.histogram import Histogram

# Of the fit, which is convex and of order one in its variables: a few tens are enough.
MOST_STEPS = 100
# A prior is at least so wide, in units of the variance of the noise.
LEAST_SIGNAL = 1e-3


def fit_histogram(
    histogram: Histogram,
    data: TrainingSet,
    threads: int = 1,
    progress: Callable[[Epoch], None] | None = None,
) -> tuple[tuple[float, float], ...]:
    """Fill `histogram` in place.

    Args:
        histogram: Of the depth to fill.
        data: Training and validation tuples.
        threads: Of torch.
        progress: Called at the end.

    Returns:
        (training loss, validation loss), as of a training of one epoch.
    """
    tuples = data.train
    with pinned_threads(threads):
        corners = _grow(histogram, tuples.cube.double(), tuples.weights.double())
        _fit_labels(histogram, tuples, corners.mean(dim=0))
        losses = [
            float(weighted_loss(histogram.log_cube(half.cube, half.context), half.weights))
            for half in (tuples, data.validation)
        ]
    if progress:
        progress(Epoch(1, 1, *losses))
    return ((losses[0], losses[1]),)


def _grow(histogram: Histogram, cube: Tensor, weights: Tensor) -> Tensor:
    """Cut the cube into cells and return their lower and upper corners (2, 2^D, P)."""
    corners = torch.stack([torch.zeros_like(cube[:1]), torch.ones_like(cube[:1])])
    node = torch.zeros_like(weights, dtype=torch.int64)
    for level in range(histogram.config.depth):
        nodes = torch.arange(1 << level, device=cube.device)
        axis = (corners[1] - corners[0]).argmax(dim=1)
        along = cube.gather(1, axis[node][:, None])[:, 0]
        cut = _halfway(along, weights, node, len(nodes))
        inner = (cut > corners[0, nodes, axis]) & (cut < corners[1, nodes, axis])
        inner &= _effective(weights, node, len(nodes)) >= 2 * histogram.config.effective
        cut = torch.where(inner, cut, torch.inf)
        first = (1 << level) - 1
        histogram.axis[first : first + len(nodes)] = axis
        histogram.cut[first : first + len(nodes)] = cut
        corners = corners.repeat_interleave(2, dim=1)
        # The upper half of a node that stays whole is empty: it begins where the node ends.
        place = torch.minimum(cut, corners[1, 2 * nodes, axis])
        corners[1, 2 * nodes, axis] = corners[0, 2 * nodes + 1, axis] = place
        node = 2 * node + (along >= cut[node]).long()
    share = _sums(node, weights, 1 << histogram.config.depth) / weights.sum()
    histogram.content.copy_(torch.log(share))
    histogram.log_volume.copy_(torch.log((corners[1] - corners[0]).prod(dim=1)))
    return corners


def _halfway(along: Tensor, weights: Tensor, node: Tensor, count: int) -> Tensor:
    """Return (count,) where half of each node's weight lies below; NaN where nothing does."""
    order = torch.argsort(along, stable=True)
    order = order[torch.argsort(node[order], stable=True)]
    sorted_along, reached = along[order], torch.cumsum(weights[order], dim=0)
    ends = torch.cumsum(torch.bincount(node, minlength=count), dim=0)
    starts = torch.cat([ends.new_zeros(1), ends[:-1]])
    padded = torch.cat([reached.new_zeros(1), reached])
    middle = torch.searchsorted(reached, (padded[starts] + padded[ends]) / 2)
    last = len(along) - 1
    cut = sorted_along[middle.clamp(max=last)]
    return torch.where(cut > sorted_along[starts.clamp(max=last)], cut, torch.nan)


def _fit_labels(histogram: Histogram, tuples: Tuples, centres: Tensor) -> None:
    """Fit the label's basis and how the cells with centres (2^D, P) depend on it."""
    weights = tuples.weights.double()
    weights = weights / weights.sum()
    histogram.basis.copy_(orthonormal_terms(histogram.scale(tuples.context.double()), weights))
    labels, label = torch.unique(tuples.context, dim=0, return_inverse=True)
    phi, frequency = histogram.polynomials(labels), _sums(label, weights, len(labels))
    cell = histogram.cell(tuples.cube)
    sums = [_sums(cell, weights * p[label], len(centres)) for p in phi.T]
    real = torch.isfinite(histogram.content)
    root = torch.exp(histogram.content[real] / 2)[:, None]
    degrees = _degrees(histogram.config.smoothness, centres.shape[1])
    # (K, F) orthonormal columns: the polynomials of the K cells, times the root of their weight.
    frame = torch.linalg.qr(_legendre(centres[real], degrees) * root)[0]
    moments = frame.T @ (torch.stack(sums, dim=1)[real] / root)
    stiffness = _stiffness(moments, weights)
    content, slopes = _matched(frame, root, moments, stiffness, phi=phi, frequency=frequency)
    histogram.content[real] = content
    histogram.slopes[real] = slopes


def _matched(
    frame: Tensor,
    root: Tensor,
    moments: Tensor,
    stiffness: Tensor,
    *,
    phi: Tensor,
    frequency: Tensor,
) -> tuple[Tensor, Tensor]:
    """Return b_c (K,) and a_ck (K, T - 1) of largest posterior probability.

    Args:
        frame: (K, F) the functions of the cell, in units in which the Hessian is of order one.
        root: (K, 1) root of the contents.
        moments: (F, T - 1) of the tuples.
        stiffness: (F, T - 1) what it costs to follow them.
        phi: (L, T - 1) the polynomials at the labels.
        frequency: (L,) the weight of each label.
    """
    excess = torch.zeros_like(root, requires_grad=True)
    coefficients = torch.zeros_like(moments, requires_grad=True)
    fit = torch.optim.LBFGS(
        [excess, coefficients], max_iter=MOST_STEPS, line_search_fn="strong_wolfe"
    )

    def loss() -> Tensor:
        fit.zero_grad()
        exponents = 2 * torch.log(root) + (excess + frame @ coefficients @ phi.T) / root
        norm = frequency @ torch.logsumexp(exponents, dim=0)
        prior = (stiffness * coefficients**2).sum() / 2
        value: Tensor = norm - (root * excess).sum() - (moments * coefficients).sum() + prior
        value.backward()  # type: ignore[no-untyped-call]
        return value

    fit.step(loss)  # type: ignore[no-untyped-call]
    with torch.no_grad():
        content = (2 * torch.log(root) + excess / root)[:, 0]
        return content, frame @ coefficients / root


def _degrees(smoothness: int, dimension: int) -> list[tuple[int, ...]]:
    products = product(range(smoothness + 1), repeat=dimension)
    return sorted((d for d in products if sum(d) <= smoothness), key=sum)


def _stiffness(moments: Tensor, weights: Tensor) -> Tensor:
    """Return (F, T - 1) the inverse prior variance of a_jk, in units of that of the noise.

    A moment that is nothing but noise has the variance sum_i w_i^2, of weights (n,) with sum 1.
    What a moment has beyond it is the variance of its prior (Breiman, Technometrics 37 (1995) 373).
    """
    noise = (weights**2).sum()
    return noise / (moments**2 - noise).clamp(min=noise * LEAST_SIGNAL)


def _legendre(points: Tensor, degrees: list[tuple[int, ...]]) -> Tensor:
    """Return (n, F) products of Legendre polynomials of the points (n, P) of the cube."""
    x = 2 * points - 1
    powers = [torch.ones_like(x), x]
    for n in range(1, max(map(max, degrees))):
        powers.append(((2 * n + 1) * x * powers[n] - n * powers[n - 1]) / (n + 1))
    columns = [
        torch.stack([powers[d][:, axis] for axis, d in enumerate(row)]).prod(dim=0)
        for row in degrees
    ]
    return torch.stack(columns, dim=1)


def _effective(weights: Tensor, node: Tensor, count: int) -> Tensor:
    """Return (count,) the effective number of tuples of each node, (sum w)^2 / sum w^2."""
    squares = _sums(node, weights**2, count)
    return _sums(node, weights, count) ** 2 / squares.clamp(min=torch.finfo(torch.float64).tiny)


def _sums(groups: Tensor, values: Tensor, count: int) -> Tensor:
    """Return (count,) the sum of the values of each group."""
    return values.new_zeros(count).index_add_(0, groups, values)
