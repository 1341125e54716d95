"""Generated kernels against array code: `pytest tests/bench/test_array_code.py -m bench -s`.

What is compared is the processor time of the fastest of interleaved rounds on the same jets; the
spread is that of the ratios of single rounds, from quartile to quartile. Results are compared
first, bin by bin.
"""

from __future__ import annotations

import array_code
import backends_under_test as backends
import numpy as np
import pytest
from samples import PROCESSES, tuples_of
from test_sums import axes_of, by_strategy, jets, plans, times_of

from ecdsl.backends.numba.planner import choose

pytestmark = pytest.mark.bench

__all__ = ["jets", "plans"]

ROUNDS = 5


@pytest.mark.parametrize("name", array_code.SUMS)
def test_generated_against_array_code(name, plans, jets):
    what, some = jets
    plan = plans[PROCESSES[what].measure][name]
    correlator = plan.observable.correlator
    given = (correlator.measure, some, axes_of(plan), backends.values_of(plan.observable))
    runs = {
        "generated": by_strategy(plan, choose(plan), some),
        "arrays": lambda: array_code.histogram(name, *given),
    }
    found = runs["generated"]().sum(axis=0)
    np.testing.assert_allclose(found, runs["arrays"](), rtol=1e-10, atol=1e-13 * found.max())
    times = times_of(runs, ROUNDS)
    n_tuples = tuples_of(some, correlator.order).sum()
    cells = [f"{each.min() / n_tuples * 1e9:.3g} ns" for each in times.values()]
    low, high = np.quantile(times["arrays"] / times["generated"], [0.25, 0.75])
    ratio = times["arrays"].min() / times["generated"].min()
    print(f"\n| {name} | {what} | {' | '.join(cells)} | {ratio:.0f} ({low:.0f}-{high:.0f}) |")
