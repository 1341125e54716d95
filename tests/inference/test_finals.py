"""Shapes played out on events whose posterior, and whose information, are known."""

from __future__ import annotations

import numpy as np
import pytest
from linear_gaussian import LinearGaussian
from scipy.special import ndtr

from ecdsl.diagnostics import EcdslError
from ecdsl.inference.coverage import is_calibrated
from ecdsl.inference.finals import decide, information_bound, play
from ecdsl.inference.likelihoods import Method
from ecdsl.inference.nre import NreConfig, train_ratio
from ecdsl.inference.pseudo import Experiments
from ecdsl.inference.samples import LabelledRows
from ecdsl.inference.templates import fit_templates

PRIOR = (170.0, 180.0)
GRID = np.linspace(*PRIOR, 401)
METHOD = Method(PRIOR, (1000, 1000), seed=1)


def mutual_information(sigma: float) -> float:
    """Of a parameter that is even over `PRIOR`, and its Gaussian estimate: h(x) - h(x | m)."""
    x = np.linspace(PRIOR[0] - 8 * sigma, PRIOR[1] + 8 * sigma, 20001)
    width = PRIOR[1] - PRIOR[0]
    density = (ndtr((x - PRIOR[0]) / sigma) - ndtr((x - PRIOR[1]) / sigma)) / width
    terms = np.where(density > 0, -density * np.log(np.maximum(density, 1e-300)), 0.0)
    return float(np.trapezoid(terms, x) - 0.5 * np.log(2 * np.pi * np.e * sigma**2))


def experiments(toy: LinearGaussian, n_events: int, seed: int) -> list[Experiments]:
    """Twenty at each of a hundred values, even over the prior."""
    rng = np.random.default_rng(seed)
    noise = toy.root / n_events**0.5
    return [Experiments(m, n_events, _means(toy, m, noise, rng)) for m in np.linspace(*PRIOR, 100)]


def _means(
    toy: LinearGaussian, m: float, noise: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    return toy.constant + toy.slope * (m - 175) + rng.standard_normal((20, 5)) @ noise.T


@pytest.mark.parametrize("n_events", [1000, 5000])
def test_the_bound_is_reached_by_the_exact_ratio(toy: LinearGaussian, n_events: int) -> None:
    sigma = toy.sigma(n_events)

    def exact(x: np.ndarray, _: int, m: np.ndarray) -> np.ndarray:
        estimate = toy.estimate(x)[:, None]
        held = ndtr((PRIOR[1] - estimate) / sigma) - ndtr((PRIOR[0] - estimate) / sigma)
        evidence = np.log(held * sigma * np.sqrt(2 * np.pi) / 10)
        return -0.5 * ((m - estimate) / sigma) ** 2 - evidence

    found = information_bound(exact, experiments(toy, n_events, 5), GRID)
    assert found == pytest.approx(mutual_information(sigma), abs=0.04)
    # A ratio that points elsewhere is a bound too, a lower one.
    aside = information_bound(
        lambda x, n, m: exact(x, n, m + sigma), experiments(toy, n_events, 5), GRID
    )
    assert aside < found - 0.3


def test_a_trained_ratio_comes_near_the_information_there_is(
    toy: LinearGaussian, samples: list[LabelledRows]
) -> None:
    config = NreConfig(max_steps=25, bank=50, validation=200)
    ratio = train_ratio(
        samples, fit_templates(samples), (1000, 5000), prior=PRIOR, seed=1, config=config
    )
    for n_events in (1000, 5000):
        found = information_bound(ratio.log_ratio, experiments(toy, n_events, 6), GRID)
        truth = mutual_information(toy.sigma(n_events))
        # Templates of a finite simulation leave a little less.
        assert truth - 0.1 < found < truth + 0.04


def test_a_shape_is_played_on_disjoint_events(
    toy: LinearGaussian, samples: list[LabelledRows]
) -> None:
    found = play("toy", samples, METHOD, "binned")
    assert found.n_events == 1000
    assert found.coverage[0].pseudo_experiments == 5 * 21
    assert is_calibrated(found.coverage)
    assert found.widths == pytest.approx(np.full(5, toy.sigma(1000)), rel=0.2)


def test_fewer_events_are_asked_for_where_there_would_be_too_few_experiments(
    samples: list[LabelledRows],
) -> None:
    found = play("toy", samples[::4], METHOD, "binned")
    # Six values of 5,000 events: ten experiments at each.
    assert found.n_events == 500
    assert len(found.widths) == 2


def test_a_mean_that_templates_cannot_follow_does_not_cover(
    toy: LinearGaussian,
) -> None:
    rng = np.random.default_rng(8)
    values = np.arange(170, 180.5, 0.5)
    bent = [
        LabelledRows(float(m), toy.rows(m + (-1) ** k, 5000, rng)) for k, m in enumerate(values)
    ]
    assert not is_calibrated(play("bent", bent, METHOD, "binned").coverage)


def test_too_few_values_are_refused(samples: list[LabelledRows]) -> None:
    with pytest.raises(EcdslError) as error:
        play("toy", samples[::5], METHOD, "binned")
    assert error.value.diagnostics[0].code == "D507"


def test_shapes_are_compared_simulation_by_simulation() -> None:
    shared = np.array([0.3, -0.2, 0.1, 0.4, -0.6])
    ranking = decide(np.array([shared, shared + 0.1 + 0.01 * shared[::-1], shared - 0.001]))
    assert ranking.order == (1, 0, 2)
    assert ranking.beaten[1] == pytest.approx(0.5)
    assert min(ranking.beaten[0], ranking.beaten[2]) > 0.99
    assert ranking.may_lead(1)
    # Where simulations do not agree on who is ahead, nothing is decided.
    close = decide(np.array([shared, shared[::-1]]))
    assert close.beaten[1 - close.order[0]] == pytest.approx(0.5)
