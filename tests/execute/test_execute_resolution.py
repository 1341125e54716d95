"""Observables with a resolution: filled from files, with their error told and kept."""

from __future__ import annotations

import json

import backends_under_test as backends
import numpy as np
import pytest
from strategies import spray

from ecdsl.artifacts.load import load_kernel
from ecdsl.artifacts.store import load_derived, load_manifest
from ecdsl.cli.names import choose
from ecdsl.cli.output import Output
from ecdsl.compiler import compile_paths
from ecdsl.derived.fill import fill_derived
from ecdsl.events.schema import EventsMetadata
from ecdsl.events.write_parquet import write_events
from ecdsl.execute import fill
from ecdsl.execute_resolution import to_check
from ecdsl.execute_together import approximations
from ecdsl.ir.nodes import Particles
from ecdsl.project import find_project
from ecdsl.resolution import ResolutionError

SOURCE = """
correlator every {
  order   2
  over    particles
  measure hadron
  weight  pt1 * pt2 / pt_sum^2
  tuples  all
}
correlator some {
  order   2
  over    particles
  measure hadron
  weight  pt1 * pt2 / pt_sum^2
  tuples  all
  resolution 4
}
shape near(cut in (0, 10] = 10) {
  window z12 < cut
  axis   z = z12
}
observable plain = every | near { axis z: 8 log bins in [1e-5, 2] }
observable close = some | near { axis z: 8 log bins in [1e-5, 2] }
derive ratio = close / plain
"""
JETS = spray(1, [12, 7, 0, 1, 9])


@pytest.fixture(autouse=True)
def only_subjets_are_compiled(monkeypatch):
    """The kernels of sums, which take longer to compile than to run here, run as Python."""

    def load(build, file):
        module = load_kernel(build, file)
        return module if file.path.endswith("resolve.py") else backends.as_python(module)

    monkeypatch.setattr("ecdsl.execute.load_kernel", load)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    path = tmp_path_factory.mktemp("resolution")
    (path / "some.obs").write_text(SOURCE)
    compile_paths([path / "some.obs"], build=path)
    metadata = EventsMetadata(constituents=Particles(), n_jets=5, n_events=5)
    write_events(path / "events.parquet", [JETS], metadata)
    return path


def test_the_error_is_kept_and_told(folder):
    exact, close = (load_manifest(folder, name) for name in ("plain", "close"))
    plain, found = (fill(m, folder, [folder / "events.parquet"]) for m in (exact, close))
    rows = backends.reference_rows(close.observable, JETS)
    np.testing.assert_allclose(found.sums, rows.sum(axis=0), rtol=1e-10, atol=1e-15)

    off = np.abs(found.sums - plain.sums)[1:-1]
    assert found.error.n_jets == 5
    assert found.error.mean == pytest.approx(off.sum() / plain.sums[1:-1].sum())
    assert found.error.largest > found.error.mean > 1e-3
    assert "resolution 4 is off the exact sum over 5 jets by" in found.remarks[0]
    written = json.loads(found.write(folder / "filled.json").read_text())
    kept = written["spectrum"]["metadata"]["metadata"]
    assert kept["resolution"] == 4
    assert kept["resolution_error_largest"] == found.error.largest
    assert plain.error is None
    assert "resolution" not in plain.metadata()


def test_of_a_ratio_each_operand_is_told(folder):
    found = fill_derived(load_derived(folder, "ratio"), folder, [folder / "events.parquet"])
    assert list(found.errors) == ["close"]
    assert found.remarks[0].startswith("close: resolution 4 is off")
    assert found.metadata()["close.resolution_error_mean"] > 0


def test_every_command_says_that_a_sum_is_approximate(folder, capsys):
    found = [load_manifest(folder, name) for name in ("plain", "close")]
    (said,) = approximations(found, folder, folder / "events.parquet")
    assert said.startswith("close: resolution 4 is off the exact sum")
    project, output = find_project(folder, build=folder), Output(quiet=False, verbose=False)
    chosen = choose(project, [f"{folder / 'some.obs'}:close"], output)
    assert [manifest.name for manifest in chosen.observables] == ["close"]
    assert "close sums over dynamic subjets (resolution 4)" in capsys.readouterr().err


def test_a_kernel_does_not_know_the_resolution(folder):
    exact, close = (load_manifest(folder, name) for name in ("plain", "close"))
    assert exact.kernels["numba"] == close.kernels["numba"]
    assert exact.correlator_fingerprint != close.correlator_fingerprint
    assert not close.surrogate.available


def test_as_many_jets_are_checked_as_take_no_time():
    many = spray(2, [2] * 1200)
    assert [to_check(many, 2, n).n_jets for n in (1, 10, 2000)] == [1000, 100, 1]
    assert to_check(spray(3, [80] * 3), 8, 2).n_jets == 1


def test_what_is_not_filled_is_not_off():
    none = ResolutionError.between(np.zeros(3), np.zeros(3), resolution=8, n_jets=2)
    assert (none.largest, none.mean, none.total) == (0, 0, 0)
