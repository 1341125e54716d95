"""Events from a known density against the integral of that density over the same shape.

Three directions drawn uniformly on the sphere: with D = det of the matrix of cosines, the density
of (z12, z13, z23) is (2/pi) D^(-1/2) where D > 0. Its histogram by the generated kernel and its
integral through the generated change of variables share no code but the declaration.
"""

from __future__ import annotations

from itertools import pairwise

import backends_under_test as backends
import numpy as np
import pytest
import torch
from scipy.stats import chi2, qmc
from strategies import apply, batch, energy_weight

from ecdsl.backends.numba.emit import emit_fill
from ecdsl.backends.torch.emit import emit_region
from ecdsl.ir.nodes import (
    Axis,
    Bins,
    Compare,
    Correlator,
    Delta,
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

# Chance that a correct implementation fails one of these tests.
FAILURE_RATE = 1e-4
EVENTS = 400_000
POINTS = 1 << 15

SIDES = [Side(k=k) for k in (1, 2, 3)]
PAIRS = [Pair(i=1, j=2), Pair(i=1, j=3), Pair(i=2, j=3)]
WIDTH = ParameterSpec(name="width", lower=0.0, upper=0.3, lower_open=True, value=0.1)


def observable(axis, bins, *, deltas=(), windows=(), parameters=(WIDTH,)):
    return Observable(
        name="shape",
        correlator=Correlator(
            order=3, constituents=Particles(), measure="ee", weight=energy_weight(3)
        ),
        parameters=parameters,
        deltas=deltas,
        windows=windows,
        axes=(Axis(name="x", expr=axis, bins=bins),),
    )


def ratio(width_value, exact=False):
    specs = (
        ParameterSpec(name="n1", lower=1.0, upper=3.0, value=1.2),
        ParameterSpec(name="n2", lower=1.0, upper=3.0, value=1.8),
        ParameterSpec(name="width", lower=0.0, upper=0.3, lower_open=True, value=width_value),
    )
    deltas = tuple(
        Delta(
            expr=apply("sub", side, apply("mul", Parameter(index=k), SIDES[0])),
            lower=None if exact else Number(value=0.0),
            upper=None if exact else Parameter(index=2),
            exact=exact,
        )
        for k, side in enumerate(SIDES[1:])
    )
    bins = Bins(n=6, lower=0.05, upper=0.35)
    return observable(SIDES[0], bins, deltas=deltas, parameters=specs)


def close(first, second):
    return Compare(op="<", lhs=apply("abs", apply("sub", first, second)), rhs=Parameter(index=0))


SHAPES = {
    "ratio": ratio(0.1),
    "equilateral": observable(
        apply("mean", *PAIRS),
        Bins(n=6, lower=0.1, upper=0.7),
        windows=(close(PAIRS[0], PAIRS[1]), close(PAIRS[1], PAIRS[2]), close(PAIRS[0], PAIRS[2])),
    ),
    "one pair": observable(
        PAIRS[1], Bins(n=6, lower=0.05, upper=0.95), windows=(close(PAIRS[0], PAIRS[2]),)
    ),
    "longest": observable(apply("max", *PAIRS), Bins(n=6, lower=0.1, upper=1.0)),
    "perimeter": observable(
        apply("add", *(apply("sqrt", side) for side in SIDES)), Bins(n=6, lower=0.8, upper=2.6)
    ),
}
SHORT_OR_LONG = observable(
    SIDES[0],
    Bins(n=6, lower=0.05, upper=0.35),
    windows=(
        Logic(
            op="or",
            args=(
                Compare(op="<", lhs=SIDES[2], rhs=Number(value=0.3)),
                Compare(op="<", lhs=Number(value=0.2), rhs=SIDES[0]),
            ),
        ),
    ),
)


def density(sides):
    """(n,) of sorted sides: six orderings of (2/pi) D^(-1/2)."""
    a, b, c = (1 - 2 * sides).unbind(-1)
    determinant = 1 - a * a - b * b - c * c + 2 * a * b * c
    inside = (determinant > 0) & (sides >= 0).all(-1) & (sides <= 1).all(-1)
    return torch.where(inside, 12 / np.pi / torch.sqrt(determinant.clamp(min=1e-300)), 0.0)


def integrate(shape, points=POINTS, seeds=range(4)):
    """Return (contents, errors) per bin, normalised to one tuple."""
    module = backends.module_of(pipeline.run(shape), emit_region)
    edges = backends.edges(shape.axes[0].bins)
    parameters = torch.as_tensor(backends.values_of(shape))
    estimates = []
    for seed in seeds:
        cube = torch.as_tensor(
            qmc.Sobol(module.CUBE_DIMENSION, seed=seed).random_base2(int(np.log2(points)))
        )
        estimates.append(
            [
                sum(
                    share * float((density(sides) * jacobian).mean())
                    for share, (sides, jacobian) in (
                        (share, module.from_cube(k, cube, [low], [high], parameters, 0.0, 1.0))
                        for k, share in enumerate(module.SHARES)
                    )
                )
                for low, high in pairwise(edges)
            ]
        )
    estimates = np.array(estimates)
    return estimates.mean(axis=0), estimates.std(axis=0, ddof=1) / np.sqrt(len(estimates))


@pytest.fixture(scope="module")
def events():
    rng = np.random.default_rng(20)
    momenta = rng.normal(size=(3 * EVENTS, 3))
    momenta /= np.linalg.norm(momenta, axis=1, keepdims=True)
    return batch(momenta, [3] * EVENTS, shared=True, scale=1.0)


@pytest.mark.parametrize("name", SHAPES)
def test_histogram_of_events_agrees_with_the_integral(events, name):
    shape = SHAPES[name]
    kernel = backends.module_of(pipeline.run(shape), emit_fill)
    # Every ordered tuple of an event weighs 1, so a row counts six tuples per triplet: of the
    # symmetric shapes all or none are selected, of the others the mean number is.
    contents, errors = integrate(shape)
    counts = backends.run_fill(kernel.fill, shape, events)[0][1:-1] / 6
    # The variance of a sum of correlated orderings is at most that of whole triplets.
    variance = np.maximum(EVENTS * contents, 1.0) + (EVENTS * errors) ** 2
    pulls = (counts - EVENTS * contents) / np.sqrt(variance)
    assert (contents > 1e-4).any()
    assert (pulls**2).sum() < chi2.isf(FAILURE_RATE, len(pulls)), (counts, EVENTS * contents)


def test_a_wrong_density_is_noticed(events):
    shape = SHAPES["ratio"]
    kernel = backends.module_of(pipeline.run(shape), emit_fill)
    contents, _ = integrate(shape)
    counts = backends.run_fill(kernel.fill, shape, events)[0][1:-1] / 6
    wrong = 1.1 * EVENTS * contents
    assert ((counts - wrong) ** 2 / wrong).sum() > chi2.isf(FAILURE_RATE, len(counts))


@pytest.mark.parametrize(
    ("shape", "used"),
    [
        (SHAPES["ratio"], 0.5),
        (SHAPES["equilateral"], 0.5),
        (SHAPES["one pair"], 0.5),
        (SHORT_OR_LONG, 0.2),
    ],
)
def test_every_mapped_point_passes_the_mask(shape, used):
    """The box is the shape: few points of the map are wasted, and none lies outside."""
    module = backends.module_of(pipeline.run(shape), emit_region)
    cube = torch.as_tensor(np.random.default_rng(1).random((20_000, 3)))
    parameters = torch.as_tensor(backends.values_of(shape))
    edges = backends.edges(shape.axes[0].bins)
    for region, assignment in enumerate(module.ASSIGNMENTS):
        sides, jacobian = module.from_cube(
            region, cube, edges[:1], edges[-1:], parameters, 0.0, 1.0
        )
        sides = sides[jacobian > 0]
        pairs = torch.stack([sides[:, side - 1] for side in assignment], dim=-1)
        assert module.inside(pairs, None, None, parameters).all()
        value = module.values(pairs, None, None, parameters)[:, 0]
        assert ((value >= edges[0]) & (value <= edges[-1])).all()
        assert (jacobian > 0).double().mean() > used


def test_an_exact_delta_is_the_limit_of_narrow_windows():
    exact, _ = integrate(ratio(0.1, exact=True), points=1 << 12)
    differences = []
    for width in (0.04, 0.02, 0.01):
        contents, _ = integrate(ratio(width), points=1 << 14)
        differences.append(np.abs(contents / width**2 / exact - 1).max())
    assert differences[2] < differences[1] < differences[0]
    assert differences[2] < 0.06
