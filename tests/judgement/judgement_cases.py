"""Observables written out by hand, and real tuples of particles to hold judgements against."""

from __future__ import annotations

from functools import reduce
from itertools import combinations

import numpy as np

from ecdsl.ir.evaluate import evaluate, holds
from ecdsl.ir.nodes import (
    Apply,
    Axis,
    Bins,
    Compare,
    Correlator,
    Delta,
    Energy,
    Number,
    Observable,
    Pair,
    Parameter,
    Particles,
    Scale,
    Side,
)

Z1, Z2, Z3 = (Side(k=k) for k in (1, 2, 3))
Z12, Z13, Z23 = (Pair(i=i, j=j) for i, j in ((1, 2), (1, 3), (2, 3)))


def apply(fn, *args):
    return Apply(fn=fn, args=tuple(number(arg) for arg in args))


def number(value):
    return Number(value=float(value)) if isinstance(value, int | float) else value


def less(left, right, op="<"):
    return Compare(op=op, lhs=number(left), rhs=number(right))


def exact(expr):
    return Delta(expr=expr, exact=True)


def observable(
    *windows,
    deltas=(),
    axis=Z1,
    bins=(0.0, 0.3),
    measure="ee",
    order=3,
    tuples="distinct",
    parameters=(),
    **correlator,
):
    energies = tuple(Energy(i=i) for i in range(1, order + 1))
    product = energies[0] if order == 1 else apply("mul", *energies)
    return Observable(
        name="seen",
        correlator=Correlator(
            order=order,
            constituents=correlator.pop("constituents", Particles()),
            measure=measure,
            weight=correlator.pop("weight", apply("div", product, apply("pow", Scale(), order))),
            tuples=tuples,
            **correlator,
        ),
        parameters=tuple(parameters),
        deltas=tuple(deltas),
        windows=tuple(windows),
        axes=(Axis(name="zeta", expr=axis, bins=Bins(n=10, lower=bins[0], upper=bins[1])),),
    )


def tuples(measure, order, rng, n=4000):
    """Return the pairwise distances (n, pairs) of random particles on all scales."""
    scale = 10 ** rng.uniform(-2, 0.5, (n, 1, 1)) * 10 ** rng.uniform(-1.5, 0, (n, order, 1))
    if measure == "ee":
        points = rng.normal(size=(n, order, 3)) * scale + np.array([0.0, 0.0, 1.0])
        points /= np.linalg.norm(points, axis=2, keepdims=True)
        factor = 0.25
    else:
        points, factor = rng.normal(size=(n, order, 2)) * scale, 1.0
    every = [
        factor * ((points[:, i] - points[:, j]) ** 2).sum(axis=1)
        for i, j in combinations(range(order), 2)
    ]
    return np.stack(every, axis=1)


def reader(distances, order, parameters=()):
    """Return the function that reads a leaf off such tuples."""
    where = {pair: k for k, pair in enumerate(combinations(range(1, order + 1), 2))}
    ordered = np.sort(distances, axis=1)

    def leaf(expr):
        match expr:
            case Pair(i=i, j=j):
                return distances[:, where[i, j]]
            case Side(k=k):
                return ordered[:, k - 1]
            case Parameter(index=k):
                return np.full(len(distances), parameters[k])
        raise AssertionError(expr)

    return leaf


def selected(found, distances):
    """Return which tuples pass the windows and deltas of an observable."""
    values = [spec.value for spec in found.parameters]
    leaf = reader(distances, found.correlator.order, values)
    mask = np.ones(len(distances), dtype=bool)
    for window in found.windows:
        mask &= holds(window, leaf)
    for delta in found.deltas:
        value = evaluate(delta.expr, leaf)
        mask &= (evaluate(delta.lower, leaf) <= value) & (value <= evaluate(delta.upper, leaf))
    return mask


def tied(condition, leaf):
    """Return where a comparison is between numbers that only rounding tells apart.

    Claims are about real numbers, for which mean(x, x, x) is x.
    """
    if isinstance(condition, Compare):
        lhs, rhs = evaluate(condition.lhs, leaf), evaluate(condition.rhs, leaf)
        return np.isclose(lhs, rhs, rtol=1e-12, atol=0) & (lhs != rhs)
    return reduce(np.logical_or, (tied(part, leaf) for part in condition.args))
