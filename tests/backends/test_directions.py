"""Directions of particles, which kernels find by series of their own."""

from __future__ import annotations

import backends_under_test as backends
import numpy as np
import pytest

from ecdsl.kernel_runtime import geometry


@pytest.fixture(scope="module")
def eta_phi():
    return backends.as_python(geometry).eta_phi


def expected(px, py, pz):
    return np.array([np.arcsinh(pz / np.sqrt(px * px + py * py)), np.arctan2(py, px)])


def test_directions_are_right_to_some_roundings(eta_phi):
    """At any ratio of components, and on both sides of where a series takes over from another."""
    rng = np.random.default_rng(1)
    anywhere = rng.normal(size=(3, 1000)) * 10.0 ** rng.uniform(-8, 8, (3, 1000))
    eighths = np.arange(-8, 8) * np.pi / 8 + np.array([[-1e-15], [0.0], [1e-15]])
    steps = np.log(2.0) * np.arange(-3.5, 4.0, 0.5)
    around = np.stack([np.cos(eighths.ravel()), np.sin(eighths.ravel()), 0 * eighths.ravel()])
    forward = np.stack([0.6 + 0 * steps, 0.8 + 0 * steps, np.sinh(steps)])
    for momenta in (anywhere, around, forward):
        found = eta_phi(*momenta)
        exact = expected(*momenta.astype(np.longdouble))
        off = np.abs(found[:, : momenta.shape[1]] - exact)
        assert (off <= 3 * np.spacing(np.maximum(1.0, np.abs(exact).astype(float)))).all()
        assert not found[:, momenta.shape[1] :].any()


def test_directions_along_axes_are_exact(eta_phi):
    momenta = np.array([[1.0, 0, 0], [-1, 0, 0], [0, 2, 0], [0, -2, 0], [3, 3, 0], [3, -3, 0]]).T
    np.testing.assert_array_equal(eta_phi(*momenta)[:, :6], expected(*momenta))


def test_mirrored_directions_have_mirrored_values(eta_phi):
    momenta = np.random.default_rng(2).normal(size=(3, 50))
    eta, phi = eta_phi(*momenta)[:, :50]
    np.testing.assert_array_equal(eta_phi(*-momenta)[0, :50], -eta)
    np.testing.assert_array_equal(eta_phi(momenta[0], -momenta[1], momenta[2])[1, :50], -phi)


def test_what_has_no_direction_is_infinite_or_undefined(eta_phi):
    """As in the reference: along the beam the pseudorapidity is infinite, of nothing it is NaN."""
    momenta = np.array([[0.0, 0, 2], [0, 0, -2], [0, 0, 0], [np.nan, 1, 1], [1, 1, np.nan]]).T
    with np.errstate(all="ignore"):
        found = eta_phi(*momenta)[:, :5]
        np.testing.assert_array_equal(found[0], expected(*momenta)[0])
    np.testing.assert_array_equal(found[1, :3], 0.0)
