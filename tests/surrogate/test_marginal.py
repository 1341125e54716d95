"""Two integrations that share nothing but the density agree, and their errors are honest."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
import torch

from ecdsl.diagnostics import EcdslError, NumericalError
from ecdsl.surrogate.coordinates import Chart
from ecdsl.surrogate.integrate import sobol
from ecdsl.surrogate.marginal import ShapeIntegral, marginal, marginal_by_mask
from ecdsl.surrogate.surrogate import Surrogate
from ecdsl.surrogate.total_weight import TotalWeight

EDGES = [np.geomspace(0.004, 0.2, 9)]
PARAMETERS = (1.0, 1.5, 0.03)


def test_the_change_of_variables_agrees_with_the_mask(peak_surrogate, ratio):
    context = {"mt": 176.0}
    direct = marginal(peak_surrogate, ratio, EDGES, PARAMETERS, context)
    mask = marginal_by_mask(peak_surrogate, ratio, EDGES, PARAMETERS, context)
    pulls = (direct.contents - mask.contents) / np.hypot(direct.errors, mask.errors)
    assert np.abs(pulls).max() < 4
    assert (direct.errors < 1e-2 * direct.contents + 1e-3 * direct.contents.max()).all()
    assert direct.contents.sum() > 10 * mask.errors.sum()


def test_the_reported_error_covers_a_finer_integration(peak_surrogate, ratio):
    contents = marginal(peak_surrogate, ratio, EDGES, PARAMETERS, {"mt": 173.0})
    finer = [np.geomspace(0.004, 0.2, 33)]
    fine = marginal(peak_surrogate, ratio, finer, PARAMETERS, {"mt": 173.0})
    merged = fine.contents.reshape(8, 4).sum(axis=1)
    error = np.hypot(contents.errors, np.hypot.reduce(fine.errors.reshape(8, 4), axis=1))
    np.testing.assert_array_less(np.abs(contents.contents - merged), 5 * error + 1e-12)


def whole(chart):
    """Return the shape that selects every tuple, axis z1, in the chart's own coordinates."""
    return SimpleNamespace(
        SHARES=(),
        CUBE_DIMENSION=None,
        inside=lambda pairs, *_: torch.ones(len(pairs), dtype=torch.bool),
        values=lambda pairs, *_: pairs[:, :2],
    )


def mean_region():
    """Return the mean side of any triangle, in coordinates whose box phase space does not fill."""

    def from_cube(region, cube, lower, upper, parameters, floor, ceil):  # noqa: PLR0917
        start = lower[0].clamp(min=floor)
        span = (upper[0].clamp(max=ceil) - start).clamp(min=0)
        mean = start + span * cube[..., 0]
        z1 = floor + (mean - floor) * cube[..., 1]
        low = torch.maximum(z1, 3 * mean - z1 - ceil)
        room = ((3 * mean - z1) / 2 - low).clamp(min=0)
        z2 = low + room * cube[..., 2]
        return torch.stack([z1, z2, 3 * mean - z1 - z2], -1), 3 * span * (mean - floor) * room

    return SimpleNamespace(
        SHARES=(1.0,),
        CUBE_DIMENSION=3,
        from_cube=from_cube,
        inside=lambda pairs, *_: torch.ones(len(pairs), dtype=torch.bool),
        values=lambda pairs, *_: pairs.mean(dim=1, keepdim=True),
    )


def test_a_wide_shape_agrees_with_the_mask(peak_surrogate):
    context = {"mt": 176.0}
    direct = marginal(peak_surrogate, mean_region(), EDGES, (), context)
    mask = marginal_by_mask(peak_surrogate, mean_region(), EDGES, (), context)
    pulls = (direct.contents - mask.contents) / np.hypot(direct.errors, mask.errors)
    assert np.abs(pulls).max() < 5
    assert (direct.errors < 1e-2 * direct.contents + 1e-3 * direct.contents.max()).all()


def test_all_tuples_carry_the_total_weight(peak_surrogate, chart):
    edges = [np.array([0.0, 0.05, 1.0]), np.array([0.0, 1.0])]
    result = marginal_by_mask(peak_surrogate, whole(chart), edges, (), {"mt": 180.0})
    assert result.contents.shape == (2, 1)
    assert result.contents.sum() == pytest.approx(0.21, rel=5e-3)


def test_a_peak_moves_with_its_mass(peak_surrogate, ratio):
    centres = np.sqrt(EDGES[0][1:] * EDGES[0][:-1])
    means = []
    for mass in (171.0, 175.0, 179.0):
        contents = marginal(peak_surrogate, ratio, EDGES, PARAMETERS, {"mt": mass}).contents
        means.append((np.log(centres) * contents).sum() / contents.sum())
    assert means[0] < means[1] < means[2]


class Tilted(torch.nn.Module):
    """The peak with a second label, which tilts the density in u2."""

    normalised = True

    def __init__(self, peak):
        super().__init__()
        self.peak = peak

    def log_cube(self, cube, context):
        tilt = 1 + context[:, 1] * (1 - 2 * cube[:, 1])
        norm = torch.log(1 + context[:, 1] / 3)
        return self.peak.log_cube(cube, context) + torch.log(tilt) - norm


def test_two_labels_are_integrated_at_once(chart, ratio, peak_surrogate):
    weight = TotalWeight((170.0, -1.0), (180.0, 1.0), 1, (0.2, 0.01, 0.03))
    surrogate = Surrogate("f" * 64, chart, ("mt", "tilt"), Tilted(peak_surrogate.network), weight)
    edges = [np.geomspace(0.02, 0.15, 4)]
    integral = ShapeIntegral(surrogate, ratio, edges, PARAMETERS)
    found = {}
    for tilt in (-0.8, 0.8):
        context = {"mt": 176.0, "tilt": tilt}
        direct = found[tilt] = integral.at(context)
        mask = marginal_by_mask(surrogate, ratio, edges, PARAMETERS, context, points=1 << 19)
        pulls = (direct.contents - mask.contents) / np.hypot(direct.errors, mask.errors)
        assert np.abs(pulls).max() < 4
    assert (np.abs(found[0.8].contents / found[-0.8].contents - 1) > 0.2).all()


