"""How long the marginals of a surrogate take: `pytest tests/bench/test_marginals.py -m bench -s`.

Times are of the processor, on one thread; the fastest of the rounds. The flow has the default size
and is not trained, which does not change the time of a point.
"""

from __future__ import annotations

from time import process_time

import numpy as np
import pytest

from ecdsl import resources
from ecdsl.artifacts.load import load_kernel
from ecdsl.artifacts.store import load_manifest
from ecdsl.compiler import compile_paths
from ecdsl.surrogate.config import preset
from ecdsl.surrogate.coordinates import Chart
from ecdsl.surrogate.marginal import ShapeIntegral
from ecdsl.surrogate.networks import build_network
from ecdsl.surrogate.surrogate import Surrogate
from ecdsl.surrogate.threads import pinned_threads
from ecdsl.surrogate.total_weight import TotalWeight

pytestmark = pytest.mark.bench

ROUNDS = 5
EDGES = [np.geomspace(3e-3, 0.3, 61)]
GRID = [(1 + 0.2 * i, 1 + 0.2 * j, 0.01) for i in range(5) for j in range(i, i + 4)]


@pytest.fixture(scope="module")
def build(tmp_path_factory):
    folder = tmp_path_factory.mktemp("build")
    compile_paths([resources.library() / "top" / "mass.obs"], build=folder)
    return folder


@pytest.fixture(scope="module")
def surrogate():
    chart = Chart(order=3, measure="ee", floor=0.0025, ceil=0.9)
    network = build_network(preset().network, chart, (170.0,), (180.0,), seed=1).double().eval()
    return Surrogate("f" * 64, chart, ("mt",), network, TotalWeight((170.0,), (180.0,), 1, (1, 0)))


def test_marginals(build, surrogate):
    with pinned_threads():
        start = process_time()
        for mass in (172.0, 174.0):
            surrogate.table(surrogate.context({"mt": mass}))
    print(f"\ntable of the density: {(process_time() - start) / 2:.2f} s per mass")
    for name in ("equilateral", "right_isosceles", "zeta_max", "zeta_mean"):
        manifest = load_manifest(build, name)
        region = load_kernel(build, manifest.kernels["torch"])
        parameters = [spec.value for spec in manifest.observable.parameters]
        integral = ShapeIntegral(surrogate, region, EDGES, parameters)
        times = []
        for k in range(ROUNDS + 1):
            start = process_time()
            found = integral.at({"mt": 172.0 + 2 * (k % 2)})
            times.append(process_time() - start)
        first, then = times[0] * 1e3, min(times[1:]) * 1e3
        print(f"{name}: first {first:.0f} ms, then {then:.1f} ms for 60 bins")
        assert np.isfinite(found.contents).all()
    region = load_kernel(build, load_manifest(build, "right_isosceles").kernels["torch"])
    start = process_time()
    for parameters in GRID:
        ShapeIntegral(surrogate, region, [EDGES[0][::3]], parameters).at({"mt": 172.0})
    print(f"a shape of a grid, 20 bins: {(process_time() - start) / len(GRID) * 1e3:.0f} ms")
