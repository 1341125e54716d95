"""The spline finds a known density, is normalised at every label and follows edges that move."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
import torch

from ecdsl.surrogate import bsplines, spline_fit
from ecdsl.surrogate.config import SplineConfig, TrainConfig
from ecdsl.surrogate.coordinates import Chart
from ecdsl.surrogate.dataset import TrainingSet, Tuples
from ecdsl.surrogate.integrate import sobol
from ecdsl.surrogate.losses import weighted_loss
from ecdsl.surrogate.spline import Spline
from ecdsl.surrogate.spline_fit import fit_spline
from ecdsl.surrogate.store import load_surrogate, surrogate_path
from ecdsl.surrogate.train import train

CONFIG = SplineConfig(intervals=(12, 3, 3), stiffness=(0.01, 0.1, 1.0), steps=20)
TRAIN = TrainConfig(network=CONFIG, epochs=1, seed=1)
MASSES = np.linspace(170, 180, 11)
COUPLINGS = np.array([0.0, 0.1, 0.2])


def fitted(
    chart, cube, context, weights, *, config=CONFIG, spline=None, unseen=slice(None, None, 10)
):
    """Return a spline, and its losses on all tuples and on those that are unseen at first."""
    lower, upper = context.min(dim=0).values, context.max(dim=0).values
    spline = spline or Spline(chart, lower.tolist(), upper.tolist(), config)
    apart = torch.zeros(len(cube), dtype=torch.bool)
    apart[unseen] = True
    train, validation = (
        Tuples(cube[rows].float(), context[rows].float(), weights[rows].float())
        for rows in (~apart, apart)
    )
    losses = fit_spline(spline, TrainingSet(train, validation, 1.0))
    return spline, losses[0]


def loss(spline, cube, context, weights):
    return float(weighted_loss(spline.log_cube(cube, context), weights))


def drawn(n, dimension, labels, seed=0):
    random = np.random.default_rng(seed)
    context = np.stack([random.choice(values, n) for values in labels], axis=1)
    return torch.from_numpy(random.random((n, dimension))), torch.from_numpy(context)


def rows(label, n):
    return torch.tensor([label], dtype=torch.float64).expand(n, -1)


def tilted(cube, context):
    """A density on the cube, normalised: of a mass and, where there is one, of a coupling."""
    density = 1 + 0.12 * (context[:, 0] - 175) * torch.cos(math.pi * cube[:, 0])
    if context.shape[1] > 1:
        density = density * (1 + 5 * (context[:, 1] - 0.1) * torch.cos(math.pi * cube[:, -1]))
    return density


def test_it_finds_a_density_and_is_found_again(manifest, chart, draw, peak_surrogate, tmp_path):
    epochs = []
    train(manifest, draw(chart, 2_000), TRAIN, tmp_path, progress=epochs.append)
    assert [(epoch.number, epoch.of) for epoch in epochs] == [(1, 1)]
    path = surrogate_path(tmp_path, manifest.correlator_fingerprint, TRAIN)
    assert path.name == "spline-fast.json"
    learned = load_surrogate(path, manifest.correlator_fingerprint)
    cube, context = drawn(5000, 3, [np.array([172.0, 178.0])])
    found, expected = (
        torch.exp(surrogate.log_cube_density(cube, context))
        for surrogate in (learned, peak_surrogate)
    )
    # The floor and the longest side of the sample differ a little from the chart's.
    assert float((found - expected).abs().mean()) < 0.15


@pytest.mark.parametrize("order", [2, 3])
def test_it_is_normalised_and_its_losses_are_those_of_its_density(order):
    chart = Chart(order=order, measure="ee", floor=0.0025, ceil=0.6)
    cube, context = drawn(20_000, chart.dimension, [MASSES])
    weights = tilted(cube, context)
    config = SplineConfig(intervals=(24, 4, 4), steps=10)
    spline, losses = fitted(chart, cube, context, weights, config=config)
    points = sobol(chart.dimension, 1 << 14, seed=0)
    for mass in (170.0, 173.3, 180.0):
        density = torch.exp(spline.log_cube(points, rows([mass], len(points))))
        assert float(density.mean()) == pytest.approx(1, abs=3e-3)
    assert losses[0] == pytest.approx(loss(spline, cube, context, weights), abs=3e-5)


def test_it_learns_from_every_tuple_and_is_judged_by_those_it_had_not_seen():
    chart = Chart(order=2, measure="ee", floor=0.0025, ceil=0.6)
    cube, context = drawn(2000, 1, [MASSES])
    weights, config = tilted(cube, context), SplineConfig(intervals=(12, 1, 1), steps=500)
    splits = [slice(None, None, 2), slice(1, None, 2)]
    (one, losses), (other, _) = (
        fitted(chart, cube, context, weights, config=config, unseen=unseen) for unseen in splits
    )
    found, same = (spline.log_cube(cube, context) for spline in (one, other))
    torch.testing.assert_close(found, same, atol=1e-3, rtol=0)
    half = [values[splits[0]] for values in (cube, context, weights)]
    assert losses[1] > loss(one, *half) + 1e-3


def test_two_labels_are_learned_at_once(chart):
    cube, context = drawn(20_000, 3, [MASSES, COUPLINGS])
    spline, _ = fitted(chart, cube, context, tilted(cube, context))
    points, _ = drawn(2000, 3, [MASSES, COUPLINGS], seed=1)
    high, low = rows([178.0, 0.15], 2000), rows([172.0, 0.05], 2000)
    found = spline.log_cube(points, high) - spline.log_cube(points, low)
    expected = torch.log(tilted(points, high) / tilted(points, low))
    assert float(torch.corrcoef(torch.stack([found, expected]))[0, 1]) > 0.97
    assert float((found @ expected) / (expected @ expected)) == pytest.approx(1, abs=0.1)


def test_an_edge_that_moves_with_the_mass_is_followed_by_the_map(monkeypatch):
    """Few tuples lie below angles of 0.3 m / 175, and what depends on the mass has to be smooth."""
    chart = Chart(order=2, measure="ee", floor=0.0025, ceil=0.6)
    places = (torch.arange(1000, dtype=torch.float64) + 0.5) / 1000
    grid = torch.cartesian_prod(places, torch.from_numpy(MASSES))
    cube, context = grid[:, :1], grid[:, 1:]

    def edge(cube, context):
        radius = chart.radius(chart.from_cube(cube)[:, 0])
        return 0.05 + torch.sigmoid((radius / (0.3 * context[:, 0] / 175) - 1) / 0.005)

    line = torch.linspace(0.4, 0.7, 200, dtype=torch.float64)[:, None]
    config = SplineConfig(intervals=(96, 1, 1), stiffness=(0.01, 1e4, 1e4), steps=40)
    errors = []
    for widest in (Chart.widest_factor, 0.0):
        monkeypatch.setattr(Chart, "widest_factor", widest)
        spline, _ = fitted(chart, cube, context, edge(cube, context), config=config)
        for mass in (170.0, 180.0):
            at = rows([mass], 200)
            found, expected = torch.exp(spline.log_cube(line, at)), edge(line, at)
            scale = expected[-50:].mean() / found[-50:].mean()
            errors.append(float((scale * found - expected).abs().mean()))
    assert max(errors[:2]) < 0.01
    assert max(errors[:2]) < 0.5 * min(errors[2:])


def test_two_values_of_a_label_give_a_straight_line(chart):
    cube, context = drawn(5000, 3, [np.array([170.0, 180.0])])
    spline, _ = fitted(chart, cube, context, 1 + 0.05 * (context[:, 0] - 175) * (cube[:, 0] - 0.5))
    assert spline.coefficients[1].abs().max() > 0
    assert not spline.coefficients[2].any()


@pytest.mark.parametrize("labels", [[MASSES], [MASSES, COUPLINGS]])
def test_few_labels_stand_for_all(labels):
    chart = Chart(order=2, measure="ee", floor=0.0025, ceil=0.6)
    _, context = drawn(500, 1, labels)
    context = torch.unique(context, dim=0)
    lower, upper = context.min(dim=0).values, context.max(dim=0).values
    spline = Spline(chart, lower.tolist(), upper.tolist(), CONFIG)
    frequency = torch.from_numpy(np.random.default_rng(3).dirichlet(np.ones(len(context))))
    phi, weights = spline_fit._nodes(spline, context, frequency)
    every = spline.polynomials(context)
    assert len(phi) < len(context)
    for powers in itertools.product(range(3), repeat=2):
        found, expected = (
            rows @ (values[:, 1] ** powers[0] * values[:, -1] ** powers[1])
            for rows, values in ((weights, phi), (frequency, every))
        )
        if powers[0] + 2 * powers[1] <= 5:
            assert float(found) == pytest.approx(float(expected), abs=1e-9)


def test_the_same_sample_gives_the_same_bytes(manifest, chart, draw, tmp_path):
    contents = []
    for name in ("one", "two"):
        train(manifest, draw(chart, 300), TRAIN, tmp_path / name)
        path = surrogate_path(tmp_path / name, manifest.correlator_fingerprint, TRAIN)
        contents.append((path.read_bytes(), path.with_suffix(".safetensors").read_bytes()))
    assert contents[0] == contents[1]


@pytest.mark.parametrize("order", [2, 3])
def test_it_is_the_sum_of_its_functions(order):
    chart = Chart(order=order, measure="ee", floor=0.0025, ceil=0.6)
    config = SplineConfig(intervals=(5, 3, 2))
    spline = Spline(chart, [170.0], [180.0], config)
    spline.coefficients.copy_(
        torch.from_numpy(
            np.random.default_rng(0).normal(size=(3, 8, 6, 5))[
                (slice(None), slice(None), *[0] * (3 - chart.dimension))
            ]
        )
    )
    cube = torch.cat([sobol(chart.dimension, 64, 0), torch.eye(chart.dimension).double()])
    still, log_jacobian = spline.still(cube, rows([175.0], len(cube)))
    matrices = [bsplines.matrix(x, k) for x, k in zip(still.T, spline.intervals, strict=False)]
    one = spline.coefficients[0]
    expected = torch.einsum("ni,i...->n...", matrices[0], one)
    for matrix in matrices[1:]:
        expected = torch.einsum("ni,ni...->n...", matrix, expected)
    at = spline.at(torch.tensor([175.0]))
    torch.testing.assert_close(at(cube), expected + log_jacobian - at.log_norm)


def test_the_functions_sum_to_one_and_their_quadrature_is_exact():
    x = torch.linspace(0, 1, 101, dtype=torch.float64)
    assert torch.allclose(bsplines.matrix(x, 7).sum(dim=1), torch.ones(101, dtype=torch.float64))
    points, weights = bsplines.quadrature(7)
    assert float(weights @ points**3) == pytest.approx(0.25, abs=1e-12)


def test_a_refined_spline_is_the_same_spline():
    x = torch.linspace(0, 1, 41, dtype=torch.float64)
    coefficients = torch.from_numpy(np.random.default_rng(2).normal(size=8))
    refined = bsplines.refinement(5) @ coefficients
    torch.testing.assert_close(
        bsplines.matrix(x, 10) @ refined, bsplines.matrix(x, 5) @ coefficients
    )


def test_few_steps_from_a_coarse_start_are_enough(monkeypatch):
    chart = Chart(order=2, measure="ee", floor=0.0025, ceil=0.6)
    cube, context = drawn(5000, 1, [MASSES])
    weights = tilted(cube, context)
    config = SplineConfig(intervals=(96, 1, 1), stiffness=(3000.0, 1e5, 1e6), steps=15)
    longest = config.model_copy(update={"steps": 200})
    _, long = fitted(chart, cube, context, weights, config=longest)
    off = []
    for coarsest in (spline_fit.COARSEST, 1000):
        monkeypatch.setattr(spline_fit, "COARSEST", coarsest)
        _, short = fitted(chart, cube, context, weights, config=config)
        off.append(abs(short[0] - long[0]))
    assert off[0] < 0.3 * off[1]
