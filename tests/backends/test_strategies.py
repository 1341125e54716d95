"""Every way to run a sum adds the same weights to the same bins, ties and empty places included."""

from __future__ import annotations

from itertools import combinations, product
from math import factorial

import backends_under_test as backends
import numpy as np
import pytest
from decisions import assert_equal_rows, compiles, near_a_decision
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from ir_strategies import sample
from strategies import apply, batch, energy_weight, jets, observables

from ecdsl.artifacts.load import load_kernel
from ecdsl.artifacts.store import store_kernel
from ecdsl.backends.numba.emit import emit_fill
from ecdsl.backends.numba.planner import choose, describe, options
from ecdsl.ir.fingerprint import kernel_fingerprint
from ecdsl.ir.nodes import (
    Axis,
    Between,
    Bins,
    Compare,
    Correlator,
    Energy,
    Jet,
    Logic,
    Member,
    Number,
    Observable,
    Pair,
    Parameter,
    ParameterSpec,
    Particles,
    Pt,
    Scale,
    Side,
)
from ecdsl.passes import pipeline

RELAXED = {"deadline": None, "suppress_health_check": list(HealthCheck)}
Z12, Z13, Z23 = PAIRS = (Pair(i=1, j=2), Pair(i=1, j=3), Pair(i=2, j=3))
TWO = Number(value=2.0)
WIDTH = ParameterSpec(name="width", lower=0.0, upper=1.0, value=0.2)
RANKED = {"ranked": True}
LOG = Bins(n=7, lower=1e-3, upper=0.9, spacing="log")


def kernel_of(plan, strategy):
    source = emit_fill(plan, strategy)
    folder = f"{kernel_fingerprint(plan)}{strategy}"
    return load_kernel(
        backends.BUILD, store_kernel(backends.BUILD, folder, source.name, source.text)
    )


def rows_by(strategy, observable, sample, *, compiled=False):
    plan = pipeline.run(observable)
    kernel = kernel_of(plan, strategy)
    if not compiled:
        kernel = backends.as_python(kernel)
    return backends.run_fill(kernel.fill, plan.observable, sample)


def possible(observable):
    return {o.strategy for o in options(pipeline.run(observable)) if o.cost is not None}


def observable(
    axis,
    *,
    windows=(),
    tuples="distinct",
    weight=None,
    bins=LOG,
    order=3,
    measure="ee",
    axes=(),
    **more,
):
    return Observable(
        name="seen",
        correlator=Correlator(
            order=order,
            constituents=Particles(),
            measure=measure,
            weight=weight or energy_weight(order),
            tuples=tuples,
            **more,
        ),
        parameters=(WIDTH,),
        windows=windows,
        axes=tuple(Axis(name=f"x{k}", expr=e, bins=bins) for k, e in enumerate((axis, *axes))),
    )


def below(a, b):
    return Compare(op="<", lhs=a, rhs=b)


EQUILATERAL = tuple(
    below(apply("abs", apply("sub", a, b)), Parameter(index=0))
    for a, b in ((Z12, Z13), (Z12, Z23), (Z13, Z23))
)
LONGEST = apply("sqrt", apply("max", *PAIRS))
RATIO = apply("div", apply("sqrt", Side(k=1)), apply("sqrt", Side(k=2)))
LARGE = apply("mul", Number(value=90.0), apply("add", Z12, Z13, Z23))
HALF_SQUARES = apply("asin", apply("mul", Number(value=0.5), apply("mul", *PAIRS)))


@given(observables(orders=(3,)), jets(max_jets=2, max_particles=5))
@settings(max_examples=15, **RELAXED)
def test_all_strategies_equal_the_interpreter(seen, some):
    assume(compiles(seen) and not near_a_decision(seen, some))
    expected = backends.reference_rows(seen, some)
    for strategy in sorted(possible(seen)):
        assert_equal_rows(rows_by(strategy, seen, some), expected)


