"""Values, linear propagation and what has no value, against closed forms and resampling."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from ecdsl.derived.arithmetic import propagate
from ecdsl.event_sums import EventSums
from ecdsl.ir.derived import Combine, Operand
from ecdsl.ir.nodes import Number

N_BINS, N_EVENTS = 6, 4000
X, Y = Operand(index=0), Operand(index=1)
VOLUMES = np.array([0.5, 1.0, 2.0, 2.0, 1.0, 0.5])


def combine(fn, *args):
    return Combine(fn=fn, args=args)


def rows(seed=1, n_events=N_EVENTS):
    """Two correlated positive histograms per event, (n_events, 2, n_bins)."""
    rng = np.random.default_rng(seed)
    common = rng.gamma(2.0, 0.5, size=(n_events, 1, N_BINS))
    own = rng.gamma(1.5, 1.0, size=(n_events, 2, N_BINS))
    tilt = rng.normal(1.0, 0.2, size=(n_events, 1, 1))
    return (common + 0.5 * own) * tilt**2 * np.linspace(1.0, 3.0, N_BINS)


def moments(filled):
    flat = filled.reshape(len(filled), -1)
    covariance = EventSums.of(flat).covariance() / len(flat) ** 2
    return filled.mean(axis=0), covariance


def derived(expr, filled):
    contents, covariance = moments(filled)
    return propagate(expr, contents, covariance, VOLUMES)


def value(expr, means):
    """Evaluate an expression of means (..., 2, n_bins), written without the code under test."""
    if isinstance(expr, Number):
        return np.full((*means.shape[:-2], N_BINS), expr.value)
    if isinstance(expr, Operand):
        return means[..., expr.index, :]
    args = [value(arg, means) for arg in expr.args]
    return {
        "add": lambda a, b: a + b,
        "sub": lambda a, b: a - b,
        "mul": lambda a, b: a * b,
        "div": lambda a, b: a / b,
        "neg": lambda a: -a,
        "reflect": lambda a: a[..., ::-1],
        "normalize": lambda a: a / a.sum(axis=-1, keepdims=True),
        "density": lambda a: a / VOLUMES,
    }[expr.fn](*args)


EXPRESSIONS = {
    "ratio": combine("div", X, Y),
    "difference": combine("sub", combine("reflect", X), X),
    "asymmetry": combine("div", combine("sub", X, Y), combine("add", X, Y)),
    "non-gaussianity": combine("div", X, combine("mul", Y, combine("reflect", Y))),
    "normalized density": combine("density", combine("normalize", X)),
    "shape ratio": combine("div", combine("normalize", X), combine("normalize", Y)),
    "affine": combine("sub", combine("mul", Number(value=2.0), X), Number(value=1.0)),
    "negative": combine("neg", combine("div", Number(value=1.0), X)),
}


@pytest.mark.parametrize("expr", EXPRESSIONS.values(), ids=EXPRESSIONS)
def test_covariance_is_that_of_a_jackknife_over_events(expr):
    filled = rows()
    found = derived(expr, filled)
    means = filled.mean(axis=0)
    np.testing.assert_allclose(found.values, value(expr, means), rtol=1e-12)
    left_out = value(expr, (N_EVENTS * means - filled) / (N_EVENTS - 1))
    deviations = left_out - left_out.mean(axis=0)
    jackknife = (N_EVENTS - 1) / N_EVENTS * deviations.T @ deviations
    size = np.sqrt(np.outer(jackknife.diagonal(), jackknife.diagonal()))
    # They differ by the curvature of the expression over one event, of order 1 / n_events.
    np.testing.assert_allclose(found.covariance / size, jackknife / size, atol=0.01)


@pytest.mark.parametrize("name", ["ratio", "asymmetry", "shape ratio"])
def test_covariance_is_that_of_resampled_events(name):
    filled, rng = rows(), np.random.default_rng(5)
    counts = rng.multinomial(N_EVENTS, np.full(N_EVENTS, 1 / N_EVENTS), size=800)
    means = np.tensordot(counts, filled, axes=1) / N_EVENTS
    bootstrap = value(EXPRESSIONS[name], means).std(axis=0, ddof=1)
    expected = np.sqrt(derived(EXPRESSIONS[name], filled).covariance.diagonal())
    # The spread of 800 replicas is known to 1 / sqrt(1600).
    np.testing.assert_allclose(bootstrap / expected, 1.0, atol=4 / np.sqrt(1600))


def test_common_fluctuations_cancel_in_a_ratio():
    filled = rows()
    found = derived(EXPRESSIONS["ratio"], filled)
    means, covariance = moments(filled)
    relative = covariance.diagonal().reshape(2, -1) / means**2
    independent = found.values**2 * relative.sum(axis=0)
    assert (found.covariance.diagonal() < 0.8 * independent).all()


def test_a_histogram_over_itself_is_one_without_any_error():
    found = derived(combine("div", X, X), rows())
    np.testing.assert_array_equal(found.values, 1.0)
    np.testing.assert_array_equal(found.covariance, 0.0)


def test_reflecting_twice_is_the_identity():
    plain, twice = derived(X, rows()), derived(combine("reflect", combine("reflect", X)), rows())
    np.testing.assert_array_equal(twice.values, plain.values)
    np.testing.assert_array_equal(twice.covariance, plain.covariance)


def test_the_operand_alone_has_the_covariance_of_its_mean():
    means, covariance = moments(rows())
    found = derived(Y, rows())
    np.testing.assert_array_equal(found.values, means[1])
    np.testing.assert_allclose(found.covariance, covariance[N_BINS:, N_BINS:], rtol=1e-14)


def test_a_normalized_histogram_adds_up_to_one_and_its_sum_cannot_fluctuate():
    found = derived(combine("normalize", X), rows())
    assert found.values.sum() == pytest.approx(1.0, abs=1e-14)
    np.testing.assert_allclose(found.covariance.sum(axis=0), 0.0, atol=1e-14 * N_BINS)
    assert (found.covariance.diagonal() > 0).all()


def test_the_difference_to_its_reflection_is_exactly_odd():
    found = derived(EXPRESSIONS["difference"], rows())
    np.testing.assert_array_equal(found.values, -found.values[::-1])
    np.testing.assert_array_equal(found.covariance, found.covariance[::-1, ::-1])


def test_bins_with_an_empty_denominator_have_no_value_and_no_covariance():
    filled = rows()
    filled[:, 1, [0, 3]] = 0.0
    found = derived(EXPRESSIONS["ratio"], filled)
    np.testing.assert_array_equal(found.undefined, [True, False, False, True, False, False])
    assert np.isnan(found.covariance[0]).all()
    assert np.isnan(found.covariance[:, 3]).all()
    kept = ~found.undefined
    whole = derived(EXPRESSIONS["ratio"], rows())
    inside = np.ix_(kept, kept)
    np.testing.assert_allclose(found.covariance[inside], whole.covariance[inside], rtol=1e-12)


def test_an_empty_numerator_is_zero_without_an_error():
    filled = rows()
    filled[:, 0, 2] = 0.0
    found = derived(EXPRESSIONS["ratio"], filled)
    assert found.values[2] == 0.0
    assert found.covariance[2, 2] == 0.0


def test_a_denominator_of_one_event_is_not_trusted():
    filled = rows()
    filled[1:, :, 4] = 0.0
    found = derived(EXPRESSIONS["ratio"], filled)
    # All fluctuates together: the error is zero, which is why the bin is marked.
    assert found.covariance[4, 4] == pytest.approx(0.0, abs=1e-12)
    np.testing.assert_array_equal(found.unsure, np.arange(N_BINS) == 4)


def test_without_events_nothing_has_a_value():
    nothing = propagate(
        EXPRESSIONS["ratio"], np.full((2, N_BINS), np.nan), np.zeros((12, 12)), VOLUMES
    )
    assert nothing.undefined.all()


@st.composite
def expressions(draw, depth=3):
    if depth == 0 or draw(st.booleans()):
        return draw(st.sampled_from([X, Y, Number(value=2.0)]))
    fn = draw(st.sampled_from(["add", "sub", "mul", "neg", "reflect", "density"]))
    arity = 2 if fn in {"add", "sub", "mul"} else 1
    return combine(fn, *(draw(expressions(depth=depth - 1)) for _ in range(arity)))


@given(expressions())
def test_the_jacobian_is_that_of_small_steps(expr):
    means, _ = moments(rows(n_events=50))
    steps = 1e-6 * np.eye(means.size).reshape(-1, *means.shape)
    slope = (value(expr, means + steps) - value(expr, means - steps)) / 2e-6
    found = propagate(expr, means, np.eye(means.size), VOLUMES)
    expected = slope.T @ slope
    scale = max(1.0, float(np.abs(expected).max()))
    np.testing.assert_allclose(found.covariance / scale, expected / scale, atol=1e-7)


@pytest.mark.parametrize(("fn", "args"), [("div", (X,)), ("reflect", (X, Y)), ("neg", ())])
def test_nodes_have_their_arguments(fn, args):
    with pytest.raises(ValidationError, match="argument"):
        Combine(fn=fn, args=args)
