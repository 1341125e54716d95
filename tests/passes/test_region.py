"""A region is the shape: what its box holds is what the windows select, triangle by triangle.

Side lengths come from random directions, so they always form a triangle on the sphere; which pair
has which side is the region's own choice.
"""

from __future__ import annotations

import numpy as np
import pytest

from ecdsl.ir.evaluate import evaluate, holds
from ecdsl.ir.nodes import (
    Apply,
    Axis,
    Bins,
    Compare,
    Coordinate,
    Correlator,
    Delta,
    Energy,
    Logic,
    Number,
    Observable,
    Pair,
    Parameter,
    ParameterSpec,
    Particles,
    Scale,
    Side,
    Support,
    pairs,
)
from ecdsl.ir.plan import NoRegion, Region
from ecdsl.ir.walk import leaves
from ecdsl.passes import pipeline

S1, S2, S3 = (Side(k=k) for k in (1, 2, 3))
Z12, Z13, Z23 = Pair(i=1, j=2), Pair(i=1, j=3), Pair(i=2, j=3)
# One parameter that is positive and one that may vanish.
P, W = Parameter(index=0), Parameter(index=1)
VALUES = (0.7, 0.2)
# The sides that a density supports.
SUPPORT = {"floor": 0.01, "ceil": 0.9}


def num(value):
    return Number(value=value)


def f(fn, *args):
    return Apply(fn=fn, args=tuple(num(a) if isinstance(a, float) else a for a in args))


def less(lhs, rhs, op="<"):
    lhs, rhs = (num(side) if isinstance(side, float) else side for side in (lhs, rhs))
    return Compare(op=op, lhs=lhs, rhs=rhs)


def both(*parts):
    return Logic(op="and", args=parts)


def either(*parts):
    return Logic(op="or", args=parts)


def opposite(part):
    return Logic(op="not", args=(part,))


def within(expr, lower, upper):
    ends = (num(end) if isinstance(end, float) else end for end in (lower, upper))
    return Delta(expr=expr, **dict(zip(("lower", "upper"), ends, strict=True)))


def observable(*, axes=(S1,), windows=(), deltas=(), order=3, measure="ee"):
    energies = [Energy(i=i) for i in range(1, order + 1)]
    weight = f("div", f("mul", *energies), f("pow", Scale(), float(order)))
    bins = Bins(n=4, lower=0.0, upper=1.0)
    return Observable(
        name="shape",
        correlator=Correlator(
            order=order, constituents=Particles(), measure=measure, weight=weight
        ),
        parameters=(
            ParameterSpec(name="p", lower=0.0, lower_open=True, upper=1.0, value=VALUES[0]),
            ParameterSpec(name="w", lower=0.0, upper=1.0, value=VALUES[1]),
        ),
        deltas=deltas,
        windows=windows,
        axes=tuple(Axis(name=f"x{k}", expr=expr, bins=bins) for k, expr in enumerate(axes)),
    )


