"""One pass over a grid of parameters fills what as many passes would."""

from __future__ import annotations

from itertools import product

import backends_under_test as backends
import numpy as np
import pytest
from ir_strategies import sample
from strategies import apply, batch, energy_weight

from ecdsl.artifacts.load import load_kernel
from ecdsl.artifacts.store import store_kernel
from ecdsl.backends.numba.emit import emit_fill, emit_grid
from ecdsl.backends.numba.grids import gridded, way
from ecdsl.events.selection import kernel_columns
from ecdsl.ir.fingerprint import kernel_fingerprint
from ecdsl.ir.nodes import (
    Axis,
    Bins,
    Compare,
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
    Side,
)
from ecdsl.passes import pipeline

ZERO = Number(value=0.0)
SIDES = [Side(k=k) for k in (1, 2, 3)]
P = [Parameter(index=k) for k in range(4)]
LOG = Bins(n=6, lower=1e-2, upper=0.9, spacing="log")


def observable(
    *conditions, n=3, axis=SIDES[0], deltas=(), tuples="distinct", measure="ee", order=3
):
    return Observable(
        name="seen",
        correlator=Correlator(
            order=order,
            constituents=Particles(),
            measure=measure,
            weight=energy_weight(order),
            tuples=tuples,
        ),
        parameters=tuple(
            ParameterSpec(name=f"p{k}", lower=-9.0, upper=9.0, value=1.0) for k in range(n)
        ),
        deltas=deltas,
        windows=conditions,
        axes=(Axis(name="x", expr=axis, bins=LOG),),
    )


def times(factor, value):
    return apply("mul", factor, value)


def less(a, b):
    return Compare(op="<", lhs=a, rhs=b)


def beyond(side, k):
    return Delta(
        expr=apply("sub", side, times(P[k], SIDES[0])), lower=ZERO, upper=Parameter(index=2)
    )


RATIO = observable(deltas=(beyond(SIDES[1], 0), beyond(SIDES[2], 1)))
EQUILATERAL = observable(
    *(less(apply("abs", apply("sub", a, b)), P[0]) for a, b in product(SIDES, SIDES) if a != b), n=1
)


@pytest.mark.parametrize(
    ("seen", "expected"),
    [
        # Each delta looks at its ratio and at the width: the width stays fixed.
        (RATIO, (0, 1)),
        (EQUILATERAL, (0,)),
        (observable(less(SIDES[2], apply("div", P[0], Number(value=2.0)))), (0,)),
        (observable(less(P[0], SIDES[0]), less(SIDES[2], P[1]), less(SIDES[1], P[2])), (0, 1, 2)),
        # What looks at a parameter twice may turn twice, and so may what divides by it.
        (observable(less(times(P[0], P[0]), SIDES[0])), ()),
        (observable(less(apply("sub", P[0], SIDES[0]), times(P[0], SIDES[1]))), ()),
        (observable(less(apply("div", SIDES[0], P[0]), SIDES[1])), ()),
        # Below its domain a root passes nowhere, above it up to some value: that is no turn.
        (observable(less(apply("sqrt", apply("sub", P[0], SIDES[0])), SIDES[2])), ()),
        (observable(less(apply("abs", apply("sub", SIDES[0], P[0])), Number(value=0.1))), ()),
        (observable(Logic(op="or", args=(less(P[0], SIDES[0]), less(SIDES[2], P[1])))), ()),
        # The bin follows the parameter; the window looks at the innermost particle by itself.
        (observable(less(P[0], SIDES[0]), axis=times(P[0], SIDES[0])), ()),
        (observable(less(P[0], times(*(Energy(i=i) for i in (1, 2))))), ()),
        (observable(less(SIDES[0], Number(value=0.1))), ()),
        # What looks at no particle holds for all tuples or for none: there is nothing to hold.
        (observable(less(P[0], Number(value=0.1)), less(P[1], SIDES[0])), (1,)),
        (observable(less(P[0], Pair(i=1, j=2)), order=2, axis=Pair(i=1, j=2)), (0,)),
        (observable(less(P[0], Energy(i=1)), order=1, axis=P[1]), ()),
    ],
)
def test_which_parameters_one_pass_can_run_over(seen, expected):
    plan = pipeline.run(seen)
    assert gridded(plan) == expected
    assert (emit_grid(plan) is None) == (expected == ())


