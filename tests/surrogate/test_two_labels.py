"""A surrogate of two parameters at once follows either as the events do."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from ecdsl.surrogate.config import CubeFlowConfig, TrainConfig
from ecdsl.surrogate.points import weighted_points
from ecdsl.surrogate.train import train

CONFIG = TrainConfig(
    network=CubeFlowConfig(bins=8, hidden=32), epochs=4, batch=512, learning_rate=8e-3
)
CORNERS = [(mt, tilt) for mt in (170.0, 180.0) for tilt in (-0.8, 0.8)]


def tilted(sample, chart):
    """Return the sample with a second label, of which half the events each have a value.

    It tilts the density in the second coordinate, by a factor of 1 + tilt (1 - 2 u2).
    """
    tilt = np.where(sample.events // 5 % 2, 0.8, -0.8)
    cube, _, _ = chart.to_cube(torch.from_numpy(sample.sides))
    weights = sample.weights * (1 + tilt * (1 - 2 * cube[:, 1].numpy()))
    masses = sample.points["mt"]
    points = {"mt": np.repeat(masses, 2), "tilt": np.tile([-0.8, 0.8], len(masses))}
    here = [
        (sample.labels["mt"] == mt) & (tilt == value)
        for mt, value in zip(*points.values(), strict=True)
    ]
    return replace(
        sample,
        weights=weights,
        labels={**sample.labels, "tilt": tilt},
        points=points,
        total_weight=np.array([weights[rows].sum() for rows in here]),
        n_events=np.array([len(np.unique(sample.events[rows])) for rows in here]),
    )


def means(cube, weights):
    """Return the weighted mean of the first two coordinates, and its error."""
    share = weights / weights.sum()
    mean = share @ cube[:, :2]
    return mean, np.sqrt(share**2 @ (cube[:, :2] - mean) ** 2)


def test_both_dependences_are_those_of_the_events(manifest, chart, draw, tmp_path):
    sample = tilted(draw(chart, 2000), chart)
    surrogate = train(manifest, sample, CONFIG, tmp_path)
    assert surrogate.labels == ("mt", "tilt")
    cube = chart.to_cube(torch.from_numpy(sample.sides))[0].numpy()
    generator = torch.Generator().manual_seed(4)
    found = {}
    for corner in CORNERS:
        rows = (sample.contexts == corner).all(axis=1)
        events, error = means(cube[rows], sample.weights[rows])
        row = surrogate.context(dict(zip(("mt", "tilt"), corner, strict=True)))
        points, weights = weighted_points(surrogate, row, 2000, generator)
        found[corner], own = means(points.numpy(), weights.numpy())
        # 0.01 is a tenth of what either label moves a mean by: what a short training may be off.
        assert (np.abs(found[corner] - events) < 4 * np.hypot(error, own) + 0.01).all()
    for tilt in (-0.8, 0.8):
        moved = found[180.0, tilt] - found[170.0, tilt]
        assert moved[0] == pytest.approx(0.2, abs=0.03)
        assert moved[1] == pytest.approx(0.0, abs=0.03)
    for mt in (170.0, 180.0):
        moved = found[mt, 0.8] - found[mt, -0.8]
        assert moved[0] == pytest.approx(0.0, abs=0.03)
        assert moved[1] < -0.1
