"""Generated kernels against published C++: `pytest tests/bench/test_others.py -m bench -s`.

Source is taken from where ECDSL_EEC_SOURCE, ECDSL_FASTEEC_SOURCE and ECDSL_RENC_SOURCE say; what
has none is skipped.
All start from arrays of momenta: to make a program's own particles of them, and to compute
distances, is part of the time. Particles are made massless, so that rapidity is
pseudorapidity, and contact terms are summed as the programs sum them: all jets into one histogram.
"""

from __future__ import annotations

from dataclasses import replace

import backends_under_test as backends
import numpy as np
import others
import pytest
from samples import first_of, jets_of, tuples_of
from test_sums import kernel_of, times_of

from ecdsl import resources
from ecdsl.artifacts.manifest import edges
from ecdsl.backends.numba.emit import emit_fill, emit_resolve
from ecdsl.backends.numba.planner import choose
from ecdsl.events.batch import take_jets
from ecdsl.events.selection import select_constituents
from ecdsl.execute_resolution import resolved, summed
from ecdsl.lang import compile_module
from ecdsl.passes import pipeline

pytestmark = pytest.mark.bench

BINS = 30
TUPLES = 1_000_000
MOST_TUPLES = 10_000_000
RESOLVED = ((20, 10, 10), (1e-2, 1.0, 1e-2, 1.0, 0.0, np.pi / 2))
CORRELATOR = """
correlator {name}_{order} {{
  order {order}
  over particles
  measure {measure}
  weight {weight} / Q^{order}
  tuples all
  accept W110
}}
observable {name}_longest_{order} = {name}_{order} | longest_of_{word} {{
  axis R_L: 30 log bins in [1e-3, 1]
}}
"""
TRIANGLES = """
correlator {name}_triangle {{
  order 3
  over particles
  measure {measure}
  weight {weight} / Q^3
  sides z1 <= z2 <= z3
  accept W110
}}
observable {name}_resolved = {name}_triangle | flattened {{
  axis R_L: 20 log bins in [1e-2, 1]
  axis xi: 10 bins in [1e-2, 1]
  axis phi: 10 bins in [0, 1.5707963267948966]
}}
"""
ABOUT_ONE = """
correlator about_{order} {{
  order {order}
  over particles
  measure hadron
  weight {weight} / Q^{order}
  tuples all
  points {points}
}}
observable special_{order} = about_{order} | {{ axis R_1 = dR12: 30 log bins in [1e-3, 1] }}
"""
CONTINUED = """
correlator about_nu_{name} {{
  order nu = {nu}
  over particles
  measure hadron
  weight pt1 / Q
  tuples all
  points z12
}}
observable special_nu_{name} = about_nu_{name} | {{ axis R_1 = dR12: 30 log bins in [1e-3, 1] }}
"""
SETS = """
correlator sets {
  order nu = 2.5
  over particles
  hardest 9
  measure hadron
  weight pt1 / Q
  tuples all
  accept W110
}
observable longest_of_sets = sets | { axis R_L = dR12: 30 log bins in [1e-3, 1] }
"""
WORDS = {2: "two", 3: "three", 4: "four", 5: "five"}
SPECIAL = (3, 4, 5)
ABOUT = {"3": 3, "5": 5, "nu_10": 10, "nu_2_5": 2.5}
# Jets of which sums over dynamic subjets are timed.
RESOLVED_JETS = {"pp": 60, "pp, R = 0.8": 20}


def source():
    found = ["from resolved.triangles import flattened"]
    found += [f"from shapes.longest import longest_of_{word}" for word in WORDS.values()]
    for name, measure, letter in (("ee", "ee", "E"), ("pp", "hadron", "pt")):
        for order, word in WORDS.items():
            weight = " * ".join(f"{letter}{i}" for i in range(1, order + 1))
            fields = {"name": name, "measure": measure, "order": order, "word": word}
            found.append(CORRELATOR.format(weight=weight, **fields))
        weight = f"{letter}1 * {letter}2 * {letter}3"
        found.append(TRIANGLES.format(name=name, measure=measure, weight=weight))
    for order in SPECIAL:
        weight = " * ".join(f"pt{i}" for i in range(1, order + 1))
        points = " >= ".join(f"z1{i}" for i in range(2, order + 1))
        found.append(ABOUT_ONE.format(order=order, weight=weight, points=points))
    found += [SETS, CONTINUED.format(name="10", nu=10), CONTINUED.format(name="2_5", nu=2.5)]
    return "\n".join(found)


@pytest.fixture(scope="module")
def plans(tmp_path_factory):
    path = tmp_path_factory.mktemp("bench") / "others.obs"
    path.write_text(source())
    found = compile_module(path, resources.library()).observables
    return {f.observable.name: pipeline.run(f.observable) for f in found}


