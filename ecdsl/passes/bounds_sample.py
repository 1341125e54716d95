"""Random tuples: what one of them does cannot be impossible, and needs no proof.

They are drawn from a fixed seed on all scales, since a shape may look at angles of 0.001 as well as
at the whole sphere.
"""

from __future__ import annotations

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
    rng = np.random.default_rng(_SEED)
    chords = _chords(geometry, rng)
    values: list[Any] = []
    for variable in geometry.algebra.variables:
        if variable.fn:
            values.append(np.zeros(_TUPLES))
        elif variable.key in chords:
            values.append(chords[variable.key])
        else:
            drawn = _quantity(variable, rng)
            if geometry.coincident and variable.key in {"k", "x"}:
                drawn[rng.random(_TUPLES) < _CONTACT_SHARE] = 0.0
            values.append(drawn)
    _split_distances(geometry, values, rng)
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


def _quantity(variable: Variable, rng: np.random.Generator) -> Array:
    """Draw a quantity all over its domain, near its ends as well."""
    lower, upper = variable.domain
    uniform, scale = rng.random(_TUPLES), 10 ** rng.uniform(-5, 0, _TUPLES)
    kind = rng.integers(0, 3, _TUPLES)
    if variable.is_integer:
        if "pdgid" in repr(variable.key):
            return rng.choice(np.array(_SPECIES, dtype=float), _TUPLES)
        return rng.integers(-1, 2, _TUPLES).astype(float)
    if lower == upper:
        return np.full(_TUPLES, lower)
    if lower > -inf and upper < inf:
        unit = np.choose(kind, [uniform, scale, 1 - scale])
        return np.asarray(np.clip(lower + (upper - lower) * unit, lower, upper))
    size = np.choose(
        kind, [uniform, 10 ** rng.uniform(-3, 0.5, _TUPLES), 10 ** rng.uniform(0, 4, _TUPLES)]
    )
    if lower == -inf:
        size *= rng.choice([-1.0, 1.0], _TUPLES)
    return np.asarray(size + (lower if lower > -inf else 0.0))


def _split_distances(geometry: Geometry, values: list[Any], rng: np.random.Generator) -> None:
    """Give each distance in (eta, phi) its two components."""
    algebra = geometry.algebra
    index = {variable.key: k for k, variable in enumerate(algebra.variables)}
    for i, j in pairs(geometry.observable.correlator.order):
        keys = [("between", quantity, i, j) for quantity in ("deta", "dphi")]
        known = geometry.assignment or ("chord", i, j) in index
        if geometry.on_sphere or not known or not any(key in index for key in keys):
            continue
        length = np.sqrt(algebra.form(geometry.expression(Pair(i=i, j=j))).at(values))
        with np.errstate(divide="ignore"):
            direction = np.arcsin(np.minimum(1.0, np.pi / length)) * rng.random(_TUPLES)
        for key, component in zip(keys, (np.cos(direction), np.sin(direction)), strict=True):
            if key in index:
                values[index[key]] = length * component


def _chords(geometry: Geometry, rng: np.random.Generator) -> dict[object, Array]:
    """Return the chords of tuples whose distances are independent variables: real directions."""
    order = geometry.observable.correlator.order
    scale = 10 ** rng.uniform(-2.5, 0.5, (_TUPLES, 1, 1))
    spread = 10 ** rng.uniform(-1.5, 0, (_TUPLES, order, 1))
    if geometry.on_sphere:
        points = rng.normal(size=(_TUPLES, order, 3)) * scale * spread + np.array([0.0, 0.0, 1.0])
        points /= np.linalg.norm(points, axis=2, keepdims=True)
        unit = 0.5
    else:
        points, unit = rng.normal(size=(_TUPLES, order, 2)) * scale * spread, 1.0
    found: dict[object, Array] = {
        ("chord", i + 1, j + 1): unit * np.linalg.norm(points[:, i] - points[:, j], axis=1)
        for i, j in combinations(range(order), 2)
    }
    if found:
        ordered = np.sort(np.array(list(found.values())), axis=0)
        found.update({("side", k + 1): chord for k, chord in enumerate(ordered)})
    return found
