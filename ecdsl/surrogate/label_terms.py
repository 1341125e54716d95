"""The polynomial of the simulation parameters that smooths what depends on them."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import torch

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray
    from torch import Tensor

    Column = TypeVar("Column", Tensor, NDArray[np.float64])


def label_terms(labels: Sequence[Column], degree: int) -> list[Column]:
    """Return the columns 1, every x_i and, in degree 2, every x_i x_j.

    Args:
        labels: (n,) of each parameter, scaled to [-1, 1].
        degree: 1 or 2.
    """
    terms: list[Column] = [0 * labels[0] + 1]
    terms.extend(labels)
    if degree == 2:
        terms.extend(x * y for i, x in enumerate(labels) for y in labels[i:])
    return terms


def label_degree(values: Sequence[int]) -> int:
    """Return the degree that so many different values of each parameter can fix."""
    return 2 if min(values) > 2 else 1


def orthonormal_terms(x: Tensor, weights: Tensor) -> Tensor:
    """Return (T, T) the terms of the polynomials orthonormal over weighted labels x (n, C).

    Two values of a label cannot fix a square: the polynomials with squares are then zero.
    """
    degree = label_degree([len(torch.unique(column)) for column in x.T])
    terms = torch.stack(label_terms(x.unbind(1), degree), dim=1)
    gram = (terms * weights[:, None]).T @ terms
    count = len(label_terms(x.unbind(1), 2))
    basis = gram.new_zeros(count, count)
    known = terms.shape[1]
    basis[:known, :known] = torch.linalg.inv(torch.linalg.cholesky(gram))
    return basis


def label_weights(context: Tensor, weights: Tensor) -> tuple[Tensor, Tensor]:
    """Return (L, C) the different labels of tuples (n, C), and (L,) the weight of each.

    Tuples of one label follow each other in most samples: only where it changes is it looked at.
    """
    changes = (context[1:] != context[:-1]).any(dim=1)
    starts = torch.cat([changes.new_ones(1), changes])
    runs, run = context[starts], torch.cumsum(starts, dim=0) - 1
    shares = weights.new_zeros(len(runs)).index_add_(0, run, weights)
    labels, label = torch.unique(runs, dim=0, return_inverse=True)
    return labels, weights.new_zeros(len(labels)).index_add_(0, label, shares)
