r"""The maintained twin of the flow: zuko's neural spline flow. The only file that knows zuko.

zuko's splines act on the whole line, with a Gaussian as their base. The quantiles of that Gaussian,
:math:`x = \Phi^{-1}(u)`, map the cube onto it, so that the identity is the even density:

.. math:: \ln p(u | m) = \ln p_{\mathrm{NSF}}(x | m) - \sum_i \ln \varphi(x_i)
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import torch
from torch import nn
from zuko.flows import NSF

from ecdsl.surrogate.features import ACTIVATIONS, ContextScale

if TYPE_CHECKING:
    from collections.abc import Sequence

    from torch import Tensor

    from ecdsl.surrogate.config import ZukoFlowConfig
    from ecdsl.surrogate.coordinates import Chart

# A coordinate closer to the cube's edge than this is taken at this distance: 4.75 of the 5 standard
# deviations that the splines act on.
EDGE = 1e-6


class ZukoFlow(nn.Module):
    """A density on the unit cube: each coordinate given those before it (autoregressive splines).

    Args:
        chart: Coordinates of the sides.
        lower: (C,) smallest context in training.
        upper: (C,) largest context.
        config: Size of the flow.
    """

    normalised = True

    def __init__(
        self, chart: Chart, lower: Sequence[float], upper: Sequence[float], config: ZukoFlowConfig
    ) -> None:
        super().__init__()
        self.scale = ContextScale(lower, upper)
        self.flow = NSF(
            features=chart.dimension,
            context=len(lower),
            bins=config.bins,
            transforms=config.transforms,
            hidden_features=[config.hidden] * config.layers,
            activation=ACTIVATIONS[config.activation],
        )

    def log_cube(self, cube: Tensor, context: Tensor) -> Tensor:
        """Return ln p(u | m) (n,) at cube (n, P) and context (n, C)."""
        centred = (2 * cube - 1).clamp(2 * EDGE - 1, 1 - 2 * EDGE)
        normal = math.sqrt(2) * torch.special.erfinv(centred)
        even = -0.5 * (normal**2).sum(dim=1) - 0.5 * cube.shape[1] * math.log(2 * math.pi)
        result: Tensor = self.flow(self.scale(context)).log_prob(normal) - even
        return result