@pytest.fixture(scope="module", params=["particles", "subjets", "pp"])
def sample(request):
    jets = jets_of(request.param, 200)
    energy = np.sqrt(jets.px**2 + jets.py**2 + jets.pz**2)
    hadron = request.param.startswith("pp")
    total = np.hypot(jets.px, jets.py) if hadron else energy
    massless = replace(jets, energy=energy, scale=jets.sum_over_jets(total))
    return request.param, take_jets(massless, narrow(massless)) if hadron else massless


def narrow(jets):
    """Tell which jets FastEEC is sure to find whole: it reclusters them with a radius of 1.5.

    A particle of little transverse momentum and its mass can be far from a jet in pseudorapidity.
    """
    ends = zip(jets.offsets[:-1], jets.offsets[1:], strict=True)
    momenta = [(jets.px[i:j], jets.py[i:j], jets.pz[i:j]) for i, j in ends]
    return np.array([backends.distances("hadron", *given).max() < 1.5**2 for given in momenta])


def some_of(jets, order):
    """Return the first of the jets that have about TUPLES tuples, and the number of these."""
    first = first_of(jets, order, TUPLES)
    tuples = tuples_of(first, order)
    if tuples[0] > MOST_TUPLES:
        pytest.skip(f"one jet has {tuples[0]} tuples")
    return first, int(tuples.sum())


def generated(plan, jets, resolution=None):
    """Return what fills the observable of a plan, with a resolution over dynamic subjets."""
    observable = plan.observable
    fill = kernel_of(plan, emit_fill(plan), "chosen").fill
    all_edges = [edges(axis.bins) for axis in observable.axes]
    shape = [len(e) + 1 for e in all_edges]
    none = np.zeros((0, jets.n_jets))
    # Into one row, as the programs do.
    event = np.zeros(jets.n_jets, dtype=np.int64)
    momenta = (jets.px, jets.py, jets.pz, jets.energy, jets.scale)
    bins = (np.concatenate(all_edges), np.cumsum([0, *map(len, all_edges)]))
    values = backends.values_of(observable)
    given = (jets.offsets, *momenta, none, none, event, *bins)
    subjets = backends.module_from(observable.correlator, emit_resolve)

    def run():
        rows = np.zeros((1, int(np.prod(shape))))
        parts = (given,) if resolution is None else resolved(subjets, resolution, given)
        summed(lambda part, into: fill(*part, values, into), parts, rows)
        return rows.reshape(shape)

    return run


def report(row, what, times, n_tuples, plan):
    cells = [f"{times['generated'].min() / n_tuples * 1e9:.2f} ns"]
    for name in sorted(times.keys() - {"generated"}):
        low, high = np.quantile(times[name] / times["generated"], [0.25, 0.75])
        ratio = times[name].min() / times["generated"].min()
        cells.append(f"{name} {ratio:.1f} ({low:.1f}-{high:.1f})")
    print(f"\n| {row} | {what} | {choose(plan)} | {' | '.join(cells)} |")


def library(name, jets):
    reason = others.missing(name)
    if reason:
        pytest.skip(reason)
    made = others.compiled(name)

    def filled(fill, *arguments, **options):
        others.give(made, jets)
        return fill(made, *arguments, **options)

    return filled


@pytest.mark.parametrize("order", WORDS)
@others.on_large_stack
def test_longest_side_against_energy_energy_correlators(order, plans, sample):
    what, jets = sample
    hadron = what == "pp"
    jets, n_tuples = some_of(jets, order)
    eec = library("eec", jets)
    plan = plans[f"{'pp' if hadron else 'ee'}_longest_{order}"]
    # Without transverse momenta its distance is twice the root of (1 - cos) / 2.
    unit = 1.0 if hadron else 2.0
    runs = {
        "generated": generated(plan, jets),
        "EEC": lambda: eec(others.longest, order, BINS, unit * 1e-3, unit, hadron=hadron),
    }
    np.testing.assert_allclose(runs["generated"]()[1:-1], runs["EEC"](), rtol=1e-10, atol=1e-13)
    if hadron and not others.missing("fasteec"):
        tree = library("fasteec", jets)
        runs["FastEEC"] = lambda: tree(others.longest_in_tree, order, BINS, 1e30)
        inner = runs["FastEEC"]()[1:-1]
        np.testing.assert_allclose(runs["generated"]()[2:-2], inner, rtol=1e-10, atol=1e-13)
    times = times_of(runs)
    report(f"longest side of {order}", what, times, n_tuples, plan)


