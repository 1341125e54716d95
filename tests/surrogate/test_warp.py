"""Importance sampling changes where the points are, never what the integral is."""

from __future__ import annotations

import pytest
import torch

from ecdsl.surrogate.integrate import sobol
from ecdsl.surrogate.warp import Warp


def peaked(points):
    """Two boxes: a collinear 1/x in one, a narrow peak in the other; also a half-empty box."""
    x, y = points[..., 0], points[..., 1]
    singular = 1 / (x[0] + 1e-3) * (y[0] < 0.5)
    narrow = torch.exp(-0.5 * ((y[1] - 0.3) / 0.02) ** 2) * (1 + x[1])
    return torch.stack([singular, narrow])


EXACT = [0.5 * torch.log(torch.tensor(1.001 / 0.001)).item(), 1.5 * 0.02 * (2 * torch.pi) ** 0.5]


def learned(rounds=2):
    warp = Warp.identity(2, 2)
    for seed in range(rounds):
        points, jacobian = warp(sobol(2, 4096, seed))
        warp = warp.learned(points, peaked(points) * jacobian)
    return warp


def test_the_identity_moves_nothing():
    uniform = sobol(3, 256, 0)
    points, jacobian = Warp.identity(4, 3)(uniform)
    torch.testing.assert_close(points, uniform.expand(4, -1, -1))
    torch.testing.assert_close(jacobian, torch.ones_like(jacobian))


def test_integrals_stay_and_their_scatter_shrinks():
    random = torch.rand(20_000, 2, dtype=torch.float64, generator=torch.Generator().manual_seed(3))
    plain, unit = Warp.identity(2, 2)(random)
    points, jacobian = learned()(random)
    before, after = peaked(plain) * unit, peaked(points) * jacobian
    for box in range(2):
        error = float(after[box].std()) / len(random) ** 0.5
        assert abs(float(after[box].mean()) - EXACT[box]) < 4 * error
        assert after[box].std() < 0.5 * before[box].std()


def test_nothing_is_lost_where_the_first_look_saw_nothing():
    warp = Warp.identity(1, 1).learned(torch.zeros(1, 8, 1).double(), torch.ones(1, 8).double())
    points, jacobian = warp(sobol(1, 8192, 0))
    assert float((points > 0.5).double().mean()) > 0.05
    assert float((jacobian * points[..., 0] ** 2).mean()) == pytest.approx(1 / 3, rel=1e-2)


def test_an_empty_box_stays_uniform():
    warp = Warp.identity(1, 2).learned(torch.rand(1, 16, 2).double(), torch.zeros(1, 16).double())
    torch.testing.assert_close(warp.density, torch.ones_like(warp.density))
