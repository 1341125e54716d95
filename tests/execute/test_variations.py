"""Weights of variations: filled beside the nominal histogram, which does not change."""

from __future__ import annotations

import json
from dataclasses import replace

import backends_under_test as backends
import numpy as np
import pytest
from strategies import spray

from ecdsl.artifacts.load import load_kernel
from ecdsl.artifacts.store import load_derived, load_manifest
from ecdsl.compiler import compile_paths
from ecdsl.derived.fill import fill_derived
from ecdsl.diagnostics import EcdslError
from ecdsl.events.batch import concatenate, take_jets, whole_events
from ecdsl.events.read_parquet import read_events
from ecdsl.events.schema import EventsMetadata
from ecdsl.events.write_parquet import write_events
from ecdsl.execute import fill
from ecdsl.ir.nodes import Particles

SOURCE = """
correlator pairs { order 2; over particles; measure hadron; weight pt1 * pt2 / pt_sum^2 }
observable z = pairs | { axis z = z12: 8 log bins in [1e-5, 2] }
observable far = pairs | { window z12 > 1e-3; axis z = z12: 8 log bins in [1e-5, 2] }
derive share = far / z
"""
N = 40
RNG = np.random.default_rng(3)
WEIGHTS = {"isrRedHi": RNG.normal(1, 0.3, N), "fsr:muRfac=0.5": RNG.exponential(1, N)}
# Two jets to an event.
PLAIN = replace(spray(1, RNG.integers(0, 9, 2 * N).tolist()), event=np.repeat(np.arange(N), 2))
JETS = replace(PLAIN, weights={name: np.repeat(w, 2) for name, w in WEIGHTS.items()})


@pytest.fixture(autouse=True)
def nothing_is_compiled(monkeypatch):
    monkeypatch.setattr(
        "ecdsl.execute.load_kernel", lambda *given: backends.as_python(load_kernel(*given))
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("variations")
    (path / "some.obs").write_text(SOURCE)
    compile_paths([path / "some.obs"], build=path)
    for name, jets in (("plain", PLAIN), ("weighted", JETS)):
        metadata = EventsMetadata(
            constituents=Particles(), weights=tuple(jets.weights), n_jets=2 * N, n_events=N
        )
        write_events(path / f"{name}.parquet", [jets], metadata)
    return path


def test_rows_are_multiplied_with_the_weights_of_their_events(folder):
    manifest = load_manifest(folder, "z")
    plain, found = (
        fill(manifest, folder, [folder / f"{name}.parquet"]) for name in ("plain", "weighted")
    )
    assert found.sums.tobytes() == plain.sums.tobytes()
    assert found.covariance.tobytes() == plain.covariance.tobytes()
    assert plain.variations == {}
    rows = backends.reference_rows(manifest.observable, PLAIN)
    assert list(found.variations) == list(WEIGHTS)
    for name, variation in found.variations.items():
        weighted = WEIGHTS[name][:, None] * rows
        np.testing.assert_allclose(variation.contents, weighted.sum(axis=0), rtol=1e-10, atol=1e-15)
        expected = N * weighted.var(axis=0, ddof=1)
        np.testing.assert_allclose(variation.variances, expected, rtol=1e-9, atol=1e-15)


def test_a_file_has_a_histogram_for_each(folder):
    spectrum = fill(load_manifest(folder, "z"), folder, [folder / "weighted.parquet"])
    written = json.loads(spectrum.write(folder / "filled.json").read_text())
    assert list(written) == ["spectrum", "covariance", *(f"variation {name}" for name in WEIGHTS)]
    histogram = spectrum.variation_hists()["isrRedHi"]
    contents = spectrum.variations["isrRedHi"].contents
    np.testing.assert_array_equal(histogram.view(flow=True)["value"], contents)


def test_a_derivation_is_evaluated_on_each(folder):
    events = [folder / "weighted.parquet"]
    share = fill_derived(load_derived(folder, "share"), folder, events)
    far, z = (fill(load_manifest(folder, name), folder, events) for name in ("far", "z"))
    for name, variation in share.variations.items():
        above, below = (found.variations[name].contents[1:-1] for found in (far, z))
        with np.errstate(invalid="ignore"):
            np.testing.assert_allclose(variation.contents, above / below, rtol=1e-12)
        assert np.isnan(variation.variances).all()


def test_weights_go_with_their_events():
    some = np.arange(2 * N) % 3 == 0
    again = take_jets(JETS, some)
    np.testing.assert_array_equal(again.weights["isrRedHi"], JETS.weights["isrRedHi"][some])
    np.testing.assert_array_equal(whole_events(JETS).weights["isrRedHi"], WEIGHTS["isrRedHi"])
    twice = concatenate([JETS, JETS]).weights["isrRedHi"]
    np.testing.assert_array_equal(twice, np.tile(JETS.weights["isrRedHi"], 2))


def test_weights_survive_the_file(folder):
    again = concatenate(list(read_events(folder / "weighted.parquet", chunk_jets=7)))
    assert list(again.weights) == list(WEIGHTS)
    for name, values in JETS.weights.items():
        np.testing.assert_array_equal(again.weights[name], values)


def test_a_column_that_not_all_files_have_is_refused(folder):
    both = [folder / "weighted.parquet", folder / "plain.parquet"]
    with pytest.raises(
        EcdslError, match=r"^D332: .*plain\.parquet has no column `weight_isrRedHi`"
    ):
        fill(load_manifest(folder, "z"), folder, both)
