"""Points follow an integrand, and weigh what they stand for."""

from __future__ import annotations

import pytest
import torch

from ecdsl.surrogate.integrate import sobol
from ecdsl.surrogate.spread import Spread


def peak(points):
    """Two bins: one holds a narrow peak, the other nothing but a slope."""
    narrow = torch.exp(-(((points[0] - torch.tensor([0.3, 0.7])) / 0.05) ** 2).sum(dim=-1))
    return torch.stack([narrow, points[1, :, 0]])


def test_points_that_follow_a_peak_integrate_it_better():
    pilot, points = sobol(2, 256, 1), sobol(2, 256, 2)
    spread = Spread.following(pilot, peak(pilot.expand(2, -1, -1)))
    exact = torch.tensor([torch.pi * 0.05**2, 0.5], dtype=torch.float64)
    off = []
    for way in (spread, Spread.even(2, 2)):
        placed, volume = way(points, slice(None))
        products = peak(placed) * volume
        off.append((products.mean(dim=1) / exact - 1).abs())
        assert volume.mean(dim=1) == pytest.approx([1.0, 1.0], abs=0.1)
    assert off[0][0] < 0.2 * off[1][0]
    assert off[0].max() < 0.02


def test_where_there_is_nothing_points_stay_where_they_are():
    points = sobol(3, 64, 0)
    spread = Spread.following(points, torch.zeros(2, 64, dtype=torch.float64))
    placed, volume = spread(points[:, 1:], slice(1, None))
    torch.testing.assert_close(placed, points[:, 1:].expand(2, -1, -1))
    torch.testing.assert_close(volume, torch.ones_like(volume))
