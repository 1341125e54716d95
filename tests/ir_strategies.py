"""Random observables over everything that the IR can ask of particles, pairs, jets and columns."""

from __future__ import annotations

from itertools import combinations, permutations

import numpy as np
from hypothesis import strategies as st
from strategies import apply, batch

from ecdsl.ir.nodes import (
    Axis,
    Azimuth,
    Between,
    Bins,
    Column,
    Compare,
    Correlator,
    Delta,
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
    Triple,
)

MEMBERS = ("et", "eta", "mass", "charge", "pdgid")
JET = ("energy", "pt", "mass", "eta")
SUMS = ("energy_sum", "pt_sum", "et_sum")
TO_JET = ("z", "angle", "deta", "dphi", "mass")
COLUMNS = (Column(name="x_B"), Column(name="m_ref", energy=1))


def of_one(i):
    """Everything that can be asked of particle i alone."""
    found = [Energy(i=i), Pt(i=i), *(Member(quantity=q, i=i) for q in MEMBERS)]
    found += [Between(quantity=q, i=i, j="jet") for q in TO_JET]
    return [*found, Between(quantity="angle", i=i, j="beam")]


def of_tuple(order):
    """Everything that can be asked of a tuple."""
    vertices = range(1, order + 1)
    found = [leaf for i in vertices for leaf in of_one(i)]
    for i, j in combinations(vertices, 2):
        found.append(Pair(i=i, j=j))
        found += [Between(quantity=q, i=i, j=j) for q in ("angle", "deta", "dphi", "mass")]
    found += [Side(k=k) for k in range(1, order * (order - 1) // 2 + 1)]
    found += [Triple(i=i, j=j, k=k) for i, j, k in combinations(vertices, 3)]
    found += [Azimuth(pole=i, j=j, k=k) for i, j, k in permutations(vertices, 3)]
    return [*found, *of_jet((*JET, *SUMS))]


def of_jet(quantities):
    return [Scale(), *(Jet(quantity=q) for q in quantities), *COLUMNS]


def expressions(leaves, max_leaves=3):
    """Expressions that are finite for finite leaves."""
    numbers = [Number(value=v) for v in (0.5, 2.0)]
    leaf = st.sampled_from([*leaves, *numbers])

    def extend(inner):
        return st.one_of(
            st.builds(
                apply,
                st.sampled_from(["add", "sub", "mul", "min", "max"]),
                inner,
                inner,
            ),
            st.builds(apply, st.sampled_from(["abs", "neg", "cos", "atan"]), inner),
            st.builds(lambda a: apply("sqrt", apply("abs", a)), inner),
            st.builds(
                lambda a, b: apply("div", a, apply("add", apply("abs", b), Number(value=1.0))),
                inner,
                inner,
            ),
        )

    return st.recursive(leaf, extend, max_leaves=max_leaves)


def conditions(leaves, vertices):
    """Comparisons of expressions, and whether whole numbers are equal."""
    ordered = st.builds(
        lambda op, a, b: Compare(op=op, lhs=a, rhs=b),
        st.sampled_from(["<", "<="]),
        expressions(leaves, 2),
        expressions(leaves, 2),
    )
    vertex = st.sampled_from(vertices)
    charge = st.builds(lambda i: Member(quantity="charge", i=i), vertex)
    species = st.builds(lambda i: apply("abs", Member(quantity="pdgid", i=i)), vertex)
    equal = st.builds(
        lambda op, a, b: Compare(op=op, lhs=a, rhs=b),
        st.sampled_from(["==", "!="]),
        st.one_of(charge, species, st.builds(lambda a, b: apply("mul", a, b), charge, charge)),
        st.one_of(charge, st.sampled_from([Number(value=v) for v in (0.0, -1.0, 211.0)])),
    )
    one = st.one_of(ordered, equal)
    return st.one_of(
        one,
        st.builds(lambda a: Logic(op="not", args=(a,)), one),
        st.builds(
            lambda op, a, b: Logic(op=op, args=(a, b)), st.sampled_from(["and", "or"]), one, one
        ),
    )


def seldom(strategy, otherwise=None):
    """Draw one time in four, so that most random observables select something."""
    usual = st.none() if otherwise is None else otherwise
    # Not `one_of`, which would draw from the branches of `strategy` with equal chances.
    return st.integers(0, 3).flatmap(lambda k: strategy if k == 3 else usual)


def windows(leaves, order):
    one = st.tuples(conditions(leaves, range(1, order + 1)))
    return seldom(one, st.just(()))


def distances():
    """Declared distances of two points, positive at distinct points, of either sign as well."""
    angle, deta, dphi = (Between(quantity=q, i=1, j=2) for q in ("angle", "deta", "dphi"))
    theta = apply("mul", Number(value=2.0), apply("asin", apply("sqrt", angle)))
    squares = (apply("mul", d, d) for d in (deta, dphi))
    return st.sampled_from(
        [
            None,
            apply("sqrt", angle),
            theta,
            apply("sqrt", apply("add", *squares)),
            apply("sub", Number(value=1.0), apply("mul", Number(value=2.0), angle)),
            dphi,
        ]
    )


def weights(order):
    """Weights of either sign that tell particles apart, or do not."""
    energy = st.sampled_from(
        [Energy, Pt, lambda i: Member(quantity="et", i=i), lambda i: Member(quantity="charge", i=i)]
    )
    scale = st.sampled_from(
        [Scale(), *(Jet(quantity=q) for q in ("energy", "pt", "energy_sum", "pt_sum", "et_sum"))]
    )

    def build(leaf, special, below):
        first = special(i=1)
        factors = [first, *(leaf(i=i) for i in range(2, order + 1))]
        top = factors[0] if order == 1 else apply("mul", *factors)
        return apply("div", top, apply("pow", below, Number(value=float(order))))

    same = st.builds(lambda leaf, below: build(leaf, leaf, below), energy, scale)
    return st.one_of(same, st.builds(build, energy, energy, scale))


@st.composite
def correlators(draw, orders, tuples, *, ranked=True):
    order = draw(st.sampled_from(orders))
    leaves = of_tuple(order)
    where = conditions([*of_one(1), *of_jet(JET)], [1])
    return Correlator(
        order=order,
        constituents=Particles(charged=draw(seldom(st.just(True), st.just(False)))),
        group=draw(st.sampled_from(["jet", "event"])),
        where=draw(seldom(where)),
        hardest=draw(seldom(st.integers(2, 4))),
        measure=draw(st.sampled_from(["ee", "hadron"])),
        distance=draw(distances()),
        weight=draw(weights(order)),
        tuples=draw(st.sampled_from(tuples)),
        windows=draw(windows(leaves, order)),
        ranked=ranked and draw(st.booleans()),
    )


@st.composite
def observables(draw, orders=(1, 2, 3), tuples=("distinct", "all"), *, ranked=True):
    correlator = draw(correlators(orders, tuples, ranked=ranked))
    order = correlator.order
    leaves = of_tuple(order)
    spec = ParameterSpec(name="a", lower=0.0, upper=2.0, value=draw(st.floats(0.0, 2.0)))
    delta = Delta(
        expr=apply("atan", draw(expressions(leaves, 2))),
        lower=Number(value=-1.0),
        upper=Parameter(index=0),
    )
    bins = Bins(n=5, lower=-1.6, upper=1.6)
    return Observable(
        name="random",
        correlator=correlator,
        parameters=(spec,),
        deltas=draw(seldom(st.just((delta,)), st.just(()))),
        windows=draw(windows(leaves, order)),
        axes=(Axis(name="x", expr=apply("atan", draw(expressions(leaves))), bins=bins),),
    )


@st.composite
def samples(draw, max_jets=3, max_particles=5):
    """Jets of massive particles with charges, species and columns; some share an event."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    sizes = seldom(st.integers(0, max_particles), st.just(max_particles))
    counts = draw(st.lists(sizes, min_size=1, max_size=max_jets))
    return sample(rng, counts, shared=draw(st.booleans()))


def sample(rng, counts, *, shared=False):
    """Return jets with charges, species and columns."""
    n = sum(counts)
    made = batch(
        rng.normal(size=(n, 3)) * rng.exponential(20.0, size=(n, 1)), counts, shared=shared
    )
    return dressed(made, rng)


def dressed(jets, rng):
    """Return the jets with masses, charges, species and columns."""
    n = len(jets.px)
    mass = rng.uniform(0.1, 2.0, size=n)
    species = rng.choice([211, -211, 22, 421], size=n)
    charge = np.select([species == 211, species == -211], [1.0, -1.0], 0.0)
    fields = vars(jets) | {
        "energy": np.sqrt(jets.energy**2 + mass**2),
        "charge": charge,
        "pdgid": species.astype(np.int64),
        "labels": {"x_B": np.full(jets.n_jets, 0.3), "m_ref": np.full(jets.n_jets, 172.5)},
    }
    return type(jets)(**fields)
