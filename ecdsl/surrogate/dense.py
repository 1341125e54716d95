"""The dense surrogate: a network whose output is the logarithm of the density.

arXiv:2508.10988 feeds (z1, z2, z3, m_t); the coordinates of `coordinates.py`, mass-scaled
logarithms and Fourier features keep the peak of the top from being smeared.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import torch
from torch import nn

from ecdsl.surrogate.features import ACTIVATIONS, ContextScale, fourier, scaled_log_radii

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from ecdsl.surrogate.config import DenseConfig
    from ecdsl.surrogate.coordinates import Chart


class DenseNetwork(nn.Module):
    """ln NN(u, m), normalised by whoever integrates it.

    Args:
        chart: Coordinates of the sides.
        lower: (C,) smallest context in training.
        upper: (C,) largest context.
        config: Size of the network.
    """

    normalised = False

    def __init__(
        self, chart: Chart, lower: Sequence[float], upper: Sequence[float], config: DenseConfig
    ) -> None:
        super().__init__()
        self.chart = chart
        self.config = config
        self.scale = ContextScale(lower, upper)
        inputs = 2 * chart.dimension * (1 + config.harmonics) + len(lower)
        sizes = [inputs, *[config.hidden] * config.layers]
        layers: list[nn.Module] = []
        for before, after in pairwise(sizes):
            layers += [nn.Linear(before, after), ACTIVATIONS[config.activation]()]
        self.layers = nn.Sequential(*layers, nn.Linear(sizes[-1], 1))

    def log_cube(self, cube: Tensor, context: Tensor) -> Tensor:
        """Return ln NN (n,) at cube (n, P) and context (n, C)."""
        inputs = [
            fourier(cube, self.config.harmonics),
            scaled_log_radii(self.chart, self.scale, cube, context),
            self.scale(context),
        ]
        output: Tensor = self.layers(torch.cat(inputs, dim=1))
        return output[:, 0]
