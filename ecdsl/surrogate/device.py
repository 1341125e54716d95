"""Where networks are: on a graphics card where torch finds one, else on the processor.

`build_network` puts a network there, `training_set` its tuples; whoever asks a network for numbers
brings its points to it and takes the numbers back. `CUDA_VISIBLE_DEVICES=` hides a card.
"""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING

import torch

if TYPE_CHECKING:
    from torch import Tensor, nn

    from ecdsl.surrogate.networks import Model


def fastest() -> torch.device:
    """Return the device that networks are trained and evaluated on."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def of(network: nn.Module) -> torch.device:
    """Return the device that a network is on."""
    return next(chain(network.parameters(), network.buffers())).device


def log_cube(network: Model, cube: Tensor, context: Tensor) -> Tensor:
    """Return what a network says (n,) of points and contexts elsewhere, where these are.

    Args:
        network: On any device.
        cube: (n, P) in its precision.
        context: (n, C), where the points are.
    """
    place = of(network)
    return network.log_cube(cube.to(place), context.to(place)).to(cube.device)