@pytest.mark.parametrize(
    ("condition", "expected", "of_any_distance"),
    [
        (less(P[0], SIDES[0]), "up to", "up to"),
        (less(apply("neg", P[0]), SIDES[0]), "from", "from"),
        (less(times(Number(value=-2.0), P[0]), SIDES[1]), "from", "from"),
        (less(SIDES[0], times(P[0], SIDES[1])), "from", ""),
        (less(apply("sub", SIDES[1], times(P[0], SIDES[0])), P[1]), "from", ""),
        (less(apply("div", P[0], SIDES[0]), SIDES[1]), "up to", ""),
        (less(times(P[0], apply("sub", SIDES[1], SIDES[0])), SIDES[0]), "", ""),
    ],
)
def test_which_way_a_comparison_turns(condition, expected, of_any_distance):
    assert way(condition, 0, positive=True) == expected
    assert way(condition, 0, positive=False) == of_any_distance


def python(kernel):
    for name, function in list(vars(kernel).items()):
        if hasattr(function, "py_func"):
            setattr(kernel, name, function.py_func)
    return kernel


def compiled(plan, emit):
    source = emit(plan)
    folder = f"{kernel_fingerprint(plan)}{source.name[:4]}"
    stored = store_kernel(backends.BUILD, folder, source.name, source.text)
    return load_kernel(backends.BUILD, stored)


def kernel_of(plan, emit):
    return python(compiled(plan, emit))


def both(seen, jets, axes, fixed, kernel_of=kernel_of):
    """Return rows (n_points, n_events, n_cells) and undefined tuples by grid.py and by fill.py."""
    plan = pipeline.run(seen)
    grid, fill = kernel_of(plan, emit_grid), kernel_of(plan, emit_fill)
    event, n_events = jets.event_index()
    columns = kernel_columns(jets, plan.observable)
    edges = backends.edges(plan.observable.axes[0].bins)
    arguments = (
        jets.offsets, jets.px, jets.py, jets.pz, jets.energy, jets.scale,
        columns.particles, columns.jets, event, edges, np.array([0, len(edges)]),
    )  # fmt: skip
    points = list(product(*axes))
    rows = np.zeros((len(points), n_events, len(edges) + 1))
    undefined = np.zeros(len(points))
    offsets = np.cumsum([0, *map(len, axes)])
    values = np.array(fixed, dtype=float)
    with np.errstate(all="ignore"):
        grid.fill_grid(*arguments, values, np.concatenate(axes), offsets, rows, undefined)
        expected, lost = [], []
        for point in points:
            values[list(grid.GRID)] = point
            expected.append(np.zeros((n_events, len(edges) + 1)))
            lost.append(fill.fill(*arguments, values, expected[-1]))
    return (rows, undefined), (np.array(expected), np.array(lost))


STEPS = np.linspace(1.0, 3.0, 5)


@pytest.mark.parametrize(
    ("seen", "axes", "fixed"),
    [
        (RATIO, (STEPS, np.linspace(0.5, 4.0, 11)), (0, 0, 0.3)),
        (RATIO, (STEPS, np.array([2.0])), (0, 0, 0.05)),
        (observable(deltas=(beyond(SIDES[1], 0),), tuples="all"), (STEPS,), (0, 0, 0.5)),
        (EQUILATERAL, (np.array([0.0, 0.1, 0.2, 0.9, 2.0]),), (0,)),
        # Values of either sign, which turn a comparison the other way where the factor is negative.
        (
            observable(
                less(times(P[0], apply("sub", SIDES[1], Number(value=0.4))), SIDES[0]),
                less(SIDES[2], P[1]),
                less(P[2], SIDES[1]),
                tuples="all",
                measure="hadron",
            ),
            (np.linspace(-3, 3, 9), np.array([0.1, 1.0, 5.0]), np.array([0.0, 0.5])),
            (0, 0, 0),
        ),
        # 0/0 in contact terms: their number is kept by point as well.
        (
            observable(
                less(SIDES[2], P[0]), axis=apply("div", SIDES[0], SIDES[1]), tuples="all", n=1
            ),
            (np.array([-1.0, 0.0, 0.2, 1.5]),),
            (0,),
        ),
        (
            observable(less(P[0], Pair(i=1, j=2)), order=2, axis=Pair(i=1, j=2)),
            (STEPS / 5,),
            (0, 0, 0),
        ),
    ],
)
def test_a_grid_equals_its_points(seen, axes, fixed):
    jets = sample(np.random.default_rng(7), [9, 0, 2, 18], shared=True)
    (rows, undefined), (expected, lost) = both(seen, jets, axes, fixed)
    assert expected.sum() > 0
    assert_the_same(rows, expected)
    np.testing.assert_array_equal(undefined, lost)


