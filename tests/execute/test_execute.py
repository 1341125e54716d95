from __future__ import annotations

import json
import sys

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import uhi.io.json
from boost_histogram.serialization import from_uhi
from threadpoolctl import threadpool_info, threadpool_limits

from ecdsl import load, resources
from ecdsl.artifacts.load import load_kernel
from ecdsl.artifacts.store import load_manifest
from ecdsl.compiler import compile_paths
from ecdsl.diagnostics import EcdslError
from ecdsl.events.process import ee_ttbar
from ecdsl.events.simulate import simulate
from ecdsl.execute import (
    batches,
    fill,
    filler,
    inner,
    iterate_points,
    iterate_rows,
    n_cells,
    parameter_values,
)

MASS = resources.library() / "top" / "mass.obs"


@pytest.fixture(scope="module")
def build(tmp_path_factory):
    folder = tmp_path_factory.mktemp("build")
    compile_paths([MASS], build=folder)
    return folder


@pytest.fixture(scope="module")
def events(tmp_path_factory):
    path = tmp_path_factory.mktemp("events") / "events.parquet"
    simulate(path, process=ee_ttbar(), labels={"mt": (171.0, 175.0)}, jets=300, seed=4)
    return path


def test_the_same_bytes_for_any_number_of_threads(build, events, monkeypatch):
    monkeypatch.setattr("ecdsl.execute._MAX_CHUNK_JETS", 200)
    manifest = load_manifest(build, "right_isosceles")
    one, three = (fill(manifest, build, [events], workers=n) for n in (1, 3))
    np.testing.assert_array_equal(one.sums, three.sums)
    np.testing.assert_array_equal(one.covariance, three.covariance)
    assert (one.n_events, one.n_jets) == (300, 600)


def test_products_are_summed_on_one_thread_whatever_there_are(build, events):
    def threads():
        return {lib["num_threads"] for lib in threadpool_info() if lib["user_api"] == "blas"}

    seen = []
    with threadpool_limits(limits=2, user_api="blas"):
        manifest = load_manifest(build, "zeta_max")
        fill(manifest, build, [events], progress=lambda *_: seen.append(threads()))
        assert threads() == {2}
    assert seen == [{1}]


def test_covariance_is_that_of_events(build, events):
    manifest = load_manifest(build, "zeta_max")
    rows = np.concatenate(
        [chunk.rows for chunk in iterate_rows(manifest, build, [events], parameters={})]
    )
    spectrum = fill(manifest, build, [events])
    np.testing.assert_allclose(spectrum.sums, rows.sum(axis=0), rtol=1e-12)
    expected = len(rows) * np.cov(rows, rowvar=False)
    np.testing.assert_allclose(spectrum.covariance, expected, atol=1e-12 * expected.max())
    np.testing.assert_allclose(spectrum.variances, np.diag(expected), atol=1e-12 * expected.max())
    # Tuples of one jet move together: neighbouring bins are correlated.
    peak = int(np.argmax(spectrum.sums[1:-1])) + 1
    assert abs(spectrum.covariance[peak, peak + 1]) > 0


def test_ten_thousand_points_are_one_compilation(build, events, monkeypatch):
    manifest = load_manifest(build, "right_isosceles")
    shapes = np.random.default_rng(1).uniform(1, 3, (10_000, 2))
    points = [parameter_values(manifest, {"n1": n1, "n2": n2}) for n1, n2 in shapes]
    batch = next(batches(manifest, [events], 1))
    monkeypatch.setattr("ecdsl.generate.generate", None)
    compile_paths([MASS], build=build)

    filled = filler(manifest, build, points)(batch)

    assert len(filled) == len(points)
    kernel = load_kernel(build, manifest.kernels["numba"])
    assert len(kernel.fill.signatures) == 1
    assert sum(kernel.fill.stats.cache_misses.values()) <= 1


def test_events_that_share_a_row_are_added_up(build, events):
    manifest = load_manifest(build, "right_isosceles")
    points = [parameter_values(manifest, {})]
    ((each,),), ((seven,),) = (
        iterate_points(manifest, build, [events], points=points, together=n) for n in (1, 7)
    )
    # 150 events at each of two values.
    assert (len(each.rows), len(seven.rows)) == (300, 2 * 22)
    starts = np.concatenate([np.arange(0, 150, 7), 150 + np.arange(0, 150, 7)])
    np.testing.assert_array_equal(seven.sizes, np.diff([*starts, 300]))
    np.testing.assert_array_equal(seven.labels["mt"], each.labels["mt"][starts])
    np.testing.assert_allclose(seven.rows, np.add.reduceat(each.rows, starts), rtol=1e-12)


