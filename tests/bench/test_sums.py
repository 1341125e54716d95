"""Generated kernels against plain loops, numba and C by hand: `pytest tests/bench -m bench -s`.

Everything runs in one process on the same jets, interleaved in each round. What is compared
is the processor time of the fastest round, over that of the generated kernel; the spread is that of
the ratios of single rounds, from quartile to quartile. Results are compared first, bin by
bin. Ratios can be compared between machines; the times beside them cannot.
"""

from __future__ import annotations

from math import prod
from string import Template
from time import process_time

import backends_under_test as backends
import by_hand
import in_c
import numpy as np
import pytest
from samples import PROCESSES, first_of, jets_of, tuples_of

from ecdsl import resources
from ecdsl.artifacts.load import load_kernel
from ecdsl.artifacts.manifest import edges
from ecdsl.artifacts.store import store_kernel
from ecdsl.backends.numba.emit import emit_fill, emit_grid
from ecdsl.backends.numba.planner import choose
from ecdsl.ir.fingerprint import kernel_fingerprint
from ecdsl.lang import compile_module
from ecdsl.passes import pipeline

pytestmark = pytest.mark.bench

ROUNDS = 15
# What is written in C, and how its functions end.
IN_C = {"in C": "", "AVX-512": "_avx512"}
# Of more points the first jets are taken that have as many tuples.
TUPLES = 100_000_000
N_EVENTS = {"particles": 40, "subjets": 300, "pp": 300}
SOURCE = Template("""
from resolved.triangles import flattened
from shapes.triangles import average as mean_side, equilateral as equal_sides, longest, ratio
correlator pair {
  order 2
  over particles
  measure $measure
  weight ${E}1 * ${E}2 / Q^2
}
correlator triplet {
  order 3
  over particles
  measure $measure
  weight ${E}1 * ${E}2 * ${E}3 / Q^3
  sides z1 <= z2 <= z3
  accept W110
}
correlator quadruplet {
  order 4
  over particles
  measure $measure
  weight ${E}1 * ${E}2 * ${E}3 * ${E}4 / Q^4
  accept W110
}
correlator quintuplet {
  order 5
  over particles
  measure $measure
  weight ${E}1 * ${E}2 * ${E}3 * ${E}4 * ${E}5 / Q^5
  accept W110
}
shape longest_of_four {
  axis zeta = max(z12, z13, z14, z23, z24, z34)
}
shape longest_of_five {
  axis zeta = max(z12, z13, z14, z15, z23, z24, z25, z34, z35, z45)
}
observable longest_of_5 = quintuplet | longest_of_five { axis zeta: $bins }
observable longest_of_4 = quadruplet | longest_of_four { axis zeta: $bins }
observable two_point = pair | { axis zeta = z12: $bins }
observable longest_side = triplet | longest { axis zeta: $bins }
observable average = triplet | mean_side { axis zeta: $bins }
observable equilateral = triplet | equal_sides(width = 0.01) { axis zeta: $bins }
observable ratio_shape = triplet | ratio(n1 = 1, n2 = 2, width = 0.01) { axis zeta: $bins }
observable resolved = triplet | flattened {
  axis R_L: 20 log bins in [1e-2, 1]
  axis xi:  10 log bins in [1e-2, 1]
  axis phi: 10 bins in [0, 1.5707963267948966]
}
""")
# zeta is (1 - cos) / 2 in jets of tops, dEta^2 + dPhi^2 in those of R = 0.4.
GEOMETRIES = {
    "ee": {"E": "E", "bins": "30 log bins in [1e-3, 0.5]"},
    "hadron": {"E": "pt", "bins": "30 log bins in [1e-5, 1]"},
}


