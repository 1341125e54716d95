r"""Fit the spline: an exponential family, so that a few sums are all it needs of the tuples.

The likelihood of the weighted tuples is

.. math:: \sum_{kj} c_{kj} S_{kj} - \sum_m f_m \ln\! \int dv\, e^{h(v, m)}, \qquad
          S_{kj} = \sum_i w_i\, \phi_k(m_i)\, B_j(v_i), \quad \sum_i w_i = 1,

f_m the weight of each label. It is concave, and no tuple is looked at again: no seed, no batches,
no noise of a descent. Splines of half and a quarter as many intervals are fitted first, to start
from. The prior of the second differences of neighbouring coefficients is a
Gaussian whose width does not depend on how many tuples there are; the likelihood counts as that of
the effective number of them, (sum w)^2 / sum w^2.

The integral is smooth in the label: the sum over labels is taken over a few of them, with weights
that have the same moments to degree five (V. Tchakaloff, Bull. Sci. Math. 81 (1957) 123).
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from itertools import combinations_with_replacement
from typing import TYPE_CHECKING

import torch
from scipy.optimize import nnls

from ecdsl.surrogate import bsplines
from ecdsl.surrogate.fit import Epoch
from ecdsl.surrogate.label_terms import label_weights, orthonormal_terms
from ecdsl.surrogate.losses import weighted_loss
from ecdsl.surrogate.spline import log_integral
from ecdsl.surrogate.threads import pinned_threads

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from torch import Tensor

    from ecdsl.surrogate.dataset import TrainingSet, Tuples
    from ecdsl.surrogate.spline import Spline

# Tuples that are summed at once: bounds memory, not results.
CHUNK = 1 << 17
# Of the labels, which the weights of a few have to match.
MOMENTS = 5
# Steps that L-BFGS remembers, and the largest slope along a coefficient at which it stops.
HISTORY = 30
GRADIENT = 1e-5
# Splines with fewer intervals are not halved again to start from.
COARSEST = 12
# The curvature of the likelihood along a coefficient, in units of the weight that it carries; the
# largest of a prior of second differences, in units of its stiffness, per axis.
CARRIED, BENT = 0.3, 6.0


def fit_spline(
    spline: Spline,
    data: TrainingSet,
    threads: int = 1,
    progress: Callable[[Epoch], None] | None = None,
) -> tuple[tuple[float, float], ...]:
    """Fit `spline` in place, from the coefficients that it has.

    Args:
        spline: Of the intervals and the stiffness to fit with.
        data: Training and validation tuples.
        threads: Of torch.
        progress: Called at the end.

    Returns:
        (training loss, validation loss), as of a training of one epoch.
    """
    tuples, held_out = data.train, data.validation
    weights = tuples.weights.double()
    with pinned_threads(threads):
        effective = float(weights.sum() ** 2 / (weights**2).sum())
        weights = weights / weights.sum()
        spline.basis.copy_(orthonormal_terms(spline.scale(tuples.context.double()), weights))
        moments, log_jacobian = _moments(spline, tuples, weights)
        phi, frequency = _nodes(spline, tuples.context, weights)
        loss = _matched(spline, moments, effective, phi=phi, frequency=frequency)
        unseen = weighted_loss(
            spline.log_cube(held_out.cube, held_out.context), held_out.weights.double()
        )
    losses = loss - log_jacobian, float(unseen)
    if progress:
        progress(Epoch(1, 1, *losses))
    return (losses,)


def _moments(spline: Spline, tuples: Tuples, weights: Tensor) -> tuple[Tensor, float]:
    """Return (T, K1 + 3, ..., KP + 3) S_kj, and the mean of ln |dv/du|."""
    terms, *functions = spline.coefficients.shape
    sums, log_jacobian = torch.zeros(*functions, terms, dtype=torch.float64), 0.0
    for rows in torch.split(torch.arange(len(tuples), device=weights.device), CHUNK):
        context = tuples.context[rows].double()
        still, jacobian = spline.still(tuples.cube[rows].double(), context)
        log_jacobian += float(weights[rows] @ jacobian)
        spline.add_moments(sums, still, spline.polynomials(context) * weights[rows, None])
    return sums.movedim(-1, 0).contiguous().to(weights), log_jacobian


def _nodes(spline: Spline, context: Tensor, weights: Tensor) -> tuple[Tensor, Tensor]:
    """Return (L, T) the polynomials at a few labels, and (L,) weights of the same moments."""
    labels, frequency = label_weights(context.double(), weights)
    scaled = spline.scale(labels)
    powers = torch.stack(
        [
            math.prod((scaled[:, k] for k in factors), start=torch.ones_like(scaled[:, 0]))
            for degree in range(MOMENTS + 1)
            for factors in combinations_with_replacement(range(scaled.shape[1]), degree)
        ]
    )
    moments = powers @ frequency
    found = torch.from_numpy(nnls(powers.cpu().numpy(), moments.cpu().numpy())[0]).to(weights)
    kept = found > 0
    return spline.polynomials(labels[kept]), found[kept]


def _matched(
    spline: Spline, moments: Tensor, effective: float, *, phi: Tensor, frequency: Tensor
) -> float:
    """Give the spline the coefficients of largest posterior probability; return - ln p of v.

    Args:
        spline: Where to start.
        moments: (T, ...) of the tuples.
        effective: How many tuples the likelihood counts for.
        phi: (L, T) the polynomials at a few labels.
        frequency: (L,) the weight of each.
    """
    # Mixed powers of several labels are as stiff as squares.
    slopes = len(spline.scale.middle)
    level, slope, curvature = spline.config.stiffness
    values = [level] + [slope] * slopes + [curvature] * (len(moments) - 1 - slopes)
    stiffness = torch.tensor(values).to(moments) / effective
    posterior = _Posterior(
        moments, stiffness.reshape(-1, *[1] * (moments.dim() - 1)), phi, frequency
    )
    start = (
        spline.coefficients if spline.coefficients.any() else posterior.start(spline.config.steps)
    )
    spline.coefficients.copy_(posterior.maximum(start, spline.config.steps))
    with torch.no_grad():
        return float(posterior.negative_likelihood(spline.coefficients))


@dataclass(frozen=True)
class _Posterior:
    """What the coefficients of splines with some intervals are to maximise.

    Attributes:
        moments: (T, K1 + 3, ..., KP + 3) of the tuples.
        stiffness: (T, 1, ..., 1) of the prior of second differences.
        phi: (L, T) the polynomials at a few labels.
        frequency: (L,) the weight of each.
    """

    moments: Tensor
    stiffness: Tensor
    phi: Tensor
    frequency: Tensor

    @property
    def intervals(self) -> list[int]:
        """Of the splines along each coordinate."""
        return [count - bsplines.functions(0) for count in self.moments.shape[1:]]

    def start(self, steps: int) -> Tensor:
        """Return the coefficients of half as many intervals, found likewise, or zero where few.

        What bends over many intervals, which takes L-BFGS long, is found where they are few.
        """
        if any(count % 2 or count < COARSEST for count in self.intervals):
            return torch.zeros_like(self.moments)
        refined = [bsplines.refinement(count // 2).to(self.moments) for count in self.intervals]
        moments = _along(self.moments, [matrix.T for matrix in refined])
        # Twice as far apart, coefficients bend by four times as much, squared 16; there are fewer.
        coarse = replace(
            self,
            moments=moments,
            stiffness=self.stiffness * 2 ** len(self.intervals) / 16,
        )
        return _along(coarse.maximum(coarse.start(steps), steps), refined)

    def maximum(self, start: Tensor, steps: int) -> Tensor:
        """Return the coefficients that L-BFGS finds from a `start`."""
        # In these units the Hessian is of order one.
        bent = BENT * len(self.intervals) * self.stiffness
        root = torch.sqrt(CARRIED * self.moments[0].clamp(min=0) + bent)
        variables = (start * root).contiguous().requires_grad_()
        fit = torch.optim.LBFGS(
            [variables],
            max_iter=steps,
            history_size=HISTORY,
            line_search_fn="strong_wolfe",
            tolerance_grad=GRADIENT,
            tolerance_change=1e-12,
        )

        def loss() -> Tensor:
            fit.zero_grad()
            value = self.negative(variables / root)
            value.backward()  # type: ignore[no-untyped-call]
            return value

        fit.step(loss)  # type: ignore[no-untyped-call]
        return variables.detach() / root

    def negative(self, coefficients: Tensor) -> Tensor:
        """Return minus the logarithm of the posterior, per weight, but for a constant."""
        axes = range(1, coefficients.dim())
        bends = [torch.diff(coefficients, n=2, dim=axis) for axis in axes]
        prior = torch.stack([(self.stiffness * bend**2).sum() for bend in bends]).sum() / 2
        return self.negative_likelihood(coefficients) + prior

    def negative_likelihood(self, coefficients: Tensor) -> Tensor:
        """Return minus the mean logarithm of the density of v."""
        norms = [
            weight * log_integral(torch.tensordot(row, coefficients, dims=1), self.intervals)
            for row, weight in zip(self.phi, self.frequency, strict=True)
        ]
        return torch.stack(norms).sum() - (self.moments * coefficients).sum()


def _along(values: Tensor, matrices: Sequence[Tensor]) -> Tensor:
    """Return (T, n1, ..., nP) values (T, m1, ..., mP) times a matrix (n, m) along each axis."""
    return bsplines.expand(values.movedim(0, -1), matrices)
