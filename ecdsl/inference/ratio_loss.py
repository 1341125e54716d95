r"""What a ratio estimator minimises: three losses on the logits of all pairs of a batch.

Element (i, j) of the (K, K) logits belongs to the datum of experiment i and the parameter of
experiment j: the diagonal was drawn together, the rest independently. At the minimum of each loss
a logit is the logarithm of the likelihood-to-evidence ratio; they differ in how a finite training
comes near it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import softplus

Loss = Literal["nre-c", "nre-a", "balanced"]

# The weight of the balance condition, as in arXiv:2208.13624.
BALANCE = 100.0


def contrastive(logits: Tensor) -> Tensor:
    r"""Return the NRE-C loss with M = K - 1 parameters for each datum and odds 1.

    .. math:: -\tfrac12 \left\langle \ln \frac{M}{M + \sum_j e^{f_j}} \right\rangle_\text{none}
              -\tfrac12 \left\langle \ln \frac{e^{f_1}}{M + \sum_j e^{f_j}} \right\rangle_\text{one}

    Either none of the M parameters was drawn together with the datum, or the first was. It tells
    the parameters apart from each other and keeps the ratio's normalisation at once: Miller,
    Weniger, Forre, arXiv:2210.06170.
    """
    size = len(logits)
    own = torch.eye(size, dtype=torch.bool)
    none = logits.masked_fill(own, -torch.inf).logsumexp(dim=1)
    one = logits.masked_fill(own.roll(1, dims=1), -torch.inf).logsumexp(dim=1)
    log_m = torch.tensor(np.log(size - 1), dtype=logits.dtype)
    without = softplus(none - log_m).mean()
    together = (torch.logaddexp(one, log_m) - logits.diagonal()).mean()
    return (without + together) / 2


def binary(logits: Tensor) -> Tensor:
    """Return the binary cross entropy (NRE-A: Hermans, Begy, Louppe, arXiv:1903.04057)."""
    joint = logits.diagonal()
    apart = softplus(logits).sum() - softplus(joint).sum()
    return softplus(-joint).mean() + apart / _apart(logits)


def balanced(logits: Tensor) -> Tensor:
    """Return the binary cross entropy with the balance condition as a penalty.

    It prefers posteriors that are too wide to such that are too narrow: Delaunoy et al.,
    arXiv:2208.13624.
    """
    together = torch.sigmoid(logits.diagonal())
    apart = (torch.sigmoid(logits).sum() - together.sum()) / _apart(logits)
    return binary(logits) + BALANCE * (together.mean() + apart - 1) ** 2


def _apart(logits: Tensor) -> int:
    """Return how many pairs were drawn independently."""
    return logits.numel() - len(logits)


LOSSES: Mapping[Loss, Callable[[Tensor], Tensor]] = {
    "nre-c": contrastive,
    "nre-a": binary,
    "balanced": balanced,
}
