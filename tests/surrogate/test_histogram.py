"""The histogram finds a known density, is normalised at every label and smooth in it."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch

from ecdsl.surrogate.config import HistogramConfig, TrainConfig
from ecdsl.surrogate.coordinates import Chart
from ecdsl.surrogate.dataset import TrainingSet, Tuples
from ecdsl.surrogate.histogram import Histogram
from ecdsl.surrogate.histogram_fit import fit_histogram
from ecdsl.surrogate.integrate import sobol
from ecdsl.surrogate.marginal import marginal
from ecdsl.surrogate.store import load_surrogate, surrogate_path
from ecdsl.surrogate.train import train

CONFIG = HistogramConfig(depth=9, effective=8, smoothness=5)
TRAIN = TrainConfig(network=CONFIG, epochs=1, seed=1)
FINE = TrainConfig(network=HistogramConfig(depth=11, effective=8, smoothness=6), epochs=1)


def tuples(cube, context, weights):
    return Tuples(cube.float(), context.float(), weights.float())


def fitted(chart, cube, context, weights, config=CONFIG):
    lower, upper = context.min(dim=0).values, context.max(dim=0).values
    histogram = Histogram(chart, lower.tolist(), upper.tolist(), config)
    every = tuples(cube, context, weights)
    fit_histogram(histogram, TrainingSet(every, every, 1.0))
    return histogram


def drawn(n, dimension, labels, seed=0):
    """Return n uniform points of the cube and as many labels, each drawn from given values."""
    random = np.random.default_rng(seed)
    context = np.stack([random.choice(values, n) for values in labels], axis=1)
    return torch.from_numpy(random.random((n, dimension))), torch.from_numpy(context)


def tilted(cube, context):
    """A density on the cube: normalised, flat at labels of (175, 0.1)."""
    mass = 1 + 0.12 * (context[:, 0] - 175) * torch.cos(math.pi * cube[:, 0])
    coupling = 1 + 20 * (context[:, 1] - 0.1) * torch.cos(math.pi * cube[:, -1])
    return mass * coupling if cube.shape[1] > 1 else mass


MASSES = np.linspace(170, 180, 11)
COUPLINGS = np.array([0.09, 0.1, 0.11])


def test_it_reproduces_the_marginal_of_a_shape(  # noqa: PLR0917
    manifest, chart, draw, ratio, peak_surrogate, tmp_path
):
    epochs = []
    train(manifest, draw(chart, 5_000), FINE, tmp_path, progress=epochs.append)
    assert [(epoch.number, epoch.of) for epoch in epochs] == [(1, 1)]
    path = surrogate_path(tmp_path, manifest.correlator_fingerprint, FINE)
    learned = load_surrogate(path, manifest.correlator_fingerprint)
    edges, parameters = [np.geomspace(0.02, 0.15, 4)], (1.0, 1.5, 0.03)
    for mass in (172.0, 178.0):
        expected = marginal(peak_surrogate, ratio, edges, parameters, {"mt": mass})
        result = marginal(learned, ratio, edges, parameters, {"mt": mass})
        fraction = expected.contents / peak_surrogate.total_weight.at(np.array([mass]))
        actual = result.contents / learned.total_weight.at(np.array([mass]))
        np.testing.assert_allclose(actual, fraction, rtol=0.2, atol=0.04 * fraction.max())


@pytest.mark.parametrize("order", [2, 3])
def test_it_is_normalised_at_every_label(order):
    chart = Chart(order=order, measure="ee", floor=0.0025, ceil=0.6)
    cube, context = drawn(20_000, chart.dimension, [MASSES, COUPLINGS])
    histogram = fitted(chart, cube, context, tilted(cube, context))
    points = sobol(chart.dimension, 1 << 16, seed=0)
    for row in ([170.0, 0.09], [173.3, 0.1], [180.0, 0.11]):
        at = torch.tensor([row], dtype=torch.float64).expand(len(points), -1)
        density = torch.exp(histogram.log_cube(points, at))
        assert float(density.mean()) == pytest.approx(1, abs=3e-3)
        assert (density > 0).all()


def test_two_labels_are_learned_at_once(chart):
    cube, context = drawn(50_000, 3, [MASSES, COUPLINGS])
    histogram = fitted(chart, cube, context, tilted(cube, context), FINE.network)
    points, _ = drawn(2000, 3, [MASSES, COUPLINGS], seed=1)
    high, low = (
        torch.tensor([row], dtype=torch.float64).expand(len(points), -1)
        for row in ([178.0, 0.105], [172.0, 0.095])
    )
    found = histogram.log_cube(points, high) - histogram.log_cube(points, low)
    expected = torch.log(tilted(points, high) / tilted(points, low))
    assert float(torch.corrcoef(torch.stack([found, expected]))[0, 1]) > 0.98
    assert float((found @ expected) / (expected @ expected)) == pytest.approx(1, abs=0.1)


def test_its_logarithm_is_a_quadratic_in_the_label_but_for_the_norm(chart):
    cube, context = drawn(20_000, 3, [MASSES])
    weights = torch.exp(0.05 * (context[:, 0] - 175) * cube[:, 0])
    histogram = fitted(chart, cube, context, weights)
    masses = torch.linspace(170, 180, 6, dtype=torch.float64)[:, None]
    point = torch.full((6, 3), 0.3, dtype=torch.float64)
    other = torch.full((6, 3), 0.8, dtype=torch.float64)
    ratio = histogram.log_cube(other, masses) - histogram.log_cube(point, masses)
    assert torch.diff(ratio, n=3).abs().max() < 1e-12
    ends = (torch.full((len(cube), 1), mass, dtype=torch.float64) for mass in (170.0, 180.0))
    low, high = (histogram.log_cube(cube, end) for end in ends)
    slope = np.polyfit(cube[:, 0], high - low, 1)[0]
    assert slope == pytest.approx(0.05 * 10, rel=0.3)


def test_what_does_not_depend_on_the_label_is_not_believed_to(chart):
    cube, context = drawn(20_000, 3, [MASSES])
    histogram = fitted(chart, cube, context, torch.ones(len(cube)))
    # Single cells of 40 tuples scatter by 0.16.
    assert histogram.slopes.abs().mean() < 0.04


def test_two_values_of_a_label_give_a_straight_line(chart):
    cube, context = drawn(5000, 3, [np.array([170.0, 180.0])])
    weights = 1 + 0.05 * (context[:, 0] - 175) * (cube[:, 0] - 0.5)
    histogram = fitted(chart, cube, context, weights)
    assert histogram.slopes[:, 0].abs().max() > 0
    assert not histogram.polynomials(context)[:, 1].any()


def test_cells_hold_equal_weight_and_stop_where_tuples_are_few(chart):
    cube, context = drawn(4096, 3, [MASSES])
    weights = torch.ones(len(cube))
    whole = fitted(chart, cube, context, weights, HistogramConfig(depth=5, effective=1))
    counts = torch.bincount(whole.cell(cube.float()), minlength=32)
    assert ((counts - 128).abs() <= 2).all()
    coarse = fitted(chart, cube, context, weights, HistogramConfig(depth=10, effective=500))
    assert len(torch.unique(coarse.cell(cube))) == 8
    assert torch.isfinite(coarse.log_cube(cube, context)).all()


def test_tuples_at_one_place_make_no_cell_without_volume(chart):
    cube, context = drawn(4000, 3, [MASSES])
    cube[:3000, 0], cube[3000:3500, 1] = 1.0, 0.0
    histogram = fitted(chart, cube, context, torch.ones(len(cube)))
    assert torch.isfinite(histogram.log_cube(cube, context)).all()


def test_the_same_sample_gives_the_same_bytes(manifest, chart, draw, tmp_path):
    contents = []
    for name in ("one", "two"):
        train(manifest, draw(chart, 300), TRAIN, tmp_path / name)
        path = surrogate_path(tmp_path / name, manifest.correlator_fingerprint, TRAIN)
        contents.append((path.read_bytes(), path.with_suffix(".safetensors").read_bytes()))
    assert contents[0] == contents[1]
    assert path.name == "histogram-fast.json"


def test_heavier_tuples_weigh_more(chart):
    cube, context = drawn(20_000, 3, [MASSES])
    histogram = fitted(chart, cube, context, 1 + 3 * cube[:, 0])
    density = torch.exp(histogram.log_cube(cube, context))
    near, far = (density[(cube[:, 0] - at).abs() < 0.05].mean() for at in (0.1, 0.9))
    assert float(far / near) == pytest.approx(3.7 / 1.3, rel=0.1)
