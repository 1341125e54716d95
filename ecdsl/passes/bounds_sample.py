"""Random tuples: what one of them does cannot be impossible, and needs no proof.

They are drawn from a fixed seed on all scales, since a shape may look at angles of 0.001 as well as
at the whole sphere.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import combinations
from math import inf
from typing import TYPE_CHECKING, Any

import numpy as np

from ecdsl.ir.nodes import Pair, pairs
from ecdsl.passes.bounds_search import point_values

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from ecdsl.passes.bounds_algebra import Variable
    from ecdsl.passes.bounds_geometry import Geometry
    from ecdsl.passes.bounds_intervals import Interval
    from ecdsl.passes.bounds_system import System

    Array = NDArray[np.float64]

_TUPLES = 768
_SEED = 20260
_CONTACT_SHARE = 0.05
# An equation of the geometry (dEta^2 + dPhi^2 = z) holds up to this.
_ROUNDING = 1e-9
_SPECIES = (-211, 211, 22, 130, 321, -321, 2212, -2212, 11, -11, 13, -13, 421, -421, 411, 5, -5, 4)


def draw(geometry: Geometry) -> list[Any]:
    """Return the value of each variable of a geometry for many random tuples.

    Args:
        geometry: Every expression that will be looked at has been read by it.
    """
    values = [
        0.0 if variable.fn else _values(geometry, index, variable)
        for index, variable in enumerate(geometry.algebra.variables)
    ]
    _split_distances(geometry, values)
    _sort_distances(geometry, values)
    return point_values(geometry.algebra, values)


def selected(system: System, values: Sequence[Any]) -> NDArray[np.bool_]:
    """Return which tuples of a sample fulfil a system."""
    mask = np.full(_TUPLES, not system.is_contradiction)
    with np.errstate(all="ignore"):
        for form, limits in system.forms:
            value = form.at(values)
            lower, upper = limits.interval
            if lower == upper:
                mask &= np.isclose(value, lower, rtol=0, atol=_ROUNDING)
                continue
            mask &= (value > lower) if limits.lower_open else (value >= lower)
            mask &= (value < upper) if limits.upper_open else (value <= upper)
    return mask


def _values(geometry: Geometry, index: int, variable: Variable) -> Array:
    if isinstance(variable.key, tuple) and variable.key[0] in {"chord", "side"}:
        order = geometry.observable.correlator.order
        return _chords(order, geometry.on_sphere, geometry.coincident)[variable.key]
    if variable.is_integer:
        return _whole(index, species="pdgid" in repr(variable.key))
    touching = geometry.coincident and variable.key in {"k", "x"}
    return _quantity(index, variable.domain, touching)


# Most observables have the same quantities.
@lru_cache(maxsize=256)
def _whole(index: int, *, species: bool) -> Array:
    rng = np.random.default_rng((_SEED, index))
    if species:
        return rng.choice(np.array(_SPECIES, dtype=float), _TUPLES)
    return rng.integers(-1, 2, _TUPLES).astype(float)


@lru_cache(maxsize=256)
def _quantity(index: int, domain: Interval, touching: bool) -> Array:
    """Draw a quantity all over its domain, near its ends as well."""
    lower, upper = domain
    rng = np.random.default_rng((_SEED, index))
    uniform, scale = rng.random(_TUPLES), 10 ** rng.uniform(-5, 0, _TUPLES)
    kind = rng.integers(0, 3, _TUPLES)
    if lower > -inf and upper < inf:
        unit = np.choose(kind, [uniform, scale, 1 - scale])
        drawn = np.clip(lower + (upper - lower) * unit, lower, upper)
        return np.where(rng.random(_TUPLES) < _CONTACT_SHARE, 0.0, drawn) if touching else drawn
    size = np.choose(
        kind, [uniform, 10 ** rng.uniform(-3, 0.5, _TUPLES), 10 ** rng.uniform(0, 4, _TUPLES)]
    )
    if lower == -inf:
        size *= rng.choice([-1.0, 1.0], _TUPLES)
    return size + (lower if lower > -inf else 0.0)


def _split_distances(geometry: Geometry, values: list[Any]) -> None:
    """Give each distance in (eta, phi) its two components."""
    algebra = geometry.algebra
    index = {variable.key: k for k, variable in enumerate(algebra.variables)}
    for i, j in pairs(geometry.observable.correlator.order):
        keys = [("between", quantity, i, j) for quantity in ("deta", "dphi")]
        known = geometry.assignment or ("chord", i, j) in index
        if geometry.on_sphere or not known or not any(key in index for key in keys):
            continue
        length = np.sqrt(algebra.form(geometry.expression(Pair(i=i, j=j))).at(values))
        rng = np.random.default_rng((_SEED, i, j))
        with np.errstate(divide="ignore"):
            direction = np.arcsin(np.minimum(1.0, np.pi / length)) * rng.random(_TUPLES)
        for key, component in zip(keys, (np.cos(direction), np.sin(direction)), strict=True):
            if key in index:
                values[index[key]] = length * component


def _sort_distances(geometry: Geometry, values: list[Any]) -> None:
    """Let the sides of a user's distance that are quantities be its values, sorted."""
    correlator, keys = geometry.observable.correlator, [v.key for v in geometry.algebra.variables]
    sides = {n: k[1] for n, k in enumerate(keys) if isinstance(k, tuple) and k[0] == "side"}
    if correlator.distance is None or not sides:
        return
    points = point_values(geometry.algebra, values)
    distances = [
        np.broadcast_to(geometry.algebra.form(geometry.expression(pair)).at(points), _TUPLES)
        for pair in (Pair(i=i, j=j) for i, j in pairs(correlator.order))
    ]
    ordered = np.sort(distances, axis=0)
    for index, k in sides.items():
        values[index] = ordered[k - 1]


@lru_cache(maxsize=32)
def _chords(order: int, on_sphere: bool, touching: bool) -> dict[object, Array]:
    """Return the chords of tuples whose distances are independent variables: real directions."""
    rng = np.random.default_rng((_SEED, order))
    scale = 10 ** rng.uniform(-2.5, 0.5, (_TUPLES, 1, 1))
    spread = 10 ** rng.uniform(-1.5, 0, (_TUPLES, order, 1))
    if on_sphere:
        points = rng.normal(size=(_TUPLES, order, 3)) * scale * spread + np.array([0.0, 0.0, 1.0])
        points /= np.linalg.norm(points, axis=2, keepdims=True)
        unit = 0.5
    else:
        points, unit = rng.normal(size=(_TUPLES, order, 2)) * scale * spread, 1.0
    if touching:
        contact = np.flatnonzero(rng.random(_TUPLES) < _CONTACT_SHARE)
        first, second = np.array([rng.choice(order, 2, replace=False) for _ in contact]).T
        points[contact, first] = points[contact, second]
    found: dict[object, Array] = {
        ("chord", i + 1, j + 1): unit * np.linalg.norm(points[:, i] - points[:, j], axis=1)
        for i, j in combinations(range(order), 2)
    }
    ordered = np.sort(np.array(list(found.values())), axis=0)
    return found | {("side", k + 1): chord for k, chord in enumerate(ordered)}
