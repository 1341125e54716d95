"""What is asked for at five values of a parameter is known at all of them."""

from __future__ import annotations

import numpy as np
import pytest

from ecdsl.diagnostics import EcdslError
from ecdsl.surrogate.curve import NODES, Curve
from ecdsl.surrogate.marginal import ShapeIntegral

EDGES = [np.geomspace(0.004, 0.2, 9)]
PARAMETERS = (1.0, 1.5, 0.03)


def test_a_polynomial_is_followed_exactly_whatever_its_shape():
    values = []

    def quartic(x):
        values.append(x)
        return np.array([[1.0, x, x**2], [x**3, x**4, -x]])

    curve = Curve.through(quartic, 1.0, 3.0)
    assert len(values) == NODES
    assert 1 < min(values) < max(values) < 3
    np.testing.assert_allclose(curve.at(2.7), quartic(2.7), rtol=1e-10)
    np.testing.assert_allclose(curve.at(1.0), quartic(1.0), rtol=1e-10)
    assert curve.error.shape == (2, 3)


def test_what_a_curve_leaves_out_is_below_its_error():
    def bend(x):
        return np.array([np.exp(x), 1 / (3 + x), np.cos(2 * x)])

    curve = Curve.through(bend, -1.0, 1.0)
    for x in np.linspace(-1, 1, 21):
        assert (np.abs(curve.at(x) - bend(x)) < curve.error).all()


def test_bins_lie_on_their_curve(peak_surrogate, ratio):
    integral = ShapeIntegral(peak_surrogate, ratio, EDGES, PARAMETERS)
    curve = integral.curve("mt")
    for mass in (170.0, 173.3, 180.0):
        found = integral.at({"mt": mass}).contents
        assert (np.abs(curve.at(mass) - found) < curve.error + 1e-3 * found).all()


def test_there_is_no_curve_over_what_the_surrogate_does_not_know(peak_surrogate, ratio):
    integral = ShapeIntegral(peak_surrogate, ratio, EDGES, PARAMETERS)
    with pytest.raises(EcdslError, match=r"D404.*`alphas`"):
        integral.curve("alphas")