MANY = sample(np.random.default_rng(4), [21, 3, 0, 34, 2])
HARD = Compare(op="<=", lhs=Number(value=2.0), rhs=Energy(i=1))
HARD_TUPLE = below(Number(value=40.0), apply("mul", *(Energy(i=i) for i in (1, 2, 3))))
NARROW = below(
    apply("max", *(Between(quantity="dphi", i=i, j=j) for i, j in ((1, 2), (1, 3), (2, 3)))),
    Number(value=1.5),
)
# Every function and every connective that sixteen particles are tested with at once.
SHORT, MIDDLE, LONG = SIDES = tuple(Side(k=k) for k in (1, 2, 3))
POWERS = below(
    apply("sub", apply("pow", LONG, TWO), apply("pow", MIDDLE, Number(value=3.0))),
    apply("add", apply("pow", apply("sqrt", SHORT), Number(value=4.0)), Number(value=0.2)),
)
FUNCTIONS = below(
    apply("div", apply("median", *PAIRS), apply("mean", *PAIRS)),
    apply("neg", apply("min", apply("neg", LONG), Number(value=-0.9), apply("mul", TWO, SHORT))),
)
EITHER = Logic(
    op="or",
    args=(
        Logic(op="not", args=(below(SHORT, apply("abs", apply("sub", MIDDLE, LONG))),)),
        below(apply("max", *SIDES), Parameter(index=0)),
        Logic(
            op="and",
            args=(
                Compare(op="!=", lhs=SHORT, rhs=MIDDLE),
                Compare(op="<=", lhs=LONG, rhs=Number(value=0.6)),
            ),
        ),
    ),
)
FAST = [
    observable(apply("mean", *PAIRS), windows=EQUILATERAL),
    observable(LONGEST),
    observable(LONGEST, tuples="all"),
    observable(apply("max", *(apply("sqrt", pair) for pair in PAIRS)), measure="hadron"),
    observable(Side(k=3), tuples="sets"),
    observable(Side(k=3), windows=(below(Side(k=3), Parameter(index=0)),), tuples="all"),
    observable(Side(k=1), windows=(below(Side(k=2), Parameter(index=0)), HARD_TUPLE), tuples="all"),
    observable(Side(k=1), windows=(NARROW,)),
    observable(Side(k=6), windows=(below(Side(k=2), Parameter(index=0)),), order=4),
    observable(Side(k=6), order=4),
    observable(Side(k=10), tuples="all", order=5, hardest=9),
    observable(apply("acos", apply("min", Number(value=1.0), RATIO)), tuples="all"),
    observable(apply("sqrt", Side(k=2)), axes=(RATIO, apply("log", apply("mean", *PAIRS)))),
    observable(apply("sqrt", Z12), windows=(HARD,), order=4, hardest=11, tuples="all", **RANKED),
    observable(apply("sqrt", Z12), axes=(Energy(i=2),), **RANKED),
    observable(apply("mul", Number(value=40.0), LONGEST), bins=Bins(n=9, lower=-9.0, upper=39.0)),
    observable(
        apply("sqrt", apply("mean", *PAIRS)), axes=(HALF_SQUARES, apply("atan", LARGE)), hardest=9
    ),
    observable(apply("sqrt", Side(k=4)), order=4, hardest=12, axes=(apply("exp", Side(k=1)),)),
    observable(apply("mean", *PAIRS), windows=(POWERS, FUNCTIONS, EITHER)),
]


@pytest.mark.parametrize("seen", FAST, ids=range(len(FAST)))
def test_strategies_equal_the_nest_on_jets_of_more_particles_than_a_vector_has(seen):
    plain = rows_by("nest", seen, MANY)
    assert plain[:, 1:-1].sum() > 0
    others = sorted(possible(seen) - {"nest"})
    assert others
    for strategy in others:
        np.testing.assert_allclose(rows_by(strategy, seen, MANY), plain, rtol=1e-11, atol=1e-15)


@pytest.mark.parametrize(
    ("strategy", "seen"),
    [("masked", FAST[0]), ("masked", FAST[-1]), ("longest", FAST[2]), ("rows", FAST[12])],
)
def test_compiled_code_equals_what_it_says(strategy, seen):
    plain = rows_by("nest", seen, MANY)
    found = rows_by(strategy, seen, MANY, compiled=True)
    np.testing.assert_allclose(found, plain, rtol=1e-11, atol=1e-15)


