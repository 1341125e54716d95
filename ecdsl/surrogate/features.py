"""What the networks see of a point: smooth functions of order one."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch
from torch import nn

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from ecdsl.surrogate.coordinates import Chart


ACTIVATIONS: dict[str, type[nn.Module]] = {"relu": nn.ReLU, "silu": nn.SiLU}


class ContextScale(nn.Module):
    """Map each context from its training range to [-1, 1].

    Args:
        lower: (C,) smallest values in training.
        upper: (C,) largest values.
    """

    middle: Tensor
    reach: Tensor

    def __init__(self, lower: Sequence[float], upper: Sequence[float]) -> None:
        super().__init__()
        low, high = torch.tensor(lower), torch.tensor(upper)
        self.register_buffer("middle", (low + high) / 2)
        self.register_buffer("reach", (high - low) / 2)

    def forward(self, context: Tensor) -> Tensor:
        """Return the scaled context (n, C)."""
        return (context - self.middle) / self.reach

    def from_unit(self, unit: Tensor) -> Tensor:
        """Return the context at coordinates (n, C) of the unit cube."""
        return self.middle + self.reach * (2 * unit - 1)


def fourier(cube: Tensor, harmonics: int) -> Tensor:
    """Return cube (n, P) scaled to [-1, 1], and sin, cos of k pi u for k = 1..harmonics."""
    parts = [2 * cube - 1]
    for k in range(1, harmonics + 1):
        parts += [torch.sin(k * math.pi * cube), torch.cos(k * math.pi * cube)]
    return torch.cat(parts, dim=1)


def log_mass(chart: Chart, scale: ContextScale, context: Tensor) -> Tensor:
    """Return ln(m / m0) (n,), m the first context of (n, C), by which triangles of its decay grow.

    A first context that reaches zero, or over too many octaves, is not the mass of a peak, and
    nothing grows.
    """
    low, high = (float(scale.middle[0] + sign * scale.reach[0]) for sign in (-1, 1))
    if low <= 0 or math.log(high / low) > chart.widest_factor:
        return torch.zeros_like(context[:, 0])
    return torch.log(context[:, 0] / scale.middle[0])


def scaled_log_radii(chart: Chart, scale: ContextScale, cube: Tensor, context: Tensor) -> Tensor:
    """Return ln(r_i / (m / m_0)), m the first context: ln(z_i (m_0 / m)^2) / 2 at small angles.

    A decay at rest frame angles of order one opens by r ~ m / E, so that in these variables the
    peak of a heavy particle stands still while its mass m moves.  A first context that is not
    positive over its range is no mass; the logarithms are then not shifted.
    """
    radii = chart.log_radii(cube)
    if float(scale.middle[0] - scale.reach[0]) <= 0:
        return radii
    return radii - torch.log(context[:, :1] / scale.middle[0])
