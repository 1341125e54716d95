r"""The energy-weighted loss of arXiv:2508.10988.

    L = - sum_i w_i ln NN(z_i, m_i) / sum_i w_i + lambda ln int dz dm NN(z, m)

For lambda = 1 it does not change when NN is multiplied by a constant, and its minimum is the
weighted density of the tuples. A normalised density (a flow) has no second term.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from ecdsl.surrogate import device

if TYPE_CHECKING:
    from torch import Tensor

    from ecdsl.surrogate.dense import DenseNetwork
    from ecdsl.surrogate.integrate import CubeMonteCarlo


def weighted_loss(log_density: Tensor, weights: Tensor) -> Tensor:
    """Return the energy-weighted mean of -ln p, from (n,) ln p and (n,) weights."""
    return -(weights * log_density).sum() / weights.sum()


def log_integral(network: DenseNetwork, monte_carlo: CubeMonteCarlo, points: int) -> Tensor:
    """Return ln int du dm NN(u, m) over the unit cube and the training range of the context.

    Args:
        network: What is integrated; its gradient flows through.
        monte_carlo: Over the P + C coordinates.
        points: How many to draw.
    """
    sides = network.chart.dimension
    dtype, place = next(network.parameters()).dtype, device.of(network)

    def integrand(unit: Tensor) -> Tensor:
        inputs = unit.to(place, dtype)
        context = network.scale.from_unit(inputs[:, sides:])
        return torch.exp(network.log_cube(inputs[:, :sides], context)).to(unit)

    return torch.log(monte_carlo.integrate(integrand, points))