@pytest.mark.parametrize(
    ("seen", "chosen"),
    [
        (observable(LONGEST, tuples="all"), "longest"),
        (observable(apply("max", *(apply("sqrt", pair) for pair in PAIRS))), "longest"),
        (observable(apply("mean", *PAIRS), windows=EQUILATERAL), "masked"),
        (observable(apply("mean", *PAIRS)), "rows"),
        (observable(apply("mean", *PAIRS), windows=(HARD,)), "nest"),
        (observable(Z12, order=2, weight=energy_weight(2)), "nest"),
        (observable(apply("sqrt", Z12), tuples="all", **RANKED), "centred"),
        (observable(Z13, **RANKED), "nest"),
    ],
)
def test_the_planner_finds_the_cheapest(seen, chosen):
    plan = pipeline.run(seen)
    assert choose(plan) == chosen
    lines = describe(plan).splitlines()
    assert lines[0].startswith(f"kernel {chosen}")
    assert lines[1].split()[0] == chosen
    assert len(lines) == 1 + len(options(plan)) + (lines[-1] == "grid in one pass over width")
    assert lines[-1].startswith("grid") == (chosen == "masked")


@pytest.mark.parametrize(
    ("seen", "reason"),
    [
        (observable(apply("mean", *PAIRS)), "other than the longest"),
        (observable(Number(value=0.5)), "other than the longest"),
        (observable(LONGEST, windows=(HARD,)), "relabelling"),
        (observable(Z12, order=2, weight=energy_weight(2)), "3 points or more"),
        (observable(LONGEST, weight=apply("div", Jet(quantity="energy"), Scale())), ""),
        (
            observable(
                LONGEST,
                weight=apply("div", apply("add", *(Energy(i=i) for i in (1, 2, 3))), Scale()),
            ),
            "product",
        ),
        (
            observable(
                LONGEST, tuples="all", distance=apply("sqrt", Between(quantity="angle", i=1, j=2))
            ),
            "nearest to itself",
        ),
    ],
)
def test_why_a_sum_does_not_run_over_longest_pairs(seen, reason):
    (option,) = (o for o in options(pipeline.run(seen)) if o.strategy == "longest")
    assert reason in option.reason
    assert bool(reason) == (option.cost is None)


@pytest.mark.parametrize(
    "weight",
    [
        apply("mul", *(apply("div", Pt(i=i), Jet(quantity="pt")) for i in (1, 2, 3))),
        apply("neg", apply("pow", apply("div", energy_weight(3), Scale()), Number(value=2.0))),
        apply("mul", *(Member(quantity="et", i=i) for i in (1, 2, 3)), Number(value=3.0)),
        apply("div", Scale(), apply("mul", *(Energy(i=i) for i in (1, 2, 3)))),
        apply("pow", energy_weight(3), Number(value=0.5)),
    ],
)
def test_weights_of_particles_are_taken_apart(weight):
    seen = observable(LONGEST, weight=weight, tuples="all")
    expected = backends.reference_rows(seen, sample(np.random.default_rng(5), [4, 1]))
    found = rows_by("longest", seen, sample(np.random.default_rng(5), [4, 1]))
    np.testing.assert_allclose(found, expected, rtol=1e-11)


def towers(rng, n_jets, n):
    """Return jets on a grid of directions, as of calorimeter towers: distances are often equal."""
    eta, phi = (0.1 * rng.integers(-3, 4, size=n_jets * n) for _ in range(2))
    pt = rng.exponential(5.0, size=n_jets * n)
    momenta = np.stack([pt * np.cos(phi), pt * np.sin(phi), pt * np.sinh(eta)], axis=1)
    return batch(momenta, [n] * n_jets)