def test_resolved_triangles_against_energy_energy_correlators(plans, sample):
    what, jets = sample
    hadron = what == "pp"
    jets, n_tuples = some_of(jets, 3)
    eec = library("eec", jets)
    plan = plans[f"{'pp' if hadron else 'ee'}_resolved"]
    n_bins, ranges = RESOLVED
    scaled = np.array(ranges) * ((1, 1, 1, 1, 1, 1) if hadron else (2, 2, 1, 1, 1, 1))
    runs = {
        "generated": generated(plan, jets),
        "EEC": lambda: eec(others.resolved, n_bins, scaled, hadron=hadron),
    }
    # In its contact terms xi is 0, below the first bin.
    inner = runs["generated"]()[1:-1, 1:-1, 1:-1]
    np.testing.assert_allclose(inner, runs["EEC"](), rtol=1e-10, atol=1e-13)
    report("resolved triangles", what, times_of(runs), n_tuples, plan)


@pytest.mark.parametrize("resolution", [8.0, 32.0, 128.0])
@pytest.mark.parametrize("order", WORDS)
@pytest.mark.parametrize("sample", ["pp", "pp, R = 0.8"], indirect=True)
@others.on_large_stack
def test_dynamic_subjets_against_fasteec(order, resolution, plans, sample):
    """The same subjets, so the same sums; and how far these are from the exact ones."""
    what, jets = sample
    jets = take_jets(jets, np.arange(jets.n_jets) < RESOLVED_JETS[what])
    tree = library("fasteec", jets)
    plan = plans[f"pp_longest_{order}"]
    runs = {
        "generated": generated(plan, jets, resolution),
        "FastEEC": lambda: tree(others.longest_in_tree, order, BINS, resolution),
        "exact": generated(plan, jets),
    }
    found, exact = (runs[name]()[2:-2] for name in ("generated", "exact"))
    np.testing.assert_allclose(found, runs["FastEEC"]()[1:-1], rtol=1e-10, atol=1e-13)
    off = np.abs(found - exact).sum() / exact.sum()
    times = times_of(runs)
    each = times["generated"].min() / jets.n_jets * 1e6
    ratios = [times[name].min() / times["generated"].min() for name in ("FastEEC", "exact")]
    cells = [f"{off:.1%}", f"{each:.0f} us", *(f"{ratio:.2f}" for ratio in ratios)]
    print(f"\n| longest side of {order} | {what} | {resolution:g} | {' | '.join(cells)} |")


@pytest.mark.parametrize("order", [3, 4])
@pytest.mark.parametrize("sample", ["pp"], indirect=True)
def test_sums_about_a_special_particle_against_fasteec(order, plans, sample):
    what, jets = sample
    jets, n_tuples = some_of(jets, order)
    angles = library("angles", jets)
    plan = plans[f"special_{order}"]
    runs = {
        "generated": generated(plan, jets),
        "FastEEC": lambda: angles(others.about_one, order, BINS),
    }
    inner = runs["FastEEC"]()[1:-1]
    np.testing.assert_allclose(runs["generated"]()[2:-2], inner, rtol=1e-10, atol=1e-13)
    report(f"about a special particle, {order} points", what, times_of(runs), n_tuples, plan)


@pytest.mark.parametrize("name", ABOUT)
@pytest.mark.parametrize("sample", ["pp"], indirect=True)
def test_sums_about_a_special_particle_against_resolved_correlators(name, plans, sample):
    what, jets = sample
    order = ABOUT[name]
    renc = library("renc", jets)
    plan = plans[f"special_{name}"]
    runs = {
        "generated": generated(plan, jets),
        "RENC": lambda: renc(others.resolved_about_one, order, BINS),
    }
    np.testing.assert_allclose(runs["generated"](), runs["RENC"](), rtol=1e-10, atol=1e-13)
    n_pairs = sum(n**2 for n in np.diff(jets.offsets).tolist())
    report(f"about a special particle, order {order}", what, times_of(runs), n_pairs, plan)


@pytest.mark.parametrize("sample", ["pp"], indirect=True)
@others.on_large_stack
def test_sets_of_particles_against_fasteec(plans, sample):
    what, jets = sample
    plan = plans["longest_of_sets"]
    # All that FastEEC resolves, and few of them: it takes 8 MB for each splitting.
    jets = select_constituents(
        take_jets(jets, np.arange(jets.n_jets) < 40), plan.observable.correlator
    )
    jets = replace(jets, scale=jets.sum_over_jets(np.hypot(jets.px, jets.py)))
    tree = library("fasteec_nu", jets)
    runs = {
        "generated": generated(plan, jets),
        "FastEEC": lambda: tree(others.longest_of_sets, 2.5, BINS),
    }
    inner = runs["FastEEC"]()[1:-1]
    np.testing.assert_allclose(runs["generated"]()[2:-2], inner, rtol=1e-10, atol=1e-13)
    n_sets = sum(2**n for n in np.diff(jets.offsets).tolist())
    report("sets of 9, order 2.5", what, times_of(runs), n_sets, plan)
