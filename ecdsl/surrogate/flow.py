"""The flow surrogates. The only file that knows nflows.

`CubeFlow` maps the unit cube onto itself: its log Jacobian is the logarithm of a density that is
normalised by construction, the energy-weighted one of the sides. `TupleFlow` has the published
architecture (arXiv:2508.10988) and learns the density of tuples as they are, whatever they weigh.
"""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING

import torch
from nflows.transforms.autoregressive import (
    MaskedPiecewiseRationalQuadraticAutoregressiveTransform,
)
from nflows.transforms.base import CompositeTransform
from nflows.transforms.coupling import PiecewiseRationalQuadraticCouplingTransform
from nflows.transforms.normalization import BatchNorm
from nflows.transforms.permutations import RandomPermutation
from torch import nn

from ecdsl.surrogate.features import ACTIVATIONS, ContextScale, fourier, log_mass

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from ecdsl.surrogate.config import CubeFlowConfig, UnweightedFlowConfig
    from ecdsl.surrogate.coordinates import Chart

# The logit of a coordinate closer to the cube's edge than this is taken at this distance.
LOGIT_EDGE = 1e-6


class _Conditioner(nn.Module):
    """The parameters of a spline as a function of the other coordinates and the context."""

    def __init__(self, inputs: int, outputs: int, contexts: int, config: CubeFlowConfig) -> None:
        super().__init__()
        self.harmonics = config.harmonics
        # nflows scales the splines' inputs by it, which keeps the first splines near the identity.
        self.hidden_features = config.hidden
        width = inputs * (1 + 2 * config.harmonics) + contexts
        layers: list[nn.Module] = []
        for _ in range(config.layers):
            layers += [nn.Linear(width, config.hidden), ACTIVATIONS[config.activation]()]
            width = config.hidden
        self.layers = nn.Sequential(*layers, nn.Linear(width, outputs))

    def forward(self, others: Tensor, context: Tensor) -> Tensor:
        """Return the spline's parameters (n, outputs)."""
        inputs = torch.cat([fourier(others, self.harmonics), context], dim=1)
        output: Tensor = self.layers(inputs)
        return output


class CubeFlow(nn.Module):
    """A density on the unit cube, from splines of each coordinate given the others.

    In a round the last coordinate goes first, so that one round is already the chain rule
    p(u3 | u1, u2) p(u2 | u1) p(u1).

    Args:
        chart: Coordinates of the sides.
        lower: (C,) smallest context in training.
        upper: (C,) largest context.
        config: Size of the flow.
    """

    normalised = True

    def __init__(
        self, chart: Chart, lower: Sequence[float], upper: Sequence[float], config: CubeFlowConfig
    ) -> None:
        super().__init__()
        self.config, self.chart = config, chart
        self.scale = ContextScale(lower, upper)
        dimension = chart.dimension

        self.transform = CompositeTransform(
            [
                PiecewiseRationalQuadraticCouplingTransform(
                    mask=[int(k == transformed) for k in range(dimension)],
                    transform_net_create_fn=partial(
                        _Conditioner, contexts=len(lower), config=config
                    ),
                    num_bins=config.bins,
                    tails=None,
                )
                for _ in range(config.rounds)
                for transformed in reversed(range(dimension))
            ]
        )

    def log_cube(self, cube: Tensor, context: Tensor) -> Tensor:
        """Return ln p(u | m) (n,) at cube (n, P) and context (n, C)."""
        log_map: Tensor | float = 0.0
        if self.config.standing:
            cube, log_map = self.chart.shrunk(cube, log_mass(self.chart, self.scale, context))
        _, log_jacobian = self.transform(cube, self.scale(context))
        result: Tensor = log_jacobian + log_map
        return result


class TupleFlow(nn.Module):
    """The published flow: logit of the cube, splines, batch norm and permutations, a Gaussian.

    Its coordinates are those of the cube and, behind them, the logarithm of the energy weight.

    Args:
        chart: Coordinates of the sides.
        lower: (C,) smallest context in training.
        upper: (C,) largest context.
        config: Size of the flow.

    Attributes:
        middle: Mean of the logarithms of the weights in training.
        spread: Their standard deviation.
    """

    normalised = True
    middle: Tensor
    spread: Tensor

    def __init__(
        self,
        chart: Chart,
        lower: Sequence[float],
        upper: Sequence[float],
        config: UnweightedFlowConfig,
    ) -> None:
        super().__init__()
        self.scale = ContextScale(lower, upper)
        self.register_buffer("middle", torch.zeros(()))
        self.register_buffer("spread", torch.ones(()))
        size = chart.dimension + 1
        blocks = []
        for _ in range(config.blocks):
            spline = MaskedPiecewiseRationalQuadraticAutoregressiveTransform(
                features=size,
                hidden_features=config.hidden,
                context_features=len(lower),
                num_bins=config.bins,
                tails="linear",
                tail_bound=config.tail_bound,
                num_blocks=config.layers,
                use_residual_blocks=False,
                activation=ACTIVATIONS[config.activation](),
                min_bin_width=config.min_bin_width,
            )
            blocks += [spline, BatchNorm(size), RandomPermutation(size)]
        self.transform = CompositeTransform(blocks)

    def log_cube(self, cube: Tensor, context: Tensor) -> Tensor:
        """Return ln p(u, ln w | m) (n,) at cube and ln w (n, P + 1) and context (n, C)."""
        sides = cube[:, :-1].clamp(LOGIT_EDGE, 1 - LOGIT_EDGE)
        weight = (cube[:, -1:] - self.middle) / self.spread
        inputs = torch.cat([torch.logit(sides), weight], dim=1)
        base, log_jacobian = self.transform(inputs, self.scale(context))
        gauss = -0.5 * (base**2).sum(dim=1) - 0.5 * base.shape[1] * math.log(2 * math.pi)
        logit = -(torch.log(sides) + torch.log1p(-sides)).sum(dim=1)
        result: Tensor = gauss + log_jacobian + logit - torch.log(self.spread)
        return result
