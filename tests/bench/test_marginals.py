"""How long the marginals of a surrogate take: `pytest tests/bench/test_marginals.py -m bench -s`.

Times are of the processor, on one thread; the fastest of the rounds. The spline has the default
size and is not fitted, which does not change the time of a point; `ECDSL_BUILD=build` takes the
fitted one of that build folder instead, of the preset `ECDSL_PRESET` or `fast`.
"""

from __future__ import annotations

import os
from pathlib import Path
from time import process_time

import numpy as np
import pytest

from ecdsl import resources
from ecdsl.artifacts.load import load_kernel
from ecdsl.artifacts.store import load_manifest
from ecdsl.compiler import compile_paths
from ecdsl.surrogate import marginal, rules
from ecdsl.surrogate.config import preset
from ecdsl.surrogate.coordinates import Chart
from ecdsl.surrogate.integrate import sobol
from ecdsl.surrogate.marginal import ShapeIntegral, marginal_by_mask
from ecdsl.surrogate.networks import build_network
from ecdsl.surrogate.store import load_surrogate, surrogate_path
from ecdsl.surrogate.surrogate import Surrogate
from ecdsl.surrogate.total_weight import TotalWeight

pytestmark = pytest.mark.bench

ROUNDS = 15
EDGES = [np.geomspace(3e-3, 0.3, 61)]
STUDY = Path(__file__).parents[2] / "docs" / "studies" / "surrogate" / "observables" / "shapes.obs"
NAMES = ("equilateral_005", "equilateral_010", "equilateral_020")
NAMES += ("ratio_1_1", "ratio_1_15", "ratio_1_2", "ratio_1_3", "zeta_max", "zeta_mean")
SIDES = np.linspace(1, 3, 45)
# 990 ratios 1 <= n1 < n2 <= 3 and ten narrower windows: a thousand shapes.
GRID = [(n1, n2, 0.01) for n1 in SIDES for n2 in SIDES if n1 < n2]
GRID += [(1.0, 2.0, width) for width in np.linspace(0.005, 0.0095, 10)]
TOGETHER = 12


@pytest.fixture(scope="module")
def build(tmp_path_factory):
    folder = tmp_path_factory.mktemp("build")
    compile_paths([STUDY], build=folder)
    return folder


@pytest.fixture(scope="module")
def surrogate(build):
    if "ECDSL_BUILD" in os.environ:
        fingerprint = load_manifest(build, NAMES[0]).correlator_fingerprint
        config = preset("spline", os.environ.get("ECDSL_PRESET", "fast"))
        path = surrogate_path(Path(os.environ["ECDSL_BUILD"]), fingerprint, config)
        return load_surrogate(path, fingerprint)
    chart = Chart(order=3, measure="ee", floor=0.0025, ceil=0.9)
    config = preset("spline").network
    network = build_network(config, chart, (170.0,), (180.0,), seed=1).double().eval()
    return Surrogate("f" * 64, chart, ("mt",), network, TotalWeight((170.0,), (180.0,), 1, (1, 0)))


def shape(build, name):
    manifest = load_manifest(build, name)
    parameters = [spec.value for spec in manifest.observable.parameters]
    return load_kernel(build, manifest.kernels["torch"]), parameters


def spread(errors, contents):
    """Return the median and the largest error, of a bin or of a percent of the largest one."""
    relative = np.abs(errors) / np.maximum(contents, 1e-2 * contents.max())
    return f"{np.median(relative):.1e} median, {relative.max():.1e} largest"


def exactly(surrogate, region, parameters, mass):
    """Return the bins from 4 x 16,384 points in each, none of them those of the rules."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(marginal, "TOLERANCE", 0.0)
        patch.setattr(marginal, "LINES", ((8192, 2),))
        found = []
        for seed in range(1, 5):
            patch.setattr(rules, "sobol", lambda d, n, _, seed=seed: sobol(d, n, 100 + seed))
            found.append(ShapeIntegral(surrogate, region, EDGES, parameters).at({"mt": mass}))
    return np.mean([result.contents for result in found], axis=0)


def test_marginals(build, surrogate):
    for name in NAMES:
        region, parameters = shape(build, name)
        integral = ShapeIntegral(surrogate, region, EDGES, parameters)
        times = []
        # Each mass is a new one: nothing is known of it.
        for mass in np.linspace(170.1, 179.9, ROUNDS + 1):
            start = process_time()
            integral.at({"mt": mass})
            times.append(process_time() - start)
        first, then = times[0] * 1e3, np.array(times[1:]) * 1e3
        print(f"\n{name}: first {first:.0f} ms, then {then.min():.1f} ms for 60 bins", end=" ")
        print(f"(median {np.median(then):.1f})")
        for mass in (170.3, 173.37):
            found = integral.at({"mt": mass})
            off = found.contents - exactly(surrogate, region, parameters, mass)
            print(f"  at {mass} said {spread(found.errors, found.contents)}")
            print(f"  is {spread(off, found.contents)}, more than said in {beyond(off, found)}")


def beyond(off, found):
    """Return in how many bins a result is off by more than it says."""
    return f"{(np.abs(off) > found.errors).sum()} of {off.size} bins"


def test_any_further_mass(build, surrogate):
    for name in NAMES:
        region, parameters = shape(build, name)
        integral = ShapeIntegral(surrogate, region, EDGES, parameters)
        curve = integral.curve("mt")
        start = process_time()
        for mass in np.linspace(170, 180, 1000):
            curve.at(mass)
        print(f"\n{name}: {(process_time() - start) * 1e3:.0f} us per mass off its curve")
        found = integral.at({"mt": 173.37})
        print(f"  off by {spread(curve.at(173.37) - found.contents, found.contents)}")
        print(f"  said to be {spread(curve.error, found.contents)}")


def test_a_thousand_shapes(surrogate, tmp_path):
    compile_paths([resources.library() / "top" / "mass.obs"], build=tmp_path)
    region, _ = shape(tmp_path, "right_isosceles")
    start = process_time()
    for k in range(0, len(GRID), TOGETHER):
        shapes = ShapeIntegral(surrogate, region, [EDGES[0][::3]], GRID[k : k + TOGETHER])
        assert np.isfinite(shapes.at({"mt": 172.0}).contents).all()
    print(f"\n{len(GRID)} shapes of a grid, 20 bins: {process_time() - start:.1f} s")


def test_the_mask_agrees_as_far_as_it_can_see(build, surrogate):
    for name in NAMES:
        region, parameters = shape(build, name)
        edges = [EDGES[0][::3]]
        found = ShapeIntegral(surrogate, region, edges, parameters).at({"mt": 172.0})
        mask = marginal_by_mask(
            surrogate, region, edges, parameters, {"mt": 172.0}, points=1 << 20, min_hits=0
        )
        off = mask.contents - found.contents
        seen = np.abs(off) > np.hypot(mask.errors, found.errors)
        print(f"\n{name}: off by {spread(off, found.contents)}")
        print(f"  the mask's own error bar {spread(mask.errors, found.contents)}")
        print(f"  larger than the difference in {(~seen).sum()} of {len(seen)} bins")
        held = mask.contents > 5 * mask.errors
        assert (np.abs(off) < 5 * np.hypot(mask.errors, found.errors))[held].all()
