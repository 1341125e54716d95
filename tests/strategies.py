"""Random observables and events that are valid by construction."""

from __future__ import annotations

from itertools import combinations

import numpy as np
from hypothesis import strategies as st

from ecdsl.events.batch import JetBatch
from ecdsl.ir.nodes import (
    Apply,
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
    Pt,
    Scale,
    Side,
)


def apply(fn, *args):
    return Apply(fn=fn, args=args)


def energy_weight(order):
    product = (
        apply("mul", *(Energy(i=i) for i in range(1, order + 1))) if order > 1 else Energy(i=1)
    )
    return apply("div", product, apply("pow", Scale(), Number(value=float(order))))


def weights(order):
    """Dimensionless weights, symmetric and not."""
    powers = st.lists(st.integers(0, 3), min_size=order, max_size=order)

    def build(exponents, leaf):
        factors = [
            apply("pow", apply("div", leaf(i=i), Scale()), Number(value=float(k)))
            for i, k in enumerate(exponents, 1)
        ]
        return factors[0] if order == 1 else apply("mul", *factors)

    return st.one_of(
        st.just(energy_weight(order)), st.builds(build, powers, st.sampled_from([Energy, Pt]))
    )


def leaves(order, n_parameters):
    found = [Number(value=v) for v in (0.5, 1.0, 2.0, 0.125)]
    found += [Parameter(index=k) for k in range(n_parameters)]
    found += [Pair(i=i, j=j) for i, j in combinations(range(1, order + 1), 2)] * 2
    found += [Side(k=k) for k in range(1, order * (order - 1) // 2 + 1)]
    return st.sampled_from(found)


def expressions(order, n_parameters, max_leaves=6):
    """Expressions of distances that are finite for finite positive distances."""

    def extend(inner):
        pair = st.tuples(inner, inner)
        return st.one_of(
            st.builds(
                lambda fn, ab: apply(fn, *ab),
                st.sampled_from(["add", "sub", "mul", "min", "max"]),
                pair,
            ),
            st.builds(lambda a: apply("sqrt", apply("abs", a)), inner),
            st.builds(lambda a: apply("abs", a), inner),
            st.builds(lambda a: apply("neg", a), inner),
            st.builds(lambda a: apply("exp", apply("neg", apply("abs", a))), inner),
            st.builds(
                lambda a, b: apply("div", a, apply("add", apply("abs", b), Number(value=1.0))),
                inner,
                inner,
            ),
            st.builds(lambda a, b, c: apply("median", a, b, c), inner, inner, inner),
            st.builds(lambda a, b, c: apply("mean", a, b, c), inner, inner, inner),
        )

    return st.recursive(leaves(order, n_parameters), extend, max_leaves=max_leaves)


def conditions(order, n_parameters):
    compare = st.builds(
        lambda op, a, b: Compare(op=op, lhs=a, rhs=b),
        st.sampled_from(["<", "<="]),
        expressions(order, n_parameters, 3),
        expressions(order, n_parameters, 3),
    )
    return st.one_of(
        compare,
        st.builds(lambda a: Logic(op="not", args=(a,)), compare),
        st.builds(
            lambda op, a, b: Logic(op=op, args=(a, b)),
            st.sampled_from(["and", "or"]),
            compare,
            compare,
        ),
    )


@st.composite
def observables(draw, orders=(2, 3), tuples=("distinct", "all")):
    order = draw(st.sampled_from(orders))
    specs = tuple(
        ParameterSpec(name=f"a{k}", lower=0.0, upper=2.0, value=draw(st.floats(0.0, 2.0)))
        for k in range(draw(st.integers(0, 2)))
    )
    n = len(specs)
    deltas = tuple(
        Delta(expr=expr, lower=Number(value=-0.25), upper=Number(value=0.5))
        for expr in draw(st.lists(expressions(order, n, 3), max_size=1))
    )
    axes = tuple(
        Axis(
            name=f"x{k}",
            expr=expr,
            bins=Bins(
                n=draw(st.integers(1, 6)),
                lower=0.01,
                upper=1.7,
                spacing=draw(st.sampled_from(["linear", "log"])),
            ),
        )
        for k, expr in enumerate(draw(st.lists(expressions(order, n), min_size=1, max_size=2)))
    )
    return Observable(
        name="random",
        correlator=Correlator(
            order=order,
            constituents=Particles(),
            measure=draw(st.sampled_from(["ee", "hadron"])),
            weight=draw(weights(order)),
            tuples=draw(st.sampled_from(tuples)),
        ),
        parameters=specs,
        deltas=deltas,
        windows=tuple(draw(st.lists(conditions(order, n), max_size=2))),
        axes=axes,
    )


@st.composite
def jets(draw, max_jets=3, max_particles=5):
    """Jets of massless particles, some of them empty, some with coincident directions."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    counts = draw(st.lists(st.integers(0, max_particles), min_size=1, max_size=max_jets))
    momenta = rng.normal(size=(sum(counts), 3)) * rng.exponential(20.0, size=(sum(counts), 1))
    if len(momenta) > 1 and draw(st.booleans()):
        momenta[1] = 2 * momenta[0]
    shared = draw(st.booleans())
    return batch(momenta, counts, shared=shared)


def batch(momenta, counts, *, shared=False, scale=200.0):
    momenta = np.asarray(momenta, dtype=float).reshape(-1, 3)
    n = len(counts)
    return JetBatch(
        offsets=np.cumsum([0, *counts]).astype(np.int64),
        px=momenta[:, 0].copy(),
        py=momenta[:, 1].copy(),
        pz=momenta[:, 2].copy(),
        energy=np.linalg.norm(momenta, axis=1),
        scale=np.full(n, scale),
        event=np.zeros(n, dtype=np.int64) if shared else np.arange(n),
        constituents=Particles(),
    )


def spray(seed, counts):
    """Return jets of particles that are near each other at all scales, as of a parton shower."""
    rng = np.random.default_rng(seed)
    n = sum(counts)
    angle, turn = np.exp(rng.uniform(-6, 0.2, n)), rng.uniform(-np.pi, np.pi, n)
    pt, phi = rng.exponential(9.0, n) + 0.1, 3.0 + angle * np.cos(turn)
    eta = 0.4 + angle * np.sin(turn)
    return batch(pt[:, None] * np.stack([np.cos(phi), np.sin(phi), np.sinh(eta)], axis=1), counts)
