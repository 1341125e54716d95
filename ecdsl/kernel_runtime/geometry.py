"""Directions of particles, distances between them, and angles about one of them."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np
from numba import njit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Array = NDArray[np.float64]

_compiled = njit(nogil=True, error_model="numpy")


@_compiled  # type: ignore[untyped-decorator]
def longest_jet(offsets: NDArray[np.int64]) -> int:
    """Return the largest number of constituents of a jet."""
    most = 0
    for jet in range(len(offsets) - 1):
        most = max(most, offsets[jet + 1] - offsets[jet])
    return most


@_compiled  # type: ignore[untyped-decorator]
def unit_vectors(px: Array, py: Array, pz: Array) -> Array:
    """Return the direction of each particle; behind the last there is room for a vector."""
    u = np.zeros((3, len(px) + 16))
    for a in range(len(px)):
        p = math.sqrt(px[a] * px[a] + py[a] * py[a] + pz[a] * pz[a])
        u[0, a], u[1, a], u[2, a] = px[a] / p, py[a] / p, pz[a] / p
    return u


@_compiled  # type: ignore[untyped-decorator]
def _odd(square: float, terms: int) -> float:
    """Return 1 + x^2/3 + x^4/5 + ...: artanh(x)/x, and of a negative square arctan(x)/x."""
    total = 0.0
    for k in range(terms):
        total = total * square + 1.0 / (2 * (terms - k) - 1)
    return total


@_compiled  # type: ignore[untyped-decorator]
def eta_phi(px: Array, py: Array, pz: Array) -> Array:
    """Return pseudorapidity and azimuth of each particle; behind the last is room for a vector.

    Series without a branch become vector instructions, where a library is called for each particle.
    They are asked for up to tan(pi/8)^2 and tan(pi/8), which leaves less than 1e-16 out.
    """
    found = np.zeros((2, len(px) + 16))
    limit = math.sqrt(2.0) - 1.0
    for a in range(len(px)):
        x, y, z = abs(px[a]), abs(py[a]), abs(pz[a])
        squared = px[a] * px[a] + py[a] * py[a]
        # eta = log((p + |pz|)/pt): a power of two, and a number from sqrt(1/2) to sqrt(2).
        ratio = (math.sqrt(squared + z * z) + z) / math.sqrt(squared)
        bits = np.float64(ratio).view(np.int64)
        power = (bits >> 52) - 1023
        rest = np.int64((bits & 0xFFFFFFFFFFFFF) | 0x3FF0000000000000).view(np.float64)
        above = rest > math.sqrt(2.0)
        power, rest = power + 1 if above else power, 0.5 * rest if above else rest
        part = (rest - 1.0) / (rest + 1.0)
        eta = power * math.log(2.0) + 2.0 * part * _odd(part * part, 10)
        eta = eta if ratio < np.inf else ratio
        found[0, a] = -eta if pz[a] < 0.0 else eta
        # The angle to the nearer axis, beyond pi/8 that to the diagonal.
        long, short = max(x, y), min(x, y)
        above = short > limit * long
        up, by = short - long if above else short, short + long if above else long
        slope = up / by if by > 0.0 else 0.0
        phi = slope * _odd(-slope * slope, 20)
        phi = phi + 0.25 * math.pi if above else phi
        phi = 0.5 * math.pi - phi if y > x else phi
        phi = math.pi - phi if px[a] < 0.0 else phi
        found[1, a] = -phi if py[a] < 0.0 else phi
    return found


@_compiled  # type: ignore[untyped-decorator]
def distances_on_sphere(u: Array, first: int, n: int, z: Array, lower: bool) -> None:
    """Fill z[a, b] with (1 - cos theta)/2 as |u - v|^2/4 of unit vectors: nothing cancels.

    Args:
        u: Unit vectors of all particles.
        first: The first of the jet.
        n: How many it has.
        z: What is filled, in whole vectors.
        lower: Whether only b <= a is asked for.
    """
    ux, uy, uz = u[0, first:], u[1, first:], u[2, first:]
    # Rows become vector instructions, columns do not.
    for a in range(n):
        for b in range((a + 16 if lower else n + 15) // 16 * 16):
            dx, dy, dz = ux[a] - ux[b], uy[a] - uy[b], uz[a] - uz[b]
            z[a, b] = 0.25 * (dx * dx + dy * dy + dz * dz)


@_compiled  # type: ignore[untyped-decorator]
def distances_in_plane(u: Array, first: int, n: int, z: Array, lower: bool) -> None:
    """Fill z[a, b] with dEta^2 + dPhi^2, the azimuth taken the short way round.

    Args:
        u: Pseudorapidity and azimuth of all particles.
        first: The first of the jet.
        n: How many it has.
        z: What is filled, in whole vectors.
        lower: Whether only b <= a is asked for.
    """
    eta, phi = u[0, first:], u[1, first:]
    # Rows become vector instructions, columns do not.
    for a in range(n):
        for b in range((a + 16 if lower else n + 15) // 16 * 16):
            deta, dphi = eta[a] - eta[b], abs(phi[a] - phi[b])
            dphi = min(dphi, 2.0 * math.pi - dphi)
            z[a, b] = deta * deta + dphi * dphi


@_compiled  # type: ignore[untyped-decorator]
def triple_product(u: Array, a: int, b: int, c: int) -> float:
    """Return the triple product u_a . (u_b x u_c); 0 where a particle stands twice."""
    if a == b or b == c or c == a:  # noqa: PLR1714
        return 0.0
    x = u[1, b] * u[2, c] - u[2, b] * u[1, c]
    y = u[2, b] * u[0, c] - u[0, b] * u[2, c]
    z = u[0, b] * u[1, c] - u[1, b] * u[0, c]
    return float(u[0, a] * x + u[1, a] * y + u[2, a] * z)


@_compiled  # type: ignore[untyped-decorator]
def azimuth_on_sphere(u: Array, pole: int, a: int, b: int) -> float:
    """Return the angle from the plane (pole, a) to the plane (pole, b), in (-pi, pi]."""
    if a == b or a == pole or b == pole:  # noqa: PLR1714, SIM109
        return 0.0
    # Differences from the pole: what is perpendicular to it keeps its precision at small angles.
    nx, ny, nz = u[0, pole], u[1, pole], u[2, pole]
    ax, ay, az = u[0, a] - nx, u[1, a] - ny, u[2, a] - nz
    bx, by, bz = u[0, b] - nx, u[1, b] - ny, u[2, b] - nz
    along_a, along_b = nx * ax + ny * ay + nz * az, nx * bx + ny * by + nz * bz
    sine = nx * (ay * bz - az * by) + ny * (az * bx - ax * bz) + nz * (ax * by - ay * bx)
    cosine = ax * bx + ay * by + az * bz - along_a * along_b
    shorter = min(ax * ax + ay * ay + az * az, bx * bx + by * by + bz * bz)
    return float(_angle(sine, cosine, shorter))


@_compiled  # type: ignore[untyped-decorator]
def azimuth_in_plane(u: Array, pole: int, a: int, b: int) -> float:
    """Return the angle at the pole from a to b in the (eta, phi) plane, in (-pi, pi]."""
    if a == b or a == pole or b == pole:  # noqa: PLR1714, SIM109
        return 0.0
    a_eta, b_eta = u[0, a] - u[0, pole], u[0, b] - u[0, pole]
    turn = 2.0 * math.pi
    a_phi, b_phi = u[1, a] - u[1, pole], u[1, b] - u[1, pole]
    a_phi, b_phi = a_phi - turn * round(a_phi / turn), b_phi - turn * round(b_phi / turn)
    sine, cosine = a_eta * b_phi - a_phi * b_eta, a_eta * b_eta + a_phi * b_phi
    shorter = min(a_eta * a_eta + a_phi * a_phi, b_eta * b_eta + b_phi * b_phi)
    return float(_angle(sine, cosine, shorter))


@_compiled  # type: ignore[untyped-decorator]
def _angle(sine: float, cosine: float, shorter: float) -> float:
    # Within 1e-14 of the pole a direction is the pole's, but for rounding.
    if shorter < 1e-28:
        return 0.0
    # Negative zeros would turn 0 into pi, and pi into -pi.
    return math.atan2(sine + 0.0, cosine + 0.0)
