"""Geometry as it is defined, for two or three momenta (px, py, pz, E) at a time."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ecdsl.diagnostics import InternalError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ecdsl.ir.nodes import BetweenQuantity, Measure

# Directions (radians, or dR) that rounding alone tells apart.
SAME_DIRECTION = 1e-14

Vector = np.ndarray[tuple[int], np.dtype[np.float64]]


def direction(p: Vector) -> Vector:
    """Return the unit vector of a momentum."""
    return np.asarray(p[:3] / np.sqrt((p[:3] ** 2).sum()))


def eta_phi(p: Vector) -> Vector:
    """Return pseudorapidity and azimuth."""
    px, py, pz, _ = p
    return np.array([np.arcsinh(pz / np.sqrt(px * px + py * py)), np.arctan2(py, px)])


def between(quantity: BetweenQuantity, p: Vector, q: Vector) -> np.float64:
    """Return what lies between two momenta; see `ecdsl.ir.nodes.Between`."""
    match quantity:
        case "angle":
            return np.float64(((direction(p) - direction(q)) ** 2).sum() / 4)
        case "deta":
            return np.float64(abs(eta_phi(p)[0] - eta_phi(q)[0]))
        case "dphi":
            difference = abs(eta_phi(p)[1] - eta_phi(q)[1])
            return np.float64(min(difference, 2 * np.pi - difference))
        case "mass":
            return np.float64(momentum_mass(p.astype(np.longdouble) + q))
        case "z":
            raise InternalError("a distance is asked of the correlator's measure")


def momentum_mass(p: NDArray[np.floating]) -> float:
    """Return the mass in GeV, 0 where rounding leaves E < |p|."""
    # In extended precision: E^2 and |p|^2 of a light particle cancel.
    px, py, pz, energy = p.astype(np.longdouble)
    return float(np.sqrt(max(energy**2 - px**2 - py**2 - pz**2, 0)))


def triple(p: Vector, q: Vector, r: Vector) -> np.float64:
    """Return n_p . (n_q x n_r)."""
    return np.float64(np.dot(direction(p), np.cross(direction(q), direction(r))))


def azimuth(measure: Measure, pole: Vector, p: Vector, q: Vector) -> np.float64:
    """Return the azimuth of q about the pole, counted from p; see `ecdsl.ir.nodes.Azimuth`."""
    if measure == "hadron":
        a, b = (_short_way(eta_phi(r) - eta_phi(pole)) for r in (p, q))
        sine, cosine = a[0] * b[1] - a[1] * b[0], a[0] * b[0] + a[1] * b[1]
    else:
        n = direction(pole)
        # What of each direction is perpendicular to the pole; differences keep small angles exact.
        a, b = (d - np.dot(d, n) * n for d in (direction(r) - n for r in (p, q)))
        sine, cosine = np.dot(n, np.cross(a, b)), np.dot(a, b)
    if min(np.linalg.norm(a), np.linalg.norm(b)) < SAME_DIRECTION:
        return np.float64(0)
    angle = np.arctan2(sine, cosine)
    return np.float64(np.pi if angle == -np.pi else angle)


def _short_way(difference: Vector) -> Vector:
    """Return a difference (eta, phi) with its azimuth in [-pi, pi]."""
    eta, phi = difference
    return np.array([eta, phi - 2 * np.pi * np.round(phi / (2 * np.pi))])
