"""The definition of the language: an observable evaluated tuple by tuple, in plain numpy.

Slow and obvious on purpose. It reads the IR as it was lowered, before any pass, and knows nothing
of symmetry: `distinct` runs over all ordered tuples, `all` over all tuples with repetition, `sets`
over increasing ones, and an order that need not be whole over sets of any size (sets.py). What
counts as a constituent (charge, `where`, `hardest`, one jet or the whole event) is decided here as
well; only clustering is not.
"""

from __future__ import annotations

from itertools import combinations, permutations, product
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from ecdsl.backends.reference import geometry
from ecdsl.backends.reference.branches import clustered
from ecdsl.backends.reference.jets import (
    Particle,
    charged,
    cut,
    distance,
    distances,
    grouped,
    member,
    resolved,
    with_particles,
)
from ecdsl.backends.reference.sets import farthest_of_one, longest_sides
from ecdsl.diagnostics import InternalError
from ecdsl.ir.builtins import BUILTINS
from ecdsl.ir.nodes import (
    Apply,
    Azimuth,
    Between,
    Column,
    Compare,
    Energy,
    Jet,
    Member,
    Number,
    Pair,
    Parameter,
    Pt,
    Scale,
    Side,
    Triple,
    pairs,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from ecdsl.backends.reference import jets as reference
    from ecdsl.ir.nodes import Condition, Correlator, Expr, Observable

Array = np.ndarray[tuple[int, ...], np.dtype[np.float64]]
_ZERO = np.float64(0)
_NONE: Array = np.zeros((0, 0))


class Tuple:
    """One ordered tuple of particles: what the leaves of an expression evaluate to."""

    def __init__(
        self,
        jet: reference.Jet,
        members: Sequence[int],
        *,
        correlator: Correlator,
        distances: Array = _NONE,
        parameters: Sequence[float] = (),
    ) -> None:
        self._jet, self._correlator, self._parameters = jet, correlator, parameters
        self._distances = distances
        self._members = _ranked(members, distances) if correlator.ranked else members

    def value(self, expr: Expr) -> np.float64:
        """Return the value of an expression; NaN or infinite outside its domain."""
        match expr:
            case Number(value=value):
                return np.float64(value)
            case Parameter(index=k):
                return np.float64(self._parameters[k])
            case Scale():
                return np.float64(self._jet.scale)
            case Jet(quantity=quantity):
                return np.float64(self._jet.quantity(quantity))
            case Column(name=name):
                return np.float64(self._jet.columns[name])
            case Apply(fn=fn, args=args):
                return np.float64(BUILTINS[fn].evaluate(*(self.value(arg) for arg in args)))
            case _:
                return self._of_particles(expr)

    def _of_particles(self, expr: Expr) -> np.float64:
        match expr:
            case Energy(i=i):
                return np.float64(member(self._particle(i), "energy"))
            case Pt(i=i):
                return np.float64(member(self._particle(i), "pt"))
            case Member(quantity=quantity, i=i):
                return np.float64(member(self._particle(i), quantity))
            case Pair(i=i, j=j):
                return self._distance(i, j)
            case Side(k=k):
                return sorted(self._distance(i, j) for i, j in pairs(len(self._members)))[k - 1]
            case Between():
                return self._between(expr)
            case Triple(i=i, j=j, k=k):
                # Exactly 0 in a contact term, where it would be rounding.
                return geometry.triple(*self._momenta(i, j, k)) if self._differ(i, j, k) else _ZERO
            case Azimuth(pole=i, j=j, k=k):
                if not self._differ(i, j, k):
                    return _ZERO
                return geometry.azimuth(self._correlator.measure, *self._momenta(i, j, k))
            case _:
                raise InternalError(f"{expr!r} has no meaning for a tuple of particles")

    def holds(self, condition: Condition) -> bool:
        """Tell whether a condition holds."""
        if isinstance(condition, Compare):
            lhs, rhs = self.value(condition.lhs), self.value(condition.rhs)
            match condition.op:
                case "<":
                    return bool(lhs < rhs)
                case "<=":
                    return bool(lhs <= rhs)
                case "==":
                    return bool(lhs == rhs)
                case "!=":
                    return bool(lhs != rhs)
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
        windows = (*observable.correlator.windows, *observable.windows)
        if not all(self.holds(window) for window in windows):
            return False
        for delta in observable.deltas:
            if delta.lower is None or delta.upper is None:
                raise InternalError("an exact delta has no histogram")
            value = self.value(delta.expr)
            if not self.value(delta.lower) <= value <= self.value(delta.upper):
                return False
        return True

    def _particle(self, i: int) -> reference.Particle:
        return self._jet.particles[self._members[i - 1]]

    def _momenta(self, *labels: int) -> list[geometry.Vector]:
        return [self._particle(i).momentum for i in labels]

    def _differ(self, *labels: int) -> bool:
        return len({self._members[i - 1] for i in labels}) == len(labels)

    def _distance(self, i: int, j: int) -> np.float64:
        return np.float64(self._distances[self._members[i - 1], self._members[j - 1]])

    def _between(self, expr: Between) -> np.float64:
        p = self._particle(expr.i).momentum
        if isinstance(expr.j, int):
            q = self._particle(expr.j).momentum
            if expr.quantity == "mass" and not self._differ(expr.i, expr.j):
                return np.float64(geometry.momentum_mass(p))
        else:
            q = self._jet.leg(expr.j)
        if expr.quantity == "z":
            return distance(self._correlator, p, q)
        return geometry.between(expr.quantity, p, q)


class Histogram(NamedTuple):
    """What events put into each cell.

    Attributes:
        rows: (n_events, n_cells) the weight of each event in each cell, underflow first.
        n_undefined: Tuples in the overflow of an axis on which they have no value (0/0).
    """

    rows: Array
    n_undefined: int


def histogram(
    observable: Observable,
    *,
    offsets: NDArray[np.int64],
    px: Array,
    py: Array,
    pz: Array,
    energy: Array,
    jet: Array,
    scale: Array,
    event: NDArray[np.int64],
    edges: Sequence[Array],
    parameters: Sequence[float],
    n_events: int,
    charge: Array | None = None,
    pdgid: NDArray[np.int64] | None = None,
    columns: Mapping[str, Array] | None = None,
) -> Histogram:
    """Return what each event puts into each cell.

    Args:
        observable: As it was lowered.
        offsets: (n_jets + 1,) constituents of jet k are `offsets[k]:offsets[k + 1]`.
        px: (n_constituents,) in GeV.
        py: The same.
        pz: The same.
        energy: The same.
        jet: (4, n_jets) px, py, pz, E of everything that a jet holds.
        scale: (n_jets,) Q in GeV.
        event: (n_jets,) the row of each jet's event.
        edges: Bin edges of each axis.
        parameters: (n_parameters,).
        n_events: Number of rows.
        charge: (n_constituents,) in units of e, where known.
        pdgid: (n_constituents,) species, where known.
        columns: (n_jets,) by name, the user's columns.
    """
    rows = np.zeros((n_events, *(len(e) + 1 for e in edges)))
    n_undefined = 0
    correlator = observable.correlator
    with np.errstate(all="ignore"):
        found = cut(
            offsets=offsets, momenta=np.stack([px, py, pz, energy]), charge=charge, pdgid=pdgid,
            jet=jet, scale=scale, columns=columns or {}, event=event,
        )  # fmt: skip
        for whole in grouped(found, correlator):
            summed = _counted(charged(whole, correlator), correlator)
            for part, tuples in _sums(summed, correlator):
                z = distances(part, correlator)
                for point, weight in _weighted(part, correlator, tuples, z, parameters):
                    if point.selected_by(observable):
                        values = [point.value(axis.expr) for axis in observable.axes]
                        n_undefined += int(np.isnan(values).any())
                        cell = map(_cell, values, edges)
                        rows[(part.row, *cell)] += weight
    return Histogram(rows.reshape(n_events, -1), n_undefined)


def _counted(jet: reference.Jet, correlator: Correlator) -> reference.Jet:
    """Return the jet with the constituents that count: `where`, and of those the hardest.

    They stand in the order that decides between equally hard ones, and between equally far ones.
    """
    jet = with_particles(jet, sorted(jet.particles, key=_precedence))
    kept = list(jet.particles)
    if correlator.where is not None:
        alone = (Tuple(jet, [k], correlator=correlator) for k in range(len(kept)))
        kept = [
            particle
            for particle, point in zip(kept, alone, strict=True)
            if point.holds(correlator.where)
        ]
    if correlator.hardest is not None:
        what = "energy" if correlator.measure == "ee" else "pt"
        kept.sort(key=lambda particle: -member(particle, what))
        kept = kept[: correlator.hardest]
    return with_particles(jet, kept)


def _precedence(particle: reference.Particle) -> tuple[float, ...]:
    """Return what particles are sorted by: falling energy, px, py, pz, charge, PDG number."""
    px, py, pz, energy = particle.momentum
    known = (c for c in (particle.charge, particle.pdgid) if not np.isnan(c))
    return tuple(-float(key) for key in (energy, px, py, pz, *known))


def _ranked(members: Sequence[int], distances: Array) -> list[int]:
    """Return the tuple with all but its first particle in falling distance from that one."""
    special, *others = members
    return [special, *sorted(others, key=lambda k: (-distances[special, k], k))]


def _weighted(
    jet: reference.Jet,
    correlator: Correlator,
    tuples: Iterable[Sequence[int]],
    distances: Array,
    parameters: Sequence[float],
) -> Iterator[tuple[Tuple, np.float64]]:
    """Yield what the shape looks at, and what it weighs."""

    def point(members: Sequence[int]) -> Tuple:
        return Tuple(
            jet, members, correlator=correlator, distances=distances, parameters=parameters
        )

    if correlator.nu is None:
        for members in tuples:
            yield (found := point(members)), found.value(correlator.weight)
        return
    shares = [point((k, k)).value(correlator.weight) for k in range(len(distances))]
    pairs_of_sets = farthest_of_one if correlator.ranked else longest_sides
    weights: dict[tuple[int, ...], np.float64] = {}
    for members, weight in pairs_of_sets(shares, distances, correlator.nu):
        weights[members] = weights.get(members, _ZERO) + weight
    yield from ((point(members), weight) for members, weight in weights.items())


def _sums(
    jet: reference.Jet, correlator: Correlator
) -> Iterator[tuple[reference.Jet, Iterator[tuple[int, ...]]]]:
    """Yield what is summed, and over which tuples.

    With a resolution: for every splitting of the reclustered jet, all tuples of the subjets of its
    two branches that have some of both; and each particle alone.
    """
    if correlator.resolution is None:
        yield jet, _tuples(correlator, len(jet.particles))
        return
    for particle in jet.particles:
        yield resolved(jet, [particle]), _tuples(correlator, 1)
    if len(jet.particles) < 2:
        return
    for branch in clustered([p.momentum for p in jet.particles], correlator.measure).splittings():
        cut = branch.split / correlator.resolution
        first, second = (part.subjets(cut) for part in branch.parts)
        both = resolved(jet, [Particle(momentum) for momentum in (*first, *second)])
        tuples = _tuples(correlator, len(both.particles))
        yield both, (t for t in tuples if min(t) < len(first) <= max(t))


def _tuples(correlator: Correlator, n: int) -> Iterator[tuple[int, ...]]:
    order = correlator.order
    match correlator.tuples:
        case "distinct":
            return permutations(range(n), order)
        case "all":
            return product(range(n), repeat=order)
        case "sets":
            return combinations(range(n), order)


def _cell(value: np.float64, edges: Array) -> int:
    """Return the cell of a value: bins hold their lower edge; NaN counts as overflow."""
    return int(np.searchsorted(edges, value, side="right"))
