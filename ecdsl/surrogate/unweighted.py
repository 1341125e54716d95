r"""The published flow: the density of all tuples first, the energy weight afterwards.

arXiv:2508.10988 learns how often a tuple of sides :math:`z` and energy weight :math:`w` occurs, and
integrates the weight over that,

.. math:: p(u | m) = \frac{1}{Z(m)} \int \! d\ln w \; w \, p(u, \ln w | m),

here by Gauss-Legendre between the weights that matter. Nearly all tuples weigh next to nothing:
what carries half of the weight is a thousandth of them, so that of as many tuples it learns much
less than a flow that learns the weighted density itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch
from torch import nn

from ecdsl.surrogate.flow import TupleFlow
from ecdsl.surrogate.integrate import gauss_legendre

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from ecdsl.surrogate.config import UnweightedFlowConfig
    from ecdsl.surrogate.coordinates import Chart
    from ecdsl.surrogate.dataset import Tuples

# The share of the weight that lies below where the integral begins.
BELOW = 1e-4


class UnweightedFlow(nn.Module):
    """ln of the weighted density, from a flow of unweighted tuples; to be normalised.

    Args:
        chart: Coordinates of the sides.
        lower: (C,) smallest context in training.
        upper: (C,) largest context.
        config: Size of the flow.

    Attributes:
        tuples: The flow, which is trained.
        ends: (2,) the logarithms of the weights between which is integrated.
    """

    normalised = False
    ends: Tensor

    def __init__(
        self,
        chart: Chart,
        lower: Sequence[float],
        upper: Sequence[float],
        config: UnweightedFlowConfig,
    ) -> None:
        super().__init__()
        self.config = config
        self.tuples = TupleFlow(chart, lower, upper, config)
        self.register_buffer("ends", torch.tensor([-1.0, 0.0]))

    def log_cube(self, cube: Tensor, context: Tensor) -> Tensor:
        """Return ln int w dp(u, w | m) (n,) at cube (n, P) and context (n, C)."""
        nodes, factors = (x.to(cube) for x in gauss_legendre(1, self.config.nodes))
        low, high = self.ends
        logs = low + (high - low) * nodes[:, 0]
        parts = [
            log + self.tuples.log_cube(torch.cat([cube, log.expand(len(cube), 1)], dim=1), context)
            for log in logs
        ]
        weights = torch.log(factors * (high - low))
        return torch.logsumexp(torch.stack(parts, dim=1) + weights, dim=1)

    def adjust(self, tuples: Tuples) -> None:
        """Take the range of the weights from tuples whose last coordinate is their logarithm."""
        logs, counts = tuples.cube[:, -1].double(), tuples.weights.double()
        middle = (counts * logs).sum() / counts.sum()
        spread = torch.sqrt((counts * (logs - middle) ** 2).sum() / counts.sum())
        self.tuples.middle.copy_(middle)
        self.tuples.spread.copy_(spread)
        ordered, order = torch.sort(logs)
        reached = torch.cumsum(torch.exp(ordered) * counts[order], dim=0)
        first = torch.searchsorted(reached, BELOW * reached[-1])
        self.ends.copy_(torch.stack([ordered[first], ordered[-1]]))
