"""What stands beside the kernels of a pass: `pytest tests/bench/test_one_pass.py -m bench -s`.

The covariance of whole events, a second thread, and several observables at once, each over the
plain pass on the same events: the fastest of several rounds, interleaved. Threads are judged by
wall time, so that they say nothing on a machine that does other work.
"""

from __future__ import annotations

from dataclasses import replace
from time import perf_counter, process_time

import numpy as np
import pytest

from ecdsl import resources
from ecdsl.compiler import compile_paths
from ecdsl.events.process import ee_ttbar
from ecdsl.events.read_parquet import read_events, read_metadata
from ecdsl.events.simulate import simulate
from ecdsl.events.write_parquet import write_events
from ecdsl.execute import fill, iterate_rows, parameter_values
from ecdsl.execute_together import iterate_together

pytestmark = pytest.mark.bench

ROUNDS = 5
MAPS = """
from top.correlators import top_eeec
observable small = top_eeec | {
  axis perimeter = sqrt(z1) + sqrt(z2) + sqrt(z3): 40 bins in [0, 1.5]
  axis asymmetry = z3 - z1: 20 bins in [0, 0.2]
}
observable large = top_eeec | {
  axis perimeter = sqrt(z1) + sqrt(z2) + sqrt(z3): 80 bins in [0, 1.5]
  axis asymmetry = z3 - z1: 40 bins in [0, 0.2]
}
"""


@pytest.fixture(scope="module")
def build(tmp_path_factory):
    return tmp_path_factory.mktemp("build")


@pytest.fixture(scope="module")
def manifests(build):
    maps = build / "maps.obs"
    maps.write_text(MAPS)
    paths = [resources.library() / "top" / "mass.obs", maps]
    return {c.name: c.manifest for c in compile_paths(paths, build=build).observables}


@pytest.fixture(scope="module")
def events(build):
    path = build / "events.parquet"
    simulate(path, process=ee_ttbar(), labels={"mt": (173.0,)}, jets=20_000, seed=4)
    return path


def fastest(runs, clock):
    """Return the shortest time of each run, all of them interleaved."""
    best = dict.fromkeys(runs, np.inf)
    for run in runs.values():
        run()
    for _ in range(ROUNDS):
        for name, run in runs.items():
            start = clock()
            run()
            best[name] = min(best[name], clock() - start)
    return best


def rows_of(manifest, build, events):
    points = parameter_values(manifest, {})
    return sum(len(c.rows) for c in iterate_rows(manifest, build, [events], parameters=points))


@pytest.mark.parametrize(
    ("name", "most"), [("zeta_max", 1.25), ("right_isosceles", 1.25), ("small", 2), ("large", 6)]
)
def test_the_covariance_beside_the_fill(name, most, manifests, build, events):
    manifest = manifests[name]
    times = fastest(
        {
            "rows": lambda: rows_of(manifest, build, events),
            "covariance": lambda: fill(manifest, build, [events]),
        },
        process_time,
    )
    ratio = times["covariance"] / times["rows"]
    print(f"\n| covariance | {name} | {ratio:.2f} |")
    assert ratio < most


@pytest.mark.parametrize(("name", "most"), [("zeta_max", 1.1), ("small", 2)])
def test_ten_columns_of_weights_beside_one(name, most, manifests, build, events):
    """Of a generator's variations, over the fill without any."""
    rng = np.random.default_rng(1)
    weighted = build / "weighted.parquet"
    if not weighted.exists():
        batches = [
            replace(batch, weights={f"w{k}": rng.normal(1, 0.1, 1 + batch.event[-1])[batch.event]
                                    for k in range(10)})
            for batch in read_events(events)
        ]  # fmt: skip
        metadata = read_metadata(events)
        names = tuple(batches[0].weights)
        write_events(weighted, batches, metadata.model_copy(update={"weights": names}))
    runs = {file: lambda file=file: fill(manifests[name], build, [file])
            for file in (events, weighted)}  # fmt: skip
    assert runs[events]().sums.tobytes() == runs[weighted]().sums.tobytes()
    times = fastest(runs, process_time)
    ratio = times[weighted] / times[events]
    print(f"\n| ten columns of weights | {name} | {ratio:.2f} |")
    assert ratio < most


def test_two_threads_against_one(manifests, build, events):
    manifest = manifests["zeta_mean"]
    one, two = (fill(manifest, build, [events], workers=n) for n in (1, 2))
    assert one.sums.tobytes() == two.sums.tobytes()
    assert one.covariance.tobytes() == two.covariance.tobytes()
    runs = {n: lambda n=n: fill(manifest, build, [events], workers=n) for n in (1, 2)}
    times = fastest(runs, perf_counter)
    print(f"\n| two threads | {times[1] / times[2]:.2f} times as fast |")


@pytest.mark.parametrize("copies", [1, 5])
def test_observables_together_against_apart(copies, manifests, build, events):
    names = ["equilateral", "right_isosceles", "zeta_max", "zeta_mean"]
    some = [manifests[name] for name in names] * copies
    points = [parameter_values(manifest, {}) for manifest in some]

    def together():
        return sum(len(c) for c in iterate_together(some, build, [events], points=points))

    times = fastest(
        {
            "apart": lambda: [rows_of(manifest, build, events) for manifest in some],
            "together": together,
        },
        process_time,
    )
    ratio = times["together"] / times["apart"]
    print(f"\n| {len(some)} observables together | {ratio:.2f} of the time apart |")
    assert ratio < 1