@pytest.mark.parametrize(
    ("pattern", "damage"),
    [("*.nbi", lambda _: b"garbage"), ("*.nbi", lambda _: b""), ("*.nbc", lambda c: c[:200])],
)
def test_a_damaged_cache_of_machine_code_is_made_again(tmp_path, events, pattern, damage):
    source = tmp_path / "pair.obs"
    source.write_text(
        "from top.correlators import top_eeec\n"
        "observable side = top_eeec | { axis z = z1: 4 bins in [0, 1] }\n"
    )
    (compiled,) = compile_paths([source], build=tmp_path / "build").observables
    manifest, build = compiled.manifest, tmp_path / "build"
    before = fill(manifest, build, [events], workers=2).sums
    kept = list((build / manifest.kernels["numba"].path).parent.glob(f"__pycache__/{pattern}"))
    assert kept
    for file in kept:
        file.write_bytes(damage(file.read_bytes()))
    forget_kernels()
    np.testing.assert_array_equal(fill(manifest, build, [events], workers=2).sums, before)


def forget_kernels():
    """Be like a new process, which has loaded no generated module yet."""
    for name in [n for n in sys.modules if n.startswith("ecdsl_kernels_")]:
        del sys.modules[name]


def test_equal_sides_and_the_ratio_one_to_one_select_the_same_triplets(build, events, tmp_path):
    source = tmp_path / "shapes.obs"
    source.write_text(
        """
        from top.correlators import top_eeec
        from shapes.triangles import ratio, equilateral
        observable ones = top_eeec | ratio(n1 = 1, n2 = 1, width = 0.02) {
          axis zeta: 1 bins in [0, 1]
        }
        observable equal = top_eeec | equilateral(width = 0.02) { axis zeta: 1 bins in [0, 1] }
        """
    )
    compile_paths([source], build=build)
    ones, equal = (fill(load_manifest(build, name), build, [events]) for name in ("ones", "equal"))
    assert ones.sums[1] == pytest.approx(equal.sums[1], rel=1e-12)
    assert ones.sums[1] > 0


def test_parameters_are_given_at_run_time(build, events):
    manifest = load_manifest(build, "right_isosceles")
    narrow, wide = (fill(manifest, build, [events], parameters={"width": w}) for w in (0.005, 0.02))
    assert (wide.sums >= narrow.sums).all()
    assert wide.sums.sum() > narrow.sums.sum()
    assert narrow.parameters == {"n1": 1.0, "n2": 2.0, "width": 0.005}


@pytest.mark.parametrize(
    ("given", "code", "word"),
    [({"widht": 0.01}, "D206", "width"), ({"width": 0.5}, "D207", "0.05")],
)
def test_parameters_are_checked(build, given, code, word):
    with pytest.raises(EcdslError) as error:
        parameter_values(load_manifest(build, "right_isosceles"), given)
    finding = error.value.diagnostics[0]
    assert finding.code == code
    assert word in finding.message + finding.hints[0]


def test_any_uhi_reader_reads_what_is_written(build, events, tmp_path):
    spectrum = fill(load_manifest(build, "zeta_mean"), build, [events])
    path = spectrum.write(tmp_path / "filled.json")
    content = json.loads(path.read_text(), object_hook=uhi.io.json.object_hook)
    histogram = from_uhi(content["spectrum"])
    view = histogram.view(flow=True)
    np.testing.assert_allclose(view["value"], spectrum.sums)
    np.testing.assert_allclose(view["variance"], spectrum.variances)
    covariance = from_uhi(content["covariance"]).view()
    np.testing.assert_allclose(covariance, spectrum.covariance)


def test_an_exact_delta_has_no_histogram_and_says_so(build, events, tmp_path):
    source = tmp_path / "exact.obs"
    source.write_text(
        """
        from top.correlators import top_eeec
        observable pinned = top_eeec | {
          delta z2 - z1 exact
          axis z = z1: 3 bins in [0, 1]
        }
        """
    )
    compile_paths([source], build=build)
    with pytest.raises(EcdslError) as error:
        fill(load_manifest(build, "pinned"), build, [events])
    assert error.value.diagnostics[0].code == "D208"


def test_two_axes_are_flattened_in_order(build, events, tmp_path):
    source = tmp_path / "plane.obs"
    source.write_text(
        """
        from top.correlators import top_eeec
        observable plane = top_eeec | {
          axis shortest = z1: 3 bins in [0, 0.3]
          axis longest = z3: 4 bins in [0, 1]
        }
        observable long = top_eeec | { axis longest = z3: 4 bins in [0, 1] }
        """
    )
    compile_paths([source], build=build)
    plane, long = (fill(load_manifest(build, name), build, [events]) for name in ("plane", "long"))
    assert n_cells(plane.manifest) == 5 * 6
    np.testing.assert_allclose(plane.sums.reshape(5, 6).sum(axis=0), long.sums, rtol=1e-12)
    assert inner(plane.manifest, plane.sums[None]).shape == (1, 12)
    assert plane.to_hist().axes.name == ("shortest", "longest")


def test_the_same_events_are_not_counted_twice(build, events):
    with pytest.raises(EcdslError) as error:
        fill(load_manifest(build, "zeta_max"), build, [events, events])
    assert error.value.diagnostics[0].code == "D316"