def test_compiled_vectors_are_those_of_plain_python():
    """Comparisons that turn either way, a guard on energies, and 0/0 on the axis."""
    seen = observable(
        less(times(P[0], apply("sub", SIDES[1], Number(value=0.4))), SIDES[0]),
        less(SIDES[2], P[1]),
        less(Number(value=0.3), times(Energy(i=1), times(Energy(i=2), Energy(i=3)))),
        axis=apply("div", SIDES[0], SIDES[1]),
        tuples="all",
    )
    jets = sample(np.random.default_rng(7), [9, 0, 2, 18], shared=True)
    for second in (np.linspace(0.1, 1.0, 9), np.geomspace(0.1, 1.0, 9)):
        axes = (np.linspace(-3, 3, 9), second)
        (rows, undefined), (expected, lost) = both(seen, jets, axes, (0, 0, 0), compiled)
        assert lost.sum() > 0
        assert_the_same(rows, expected)
        np.testing.assert_array_equal(undefined, lost)


@pytest.mark.parametrize(("step", "even"), [(1e-8, True), (1e-10, False), (1e-12, False)])
def test_steps_that_rounding_blurs_are_not_taken_as_even(step, even):
    """All sides of an octant are 1/2, which is one of the values."""
    octant = batch([(0, 0, 4.0), (1.0, 0, 0), (0, 2.0, 0)], [3], scale=10.0)
    above = observable(less(P[0], SIDES[0]), n=1)
    grid = kernel_of(pipeline.run(above), emit_grid)
    for k in range(5):
        values = 0.5 + step * (np.arange(5) - k)
        assert grid._scales(values, np.array([0, 5]))[0, 5] == even
        (rows, _), (expected, _) = both(above, octant, (values,), (0,))
        assert_the_same(rows, expected)


def assert_the_same(rows, expected):
    """Sums of differences are right to rounding, and 0 where there is nothing."""
    error = np.abs(rows - expected)
    assert (error <= 1e-13 * expected.max(axis=0)).all()
    np.testing.assert_array_equal(rows[expected == 0], 0)


@pytest.mark.parametrize("width", [0.0, 0.25])
@pytest.mark.parametrize(
    "steps", [np.array([0.5, 0.75, 1.0, 1.25, 2.0, 2.5, 4.0, 5.0]), np.linspace(0.5, 4.5, 9)]
)
def test_ties_pass_where_they_pass_one_by_one(width, steps):
    """Along edges and diagonals of a cube: many sides are multiples of others."""
    directions = [d for d in product((-1, 0, 1), repeat=3) if any(d)][::2]
    jets = batch([np.multiply(1 + k, d) for k, d in enumerate(directions)], [13], scale=10.0)
    (rows, _), (expected, _) = both(RATIO, jets, (steps, steps), (0, 0, width))
    assert expected.any()
    assert_the_same(rows, expected)


def test_equal_sides_at_the_edge_of_a_window():
    """Three right angles: all sides are 1/2, and a window holds its ends."""
    octant = batch([(0, 0, 4.0), (1.0, 0, 0), (0, 2.0, 0)], [3], scale=10.0)
    (rows, _), (expected, _) = both(RATIO, octant, (np.array([0.5, 1.0, 2.0]),) * 2, (0, 0, 0.25))
    assert_the_same(rows, expected)
    assert [rows[k].sum() > 0 for k in range(9)] == [True, True, False] * 2 + [False] * 3


