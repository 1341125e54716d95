"""An observable on trial: its constraints by the place where they are written, and what is proved.

Two kinds of answer are given. `is_empty` is a proof that no tuple fulfils some constraints; random
tuples are asked first, since one that does settles it. `sample` shows tuples that fulfil them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from ecdsl.ir.nodes import (
    Axis,
    Azimuth,
    Between,
    Compare,
    Delta,
    Energy,
    Jet,
    Logic,
    Member,
    Number,
    Pair,
    Particles,
    Pt,
    Side,
    Triple,
)
from ecdsl.ir.walk import (
    bottom_up,
    condition_expressions,
    conjuncts,
    leaves,
    map_condition,
    tuple_expressions,
)
from ecdsl.passes import bounds_conditions as conditions
from ecdsl.passes.bounds_geometry import Geometry, geometries
from ecdsl.passes.bounds_sample import draw, selected
from ecdsl.passes.bounds_search import search
from ecdsl.passes.bounds_system import System

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from ecdsl.ir.nodes import Condition, Expr, Observable
    from ecdsl.passes.bounds_conditions import Alternatives
    from ecdsl.passes.bounds_geometry import Knowledge
    from ecdsl.passes.bounds_polynomials import Polynomial

Part = Literal[
    "observable",
    "parameter",
    "weight",
    "where",
    "correlator_window",
    "window",
    "delta",
    "axis",
    "bins",
]
# Work of all searches for one observable together, and the most and the least of one alone: most
# proofs take far less.
_WORK_IN_ALL = 20_000
_MOST, _LEAST = 4_000, 600


@dataclass(frozen=True)
class Place:
    """A part of an observable, index by index with its IR."""

    part: Part
    index: int = 0


@dataclass(frozen=True)
class Finding:
    """What is wrong with an observable, at a place of its IR rather than of a text."""

    code: str
    message: str
    place: Place
    label: str = ""
    notes: tuple[str, ...] = ()
    hints: tuple[str, ...] = ()
    related: tuple[tuple[Place, str], ...] = ()


@dataclass(frozen=True)
class Range:
    """An axis within `[lower, upper)`, None for no end."""

    axis: Axis
    lower: float | None
    upper: float | None


@dataclass(frozen=True)
class Constraint:
    """Something that a tuple fulfils or not, and where it is written.

    `place` is None for what follows from the kind of correlator. With `holds` false it is the
    negation of a condition.
    """

    place: Place | None
    what: Condition | Delta | Range
    holds: bool = True

    def alternatives(self, geometry: Geometry) -> Alternatives:
        """Return when it holds, as comparisons."""
        if isinstance(self.what, Delta):
            return conditions.of_delta(geometry, self.what)
        if isinstance(self.what, Range):
            wanted = self.what
            return conditions.of_range(geometry, wanted.axis.expr, wanted.lower, wanted.upper)
        return conditions.alternatives(geometry, self.what, holds=self.holds)

    def expressions(self) -> Iterator[Expr]:
        """Yield what it looks at."""
        if isinstance(self.what, Delta):
            ends = (self.what.expr, self.what.lower, self.what.upper)
            yield from (expr for expr in ends if expr is not None)
        elif isinstance(self.what, Range):
            yield self.what.axis.expr
        else:
            yield from condition_expressions(self.what)


class Case:
    """An observable with its constraints.

    Attributes:
        observable: The observable as lowered.
        where: The condition on one constituent, as one on particle 1.
        given: What the correlator asks of a tuple: its windows, `where` for each particle, its
            order of points.
        shape: What the shape asks.
        work: How much may still be spent on proofs.
    """

    def __init__(self, observable: Observable) -> None:
        self.observable = observable
        correlator = observable.correlator
        self.where = (
            []
            if correlator.where is None
            else [Constraint(Place("where"), part) for part in conjuncts(correlator.where)]
        )
        self.given = [
            *_implied(observable),
            *(
                Constraint(Place("where"), map_condition(item.what, _of_particle(i)))
                for item in self.where
                for i in range(1, correlator.order + 1)
                if isinstance(item.what, Compare | Logic)
            ),
            *(
                Constraint(Place("correlator_window", k), window)
                for k, window in enumerate(correlator.windows)
            ),
        ]
        self.shape = [
            *(Constraint(Place("delta", k), delta) for k, delta in enumerate(observable.deltas)),
            *(
                Constraint(Place("window", k), window)
                for k, window in enumerate(observable.windows)
            ),
        ]
        self._used = [
            *tuple_expressions(observable),
            *(expr for item in self.given for expr in item.expressions()),
        ]
        self._geometries: dict[tuple[bool, Knowledge | None], list[Geometry]] = {}
        self._samples: dict[int, list[Any]] = {}
        self._alternatives: dict[object, tuple[Constraint, Alternatives]] = {}
        self._masks: dict[object, NDArray[np.bool_]] = {}
        self.work = _WORK_IN_ALL

    @property
    def all(self) -> list[Constraint]:
        """Everything that is asked of a tuple."""
        return [*self.given, *self.shape]

    def bearing_on(self, expr: Expr) -> list[Constraint]:
        """Return the constraints that can limit `expr`: what it has subjects in common with.

        Others select tuples by something else, e.g. by species, and only make a proof longer.
        """
        touched = self._subjects(expr)
        found: set[int] = set()
        while True:
            near = [
                k
                for k, item in enumerate(self.all)
                if k not in found and any(touched & self._subjects(e) for e in item.expressions())
            ]
            if not near:
                return [item for k, item in enumerate(self.all) if k in found]
            found.update(near)
            for k in near:
                touched = touched.union(*map(self._subjects, self.all[k].expressions()))

    def _subjects(self, expr: Expr) -> set[object]:
        """Return what an expression is about: directions, single particles, the jet, parameters."""
        found: set[object] = set()
        for leaf in leaves(expr):
            if isinstance(leaf, Number):
                continue
            if isinstance(leaf, Energy | Pt | Member):
                found.add(leaf.i)
            if isinstance(leaf, Jet):
                # Sums over all particles bound each of them.
                found.update(range(1, self.observable.correlator.order + 1))
            if isinstance(leaf, Between) and leaf.quantity == "mass":
                found.update((leaf.i, leaf.j))
            directions = Pair | Side | Between | Triple | Azimuth
            is_angular = isinstance(leaf, directions) or (
                isinstance(leaf, Member) and leaf.quantity == "eta"
            )
            found.add("directions" if is_angular else leaf)
        return found

    def geometries(
        self, *, ranges: bool = False, knowledge: Knowledge | None = None
    ) -> list[Geometry]:
        """Return the geometries that a tuple can have."""
        ranges = ranges and bool(self.observable.parameters)
        key = (ranges, knowledge)
        if key not in self._geometries:
            self._geometries[key] = geometries(
                self.observable, self._used, ranges=ranges, knowledge=knowledge
            )
        return self._geometries[key]

    def is_empty(
        self,
        constraints: Sequence[Constraint],
        *,
        ranges: bool = False,
        knowledge: Knowledge | None = None,
    ) -> bool:
        """Tell whether it is proved that no tuple fulfils some constraints."""
        every = self.geometries(ranges=ranges, knowledge=knowledge)
        if any(self.passing(geometry, constraints).any() for geometry in every):
            return False
        hopeful: list[System] = []
        for geometry in every:
            found = [s for s in self.systems(geometry, constraints) if not s.is_contradiction]
            if any(selected(system, self.values(geometry)).any() for system in found):
                return False
            hopeful.extend(found)
        return all(self._search(system) == "impossible" for system in hopeful)

    def systems(self, geometry: Geometry, constraints: Sequence[Constraint]) -> list[System]:
        """Return what holds where some constraints do, one system for each alternative."""
        found = conditions.every([self.alternatives(geometry, item) for item in constraints])
        return [System(geometry, comparisons) for comparisons in found]

    def alternatives(self, geometry: Geometry, item: Constraint) -> Alternatives:
        """Return when a constraint holds."""
        key = _key(geometry, item)
        if key not in self._alternatives:
            # What is looked up by its identity is kept alive.
            self._alternatives[key] = (item, item.alternatives(geometry))
        return self._alternatives[key][1]

    def passing(self, geometry: Geometry, constraints: Sequence[Constraint]) -> NDArray[np.bool_]:
        """Return which random tuples fulfil some constraints, each for itself."""
        mask = self._mask(geometry, [])
        for item in constraints:
            mask = mask & self._mask(geometry, [item])
        return mask

    def _mask(self, geometry: Geometry, together: Sequence[Constraint]) -> NDArray[np.bool_]:
        key = (id(geometry), *(_key(geometry, item) for item in together))
        if key not in self._masks:
            found, values = self.systems(geometry, together), self.values(geometry)
            self._masks[key] = np.logical_or.reduce([selected(s, values) for s in found])
        return self._masks[key]

    def _search(self, system: System) -> str:
        outcome = search(system, max(_LEAST, min(_MOST, self.work)))
        self.work -= system.work
        return outcome

    def values(self, geometry: Geometry) -> list[Any]:
        """Return random tuples: the values of each variable of a geometry."""
        found = self._samples.get(id(geometry))
        if found is None:
            # What is read later has no new quantities.
            for expr in self._used:
                geometry.expression(expr)
        if found is None or len(found) < len(geometry.algebra.variables):
            found = self._samples[id(geometry)] = draw(geometry)
        return found

    def sample(
        self,
        expressions: Sequence[Polynomial],
        geometry: Geometry,
        constraints: Sequence[Constraint],
    ) -> list[NDArray[np.float64]]:
        """Return the values of some expressions for random tuples that fulfil the constraints."""
        mask, values = self.passing(geometry, constraints), self.values(geometry)
        with np.errstate(all="ignore"):
            return [
                np.broadcast_to(geometry.algebra.form(p).at(values), mask.shape)[mask]
                for p in expressions
            ]


def _key(geometry: Geometry, item: Constraint) -> object:
    return id(geometry), item.place, item.holds, id(item.what)


def _of_particle(i: int) -> Any:
    """Return what turns an expression of particle 1 into the same of particle i."""

    def change(expr: Expr) -> Expr:
        to_leg = isinstance(expr, Between) and isinstance(expr.j, str)
        if to_leg or isinstance(expr, Energy | Pt | Member):
            return expr.model_copy(update={"i": i})
        return expr

    return lambda expr: bottom_up(expr, change)


def _implied(observable: Observable) -> Iterator[Constraint]:
    """Yield what the kind of correlator implies: charges of charged particles, ranked distances."""
    correlator = observable.correlator
    if isinstance(correlator.constituents, Particles) and correlator.constituents.charged:
        where = () if correlator.where is None else condition_expressions(correlator.where)
        used = {leaf for expr in (*tuple_expressions(observable), *where) for leaf in leaves(expr)}
        for leaf in sorted(used, key=repr):
            if isinstance(leaf, Member) and leaf.quantity == "charge":
                yield Constraint(None, Compare(op="!=", lhs=leaf, rhs=Number(value=0.0)))
    if correlator.ranked:
        for j in range(2, correlator.order):
            far, near = Pair(i=1, j=j), Pair(i=1, j=j + 1)
            yield Constraint(None, Compare(op="<=", lhs=near, rhs=far))
