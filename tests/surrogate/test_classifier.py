"""A classifier finds a surrogate that is off, and where; it finds nothing in one that is right."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from ecdsl.diagnostics import EcdslError
from ecdsl.surrogate.auc import weighted_auc
from ecdsl.surrogate.classifier import separate
from ecdsl.surrogate.coordinates import Chart
from ecdsl.surrogate.points import weighted_points
from ecdsl.surrogate.separation import Separation


class Displaced(torch.nn.Module):
    """The density of another, its first coordinate displaced by a fifth of the peak's width."""

    normalised = True

    def __init__(self, network):
        super().__init__()
        self.network = network

    def log_cube(self, cube, context):
        moved = context.clone()
        moved[:, 0] += 0.8
        return self.network.log_cube(cube, moved)


@pytest.fixture(scope="module")
def scores():
    random = np.random.default_rng(5)
    real = random.random(4000) < 0.5
    return random.normal(size=4000) + 0.5 * real, random.exponential(size=4000), real


def test_the_area_is_the_share_of_pairs_in_order(scores):
    values, weights, real = (part[:300] for part in scores)
    values = values.round(1)
    order = (values[real][:, None] > values[~real]) + 0.5 * (values[real][:, None] == values[~real])
    expected = weights[real] @ order @ weights[~real] / weights[real].sum() / weights[~real].sum()
    assert weighted_auc(values, weights, real, np.arange(300))[0] == pytest.approx(expected)


def test_the_error_of_the_area_is_what_it_scatters_by(scores):
    values, weights, real = scores
    parts = [slice(k, k + 200) for k in range(0, 4000, 200)]
    found = [weighted_auc(values[p], weights[p], real[p], np.arange(200)) for p in parts]
    areas, errors = np.array(found).T
    assert areas.std(ddof=1) == pytest.approx(errors.mean(), rel=0.4)


def test_tuples_of_one_event_count_once(scores):
    values, weights, real = scores
    once = weighted_auc(values, weights, real, np.arange(4000))
    thrice = weighted_auc(*(np.tile(part, 3) for part in (*scores, np.arange(4000))))
    assert thrice == pytest.approx(once)


def test_weighted_points_have_the_means_of_the_density(peak_surrogate):
    cube, weights = weighted_points(
        peak_surrogate, torch.tensor([172.0]).double(), 20_000, torch.Generator().manual_seed(1)
    )
    # The analytic density has a peak at 0.49 in u1, and 2 (1 - u2) (1/2 + u3) in the others.
    means = (weights[:, None] * cube).mean(dim=0)
    error = (weights[:, None] * (cube - means)).std(dim=0) / len(cube) ** 0.5
    expected = torch.tensor([0.49, 1 / 3, 7 / 12]).double()
    assert ((means - expected).abs() < 5 * error).all()
    assert weights.max() < 4


def test_a_surrogate_that_is_right_is_not_told_from_events(chart, draw, peak_surrogate):
    found = separate(peak_surrogate, draw(chart, 3000, seed=3), seed=1)
    assert abs(found.auc - 0.5) < 4 * found.auc_error
    assert 0 < found.auc_error < 0.02
    assert found.axes == ("shortest side", "longest side")


def test_a_displaced_surrogate_is_found_and_so_is_the_place(chart, draw, peak_surrogate):
    displaced = replace(peak_surrogate, network=Displaced(peak_surrogate.network))
    found = separate(displaced, draw(chart, 3000, seed=3), seed=1)
    assert found.auc > 0.5 + 5 * found.auc_error
    ratio = np.array(found.ratio, dtype=float)
    # It peaks at longer sides than the events do: too little below the peak, too much above.
    assert np.nanmean(ratio[:3]) > 1.05
    assert np.nanmean(ratio[-3:]) < 0.95
    assert found.worst[0] in {0, 1, 2, len(ratio) - 3, len(ratio) - 2, len(ratio) - 1}
    assert Separation.model_validate_json(found.model_dump_json()) == found


def test_pairs_of_particles_are_mapped_over_their_side_and_the_label(draw, peak_surrogate):
    chart = Chart(order=2, measure="ee", floor=0.0025, ceil=0.6)
    found = separate(replace(peak_surrogate, chart=chart), draw(chart, 800), seed=1)
    assert found.axes == ("side", "mt")
    assert found.edges[1][0] == 170
    assert found.edges[1][-1] == 180
    assert abs(found.auc - 0.5) < 4 * found.auc_error


def test_one_event_is_no_two_halves(chart, draw, peak_surrogate):
    sample = draw(chart, 5)
    alone = replace(sample, events=np.zeros_like(sample.events))
    with pytest.raises(EcdslError, match="D402"):
        separate(peak_surrogate, alone)
