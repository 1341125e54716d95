"""What stands beside the kernels of a pass: `pytest tests/bench/test_one_pass.py -m bench -s`.

The covariance of whole events, a second thread, reading, and several observables at once, each over
the plain pass on the same events: the fastest of several rounds, interleaved. Threads are judged by
wall time, which says nothing on a machine that does other work: the load is printed beside it, and
what this benchmark itself does is about 1 of it.
"""

from __future__ import annotations

import os
import subprocess
import sys
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
from ecdsl.execute import batches, fill, filler, iterate_rows, parameter_values
from ecdsl.execute_together import iterate_together
from ecdsl.in_order import in_order

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
    ("name", "most"), [("zeta_max", 1.25), ("right_isosceles", 1.25), ("small", 2), ("large", 3.5)]
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


def load():
    return f"at a load of {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores"


HELD = """
import os, sys
from pathlib import Path
from time import perf_counter

cores, name, build, events = sys.argv[1:]
os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[: int(cores)])
from ecdsl.artifacts.store import load_manifest
from ecdsl.execute import fill

for _ in range(6):
    start = perf_counter()
    fill(load_manifest(Path(build), name), Path(build), [Path(events)], workers=2)
    print(perf_counter() - start)
"""


@pytest.fixture(scope="module")
def many(build, events):
    """Return 100,000 jets: those of `events` five times, as other events."""
    path, copies = build / "many.parquet", 5
    batches = list(read_events(events))
    n_events = 1 + int(batches[-1].event[-1])
    metadata = read_metadata(events)
    repeated = (replace(b, event=b.event + k * n_events) for k in range(copies) for b in batches)
    write_events(path, repeated, metadata.model_copy(update={"n_jets": copies * metadata.n_jets}))
    return path


@pytest.mark.parametrize("name", ["zeta_max", "zeta_mean"])
def test_two_cores_against_one(name, manifests, build, many):
    """The same program, in processes of their own of which one may use one core alone."""
    if len(os.sched_getaffinity(0)) < 2:
        pytest.skip("there is one core")
    manifest = manifests[name]
    one, two = (fill(manifest, build, [many], workers=n) for n in (1, 2))
    assert one.sums.tobytes() == two.sums.tobytes()
    assert one.covariance.tobytes() == two.covariance.tobytes()
    best, before = {1: np.inf, 2: np.inf}, load()
    for _ in range(2):
        for cores in (1, 2):
            command = [sys.executable, "-c", HELD, str(cores), manifest.name, str(build), str(many)]
            done = subprocess.run(command, check=True, capture_output=True, text=True)
            best[cores] = min(best[cores], *map(float, done.stdout.split()))
    print(f"\n| two cores, {name} | {best[1] / best[2]:.2f} times as fast as one | {before} |")


@pytest.mark.parametrize("name", ["zeta_max", "zeta_mean"])
def test_reading_beside_filling(name, manifests, build, events):
    """Chunks are read while one thread fills those before."""
    manifest, chunk_jets = manifests[name], 1000
    run = filler(manifest, build, [parameter_values(manifest, {})])
    held = list(batches(manifest, [events], chunk_jets))

    def read():
        return batches(manifest, [events], chunk_jets)

    before = load()
    times = fastest(
        {
            "read": lambda: sum(1 for _ in read()),
            "filled": lambda: [run(batch) for batch in held],
            "both": lambda: sum(1 for _ in in_order(run, read(), 1)),
        },
        perf_counter,
    )
    longer = times["both"] / max(times["read"], times["filled"])
    apart = times["both"] / (times["read"] + times["filled"])
    print(
        f"\n| reading beside filling {name} | {longer:.2f} of the longer of both |"
        f" {apart:.2f} of their sum | {before} |"
    )


PEAK = """
import resource, sys
from pathlib import Path
from ecdsl.artifacts.store import load_manifest
from ecdsl.execute import fill

name, build, *events = sys.argv[1:]
fill(load_manifest(Path(build), name), Path(build), [Path(path) for path in events], workers=2)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def test_memory_does_not_grow_with_events(manifests, build, events):
    few = build / "few.parquet"
    simulate(few, process=ee_ttbar(), labels={"mt": (173.0,)}, jets=5000, seed=5)
    name = manifests["large"].name
    fill(manifests["large"], build, [few])
    peaks = []
    for files in ([few], [few, events]):
        command = [sys.executable, "-c", PEAK, name, str(build), *map(str, files)]
        done = subprocess.run(command, check=True, capture_output=True, text=True)
        peaks.append(int(done.stdout) / 1024)
    print(f"\n| memory | {peaks[0]:.0f} MB | {peaks[1]:.0f} MB with five times the events |")
    assert peaks[1] < 1.15 * peaks[0]


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
