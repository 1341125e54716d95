"""The cube is the physical region: the map inverts, its Jacobian is right, nothing is NaN."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from ecdsl.diagnostics import EcdslError
from ecdsl.surrogate.coordinates import Chart, chart_of

CHARTS = [
    Chart(order=2, measure="ee", floor=1e-6, ceil=0.9),
    Chart(order=2, measure="hadron", floor=1e-8, ceil=2.5),
    Chart(order=3, measure="ee", floor=0.0025, ceil=0.6),
    Chart(order=3, measure="ee", floor=1e-6, ceil=0.9999),
    Chart(order=3, measure="hadron", floor=1e-8, ceil=2.5),
]
parametrized = pytest.mark.parametrize("chart", CHARTS, ids=lambda c: f"{c.order}-{c.measure}")


def points(chart, n, seed=0):
    random = np.random.default_rng(seed)
    return torch.from_numpy(random.uniform(0.001, 0.999, (n, chart.dimension)))


@parametrized
def test_the_map_inverts(chart):
    cube = points(chart, 2000)
    back, _, inside = chart.to_cube(chart.from_cube(cube))
    assert inside.all()
    torch.testing.assert_close(back, cube, rtol=0, atol=1e-6)


@parametrized
def test_the_jacobian_is_that_of_automatic_differentiation(chart):
    sides = chart.from_cube(points(chart, 25))
    _, log_jacobian, _ = chart.to_cube(sides)
    for row, expected in zip(sides, log_jacobian, strict=True):
        matrix = torch.autograd.functional.jacobian(lambda z: chart.to_cube(z[None])[0][0], row)
        torch.testing.assert_close(torch.linalg.slogdet(matrix).logabsdet, expected)


@parametrized
def test_sides_are_sorted_within_floor_and_ceiling(chart):
    sides = chart.from_cube(points(chart, 2000))
    assert (sides[:, 1:] >= sides[:, :-1]).all()
    assert (sides >= chart.floor * (1 - 1e-12)).all()
    assert (sides <= chart.ceil * (1 + 1e-12)).all()


def test_triangles_on_the_sphere_lie_inside_and_only_they():
    # Gram determinant of three unit vectors >= 0, independent of angles.
    chart = Chart(order=3, measure="ee", floor=1e-4, ceil=0.99)
    random = np.random.default_rng(1)
    sides = np.sort(random.uniform(chart.floor, chart.ceil, (20_000, 3)), axis=1)
    z1, z2, z3 = sides.T
    gram = 2 * (z1 * z2 + z2 * z3 + z3 * z1) - z1**2 - z2**2 - z3**2 - 4 * z1 * z2 * z3
    clear = np.abs(gram) > 1e-6
    _, _, inside = chart.to_cube(torch.from_numpy(sides))
    np.testing.assert_array_equal(inside.numpy()[clear], (gram > 0)[clear])
    assert 0.05 < inside.double().mean() < 0.95


@parametrized
def test_a_tuple_is_held_where_it_has_a_place_in_the_cube(chart):
    random = np.random.default_rng(4)
    sides = random.uniform(0.9 * chart.floor, 1.1 * chart.ceil, (20_000, chart.dimension))
    sides = torch.from_numpy(np.sort(sides, axis=1))
    cube, _, inside = chart.to_cube(sides)
    held = chart.margin(sides) >= 0
    assert 0.02 < held.double().mean() < 0.99
    assert inside[held].all()
    # Only a tuple by the very edge may be inside by tolerance alone.
    at_edge = (cube < 2e-3).any(dim=1) | (cube > 1 - 2e-3).any(dim=1)
    assert at_edge[inside & ~held].all()


def test_collinear_and_equilateral_tuples_lie_inside():
    chart = Chart(order=3, measure="hadron", floor=1e-4, ceil=1.0)
    rows = [[0.01, 0.01, 0.04], [0.01, 0.01, 0.01], [1e-4, 1e-4, 1e-4]]
    sides = torch.tensor(rows, dtype=torch.float64)
    cube, log_jacobian, inside = chart.to_cube(sides)
    assert inside.all()
    assert torch.isfinite(cube).all()
    assert torch.isfinite(log_jacobian).all()


@pytest.mark.parametrize(
    "sides",
    [
        (0.0, 0.1, 0.1),
        (0.02, 0.01, 0.03),
        (0.01, 0.01, 0.9),
        (0.01, 0.01, 0.05),
        (float("nan"), 0.1, 0.1),
        (-1.0, 0.1, 0.1),
        (0.1, 0.1, float("inf")),
    ],
    ids=["contact", "unsorted", "beyond", "no triangle", "nan", "negative", "infinite"],
)
def test_outside_is_outside_and_finite(chart, sides):
    cube, log_jacobian, inside = chart.to_cube(torch.tensor([sides], dtype=torch.float64))
    assert not inside.any()
    assert torch.isfinite(cube).all()
    assert torch.isfinite(log_jacobian).all()


def test_a_sample_sets_floor_and_ceiling_and_identical_directions_do_not():
    sides = np.array([[0.0, 0.1, 0.1], [0.003, 0.02, 0.03], [0.1, 0.2, 0.45]])
    chart = chart_of(sides, 3, "ee")
    assert (chart.floor, chart.ceil) == (0.003, 0.45)


@pytest.mark.parametrize("longest", [0.0, 1.5])
def test_a_sample_without_distances_or_of_another_measure_is_refused(longest):
    with pytest.raises(EcdslError, match="D402"):
        chart_of(np.array([[0.0, 0.0, longest], [longest / 9, longest, longest]]), 3, "ee")


@pytest.mark.parametrize("measure", ["ee", "hadron"])
@pytest.mark.parametrize("order", [2, 3])
def test_shrunk_triangles_are_smaller_by_the_factor(order, measure):
    chart = Chart(order=order, measure=measure, floor=0.0025, ceil=0.6)
    random = np.random.default_rng(0)
    cube = torch.from_numpy(0.3 + 0.3 * random.random((200, chart.dimension)))
    cube[:, 1:2] *= 0.1
    factor = torch.from_numpy(random.uniform(-0.03, 0.03, 200))
    image, _ = chart.shrunk(cube, factor)
    moved = chart.log_radii(cube) - chart.log_radii(image)
    torch.testing.assert_close(moved, factor[:, None].expand_as(moved), atol=3e-4, rtol=0.02)


@pytest.mark.parametrize("order", [2, 3])
def test_shrinking_maps_the_cube_onto_itself_with_its_jacobian(order):
    chart = Chart(order=order, measure="ee", floor=0.0025, ceil=0.9)
    points = torch.from_numpy(np.random.default_rng(1).random((10, chart.dimension)))
    corners = torch.cartesian_prod(*[torch.tensor([0.0, 1.0]).double()] * chart.dimension)
    corners = corners.reshape(-1, chart.dimension)
    for factor in (-chart.widest_factor, 0.0, chart.widest_factor):
        image, _ = chart.shrunk(corners, torch.full((len(corners),), factor).double())
        torch.testing.assert_close(image, corners)
        _, log_jacobian = chart.shrunk(points, torch.full((len(points),), factor).double())
        for point, found in zip(points, log_jacobian, strict=True):
            steps = 1e-6 * torch.eye(len(point), dtype=torch.float64)
            places = torch.cat([point + steps, point - steps])
            images, _ = chart.shrunk(places, torch.tensor([factor]).double())
            matrix = (images[: len(point)] - images[len(point) :]) / 2e-6
            assert float(torch.logdet(matrix)) == pytest.approx(float(found), abs=1e-7)
