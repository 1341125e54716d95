from __future__ import annotations

import numpy as np
import pytest
from linear_gaussian import LinearGaussian

from ecdsl.inference import binned
from ecdsl.inference.budget import error_budget
from ecdsl.inference.infer import prior_grid
from ecdsl.inference.posterior import posterior
from ecdsl.inference.templates import Templates, fit_templates

N_EVENTS = 4000
DATA = 173.37


def _fitted(toy: LinearGaussian, seed: int) -> Templates:
    return fit_templates(toy.samples(300, 0.5, np.random.default_rng(seed)), degree=1)


def test_the_parts_are_what_data_and_simulations_scatter_by(toy: LinearGaussian) -> None:
    grid = prior_grid(toy.samples(2, 0.5, np.random.default_rng(0)), (170.0, 180.0))
    x = toy.rows(DATA, N_EVENTS, np.random.default_rng(61)).mean(axis=0)
    simulations = [_fitted(toy, seed) for seed in range(60)]
    densities = [posterior(grid, binned.log_likelihood(t, x, N_EVENTS, grid)) for t in simulations]
    budgets = [
        error_budget(t, x, N_EVENTS, grid, half_width=density.region(0.68).half_width)
        for t, density in zip(simulations, densities, strict=True)
    ]
    data, simulation = (
        np.mean([getattr(b, part) for b in budgets]) for part in ("data", "simulation")
    )
    assert data == pytest.approx(toy.sigma(N_EVENTS), rel=0.1)
    # The same data with sixty simulations: their estimates scatter by the simulation's part alone.
    assert simulation == pytest.approx(np.std([d.mode for d in densities]), rel=0.3)
    assert simulation > 0.5 * data


def test_the_parts_make_up_the_half_width_and_training_stands_beside_it(
    toy: LinearGaussian,
) -> None:
    templates = _fitted(toy, 3)
    grid = np.linspace(170, 180, 401)
    x = toy.rows(DATA, N_EVENTS, np.random.default_rng(62)).mean(axis=0)
    found = error_budget(
        templates, x, N_EVENTS, grid, half_width=0.8, estimates=(173.0, 173.1, 173.2)
    )
    assert np.hypot(found.data, found.simulation) == pytest.approx(0.8)
    assert found.training == pytest.approx(0.1)
    assert error_budget(templates, x, N_EVENTS, grid, half_width=0.8).training is None
