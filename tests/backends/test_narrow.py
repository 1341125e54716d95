"""Windows that are tested in float32 first keep what the declared test keeps, to the last bit."""

from __future__ import annotations

from functools import cache
from itertools import combinations

import backends_under_test as backends
import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from strategies import apply, batch, energy_weight

from ecdsl.artifacts.load import load_kernel
from ecdsl.artifacts.store import store_kernel
from ecdsl.backends.numba.emit import emit_fill
from ecdsl.backends.numba.narrow import is_narrow
from ecdsl.ir.evaluate import evaluate
from ecdsl.ir.fingerprint import kernel_fingerprint
from ecdsl.ir.nodes import (
    Axis,
    Between,
    Bins,
    Compare,
    Correlator,
    Energy,
    Number,
    Observable,
    Pair,
    Parameter,
    ParameterSpec,
    Particles,
    Scale,
    Side,
)
from ecdsl.passes import pipeline

RELAXED = {"deadline": None, "suppress_health_check": list(HealthCheck)}
WIDTH = ParameterSpec(name="width", lower=0.0, upper=1e9, value=0.1)
Z12, Z13 = Pair(i=1, j=2), Pair(i=1, j=3)
P0 = Parameter(index=0)
APART = apply("abs", apply("sub", Side(k=3), Side(k=2)))
SPREAD = apply("sub", Side(k=3), apply("mul", Number(value=2.0), Side(k=1)))
RATIO = apply("sub", Side(k=2), apply("mul", Number(value=1.7), Side(k=1)))
MIDDLE = apply(
    "neg", apply("median", Side(k=3), apply("min", Side(k=2), Number(value=0.3)), Side(k=1))
)


@cache
def kernels(windows, measure, distance=None):
    """Return the kernels of a sum under some windows that tests first, and that does not."""
    correlator = Correlator(
        order=3,
        constituents=Particles(),
        measure=measure,
        distance=distance,
        weight=energy_weight(3),
        tuples="sets",
    )
    bins = Bins(n=9, lower=1e-3, upper=50.0, spacing="log")
    seen = Observable(
        name="seen",
        correlator=correlator,
        parameters=(WIDTH,),
        windows=windows,
        axes=(Axis(name="side", expr=Side(k=3), bins=bins),),
    )
    plan = pipeline.run(seen)
    found = {}
    for strategy in ("masked", "nest"):
        source = emit_fill(plan, strategy)
        folder = f"{kernel_fingerprint(plan)}{strategy}"
        file = store_kernel(backends.BUILD, folder, source.name, source.text)
        found[strategy] = backends.as_python(load_kernel(backends.BUILD, file))
    assert "_narrowed" in vars(found["masked"])
    return plan.observable, found


def jets_on_a_grid(rng, n, spacing):
    """Return a jet of particles whose distances are often equal, up to rounding or exactly."""
    eta, phi = spacing * rng.integers(-3, 4, size=n), 0.25 * rng.integers(-3, 4, size=n)
    pt = rng.exponential(5.0, size=n)
    return batch(np.stack([pt * np.cos(phi), pt * np.sin(phi), pt * np.sinh(eta)], axis=1), [n])


def widths(expr, some, measure):
    """Return what an expression is for the triplets of a jet: windows then end on them."""
    z = backends.distances(measure, some.px, some.py, some.pz)
    triplets = combinations(range(len(z)), 3)
    sides = np.sort([(z[a, b], z[a, c], z[b, c]) for a, b, c in triplets], axis=1)
    return np.abs(evaluate(expr, lambda leaf: sides[:, leaf.k - 1]))


@pytest.mark.parametrize("measure", ["ee", "hadron"])
@pytest.mark.parametrize("op", ["<", "<="])
@pytest.mark.parametrize("expr", [APART, SPREAD, RATIO, MIDDLE], ids=range(4))
@given(seed=st.integers(0, 2**32 - 1), spacing=st.sampled_from([0.25, 1e-4, 1.5]))
@settings(max_examples=2, **RELAXED)
def test_a_window_that_ends_on_a_tuple_keeps_what_it_says(measure, op, expr, seed, spacing):
    windows = tuple(
        Compare(op=op, lhs=lhs, rhs=rhs) for lhs, rhs in ((expr, P0), (apply("neg", expr), P0))
    )
    observable, found = kernels(windows, measure)
    rng = np.random.default_rng(seed)
    some = jets_on_a_grid(rng, 8, spacing)
    for width in rng.choice(widths(expr, some, measure), 2):
        rows = [backends.run_fill(found[s].fill, observable, some, [width]) for s in found]
        np.testing.assert_array_equal(*rows)


@pytest.mark.parametrize("minus", [1000.0, -1000.0])
def test_distances_of_any_sign(minus):
    """Float32 rounds distances of a thousand by more than windows are wide."""
    distance = apply("sub", Between(quantity="angle", i=1, j=2), Number(value=minus))
    spread = apply("sub", Side(k=2), Side(k=1))
    some = batch(np.random.default_rng(3).normal(size=(14, 3)), [14])
    observable, found = kernels((Compare(op="<=", lhs=spread, rhs=P0),), "ee", distance)
    for width in np.random.default_rng(4).choice(widths(spread, some, "ee"), 20) + 1e-9:
        rows = [backends.run_fill(found[s].fill, observable, some, [width]) for s in found]
        assert rows[1].sum() > 0
        np.testing.assert_array_equal(*rows)


@pytest.mark.parametrize("width", [1e-320, 1e-45, 1e-30, 1e30, 1e39, 1e300])
def test_what_float32_cannot_hold_is_left_to_the_exact_test(width):
    spread = apply("mul", apply("add", APART, P0), P0)
    observable, found = kernels((Compare(op="<", lhs=spread, rhs=P0),), "ee")
    some = batch(np.random.default_rng(2).normal(size=(8, 3)), [8])
    rows = [backends.run_fill(found[s].fill, observable, some, [width]) for s in found]
    np.testing.assert_array_equal(*rows)


@pytest.mark.parametrize(
    ("condition", "narrow"),
    [
        (Compare(op="<", lhs=APART, rhs=P0), True),
        (Compare(op="==", lhs=Z12, rhs=Z13), False),
        (Compare(op="<", lhs=apply("sqrt", Z12), rhs=P0), False),
        (Compare(op="<", lhs=Between(quantity="deta", i=1, j=2), rhs=P0), False),
        (Compare(op="<", lhs=Z12, rhs=apply("mul", Scale(), P0)), False),
        (Compare(op="<", lhs=Energy(i=1), rhs=P0), False),
        (Compare(op="<", lhs=Number(value=1.0), rhs=P0), False),
    ],
)
def test_which_windows_are_tested_in_float32(condition, narrow):
    assert is_narrow(condition) == narrow