@pytest.mark.parametrize("tuples", ["all", "sets"])
@pytest.mark.parametrize(("order", "n"), [(4, 11), (5, 7)])
def test_of_equal_sides_one_is_the_longest_of_more_points(tuples, order, n):
    some = towers(np.random.default_rng(8), 3, n)
    seen = observable(
        Side(k=order * (order - 1) // 2), tuples=tuples, order=order, measure="hadron"
    )
    energy = (some.energy.reshape(3, n) / some.scale[:, None]).T
    chosen = combinations(energy, order) if tuples == "sets" else product(energy, repeat=order)
    found = rows_by("longest", seen, some)
    np.testing.assert_allclose(found.sum(axis=1), sum(np.prod(e, axis=0) for e in chosen))
    np.testing.assert_allclose(found, rows_by("nest", seen, some), rtol=1e-10, atol=1e-13)


@pytest.mark.parametrize("tuples", ["distinct", "all", "sets"])
@pytest.mark.parametrize("order", [4, 5])
def test_the_sum_over_all_tuples_tells_what_ties_left_out(tuples, order):
    """One hard particle: what the others add to its own share is not lost to rounding."""
    longest = Side(k=order * (order - 1) // 2)
    seen = observable(longest, tuples=tuples, order=order)
    kernel = backends.as_python(kernel_of(pipeline.run(seen), "longest"))
    shares = np.array([3e-7, 0.25, 1e6, 2e-9, 0.5, 1e-3])
    some = [
        np.prod(e)
        for e in product(shares, repeat=order)
        if len(set(e)) == order or (tuples == "all" and len(set(e)) > 1)
    ]
    expected = sum(sorted(some)) / (factorial(order) if tuples == "sets" else 1)
    np.testing.assert_allclose(kernel._of_all(shares, len(shares)), expected, rtol=1e-13)


def test_tuples_without_a_value_are_counted_where_pairs_are_filled():
    """0/0 for all that stand in one direction."""
    some = batch([(1.0, 0, 0)] * 5 + [(0, 1.0, 0)], [6])
    for order in (3, 4):
        longest = Side(k=order * (order - 1) // 2)
        share = apply("div", apply("min", longest, Number(value=0.1)), longest)
        seen = observable(share, tuples="all", order=order)
        plan = pipeline.run(seen)
        counts = {
            strategy: backends.counted_fill(
                backends.as_python(kernel_of(plan, strategy)).fill, plan.observable, some
            )[1]
            for strategy in ("nest", "longest")
        }
        assert counts["longest"] == counts["nest"] == 5**order + 1


def energy_of(some):
    return some.energy / some.scale[0]


@pytest.mark.parametrize("tuples", ["distinct", "all", "sets"])
@pytest.mark.parametrize("measure", ["ee", "hadron"])
def test_granular_input_loses_no_weight(tuples, measure):
    """Each tuple has one longest pair, also where several sides are equally long."""
    some = towers(np.random.default_rng(6), 6, 24)
    seen = observable(LONGEST, tuples=tuples, measure=measure)
    found = rows_by("longest", seen, some)
    energy = some.energy.reshape(6, 24) / some.scale[:, None]
    first, second, third = (np.sum(energy**k, axis=1) for k in (1, 2, 3))
    # Newton: e3 = (p1^3 - 3 p1 p2 + 2 p3) / 6.
    sets = (first**3 - 3 * first * second + 2 * third) / 6
    total = {"distinct": 6 * sets, "all": first**3, "sets": sets}[tuples]
    np.testing.assert_allclose(found.sum(axis=1), total, rtol=1e-11)
    np.testing.assert_allclose(found, rows_by("nest", seen, some), rtol=1e-10, atol=1e-13)


COSINE = apply("div", apply("sub", *(apply("sqrt", Side(k=k)) for k in (3, 2))), Side(k=1))
ANGLE = apply("asin", apply("sqrt", apply("max", Number(value=0.0), apply("sub", TWO, COSINE))))


@pytest.mark.parametrize("axes", [(), (RATIO,), (ANGLE, RATIO), (RATIO, ANGLE, COSINE, Side(k=1))])
def test_rows_settle_what_is_near_an_edge(axes):
    """Many triangles of towers have equal sides: their ratio is 1, an edge, or 0/0 in one tower."""
    some = towers(np.random.default_rng(7), 3, 16)
    bins = Bins(n=4, lower=0.5, upper=1.0)
    seen = observable(apply("sqrt", Side(k=3)), axes=axes, measure="hadron", bins=bins)
    plan = pipeline.run(seen)
    (rows, undefined), plain = (
        backends.counted_fill(backends.as_python(kernel_of(plan, s)).fill, plan.observable, some)
        for s in ("rows", "nest")
    )
    np.testing.assert_allclose(rows, plain[0], rtol=1e-13)
    assert undefined == plain[1]
    # The three of one tower stand in one place, or apart by rounding.
    assert undefined or ANGLE not in axes


@pytest.mark.parametrize("exponent", [-45, -3, 0, 30])
@pytest.mark.parametrize("axis", [ANGLE, RATIO])
def test_a_key_has_the_bin_of_all_values_next_to_its_own(axis, exponent):
    kernel = backends.as_python(kernel_of(pipeline.run(observable(axis)), "rows"))
    edges = backends.edges(LOG) * 2.0**exponent
    bins = kernel.bin_table(edges)
    keyed = np.zeros(kernel._KEYS, dtype=np.int32)
    about = np.concatenate([edges, 2.0 ** np.arange(-42, 26)])
    values = np.concatenate([about * (1 + k * 2.0**-52) for k in range(-4, 5)])
    with np.errstate(all="ignore"):
        kernel._keyed(keyed, 0, 3, 0, *bins)
        for value in values:
            cell = 3 * kernel._at(0, value.view(np.int64), *bins)
            for near in (value * (1 - 2.0**-50), value, value * (1 + 2.0**-50)):
                assert keyed[kernel._key(near)] in {cell, kernel._MIXED}
        assert {kernel._key(v) for v in (-1.0, np.nan, -np.nan, 0.0)} == {kernel._KEYS - 1}
    assert (keyed != kernel._MIXED).sum() > 0.3 * kernel._KEYS


def test_soft_triplets_with_equal_sides_are_not_lost():
    """Three soft particles along the axes are as far from each other; four hard ones are not."""
    rng = np.random.default_rng(3)
    some = batch([*(1e-3 * np.eye(3)), *rng.normal(size=(4, 3))], [7])
    seen = observable(Side(k=3), tuples="sets", bins=Bins(n=40, lower=0.0, upper=1.0))
    plain = rows_by("nest", seen, some)
    np.testing.assert_allclose(rows_by("longest", seen, some), plain, rtol=1e-9, atol=1e-20)
    soft = energy_of(some)[:3].prod()
    assert 1e-11 < soft / plain.sum() < 1e-7


@given(
    st.sampled_from(
        [
            LOG,
            Bins(n=100, lower=0.0, upper=1.0),
            Bins(n=3, lower=-1.0, upper=1.0),
            Bins(n=4, lower=-2.0, upper=2.0),
            Bins(n=1, lower=0.0, upper=1.0),
            Bins(n=30, lower=1e-9, upper=1.0 - 1e-9, spacing="logit"),
            Bins(n=3, lower=1.0, upper=2.0, spacing="edges", edges=(1.0, 1.0 + 1e-15, 1.5, 2.0)),
        ]
    ),
    st.lists(st.floats(allow_nan=True, allow_infinity=True), max_size=30),
)
@settings(max_examples=40, **RELAXED)
def test_bins_are_found_as_by_binary_search(bins, values):
    kernel = backends.as_python(kernel_of(pipeline.run(FAST[1]), "nest"))
    edges = backends.edges(bins)
    near = [np.nextafter(edges, end) for end in (-np.inf, np.inf)]
    every = np.concatenate([values, edges, *near, np.linspace(-3, 3, 50), [-np.nan, -0.0]])
    table = kernel.bin_table(edges)
    found = [kernel.find_bin(value, *table) for value in every]
    np.testing.assert_array_equal(found, np.searchsorted(edges, every, side="right"))