def written(path, ids):
    rows = len(ids)
    pq.write_table(
        pa.table(
            {
                "px": [[3.0, 4.0]] * rows,
                "py": [[1.0, float(k + 2)] for k in range(rows)],
                "pz": [[2.0, 1.0]] * rows,
                "E": [[5.0, 50.0]] * rows,
                "Q": [100.0] * rows,
                "event": ids,
            }
        ),
        path,
    )
    return path


def filled_per_event(folder, files):
    source = folder / "pairs.obs"
    source.write_text(
        "correlator c { order 2; over particles; per event; measure ee; weight E1 * E2 / Q^2 }\n"
        "observable pairs = c | { axis x = z12: 2 bins in [0, 1] }\n"
    )
    compile_paths([source], build=folder)
    return fill(load_manifest(folder, "pairs"), folder, files)


def test_an_event_that_goes_on_in_the_next_file_is_refused(tmp_path):
    files = [written(tmp_path / "a.parquet", [6, 7]), written(tmp_path / "b.parquet", [7, 8, 8])]
    with pytest.raises(
        EcdslError, match=r"a\.parquet ends with event 7, and .*b\.parquet"
    ) as error:
        filled_per_event(tmp_path, files)
    assert error.value.diagnostics[0].code == "D329"
    assert filled_per_event(tmp_path, files[::-1]).n_events == 4


@pytest.mark.parametrize(
    ("first", "second"), [([0, 1, 2], [0, 1]), ([0], [0, 0, 1]), ([3], [3, 3]), ([0, 1], [2, 3])]
)
def test_ids_may_start_anew_in_every_file(tmp_path, first, second):
    files = [written(tmp_path / "a.parquet", first), written(tmp_path / "b.parquet", second)]
    events = len(set(first)) + len(set(second))
    assert filled_per_event(tmp_path, files).n_events == events


BALANCED = {
    "px": [[3.0, 4.0], [10.0, -10.0]],
    "py": [[1.0, 1.0], [0.0, 0.0]],
    "pz": [[2.0, 1.0], [1.0, -1.0]],
    "E": [[5.0, 5.0], [11.0, 11.0]],
    "Q": [22.0, 22.0],
    "event": [7, 8],
}


@pytest.mark.parametrize(
    ("weight", "axis", "window", "code"),
    [
        ("E1 * E2 / pt_jet^2", "theta12", "", "D319"),
        ("E1 * E2 / pt_jet^2", "theta12", "window pt_jet > 1 GeV", None),
        ("E1 * E2 / Q^2", "theta(1, jet)", "", "D315"),
        ("E1 * E2 / Q^2", "exp(eta_jet)", "", "D315"),
        ("E1 * E2 / Q^2", "theta12", "", None),
    ],
)
def test_an_event_without_direction_divides_nothing_by_zero(tmp_path, weight, axis, window, code):
    source, events = tmp_path / "balanced.obs", tmp_path / "events.parquet"
    source.write_text(
        f"correlator c {{ order 2; over particles; measure ee; weight {weight} }}\n"
        f"observable seen = c | {{ {window}; axis x = {axis}: 5 bins in [0, 4] }}\n".replace(
            "{ ;", "{"
        )
    )
    pq.write_table(pa.table(BALANCED), events)
    compile_paths([source], build=tmp_path)
    manifest = load_manifest(tmp_path, "seen")
    if code is None:
        assert np.isfinite(fill(manifest, tmp_path, [events]).sums).all()
    else:
        with pytest.raises(EcdslError, match=rf"^{code}: .*events\.parquet: event 8 "):
            fill(manifest, tmp_path, [events])


def test_tuples_without_a_value_are_counted_and_said(tmp_path):
    source = tmp_path / "ratio.obs"
    source.write_text(
        """
        correlator c { order 3; over particles; measure ee; weight E1 * E2 * E3 / Q^3; tuples all }
        observable ratio = c | { axis x = z12 / z13: 2 bins in [0, 1] }
        observable kept  = c | { window z13 > 0; axis x = z12 / z13: 2 bins in [0, 1] }
        derive share = normalize(ratio)
        """
    )
    events = written(tmp_path / "a.parquet", [0, 1, 1])
    observables = load(source, build=tmp_path / "build")
    ratio, kept, share = (observables[name].fill(events) for name in ("ratio", "kept", "share"))
    # aaa and bbb of each of three jets; the weights of all cells add up to (sum E / Q)^3.
    assert (ratio.n_undefined, kept.n_undefined, share.n_undefined) == (6, 0, 6)
    assert ratio.sums.sum() == pytest.approx(3 * 0.55**3, rel=1e-12)
    assert ratio.remarks == (
        "6 tuples have no value on an axis (such as 0/0) and are in its overflow",
    )
    assert kept.remarks == ()
    assert "6 tuples of the operands" in share.remarks[0]
    assert ratio.to_hist().metadata["undefined_tuples"] == 6
