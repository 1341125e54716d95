"""Ratios of generated kernels to the array code they replace: `pytest tests/bench -m bench -s`.

Each ratio is of medians over interleaved runs on the same jets in the same process; results are
compared bin by bin first.
"""

from __future__ import annotations

from itertools import combinations
from statistics import median
from time import perf_counter

import backends_under_test as backends
import numpy as np
import pytest

from ecdsl import resources
from ecdsl.backends.numba.emit import emit_fill
from ecdsl.events.generate import Task, generate
from ecdsl.events.process import ee_ttbar
from ecdsl.ir.nodes import Subjets
from ecdsl.lang import compile_module
from ecdsl.passes import pipeline

pytestmark = pytest.mark.bench

ROUNDS = 7


@pytest.fixture(scope="module")
def jets():
    task = Task(
        process=ee_ttbar(),
        labels={"mt": 173.0},
        first_event=0,
        n_events=200,
        entropy=(1,),
        constituents=Subjets(algorithm="cambridge", radius=0.1),
    )
    return generate(task).jets


def with_arrays(observable, jets):
    """Histogram right_isosceles with numpy: all triplets of a jet as arrays."""
    (edges,) = (backends.edges(axis.bins) for axis in observable.axes)
    n1, n2, width = backends.values_of(observable)
    total = np.zeros(len(edges) + 1)
    for jet in range(jets.n_jets):
        part = slice(jets.offsets[jet], jets.offsets[jet + 1])
        z = backends.distances("ee", jets.px[part], jets.py[part], jets.pz[part])
        a, b, c = np.array(list(combinations(range(len(z)), 3)), dtype=int).reshape(-1, 3).T
        sides = np.sort(np.stack([z[a, b], z[a, c], z[b, c]], axis=1), axis=1)
        first, second = sides[:, 1] - n1 * sides[:, 0], sides[:, 2] - n2 * sides[:, 0]
        kept = (first >= 0) & (first <= width) & (second >= 0) & (second <= width)
        energy = jets.energy[part]
        weight = 6 * energy[a] * energy[b] * energy[c] / jets.scale[jet] ** 3
        cells = np.searchsorted(edges, sides[kept, 0], side="right")
        np.add.at(total, cells, weight[kept])
    return total


def test_ratio_shape_against_array_code(jets):
    found = compile_module(resources.library() / "top" / "mass.obs").observables
    observable = next(f.observable for f in found if f.observable.name == "right_isosceles")
    fill = backends.module_of(pipeline.run(observable), emit_fill).fill

    def generated():
        return backends.run_fill(fill, observable, jets).sum(axis=0)

    np.testing.assert_allclose(generated(), with_arrays(observable, jets), rtol=1e-10, atol=1e-15)
    ratios = []
    for _ in range(ROUNDS):
        start = perf_counter()
        with_arrays(observable, jets)
        middle = perf_counter()
        generated()
        ratios.append((middle - start) / (perf_counter() - middle))
    print(
        f"array code / generated kernel: {median(ratios):.0f} ({min(ratios):.0f}-{max(ratios):.0f})"
    )
