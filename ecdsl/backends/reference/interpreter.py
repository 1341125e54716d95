"""The definition of the language: an observable evaluated tuple by tuple, in plain numpy.

Slow and obvious on purpose. It reads the IR as it was lowered, before any pass, and knows nothing
of symmetry: `distinct` runs over all ordered tuples, `all` over all tuples with repetition, `sets`
over increasing ones.
"""

from __future__ import annotations

from itertools import combinations, permutations, product
from typing import TYPE_CHECKING

import numpy as np

from ecdsl.diagnostics import InternalError
from ecdsl.ir.builtins import BUILTINS
from ecdsl.ir.nodes import (
    Apply,
    Compare,
    Energy,
    Number,
    Pair,
    Parameter,
    Pt,
    Scale,
    Side,
    pairs,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from ecdsl.ir.nodes import Condition, Expr, Observable

Array = np.ndarray[tuple[int, ...], np.dtype[np.float64]]


class Tuple:
    """One ordered tuple of particles: what the leaves of an expression evaluate to."""

    def __init__(
        self,
        distance: Array,
        energy: Array,
        pt: Array,
        scale: float,
        *,
        members: Sequence[int],
        parameters: Sequence[float],
    ) -> None:
        self._members = members
        self._pairs = {
            (i, j): np.float64(distance[members[i - 1], members[j - 1]])
            for i, j in pairs(len(members))
        }
        self._sides = sorted(self._pairs.values())
        self._energy, self._pt, self._scale = energy, pt, np.float64(scale)
        self._parameters = parameters

    def value(self, expr: Expr) -> np.float64:
        """Return the value of an expression; NaN or infinite outside its domain."""
        match expr:
            case Number(value=value):
                return np.float64(value)
            case Parameter(index=k):
                return np.float64(self._parameters[k])
            case Pair(i=i, j=j):
                return self._pairs[i, j]
            case Side(k=k):
                return self._sides[k - 1]
            case Energy(i=i):
                return np.float64(self._energy[self._members[i - 1]])
            case Pt(i=i):
                return np.float64(self._pt[self._members[i - 1]])
            case Scale():
                return self._scale
            case Apply(fn=fn, args=args):
                return np.float64(BUILTINS[fn].evaluate(*(self.value(arg) for arg in args)))
            case _:
                raise InternalError(f"{expr!r} has no meaning for a tuple of particles")

    def holds(self, condition: Condition) -> bool:
        """Tell whether a condition holds."""
        if isinstance(condition, Compare):
            lhs, rhs = self.value(condition.lhs), self.value(condition.rhs)
            return bool(lhs < rhs if condition.op == "<" else lhs <= rhs)
        parts = [self.holds(arg) for arg in condition.args]
        match condition.op:
            case "and":
                return all(parts)
            case "or":
                return any(parts)
            case "not":
                return not parts[0]

    def selected_by(self, observable: Observable) -> bool:
        """Tell whether windows and deltas let the tuple pass."""
        if not all(self.holds(window) for window in observable.windows):
            return False
        for delta in observable.deltas:
            if delta.lower is None or delta.upper is None:
                raise InternalError("an exact delta has no histogram")
            value = self.value(delta.expr)
            if not self.value(delta.lower) <= value <= self.value(delta.upper):
                return False
        return True


def histogram(
    observable: Observable,
    *,
    offsets: NDArray[np.int64],
    px: Array,
    py: Array,
    pz: Array,
    energy: Array,
    scale: Array,
    event: NDArray[np.int64],
    edges: Sequence[Array],
    parameters: Sequence[float],
    n_events: int,
) -> Array:
    """Return (n_events, n_cells) the weight of each event in each cell, underflow first.

    The arguments are those of a generated `fill` (see `ecdsl.artifacts.manifest`), the result is
    what it adds to its rows.
    """
    shape = [len(e) + 1 for e in edges]
    rows = np.zeros((n_events, *shape))
    with np.errstate(all="ignore"):
        for jet in range(len(offsets) - 1):
            part = slice(offsets[jet], offsets[jet + 1])
            distance = distances(observable.correlator.measure, px[part], py[part], pz[part])
            pt = np.hypot(px[part], py[part])
            for members in _tuples(observable, len(distance)):
                point = Tuple(
                    distance, energy[part], pt, scale[jet], members=members, parameters=parameters
                )
                if point.selected_by(observable):
                    cell = tuple(
                        _cell(point.value(axis.expr), axis_edges)
                        for axis, axis_edges in zip(observable.axes, edges, strict=True)
                    )
                    rows[(event[jet], *cell)] += point.value(observable.correlator.weight)
    return rows.reshape(n_events, -1)


def distances(measure: str, px: Array, py: Array, pz: Array) -> Array:
    """Return (n, n) the pairwise distances in a measure."""
    if measure == "ee":
        momentum = np.stack([px, py, pz], axis=1)
        unit = momentum / np.sqrt((momentum**2).sum(axis=1, keepdims=True))
        return np.asarray(((unit[:, None] - unit[None, :]) ** 2).sum(axis=2) / 4)
    eta, phi = np.arcsinh(pz / np.sqrt(px * px + py * py)), np.arctan2(py, px)
    dphi = np.abs(phi[:, None] - phi[None, :])
    dphi = np.minimum(dphi, 2 * np.pi - dphi)
    return np.asarray((eta[:, None] - eta[None, :]) ** 2 + dphi**2)


def _tuples(observable: Observable, n: int) -> Iterator[tuple[int, ...]]:
    order = observable.correlator.order
    match observable.correlator.tuples:
        case "distinct":
            return permutations(range(n), order)
        case "all":
            return product(range(n), repeat=order)
        case "sets":
            return combinations(range(n), order)


def _cell(value: np.float64, edges: Array) -> int:
    """Return the cell of a value: bins hold their lower edge; NaN counts as overflow."""
    return int(np.searchsorted(edges, value, side="right"))
