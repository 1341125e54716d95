r"""The network of the ratio estimator: a correction to the Gaussian ratio.

An inner product of two small networks, so that all pairs of a batch cost one matrix product,

.. math:: c(x, m) = a(s, \ln N) \cdot b(m),

with s the scores of x (`scores.py`). It starts at zero.
"""

from __future__ import annotations

from itertools import pairwise

import torch
from torch import Tensor, nn

HIDDEN = 64
"""Width of the two hidden layers of either network."""
EMBEDDING = 16
"""Dimension of the inner product."""


class Critic(nn.Module):
    """The correction c(x, m) of the module's docstring."""

    def __init__(self, n_scores: int, n_parameters: int, generator: torch.Generator) -> None:
        super().__init__()
        self.data = network(n_scores + 1, generator)
        self.parameter = network(n_parameters, generator)
        last = self.parameter[-1]
        assert isinstance(last, nn.Linear)  # noqa: S101  (narrows the type)
        nn.init.zeros_(last.weight)
        nn.init.zeros_(last.bias)

    def forward(self, scores: Tensor, size: float, m: Tensor) -> Tensor:
        """Return (K, M) corrections of all pairs.

        Args:
            scores: (K, n_scores) of the data, standardised.
            size: The logarithm of their number of events, in [-1, 1].
            m: (M, n_parameters) values of the parameters, in [-1, 1].
        """
        condition = scores.new_full((len(scores), 1), size)
        embedded = self.data(torch.cat([scores, condition], dim=1))
        correction: Tensor = embedded @ self.parameter(m).T
        return correction


def network(inputs: int, generator: torch.Generator) -> nn.Sequential:
    """Return a network with two hidden layers and `EMBEDDING` outputs."""
    layers: list[nn.Module] = []
    for size, following in pairwise((inputs, HIDDEN, HIDDEN, EMBEDDING)):
        layers += [linear(size, following, generator), nn.SiLU()]
    return nn.Sequential(*layers[:-1])


def linear(inputs: int, outputs: int, generator: torch.Generator) -> nn.Linear:
    """Return a layer whose initial weights come from the generator and not from global state."""
    layer: nn.Linear = nn.utils.skip_init(  # type: ignore[no-untyped-call]
        nn.Linear, inputs, outputs, dtype=torch.float64
    )
    bound = inputs**-0.5
    nn.init.uniform_(layer.weight, -bound, bound, generator=generator)
    nn.init.uniform_(layer.bias, -bound, bound, generator=generator)
    return layer