@pytest.mark.parametrize(
    "axis",
    [np.linspace(1.0, 3.0, 101), 0.1 * np.arange(1, 40), np.geomspace(0.5, 4.0, 30), np.ones(1)],
)
@pytest.mark.parametrize("width", [0.0, 0.01])
def test_a_box_holds_what_the_comparisons_say(axis, width):
    """Next to where a window turns at a value of the grid, up to two floats away."""
    grid = kernel_of(pipeline.run(RATIO), emit_grid)
    random = np.random.default_rng(3)
    n, n_cells, size = 203, 4, len(axis)
    shortest = random.choice([0.0, 1e-7, 0.01, 0.03, 0.25], n)
    middle = random.choice(axis, n) * shortest + random.choice([0.0, width], n)
    longest = random.choice(axis, n) * shortest + random.uniform(0, 0.1, n)
    middle += random.integers(-2, 3, n) * np.spacing(middle)
    # And away from there, which vectors settle.
    middle[::2] = random.uniform(0.5, 1.5, len(middle[::2])) * axis.mean() * shortest[::2]
    longest[::2] = random.uniform(1.0, 1.5, len(middle[::2])) * middle[::2]
    both_axes, offsets = np.concatenate([axis, axis]), np.array([0, size, 2 * size])
    room = n + 8
    sides, cells, weights = np.zeros((3, room)), np.zeros(room), np.zeros(room)
    sides[:, :n] = np.sort([shortest, middle, longest], axis=0)
    cells[:n], weights[:n] = random.integers(n_cells, size=n), random.uniform(1, 2, n)
    ends, shares = np.zeros((4, room)), np.zeros((1, room))
    corners = np.zeros((4, room), dtype=np.int64)
    settle, one_by_one = grid._settle, []
    grid._settle = lambda at, *rest: (one_by_one.append(at), settle(at, *rest))
    with np.errstate(all="ignore"):
        scales, around = grid._scales(both_axes, offsets), grid._around(both_axes, offsets)
        fixed = (sides, scales, *around, np.array([0, 0, width]), cells, weights)
        grid._boxes(n, *fixed, shares, corners, ends, True)
    assert (len(one_by_one) < 0.9 * n) == (len(axis) != 30)
    places = np.arange(size)[:, None]
    passes = []
    for value, start, stop in zip(sides[1:, :n], ends[::2, :n], ends[1::2, :n], strict=True):
        beyond = value - axis[:, None] * sides[0, :n]
        passes.append((beyond >= 0) & (beyond <= width))
        np.testing.assert_array_equal(passes[-1], (places >= start) & (places < stop))
    some = passes[0].any(axis=0) & passes[1].any(axis=0)
    np.testing.assert_array_equal(shares[0, :n], np.where(some, weights[:n], 0.0))
    for corner, (first, second) in zip(
        corners[:, :n], product(ends[:2, :n], ends[2:, :n]), strict=True
    ):
        place = (cells[:n], first, second)
        expected = np.ravel_multi_index(np.int64(place), (n_cells, size + 1, size + 1))
        np.testing.assert_array_equal(corner, expected)


def test_what_is_not_finite_stays():
    """A weight that divides by 0 must not pass for rounding: it is refused later."""
    seen = observable(less(SIDES[2], P[0]), n=1)
    weight = apply("div", Number(value=1.0), apply("mul", *(Energy(i=i) for i in (1, 2, 3))))
    seen = seen.model_copy(
        update={"correlator": seen.correlator.model_copy(update={"weight": weight})}
    )
    jets = batch([(1.0, 0, 0), (1.0, 1.0, 0), (1.0, 1.0, 1.0)], [3], scale=10.0)
    jets.energy[0] = 0.0
    (rows, _), (expected, _) = both(seen, jets, (np.array([0.5, 1.0]),), (0,))
    assert not np.isfinite(expected).all(axis=(1, 2)).any()
    assert not np.isfinite(rows).all(axis=(1, 2)).any()
