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

pytestmark = pytest.mark.bench

__all__ = ["plans"]

ROUNDS = 5
TUPLES = 1_000_000
SIZES = (10, 30, 100, 300, 1000)


@pytest.mark.parametrize(
    ("name", "strategy", "most", "expected"),
    [
        ("two_point", "nest", 1000, 2),
        ("longest_side", "longest", 1000, 3),
        ("equilateral", "masked", 1000, 3),
        ("equilateral", "nest", 300, 3),
        ("longest_of_4", "longest", 300, 4),
    ],
)
def test_cost_against_the_number_of_particles(name, strategy, most, expected, plans):
    plan = plans[name]
    order = plan.observable.correlator.order
    sizes = [n for n in SIZES if n <= most]
    times = []
    for n in sizes:
        n_jets = max(1, TUPLES // comb(n, order))
        momenta = np.random.default_rng(1).normal(size=(n * n_jets, 3))
        run = by_strategy(plan, strategy, batch(momenta, [n] * n_jets))
        run()
        times.append(min(seconds(run) for _ in range(ROUNDS)) / n_jets)
    large = np.array(sizes) >= 30
    slope, _ = np.polyfit(np.log(np.array(sizes)[large]), np.log(np.array(times)[large]), 1)
    cells = [f"{time * 1e6:.3g}" for time in times] + ["-"] * (len(SIZES) - len(sizes))
    chosen = " (chosen)" if choose(plan) == strategy else ""
    print(f"\n| {name} | {strategy}{chosen} | {' | '.join(cells)} | {slope:.2f} | {expected} |")
    assert slope < expected + 0.3