@pytest.fixture(scope="module")
def plans(tmp_path_factory):
    """Return the plan of each observable, by measure and name."""
    folder = tmp_path_factory.mktemp("bench")
    plans = {}
    for measure, fields in GEOMETRIES.items():
        path = folder / f"{measure}.obs"
        path.write_text(SOURCE.substitute(fields, measure=measure))
        found = compile_module(path, resources.library()).observables
        plans[measure] = {f.observable.name: pipeline.run(f.observable) for f in found}
    return plans


@pytest.fixture(scope="module", params=list(N_EVENTS))
def jets(request):
    return request.param, jets_of(request.param, N_EVENTS[request.param])


def kernel_of(plan, source, name):
    folder = f"{kernel_fingerprint(plan)}{name}"
    return load_kernel(
        backends.BUILD, store_kernel(backends.BUILD, folder, source.name, source.text)
    )


def axes_of(plan):
    return [edges(axis.bins) for axis in plan.observable.axes]


def shape_of(plan, jets):
    """Return the shape of the rows of jets: one for each event."""
    return jets.event_index()[1], prod(len(axis) + 1 for axis in axes_of(plan))


def momenta_of(jets):
    return (jets.px, jets.py, jets.pz, jets.energy, jets.scale)


def arguments(plan, jets):
    axes = axes_of(plan)
    none = np.zeros((0, jets.n_jets))
    event, _ = jets.event_index()
    offsets = np.cumsum([0, *map(len, axes)])
    return (jets.offsets, *momenta_of(jets), none, none, event, np.concatenate(axes), offsets)


def by_strategy(plan, strategy, jets):
    kernel = kernel_of(plan, emit_fill(plan, strategy), strategy)
    given = (*arguments(plan, jets), backends.values_of(plan.observable))
    shape = shape_of(plan, jets)

    def run():
        rows = np.zeros(shape)
        kernel.fill(*given, rows)
        return rows

    return run


def written(plan, jets):
    observable = plan.observable
    kernel = getattr(by_hand, observable.name)
    measure = getattr(by_hand, observable.correlator.measure)
    event, _ = jets.event_index()
    given = (measure, jets.offsets, *momenta_of(jets), event, *axes_of(plan))
    values, shape = backends.values_of(observable), shape_of(plan, jets)

    def run():
        rows = np.zeros(shape)
        kernel(*given, rows, *values)
        return rows

    return run


@pytest.fixture(scope="module")
def library(tmp_path_factory):
    return in_c.compiled(tmp_path_factory.mktemp("c")) if in_c.COMPILER else None


def written_in_c(library, plan, jets, suffix):
    kernel = getattr(library, plan.observable.name + suffix)
    (axis,), shape = axes_of(plan), shape_of(plan, jets)

    def run():
        rows = np.zeros(shape)
        in_c.run(kernel, plan.observable, jets, axis, rows)
        return rows

    return run


def seconds(run):
    start = process_time()
    run()
    return process_time() - start


def times_of(runs, rounds=ROUNDS):
    """Return the (rounds,) times of each run, interleaved."""
    for run in runs.values():
        run()
    each = [{name: seconds(run) for name, run in runs.items()} for _ in range(rounds)]
    return {name: np.array([one[name] for one in each]) for name in runs}


def report(what, name, times, n_tuples, strategy):
    generated = times["generated"]
    cells = [f"{generated.min() / n_tuples * 1e9:.2f} ns"]
    for other in ("by hand", *IN_C, "nest"):
        if other not in times:
            cells.append("-")
            continue
        low, high = np.quantile(times[other] / generated, [0.25, 0.75])
        cells.append(f"{times[other].min() / generated.min():.2f} ({low:.2f}-{high:.2f})")
    print(f"\n| {name} | {what} | {strategy} | {' | '.join(cells)} |")


