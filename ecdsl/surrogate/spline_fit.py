r"""Fit the spline: an exponential family, so that a few sums are all it needs of the tuples.

The likelihood of the weighted tuples is

.. math:: \sum_{kj} c_{kj} S_{kj} - \sum_m f_m \ln\! \int dv\, e^{h(v, m)}, \qquad
          S_{kj} = \sum_i w_i\, \phi_k(m_i)\, B_j(v_i), \quad \sum_i w_i = 1,

f_m the weight of each label. It is concave, and no tuple is looked at again: no seed, no batches,
no noise of a descent. Splines of half and a quarter as many intervals are fitted first, to start
from. The prior of the second differences of neighbouring coefficients is a
Gaussian whose width does not depend on how many tuples there are; the likelihood counts as that of
the effective number of them, (sum w)^2 / sum w^2.

The integral is smooth in the label: the sum over labels is taken over a few, with weights that have
the same moments to degree five: Gauss's of one label (G. H. Golub, J. H. Welsch, Math. Comp. 23
(1969) 221), and some of the labels themselves where there are several (V. Tchakaloff, Bull. Sci.
Math. 81 (1957) 123).
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
from ecdsl.surrogate.label_terms import label_terms, label_weights, orthonormal_terms
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
    *,
    judged: bool = True,
) -> tuple[tuple[float, float], ...]:
    """Fit `spline` in place, to the training and the validation tuples.

    Args:
        spline: Of the intervals and the stiffness to fit with.
        data: Training and validation tuples.
        threads: Of torch.
        progress: Called at the end.
        judged: Fit the training tuples alone first, and see what the others say of it.

    Returns:
        (loss of all tuples, loss of the validation tuples while they were unseen), as of a training
        of one epoch; nothing where it is not judged.
    """
    parts = data.train, data.validation
    validation = math.nan
    with pinned_threads(threads):
        labels, frequency = map(torch.cat, zip(*map(_frequency, parts), strict=True))
        spline.basis.copy_(orthonormal_terms(spline.scale(labels), frequency / frequency.sum()))
        spline.coefficients.zero_()
        seen, unseen = (_Sums.of(spline, part) for part in parts)
        if judged:
            _match(spline, seen)
            validation = _loss(spline, unseen)
        _match(spline, every := seen.joined(unseen))
        losses = _loss(spline, every), validation
    if progress:
        progress(Epoch(1, 1, *losses))
    return (losses,) if judged else ()


def _frequency(tuples: Tuples) -> tuple[Tensor, Tensor]:
    """Return (L, C) the labels, and (L,) the weight of each."""
    return label_weights(tuples.context.double(), tuples.weights.double())


@dataclass(frozen=True)
class _Sums:
    """All that the likelihood needs of weighted tuples.

    Attributes:
        labels: (L, C).
        frequency: (L,) the weight of each.
        squares: sum_i w_i^2.
        moments: (T, K1 + 3, ..., KP + 3) sum_i w_i phi_k(m_i) B_j(v_i).
        log_jacobian: sum_i w_i ln |dv/du|.
    """

    labels: Tensor
    frequency: Tensor
    squares: float
    moments: Tensor
    log_jacobian: float

    @classmethod
    def of(cls, spline: Spline, tuples: Tuples) -> _Sums:
        """Sum over some tuples."""
        labels, frequency = _frequency(tuples)
        terms, *functions = spline.coefficients.shape
        sums = torch.zeros(*functions, terms, dtype=torch.float64)
        squares = log_jacobian = 0.0
        for rows in torch.split(torch.arange(len(tuples), device=labels.device), CHUNK):
            context, weights = tuples.context[rows].double(), tuples.weights[rows].double()
            still, jacobian = spline.still(tuples.cube[rows].double(), context)
            squares += float(weights @ weights)
            log_jacobian += float(weights @ jacobian)
            spline.add_moments(sums, still, spline.polynomials(context) * weights[:, None])
        moments = sums.movedim(-1, 0).contiguous().to(labels)
        return cls(labels, frequency, squares, moments, log_jacobian)

    def joined(self, other: _Sums) -> _Sums:
        """Return the sums over the tuples of both."""
        return _Sums(
            torch.cat([self.labels, other.labels]),
            torch.cat([self.frequency, other.frequency]),
            self.squares + other.squares,
            self.moments + other.moments,
            self.log_jacobian + other.log_jacobian,
        )

    @property
    def weight(self) -> float:
        """sum_i w_i."""
        return float(self.frequency.sum())

    def posterior(self, spline: Spline) -> _Posterior:
        """Return what the coefficients are to maximise; it counts the effective tuples."""
        # Mixed powers of several labels are as stiff as squares.
        slopes = len(spline.scale.middle)
        level, slope, curvature = spline.config.stiffness
        values = [level] + [slope] * slopes + [curvature] * (len(self.moments) - 1 - slopes)
        effective = self.weight**2 / self.squares
        stiffness = torch.tensor(values).to(self.moments) / effective
        phi, frequency = _nodes(spline, self.labels, self.frequency / self.weight)
        return _Posterior(
            self.moments / self.weight,
            stiffness.reshape(-1, *[1] * (self.moments.dim() - 1)),
            phi,
            frequency,
        )


def _nodes(spline: Spline, labels: Tensor, frequency: Tensor) -> tuple[Tensor, Tensor]:
    """Return (L, T) the polynomials at a few labels, and (L,) weights of the same moments."""
    scaled = spline.scale(labels)
    if scaled.shape[1] == 1:
        basis = orthonormal_terms(scaled, frequency)
        phi = torch.stack(label_terms([scaled[:, 0]], 2), dim=1) @ basis.T
        nodes, vectors = torch.linalg.eigh((phi * (frequency * scaled[:, 0])[:, None]).T @ phi)
        return spline.polynomials(spline.scale.from_unit((nodes[:, None] + 1) / 2)), vectors[0] ** 2
    powers = torch.stack(
        [
            math.prod((scaled[:, k] for k in factors), start=torch.ones_like(scaled[:, 0]))
            for degree in range(MOMENTS + 1)
            for factors in combinations_with_replacement(range(scaled.shape[1]), degree)
        ]
    )
    moments = powers @ frequency
    found = torch.from_numpy(nnls(powers.cpu().numpy(), moments.cpu().numpy())[0]).to(frequency)
    kept = found > 0
    return spline.polynomials(labels[kept]), found[kept]


def _match(spline: Spline, sums: _Sums) -> None:
    """Give the spline the coefficients of largest posterior probability, from those it has."""
    posterior, steps = sums.posterior(spline), spline.config.steps
    start = spline.coefficients if spline.coefficients.any() else posterior.start(steps)
    spline.coefficients.copy_(posterior.maximum(start, steps))


def _loss(spline: Spline, sums: _Sums) -> float:
    """Return - ln p of the tuples in the mean."""
    with torch.no_grad():
        of_v = sums.posterior(spline).negative_likelihood(spline.coefficients)
    return float(of_v) - sums.log_jacobian / sums.weight


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
