"""What the quantities of a tuple can be, and what geometry says about them together.

Three distances in the plane or on the sphere are written with the sorted chords a <= b <= c,
c <= a + b, where a chord is the root of a zeta:

    b = k,   a = k x,   c = k (1 + x v),   x, v in [0, 1]

so that the order of the sides and the triangle inequality hold by construction. On the sphere
(measure ee) directions also obey 2 (z1 z2 + z2 z3 + z3 z1) - z1^2 - z2^2 - z3^2 >= 4 z1 z2 z3,
the Gram determinant, which is (1 - v^2) ((1 + y)^2 - x^2) >= 4 k^2 y^2 with y = 1 + x v.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property, reduce
from itertools import combinations, pairwise, permutations
from math import inf, pi
from typing import TYPE_CHECKING, Literal

from ecdsl.diagnostics import InternalError
from ecdsl.ir.nodes import (
    Apply,
    Azimuth,
    Between,
    Column,
    Energy,
    Jet,
    Member,
    Pair,
    Parameter,
    Pt,
    Scale,
    Side,
    Triple,
    pairs,
)
from ecdsl.ir.walk import bottom_up, leaves
from ecdsl.passes import bounds_polynomials as poly
from ecdsl.passes.bounds_algebra import Algebra
from ecdsl.passes.bounds_intervals import ALL, NONNEGATIVE, Interval, hull, widen

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from ecdsl.ir.nodes import Expr, Observable
    from ecdsl.passes.bounds_algebra import Partial
    from ecdsl.passes.bounds_polynomials import Polynomial

# What is assumed of distances: nothing, that sides are sorted, or what three points in the plane
# or on the sphere obey.
Knowledge = Literal["none", "order", "plane", "sphere"]
_UNIT: Interval = (0.0, 1.0)
_TURN: Interval = (0.0, widen(pi, pi)[1])


@dataclass
class Geometry:
    """The quantities of a tuple, for one assignment of sorted sides to the pairs.

    Attributes:
        observable: Whose tuples they are.
        knowledge: What is assumed of distances.
        ranges: Whether parameters take every value of their range, or the one they have.
        assignment: Which sorted side each pair is, where that is known.
        algebra: Where expressions become polynomials.
        used: The leaves of what will be looked at.
    """

    observable: Observable
    knowledge: Knowledge
    ranges: bool
    assignment: dict[tuple[int, int], int] = field(default_factory=dict)
    used: frozenset[Expr] = frozenset()
    algebra: Algebra = field(init=False)
    _read: dict[int, tuple[Expr, Polynomial, list[Partial]]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.algebra = Algebra(self._leaf)

    @property
    def coincident(self) -> bool:
        """Whether tuples of coinciding particles (contact terms) are summed."""
        return self.observable.correlator.tuples == "all"

    @property
    def on_sphere(self) -> bool:
        """Whether the distances with a geometry are angles, not distances in (eta, phi)."""
        correlator = self.observable.correlator
        return correlator.distance is not None or correlator.measure == "ee"

    def expression(self, expr: Expr) -> Polynomial:
        """Return the normal form of an expression of a tuple."""
        # By identity, which is kept alive: comparing trees takes longer than reading them again.
        known = self._read.get(id(expr))
        if known is None:
            first = len(self.algebra.partial)
            p = self.algebra.expression(expr)
            known = self._read[id(expr)] = (expr, p, self.algebra.partial[first:])
        else:
            self.algebra.partial.extend(known[2])
        return known[1]

    def _leaf(self, leaf: Expr) -> Polynomial:
        match leaf:
            case Pair(i=i, j=j):
                return self._pair(i, j)
            case Side(k=k):
                return self._side(k)
            case Between(quantity=quantity, i=i, j=j):
                return self._between(quantity, i, j)
            case Energy() | Pt() | Member() | Jet() | Scale():
                return self._property(leaf)
            case Parameter(index=index):
                spec = self.observable.parameters[index]
                if not self.ranges or spec.lower == spec.upper:
                    return poly.constant(spec.value)
                return self.algebra.quantity(leaf, (spec.lower, spec.upper))
            case Column():
                return self.algebra.quantity(leaf, ALL)
            case Triple():
                return self.algebra.quantity(leaf, (-1.0, 1.0))
            case Azimuth():
                return self.algebra.quantity(leaf, widen(-pi, pi))
        raise InternalError(f"{leaf!r} is no quantity of a tuple")

    # --- distances ---------------------------------------------------------------------------

    def _pair(self, i: int, j: int) -> Polynomial:
        distance = self.observable.correlator.distance
        if distance is None:
            return self.algebra.square(self._chord(i, j))

        def place(expr: Expr) -> Expr:
            return Between(quantity=expr.quantity, i=i, j=j) if isinstance(expr, Between) else expr

        return self.expression(bottom_up(distance, place))

    def _side(self, k: int) -> Polynomial:
        order = self.observable.correlator.order
        if self.observable.correlator.distance is None:
            if order == 2:
                return self._pair(1, 2)
            if order == 3 and self.knowledge != "none":
                return self.algebra.square(self._sorted_chord(k))
            return self.algebra.square(self._quantity(("side", k), _reach(self)))
        if order <= 3:
            every = tuple(Pair(i=i, j=j) for i, j in pairs(order))
            fn = {1: "min", len(every): "max"}.get(k, "median")
            return self.expression(Apply(fn=fn, args=every))
        enclosures = (self.algebra.enclosure(self._pair(i, j)) for i, j in pairs(order))
        return self.algebra.quantity(("side", k), reduce(hull, enclosures))

    def _chord(self, i: int, j: int) -> Polynomial:
        if (i, j) in self.assignment:
            return self._sorted_chord(self.assignment[i, j])
        return self._quantity(("chord", i, j), _reach(self))

    def _sorted_chord(self, k: int) -> Polynomial:
        middle, one = self._quantity("k", _reach(self)), poly.constant(1.0)
        if k == 2:
            return middle
        short = self._quantity("x", _UNIT)
        if k == 1:
            return _times(middle, short)
        return _times(middle, poly.add(one, _times(short, self._asymmetry())))

    def _asymmetry(self) -> Polynomial:
        # Above 1 it breaks the triangle inequality and keeps the order.
        return self.algebra.quantity("v", NONNEGATIVE if self.knowledge == "order" else _UNIT)

    def _quantity(self, key: object, domain: Interval) -> Polynomial:
        return self.algebra.quantity(key, domain, positive=True)

    def _between(self, quantity: str, i: int, j: int | str) -> Polynomial:
        key = ("between", quantity, i, j)
        if quantity == "angle":
            if isinstance(j, int) and self.on_sphere:
                return self.algebra.square(self._chord(i, j))
            return self.algebra.quantity(key, _UNIT)
        if quantity == "z":
            known = self.observable.correlator.distance is None
            bounds = _UNIT if self.on_sphere else NONNEGATIVE
            return self.algebra.quantity(key, bounds if known else ALL, positive=known)
        return self.algebra.quantity(key, _TURN if quantity == "dphi" else NONNEGATIVE)

    # --- energies and the like ---------------------------------------------------------------

    def _property(self, leaf: Energy | Pt | Member | Jet | Scale) -> Polynomial:
        quantity = getattr(leaf, "quantity", "energy")
        domain = ALL if quantity in {"eta", "charge", "pdgid"} else NONNEGATIVE
        return self.algebra.quantity(
            leaf,
            domain,
            integer=quantity in {"charge", "pdgid"},
            positive=domain == NONNEGATIVE and quantity != "mass",
        )

    # --- relations ---------------------------------------------------------------------------

    @cached_property
    def relations(self) -> list[Polynomial]:
        """What geometry says about the quantities that are used: never above 0, each once."""
        return list(dict.fromkeys(self._relate()))

    def _relate(self) -> Iterator[Polynomial]:
        yield from self._relate_energies()
        if self.knowledge == "none":
            return
        if not self.assignment:
            yield from self._relate_chords()
        elif self.on_sphere:
            yield from self._relate_on_sphere()
        for leaf in self.used:
            if isinstance(leaf, Between) and leaf.quantity in {"deta", "dphi"}:
                yield from self._relate_rapidities(leaf)

    def _relate_energies(self) -> Iterator[Polynomial]:
        for leaf in self.used:
            whole: Expr | None = None
            if isinstance(leaf, Pt) or (isinstance(leaf, Member) and leaf.quantity in _BELOW_E):
                whole = Energy(i=leaf.i)
            elif isinstance(leaf, Jet) and leaf.quantity in {"pt", "mass"}:
                whole = Jet(quantity="energy")
            if whole in self.used:
                yield poly.minus(self.expression(leaf), self.expression(whole))
        for leaf in self.used:
            if isinstance(leaf, Jet) and leaf.quantity in _SUMMED:
                yield from self._relate_sum(leaf)

    def _relate_sum(self, total: Jet) -> Iterator[Polynomial]:
        """Note that a sum over all particles is not below one of them, or those of a tuple."""
        parts = [
            leaf
            for leaf in self.used
            if isinstance(leaf, Energy | Pt | Member)
            and leaf.model_copy(update={"i": 1}) == _SUMMED[total.quantity]
        ]
        groups = [[part] for part in parts] if self.coincident else [parts] if parts else []
        for group in groups:
            together = poly.add(*(self.expression(part) for part in group))
            yield poly.minus(together, self.expression(total))

    def _relate_on_sphere(self) -> Iterator[Polynomial]:
        """Add y k <= 1 and the Gram determinant (see the top of the file)."""
        k, x, v, one = (
            self._quantity("k", _UNIT),
            self._quantity("x", _UNIT),
            self._asymmetry(),
            poly.constant(1.0),
        )
        y = poly.add(one, _times(x, v))
        yield poly.minus(_times(k, y), one)
        yield poly.minus(_square(_times(k, y)), one)
        if self.knowledge != "sphere":
            return
        outer = poly.minus(_square(poly.add(one, y)), _square(x))
        determinant = _times(poly.minus(one, _square(v)), outer)
        yield poly.minus(poly.scale(_square(_times(k, y)), 4), determinant)

    def _relate_chords(self) -> Iterator[Polynomial]:
        known = {(leaf.i, leaf.j) for leaf in self.used if isinstance(leaf, Pair)}
        if self.on_sphere:
            known |= {
                (leaf.i, leaf.j)
                for leaf in self.used
                if isinstance(leaf, Between) and leaf.quantity == "angle"
                if isinstance(leaf.j, int)
            }
        for triplet in combinations(range(1, self.observable.correlator.order + 1), 3):
            edges = list(combinations(triplet, 2))
            if known.issuperset(edges):
                chords = [self._chord(i, j) for i, j in edges]
                for k in range(3):
                    others = poly.add(*chords[:k], *chords[k + 1 :])
                    yield poly.minus(chords[k], others)
        sides = sorted(leaf.k for leaf in self.used if isinstance(leaf, Side))
        for low, high in pairwise(sides):
            yield poly.minus(self._side(low), self._side(high))

    def _relate_rapidities(self, leaf: Between) -> Iterator[Polynomial]:
        if not isinstance(leaf.j, int) or self.on_sphere:
            return
        if not (self.assignment or Pair(i=leaf.i, j=leaf.j) in self.used):
            return
        deta, dphi = (self._between(quantity, leaf.i, leaf.j) for quantity in ("deta", "dphi"))
        squares = poly.add(_square(deta), _square(dphi))
        pair = self._pair(leaf.i, leaf.j)
        yield poly.minus(squares, pair)
        yield poly.minus(pair, squares)


_BELOW_E = frozenset({"et", "mass"})
_SUMMED: dict[str, Expr] = {
    "energy_sum": Energy(i=1),
    "pt_sum": Pt(i=1),
    "et_sum": Member(quantity="et", i=1),
}


def geometries(
    observable: Observable,
    used: Iterable[Expr],
    *,
    ranges: bool = False,
    knowledge: Knowledge | None = None,
) -> list[Geometry]:
    """Return the geometries that a tuple can have: one for each assignment of sides to pairs.

    Args:
        observable: Whose tuples they are.
        used: The expressions that will be looked at.
        ranges: Whether parameters take every value of their range, or the one they have.
        knowledge: What is assumed of distances; all there is to know if None.
    """
    seen = {leaf for expr in used for leaf in leaves(expr)}
    correlator = observable.correlator
    if correlator.distance is not None and seen & _sides_and_pairs(correlator.order):
        seen |= _places_of_distance(correlator.distance, correlator.order)
    return [
        Geometry(observable, knowledge or "sphere", ranges, assignment, frozenset(seen))
        for assignment in _assignments(observable, seen, knowledge)
    ]


def _assignments(
    observable: Observable, seen: set[Expr], knowledge: Knowledge | None
) -> Sequence[dict[tuple[int, int], int]]:
    correlator = observable.correlator
    if correlator.order != 3 or knowledge == "none":
        return [{}]
    every = pairs(3)
    if not any(isinstance(leaf, Pair | Side | Between) for leaf in seen):
        return [{}]
    sorted_only = correlator.distance is None and not any(
        isinstance(leaf, Pair) or (isinstance(leaf, Between) and isinstance(leaf.j, int))
        for leaf in seen
    )
    orders = [(1, 2, 3)] if sorted_only else list(permutations((1, 2, 3)))
    return [dict(zip(every, order, strict=True)) for order in orders]


def _sides_and_pairs(order: int) -> set[Expr]:
    every = pairs(order)
    return {*(Pair(i=i, j=j) for i, j in every), *(Side(k=k + 1) for k in range(len(every)))}


def _places_of_distance(distance: Expr, order: int) -> set[Expr]:
    return {
        Between(quantity=leaf.quantity, i=i, j=j)
        for leaf in leaves(distance)
        if isinstance(leaf, Between)
        for i, j in pairs(order)
    }


def _reach(geometry: Geometry) -> Interval:
    return (0.0, 1.0) if geometry.on_sphere else (0.0, inf)


def _times(p: Polynomial, q: Polynomial) -> Polynomial:
    product = poly.multiply(p, q)
    if product is None:
        raise InternalError("a relation of the geometry is too long")
    return product


def _square(p: Polynomial) -> Polynomial:
    return _times(p, p)