@pytest.mark.parametrize(
    "name",
    [
        "two_point",
        "longest_side",
        "longest_of_4",
        "longest_of_5",
        "equilateral",
        "ratio_shape",
        "resolved",
    ],
)
def test_generated_against_by_hand(name, plans, jets, library):
    what, some = jets
    plan = plans[PROCESSES[what].measure][name]
    order = plan.observable.correlator.order
    some = first_of(some, order, TUPLES)
    chosen = choose(plan)
    runs = {
        "generated": by_strategy(plan, chosen, some),
        "nest": by_strategy(plan, "nest", some),
    }
    if hasattr(by_hand, name):
        runs["by hand"] = written(plan, some)
    for language, suffix in IN_C.items():
        if library is not None and hasattr(library, name + suffix):
            runs[language] = written_in_c(library, plan, some, suffix)
    expected = runs["nest"]()
    for which, run in runs.items():
        # Sums over lenses with wide vectors are float32.
        single = which == "AVX-512" and name == "longest_side"
        rtol, atol = (1e-4, 1e-6) if single else (1e-10, 1e-13)
        np.testing.assert_allclose(run(), expected, rtol=rtol, atol=atol * expected.max())
    times = times_of(runs)
    report(what, name, times, tuples_of(some, order).sum(), chosen)
    # The planner must not choose what is slower than plain loops.
    assert times["generated"].min() < 1.2 * times["nest"].min()


@pytest.mark.parametrize(("size", "together"), [(9, 1), (30, 1), (30, 7), (100, 7), (100, 1000)])
def test_a_grid_of_shapes_against_one(size, together, plans, jets):
    """Rows are those of so many events each: a grid is summed up once for each row."""
    what, some = jets
    plan = plans[PROCESSES[what].measure]["ratio_shape"]
    measure = getattr(by_hand, plan.observable.correlator.measure)
    (bins,) = axes_of(plan)
    grid = kernel_of(plan, emit_grid(plan), "grid")
    single = kernel_of(plan, emit_fill(plan), "chosen")
    axis = np.linspace(1.0, 3.0, size)
    *first, event, edges, offsets = arguments(plan, some)
    fixed = (*first, event // together, edges, offsets)
    n_rows = int(event[-1]) // together + 1
    # Kept between rounds: the pages of some gigabytes are not what is measured.
    rows = np.zeros((size**2, n_rows, len(bins) + 1))

    def all_of_them():
        rows[:] = 0.0
        at = np.array([1.0, 1.0, 0.01])
        both = np.concatenate([axis, axis])
        grid.fill_grid(*fixed, at, both, np.array([0, size, 2 * size]), rows, np.zeros(size**2))

    def one(n1=1.0, n2=2.0):
        found = np.zeros((n_rows, len(bins) + 1))
        single.fill(*fixed, np.array([n1, n2, 0.01]), found)
        return found

    def written():
        rows[:] = 0.0
        given = (measure, some.offsets, *momenta_of(some), event // together)
        by_hand.ratio_grid(*given, bins, rows, axis, 0.01)

    written()
    sampled = slice(None, None, 7 * size // 3)
    by_hands = rows[sampled].copy()
    all_of_them()
    largest = rows.max(axis=0)
    assert (np.abs(rows[sampled] - by_hands) <= 1e-10 * largest).all()
    for point in range(size**2)[sampled]:
        expected = one(axis[point // size], axis[point % size])
        assert (np.abs(rows[point] - expected) <= 1e-12 * largest).all()
    times = times_of({"grid": all_of_them, "one": one, "by hand": written})
    cells = [f"{times['grid'].min() / tuples_of(some, 3).sum() * 1e9:.2f} ns"]
    for above, below in (("by hand", "grid"), ("grid", "one")):
        low, high = np.quantile(times[above] / times[below], [0.25, 0.75])
        cells.append(f"{times[above].min() / times[below].min():.2f} ({low:.2f}-{high:.2f})")
    print(f"\n| {size**2} | {what} | {together} | {' | '.join(cells)} |")
    # All of them sum up rows for each point in the end, however few tuples a row has.
    assert times["grid"].min() < 1.15 * times["by hand"].min()
