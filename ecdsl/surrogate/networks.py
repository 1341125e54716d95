"""From a config to the network it describes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import torch

from ecdsl.surrogate import device
from ecdsl.surrogate.config import (
    CubeFlowConfig,
    DenseConfig,
    HistogramConfig,
    NetworkConfig,
    SplineConfig,
    UnweightedFlowConfig,
    ZukoFlowConfig,
)
from ecdsl.surrogate.dense import DenseNetwork
from ecdsl.surrogate.flow import CubeFlow, TupleFlow
from ecdsl.surrogate.histogram import Histogram
from ecdsl.surrogate.spline import Spline
from ecdsl.surrogate.unweighted import UnweightedFlow
from ecdsl.surrogate.zuko_flow import ZukoFlow

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ecdsl.surrogate.coordinates import Chart

Network = DenseNetwork | CubeFlow | TupleFlow | ZukoFlow
Model = Network | UnweightedFlow | Histogram | Spline


def build_network(
    config: NetworkConfig, chart: Chart, lower: Sequence[float], upper: Sequence[float], seed: int
) -> Model:
    """Return the network of `config` with initial weights drawn from `seed`, where it is fastest.

    A histogram or a spline has no weights to draw and comes empty.

    Args:
        config: Which network.
        chart: Coordinates of the sides.
        lower: (C,) smallest context in training.
        upper: (C,) largest context.
        seed: Of the initial weights; the global generator is left as it was.
    """
    # Drawn on the processor, so that the first weights are the same everywhere.
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        return _initial(config, chart, lower, upper).to(device.fastest())


def _initial(
    config: NetworkConfig, chart: Chart, lower: Sequence[float], upper: Sequence[float]
) -> Model:
    match config:
        case DenseConfig():
            return DenseNetwork(chart, lower, upper, config)
        case CubeFlowConfig():
            return CubeFlow(chart, lower, upper, config)
        case UnweightedFlowConfig():
            return UnweightedFlow(chart, lower, upper, config)
        case ZukoFlowConfig():
            return ZukoFlow(chart, lower, upper, config)
        case HistogramConfig():
            return Histogram(chart, lower, upper, config)
        case SplineConfig():
            return Spline(chart, lower, upper, config)