def triangles(n, order, measure="ee", seed=3):
    """Return (n, n_pairs) sorted sides of n tuples of random directions."""
    rng = np.random.default_rng(seed)
    if measure == "hadron":
        points = rng.uniform(0, 0.5, size=(n, order, 2))
        squares = [((points[:, i - 1] - points[:, j - 1]) ** 2).sum(1) for i, j in pairs(order)]
        return np.sort(np.stack(squares, axis=1), axis=1)
    directions = rng.normal(size=(n, order, 3))
    # Near and far ones, so that narrow windows are hit as well.
    directions[: n // 2, 1:] = directions[: n // 2, :1] + 0.4 * directions[: n // 2, 1:]
    directions /= np.linalg.norm(directions, axis=2, keepdims=True)
    zetas = [
        (1 - (directions[:, i - 1] * directions[:, j - 1]).sum(1)) / 2 for i, j in pairs(order)
    ]
    return np.sort(np.stack(zetas, axis=1), axis=1)


class Points:
    """The values of every leaf on some triangles whose pairs a region assigns to sides."""

    def __init__(self, observable, region, sides):
        self.observable, self.region, self.sides = observable, region, sides
        self._pair = dict(zip(pairs(observable.correlator.order), region.assignment, strict=True))
        self.coordinates = [self._value(c) for c in region.coordinates]

    def _value(self, coordinate):
        match coordinate.kind:
            case "axis":
                return self(self.observable.axes[coordinate.index].expr)
            case "delta":
                return self(self.observable.deltas[coordinate.index].expr)
            case _:
                return self.sides[:, coordinate.index]

    def leaf(self, expr):
        ones = np.ones(len(self.sides))
        match expr:
            case Side(k=k):
                return self.sides[:, k - 1]
            case Pair(i=i, j=j):
                return self.sides[:, self._pair[i, j] - 1]
            case Parameter(index=k):
                return VALUES[k] * ones
            case Coordinate(index=k):
                return self.coordinates[k]
            case Support(end=end):
                return SUPPORT[end] * ones
        raise AssertionError(expr)

    def __call__(self, expr):
        return np.broadcast_to(evaluate(expr, self.leaf), len(self.sides))

    def selected(self):
        """Where windows and deltas hold, by their own definition, in the density's support."""
        found = (self.sides >= SUPPORT["floor"]).all(axis=1)
        found &= (self.sides <= SUPPORT["ceil"]).all(axis=1)
        for window in self.observable.windows:
            found &= holds(window, self.leaf)
        for delta in self.observable.deltas:
            value = self(delta.expr)
            found &= (self(delta.lower) <= value) & (value <= self(delta.upper))
        return found

    def inside(self):
        """Where every coordinate lies between its bounds and no guard forbids it."""
        found = np.ones(len(self.sides), dtype=bool)
        for coordinate, value in zip(self.region.coordinates, self.coordinates, strict=True):
            for bound in coordinate.lower:
                found &= ~(value < self(bound) - 1e-12)
            for bound in coordinate.upper:
                found &= ~(value > self(bound) + 1e-12)
        for guard in self.region.guards:
            found &= self(guard) <= 1e-12
        return found


MEAN = f("mean", S1, S2, S3)
SHAPES = {
    "shortest side": observable(),
    "mean": observable(axes=(MEAN,)),
    "extremes": observable(
        axes=(f("max", Z12, Z13, Z23),), windows=(less(f("min", Z12, Z13), 0.3),)
    ),
    "middle": observable(axes=(f("median", Z12, Z13, Z23),)),
    "middle of others": observable(windows=(less(f("median", S1, S2, P), 0.2),)),
    "square root": observable(axes=(f("sqrt", S3),)),
    "logarithm": observable(axes=(f("log", S2),)),
    "exponential": observable(axes=(f("exp", S3),)),
    "power": observable(axes=(f("pow", S1, 3.0),)),
    "perimeter": observable(axes=(f("add", f("sqrt", S1), f("sqrt", S2), f("sqrt", S3)),)),
    "scaled": observable(axes=(f("mul", P, f("sqrt", S2)),)),
    "linear": observable(axes=(f("add", f("mul", 2.0, S1), f("mul", -3.0, S2), 0.5),)),
    "two axes": observable(axes=(f("add", S1, S2), f("sub", S3, S1))),
    "three axes": observable(axes=(f("sqrt", S3), f("sub", S2, S1), S1)),
    "difference of order": observable(windows=(less(f("abs", f("sub", S1, S3)), W),)),
    "difference of pairs": observable(
        axes=(MEAN,), windows=(less(f("abs", f("sub", Z12, Z13)), W),)
    ),
    "undecided difference": observable(
        windows=(less(f("abs", f("sub", f("add", S1, S2), S3)), 0.1),)
    ),
    "sum of differences": observable(
        windows=(
            less(
                f("add", f("abs", f("sub", f("add", S1, S2), S3)), f("abs", f("sub", S2, W))), 0.4
            ),
        )
    ),
    "away from": observable(windows=(less(0.1, f("abs", f("sub", f("add", S1, S2), S3))),)),
    "largest of": observable(windows=(less(f("max", f("mul", 2.0, S1), S2), S3),)),
    "largest of, plus": observable(
        windows=(less(f("add", f("max", f("mul", 2.0, S1), S2), 0.05), f("add", S3, f("neg", S1))),)
    ),
    "smallest of": observable(windows=(less(S2, f("min", f("mul", 2.0, S1), f("mul", P, S3))),)),
    "smallest of, plus": observable(
        windows=(less(f("add", S2, 0.05), f("add", f("min", f("mul", 3.0, S1), S3), S1)),)
    ),
    "both": observable(windows=(both(less(S1, 0.1), less(f("mul", 2.0, S2), S3, "<=")),)),
    "either": observable(windows=(either(less(S3, 0.3), less(0.2, S1)),)),
    "not": observable(windows=(opposite(less(S3, 0.3)),)),
    "neither": observable(windows=(opposite(either(less(S3, 0.3), less(f("mul", P, S2), S1))),)),
    "not both": observable(windows=(opposite(both(less(S3, 0.6), less(S1, f("mul", P, S2)))),)),
    "either or both": observable(
        windows=(either(both(less(S3, 0.4), less(W, S2)), opposite(less(S1, 0.2))),)
    ),
    "exponential window": observable(windows=(less(f("exp", S1), 1.2), less(1.3, f("exp", S3)))),
    "shorter of two": observable(windows=(less(Z12, f("max", Z12, Z13)),)),
    "no longer than": observable(windows=(less(f("max", Z12, Z13), Z12, "<="),)),
    "not no shorter": observable(windows=(opposite(less(f("max", Z12, Z13), Z12, "<=")),)),
    "root and side": observable(axes=(f("add", f("sqrt", S3), S2), S3)),
    "ratios": observable(
        deltas=(
            within(f("sub", S2, f("mul", P, S1)), 0.0, 0.3),
            within(f("sub", S3, f("mul", 2.0, S1)), -0.1, W),
        )
    ),
    "ratio of pairs": observable(deltas=(within(f("sub", Z12, f("mul", 2.0, Z13)), -0.2, 0.2),)),
    "root in a delta": observable(
        deltas=(within(f("sub", f("sqrt", S3), f("sqrt", S1)), 0.0, 0.3),)
    ),
    "pair and side": observable(axes=(Z12,), windows=(less(f("mul", 2.0, Z23), S3),)),
    "two points": observable(axes=(f("sqrt", Z12),), windows=(less(Z12, 0.6),), order=2),
    "hadron": observable(
        axes=(f("sqrt", S3),), windows=(less(f("mul", 3.0, S1), S3),), measure="hadron"
    ),
}


def regions(shape):
    plan = pipeline.run(shape)
    found = plan.regions
    assert all(isinstance(region, Region) for region in found)
    assert sum(region.share for region in found) == pytest.approx(1)
    return found


def is_nested(region):
    """Tell whether each coordinate has two ends, or a bin, in terms of those before it."""
    for k, coordinate in enumerate(region.coordinates):
        used = {leaf for end in (*coordinate.lower, *coordinate.upper) for leaf in leaves(end)}
        if any(isinstance(leaf, Coordinate) and leaf.index >= k for leaf in used):
            return False
        if coordinate.kind != "axis" and not (coordinate.lower and coordinate.upper):
            return False
    return True


@pytest.mark.parametrize("name", SHAPES)
def test_box_is_nested_and_holds_what_the_shape_selects(name):
    shape = SHAPES[name]
    sides = triangles(4000, shape.correlator.order, shape.correlator.measure)
    n_selected = 0
    for region in regions(shape):
        assert is_nested(region)
        points = Points(shape, region, sides)
        inside, selected = points.inside(), points.selected()
        n_selected += selected.sum()
        np.testing.assert_array_equal(inside, selected)
    assert n_selected > 0


@pytest.mark.parametrize("name", SHAPES)
def test_sides_are_those_of_the_coordinates(name):
    shape = SHAPES[name]
    sides = triangles(50, shape.correlator.order, shape.correlator.measure)
    for region in regions(shape):
        points = Points(shape, region, sides)
        for side, expected in zip(region.sides, sides.T, strict=True):
            np.testing.assert_allclose(points(side), expected, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("name", SHAPES)
def test_jacobian_is_that_of_the_map(name):
    """|d sides / d coordinates| by central differences."""
    shape = SHAPES[name]
    sides = triangles(20, shape.correlator.order, shape.correlator.measure)
    for region in regions(shape):
        points = Points(shape, region, sides)
        given, columns = list(points.coordinates), []
        for k, value in enumerate(given):
            step = 1e-6 * np.abs(value)
            ends = []
            for sign in (1, -1):
                points.coordinates = [*given[:k], value + sign * step, *given[k + 1 :]]
                ends.append(np.stack([points(side) for side in region.sides]))
            columns.append((ends[0] - ends[1]) / (2 * step))
        points.coordinates = given
        numeric = np.abs(np.linalg.det(np.moveaxis(np.stack(columns), 2, 0)))
        np.testing.assert_allclose(points(region.jacobian), numeric, rtol=1e-4)


def is_triangle(sides, measure):
    """Tell (n,) whether three directions or three points in the plane have these distances."""
    a, b, c = sides.T if measure == "hadron" else 1 - 2 * sides.T
    if measure == "hadron":
        return 4 * a * b - (a + b - c) ** 2 > -1e-9
    return 1 - a**2 - b**2 - c**2 + 2 * a * b * c > -1e-9


@pytest.mark.parametrize("measure", ["ee", "hadron"])
def test_box_of_the_longest_side_holds_triangles_and_nothing_else(measure):
    """Sides of at most 90 degrees: three such angles never reach around the sphere."""
    shape = observable(axes=(S3,), measure=measure)
    (region,) = regions(shape)
    cube = np.random.default_rng(5).random((2000, 3))
    points = Points(shape, region, triangles(2000, 3))
    for k, coordinate in enumerate(region.coordinates):
        ends = []
        for bounds, first in ((coordinate.lower, np.maximum), (coordinate.upper, np.minimum)):
            ends.append(first.reduce([points(bound) for bound in bounds]))
        low, high = (ends[0], np.minimum(ends[1], 0.5)) if k == 0 else ends
        assert (low <= high + 1e-12).all()
        points.coordinates[k] = low + (high - low) * cube[:, k]
    sides = np.stack([points(side) for side in region.sides], axis=1)
    assert (np.diff(sides, axis=1) >= -1e-12).all()
    assert is_triangle(sides, measure).all()
    # And no triangle is missing.
    everything = np.sort(0.5 * np.random.default_rng(6).random((20_000, 3)), axis=1)
    points = Points(shape, region, everything[everything[:, 0] >= SUPPORT["floor"]])
    np.testing.assert_array_equal(points.inside(), is_triangle(points.sides, measure))


@pytest.mark.parametrize(("bound", "open_"), [(0.1, False), (0.3, True)])
def test_a_window_on_parameters_alone_empties_the_box_or_leaves_it(bound, open_):
    """The parameter is an argument of the compiled code: which it is shows at run time."""
    shape = observable(windows=(less(W, bound),))
    (region,) = regions(shape)
    assert Points(shape, region, triangles(50, 3)).inside().any() == open_
    exact = Delta(expr=f("sub", S3, bound), exact=True)
    pinned = observable(axes=(S2,), deltas=(exact,), windows=(less(W, S3),))
    (region,) = regions(pinned)
    points = Points(pinned, region, triangles(500, 3))
    assert points.inside().any() == open_


def test_a_side_that_the_axes_fix_has_nothing_of_the_others():
    """The first axis fixes z1 + p z2, and z3 is what the second has more than p times that."""
    second = f("add", f("mul", P, S1), f("mul", f("pow", P, 2.0), S2), S3)
    (region,) = regions(observable(axes=(f("add", S1, f("mul", P, S2)), second)))
    assert [c.kind for c in region.coordinates] == ["axis", "axis", "free"]
    assert Coordinate(index=2) not in set(leaves(region.sides[2]))


def test_differences_of_roots_keep_their_accuracy():
    """Of sides that nearly vanish, a multiplied-out square would leave rounding errors."""
    delta = within(f("sub", f("sqrt", S1), f("sqrt", S3)), -1.0, 0.0)
    shape = observable(axes=(f("sqrt", S3),), deltas=(delta,))
    (region,) = regions(shape)
    points = Points(shape, region, np.array([[1e-16, 0.1, 0.16]]))
    np.testing.assert_allclose(points(region.sides[0]), 1e-16, rtol=1e-6)


def test_exact_deltas_are_pinned_to_zero():
    exact = Delta(expr=f("sub", f("sqrt", S3), f("mul", 2.0, f("sqrt", S1))), exact=True)
    shape = observable(deltas=(exact,))
    (region,) = regions(shape)
    (pinned,) = (k for k, c in enumerate(region.coordinates) if c.pinned)
    assert region.coordinates[pinned].kind == "delta"
    assert (region.coordinates[pinned].lower, region.coordinates[pinned].upper) == ((), ())
    points = Points(shape, region, triangles(50, 3))
    points.coordinates[pinned] = np.full(50, np.nan)
    on_it = np.stack([points(side) for side in region.sides], axis=1)
    np.testing.assert_allclose(np.sqrt(on_it[:, 2]), 2 * np.sqrt(on_it[:, 0]), rtol=1e-12)


@pytest.mark.parametrize(("first", "second"), [(S2, S3), (S3, S2)])
def test_an_open_delta_beside_an_exact_one_keeps_its_ends(first, second):
    exact = Delta(expr=f("sub", first, f("mul", 2.0, S1)), exact=True)
    (region,) = regions(observable(deltas=(exact, within(f("sub", second, S1), 0.0, W))))
    (pinned,) = (c for c in region.coordinates if c.pinned)
    assert (pinned.lower, pinned.upper) == ((), ())
    (opened,) = (c for c in region.coordinates if c.kind == "delta" and not c.pinned)
    assert num(0.0) in opened.lower
    assert W in opened.upper


@pytest.mark.parametrize(
    ("shape", "why"),
    [
        (observable(axes=(S1, S2, S3), deltas=(within(f("sub", S2, S1), 0.0, W),)), "4 axes"),
        (observable(axes=(f("sin", f("mul", S1, S2)),)), "could not be solved"),
        (observable(axes=(f("mul", W, S1),)), "could not be solved"),
    ],
)
def test_shapes_without_a_region_say_why(shape, why):
    for region in pipeline.run(shape).regions:
        assert isinstance(region, NoRegion)
        assert why in region.reason
