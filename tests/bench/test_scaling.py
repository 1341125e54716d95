"""Cost against the number of particles: `pytest tests/bench/test_scaling.py -m bench -s`.

Jets of M particles in random directions, enough of them for a time that can be measured. What is
fitted is the processor time per jet of the fastest round, from 30 particles on, where pairs and
tuples outweigh what is done once per jet.
"""

from __future__ import annotations

from math import comb

import numpy as np
import pytest
from strategies import batch
from test_sums import by_strategy, plans, seconds

from ecdsl.backends.numba.planner import choose
from ecdsl.lang import compile_module
from ecdsl.passes import pipeline

pytestmark = pytest.mark.bench

__all__ = ["plans"]

ROUNDS = 5
TUPLES = 1_000_000
# Above as many, a round takes seconds and there is one.
MOST_TUPLES = 1_000_000_000
SIZES = (10, 30, 100, 300, 1000)
OF_SETS = (10, 13, 16, 19, 22)
CONTINUED = """
correlator some_{name} {{
  order nu = {nu}
  over particles
  measure ee
  weight E1 / Q
  tuples all
  {points}
}}
observable {name} = some_{name} | {{ axis zeta = z12: 30 log bins in [1e-3, 0.5] }}
"""
CONTINUED_ORDERS = (
    ("sets", 2.5, ""),
    ("about_one", 10, "points z12"),
    ("about_one_nu", 2.5, "points z12"),
)


@pytest.fixture(scope="module")
def all_plans(plans, tmp_path_factory):
    path = tmp_path_factory.mktemp("bench") / "continued.obs"
    fields = ("name", "nu", "points")
    texts = [CONTINUED.format(**dict(zip(fields, row, strict=True))) for row in CONTINUED_ORDERS]
    path.write_text("".join(texts))
    found = compile_module(path).observables
    return plans["ee"] | {f.observable.name: pipeline.run(f.observable) for f in found}


def time_per_jet(plan, strategy, n, n_tuples):
    """Return seconds for a jet of n particles; the first of all rounds compiles."""
    n_jets = max(1, TUPLES // n_tuples)
    momenta = np.random.default_rng(1).normal(size=(n * n_jets, 3))
    run = by_strategy(plan, strategy, batch(momenta, [n] * n_jets))
    rounds = 1 if n_tuples > MOST_TUPLES else 1 + ROUNDS
    return min(seconds(run) for _ in range(rounds)) / n_jets


@pytest.mark.parametrize(
    ("name", "strategy", "expected"),
    [
        ("two_point", "nest", 2),
        ("longest_side", "longest", 3),
        ("average", "rows", 3),
        ("resolved", "rows", 3),
        ("equilateral", "masked", 3),
        ("ratio_shape", "masked", 3),
        ("equilateral", "nest", 3),
        ("longest_of_4", "longest", 4),
        ("about_one", "centred", 2),
        ("about_one_nu", "centred", 2),
    ],
)
def test_cost_against_the_number_of_particles(name, strategy, expected, all_plans):
    plan = all_plans[name]
    order = plan.observable.correlator.order
    times = [time_per_jet(plan, strategy, n, comb(n, order)) for n in SIZES]
    # From 30 on.
    slope, _ = np.polyfit(np.log(SIZES[1:]), np.log(times[1:]), 1)
    cells = [f"{time * 1e6:.3g}" for time in times]
    chosen = " (chosen)" if choose(plan) == strategy else ""
    print(f"\n| {name} | {strategy}{chosen} | {' | '.join(cells)} | {slope:.2f} | {expected} |")
    assert slope < expected + 0.3


def test_cost_of_sets_against_the_number_of_particles(all_plans):
    times = [time_per_jet(all_plans["sets"], "longest", n, 2**n) for n in OF_SETS]
    print(f"\n| sets | longest | {' | '.join(f'{time * 1e6:.3g}' for time in times)} |")
    # M 2^M, and half as much again where they leave the caches.
    assert times[-1] / times[2] < 2 * 22 / 16 * 2**6
