"""The area under a ROC curve of weighted tuples, with the error of whole events."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


def weighted_auc(
    scores: NDArray[np.float64],
    weights: NDArray[np.float64],
    real: NDArray[np.bool_],
    groups: NDArray[np.int64],
) -> tuple[float, float]:
    r"""Return the chance that a real tuple scores higher than another, and its standard error.

    .. math:: A = \sum_i w_i h_i / \sum_i w_i, \qquad h_i = P(s < s_i) + P(s = s_i) / 2

    over the real tuples :math:`i`, the chances those of the others. It varies with whole groups.

    Args:
        scores: (n,).
        weights: (n,) positive.
        real: (n,).
        groups: (n,) what is independent.
    """
    area, error = _place_of(real, scores, weights, groups)
    _, other = _place_of(~real, scores, weights, groups)
    return area, float(np.hypot(error, other))


def _place_of(
    kind: NDArray[np.bool_],
    scores: NDArray[np.float64],
    weights: NDArray[np.float64],
    groups: NDArray[np.int64],
) -> tuple[float, float]:
    """Return the mean share of the other kind that scores lower, and its error from this kind."""
    place = _share_below(scores[~kind], weights[~kind], scores[kind])
    share = weights[kind] / weights[kind].sum()
    mean = float(share @ place)
    _, group = np.unique(groups[kind], return_inverse=True)
    return mean, float(np.sqrt((np.bincount(group, share * (place - mean)) ** 2).sum()))


def _share_below(
    scores: NDArray[np.float64], weights: NDArray[np.float64], at: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return (k,) the share of the weight whose score is below each of (k,), ties by half."""
    order = np.argsort(scores)
    summed = np.concatenate(([0.0], np.cumsum(weights[order]))) / weights.sum()
    ends = [np.searchsorted(scores[order], at, side=side) for side in ("left", "right")]
    return np.asarray((summed[ends[0]] + summed[ends[1]]) / 2, dtype=np.float64)