def test_shapes_of_a_grid_are_integrated_together_as_each_alone(peak_surrogate, ratio):
    grid = np.array([[(1.0, 1.5, 0.03), (1.0, 2.0, 0.03), (1.2, 1.4, 0.01)]])
    together = ShapeIntegral(peak_surrogate, ratio, EDGES, grid).at({"mt": 176.0})
    assert together.contents.shape == (1, 3, 8)
    for k, parameters in enumerate(grid[0]):
        alone = marginal(peak_surrogate, ratio, EDGES, parameters, {"mt": 176.0})
        np.testing.assert_allclose(together.contents[0, k], alone.contents, rtol=1e-9)
        np.testing.assert_allclose(together.errors[0, k], alone.errors, rtol=1e-6, atol=1e-15)


def test_a_density_that_is_read_itself_agrees_and_has_less_error(peak_surrogate, ratio):
    edges = [np.geomspace(0.02, 0.15, 13)]
    table, exact = (
        ShapeIntegral(peak_surrogate, ratio, edges, PARAMETERS, exact=exact).at({"mt": 176.0})
        for exact in (False, True)
    )
    off = np.abs(table.contents - exact.contents)
    assert (off < 1.5e-3 * exact.contents).all()
    assert (off < 3 * table.errors + exact.errors).mean() > 0.8
    assert np.median(exact.errors) < np.median(table.errors)


def test_nothing_is_lost_at_degenerate_triangles(chart, peak_surrogate):
    """The density of the sides diverges there; bins add up to what is counted in the cube."""
    integral = ShapeIntegral(peak_surrogate, mean_region(), EDGES, (), exact=True)
    found = integral.at({"mt": 176.0}).contents.sum() / 0.202
    cube = sobol(3, 1 << 17, 0)
    density = torch.exp(peak_surrogate.log_cube_density(cube, torch.full((len(cube), 1), 176.0)))
    mean = chart.from_cube(cube).mean(dim=1)
    counted = density[(mean > EDGES[0][0]) & (mean < EDGES[0][-1])].sum() / len(cube)
    assert found == pytest.approx(float(counted), rel=1.2e-3)


def one_side():
    """Return the side of a pair, as `region.py` has it."""

    def from_cube(region, cube, lower, upper, parameters, floor, ceil):  # noqa: PLR0917
        start = lower[0].clamp(min=floor)
        span = (upper[0].clamp(max=ceil) - start).clamp(min=0)
        return start[..., None] + span[..., None] * cube, span.expand(cube.shape[:-1])

    return SimpleNamespace(
        SHARES=(1.0,),
        CUBE_DIMENSION=1,
        from_cube=from_cube,
        inside=lambda pairs, *_: torch.ones(len(pairs), dtype=torch.bool),
        values=lambda pairs, *_: pairs,
    )


def test_a_pair_of_particles_is_integrated_as_well(peak_surrogate):
    chart = Chart(order=2, measure="ee", floor=0.0025, ceil=0.6)
    pairs = replace(peak_surrogate, chart=chart, _tables={})
    # The peak's width in u1 holds 68% of the weight: sides at its centre plus and minus one width.
    ends = chart.from_cube(torch.tensor([[0.57 - 0.08], [0.57 + 0.08]]).double())[:, 0].numpy()
    edges = [np.array([chart.floor, *ends, chart.ceil])]
    found = marginal(pairs, one_side(), edges, (), {"mt": 176.0})
    assert found.contents.sum() == pytest.approx(0.202, rel=1e-4)
    assert found.contents[1] == pytest.approx(0.6827 * 0.202, rel=1e-3)
    mask = marginal_by_mask(pairs, one_side(), edges, (), {"mt": 176.0}, points=1 << 17)
    assert (np.abs(found.contents - mask.contents) < 5 * np.hypot(found.errors, mask.errors)).all()


def test_too_few_hits_are_a_failure_not_a_number(peak_surrogate, ratio):
    with pytest.raises(NumericalError, match="points fall into the histogram"):
        marginal_by_mask(
            peak_surrogate, ratio, EDGES, (1.0, 1.5, 0.0002), {"mt": 175.0}, points=1 << 17
        )


def test_a_context_outside_the_training_range_is_refused(peak_surrogate, ratio):
    for method in (marginal, marginal_by_mask):
        with pytest.raises(EcdslError, match="D404"):
            method(peak_surrogate, ratio, EDGES, PARAMETERS, {"mt": 169.0})


def test_a_shape_without_coordinates_is_sent_to_the_mask(peak_surrogate, chart):
    with pytest.raises(EcdslError, match="D410") as caught:
        marginal(peak_surrogate, whole(chart), EDGES, (), {"mt": 175.0})
    assert "marginal_by_mask" in caught.value.diagnostics[0].hints[0]


def test_integrating_leaves_the_global_generator_alone(peak_surrogate, ratio):
    torch.manual_seed(1)
    before = torch.random.get_rng_state()
    arguments = (peak_surrogate, ratio, EDGES, PARAMETERS, {"mt": 175.0})
    first = marginal_by_mask(*arguments, points=1 << 17, seed=4)
    again = marginal_by_mask(*arguments, points=1 << 17, seed=4)
    assert torch.equal(before, torch.random.get_rng_state())
    np.testing.assert_array_equal(first.contents, again.contents)
