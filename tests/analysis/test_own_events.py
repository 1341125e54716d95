"""Files of events in the place of what would be simulated: no number is of another."""

from __future__ import annotations

import numpy as np
import pyarrow.parquet as pq
import pytest

from ecdsl import analysis
from ecdsl.analysis import samples
from ecdsl.artifacts.store import load_manifest
from ecdsl.compiler import compile_paths
from ecdsl.diagnostics import EcdslError
from ecdsl.project import find_project

# The weight is not symmetric, so that no surrogate is trained.
SHAPE = """
correlator pairs {
  order 2; over subjets(algorithm = cambridge, R = 0.1); measure ee; weight E1^2 * E2 / Q^3
}
observable side = pairs | { axis zeta = z12: 4 log bins in [0.01, 0.2] }
"""
COMMON = """
[inference]
prior = [165, 185]
likelihood = "histogram"
"""
SIMULATES = """
[simulation]
parameters = { mt = "165:185:10" }
jets = 500
[data]
parameters = { mt = 173.37 }
jets = 300
[validation]
values = [168, 174, 181]
jets = 200
"""
HALVES = """
[calibration]
jets = [40]
replicas = 2
experiments = 2
"""


def quiet(done, total):
    pass


def made(root, settings):
    (root / "observables").mkdir(parents=True)
    (root / "observables" / "shape.obs").write_text(SHAPE)
    (root / "ecdsl.toml").write_text(settings + COMMON)
    project = find_project(root)
    compile_paths(project.sources, build=project.build, project_root=root)
    return project, [load_manifest(project.build, "side")]


@pytest.fixture(scope="module")
def simulating(tmp_path_factory):
    return made(tmp_path_factory.mktemp("simulating"), SIMULATES)


@pytest.fixture(scope="module")
def files(simulating):
    project, _ = simulating
    return {
        kind: make(project, project.build, 2, quiet)
        for kind, make in (
            ("simulation", samples.simulation),
            ("data", samples.held_out),
            ("validation", samples.validation),
            ("calibration", samples.validation),
        )
    }


def naming(root, files, more="", **other):
    """A project beside whose settings lie links to the files."""
    root.mkdir()
    for kind, path in (files | other).items():
        (root / f"{kind}.parquet").symlink_to(path)
    lines = "".join(f'{kind} = "{kind}.parquet"\n' for kind in files)
    return made(root, f"[events]\n{lines}{more}")


def test_a_run_stands_on_the_files_that_are_named(files, tmp_path, monkeypatch):
    project, manifests = naming(tmp_path / "files", files)
    monkeypatch.chdir(tmp_path)
    found = analysis.run(project, manifests, project.build, workers=1)
    rows = {
        kind: samples.observed_rows(
            manifests[0], project.build, files[kind], workers=1, report=quiet
        )
        for kind in ("data", "simulation")
    }
    (observable,) = found.observables
    assert observable.data.contents == tuple(rows["data"].mean(axis=0))
    templates = np.mean([part.contents for part in observable.templates], axis=0)
    np.testing.assert_allclose(templates, rows["simulation"].mean(axis=0), rtol=1e-12)
    assert (found.truth, found.simulation_values) == (173.37, (165.0, 175.0, 185.0))
    assert found.data_source == "data.parquet"
    assert found.settings["events.simulation"].endswith("simulation.parquet")
    assert not any(key.startswith("simulation.") for key in found.settings)
    assert set(found.seeds) == {"inference", "surrogate"}
    assert not list(project.build.glob("events/*"))
    assert samples.validation(project, project.build, 1, quiet) == project.events.validation


def test_each_replica_has_its_part_of_the_files(files, tmp_path):
    project, manifests = naming(tmp_path / "files", files, HALVES)
    found = analysis.calibrate(project, manifests, project.build, workers=1)
    (ranks, *_) = found.ranks
    assert sorted(set(ranks.truths)) == [168.0, 174.0, 181.0]
    assert len(ranks.estimates) == 2 * 2 * 3


def test_events_of_another_program_are_templates(files, tmp_path):
    """Without our metadata the constituents are particles, here of too few for other subjets."""
    foreign = tmp_path / "foreign.parquet"
    table = pq.read_table(files["simulation"])
    pq.write_table(table.replace_schema_metadata(None), foreign)
    project, manifests = naming(tmp_path / "files", files | {"simulation": foreign})
    rows, expected = (
        samples.labelled_rows(
            manifests[0], project.build, path, parameter="mt", workers=1, report=quiet
        )
        for path in (samples.simulation(project, project.build, 1, quiet), files["simulation"])
    )
    assert [part.value for part in rows] == [165.0, 175.0, 185.0]
    for part, other in zip(rows, expected, strict=True):
        assert part.rows.sum() == pytest.approx(other.rows.sum(), rel=0.05)


HELD_OUT = {
    "data": analysis.run,
    "calibration": analysis.calibrate,
    "validation": lambda project, _, build, workers: samples.validation(
        project, build, workers, quiet
    ),
}


@pytest.mark.parametrize("kind", HELD_OUT)
def test_there_is_nothing_to_simulate_held_out_events_with(files, tmp_path, kind):
    project, manifests = naming(tmp_path / "files", {"simulation": files["simulation"]})
    with pytest.raises(EcdslError, match="D512") as error:
        HELD_OUT[kind](project, manifests, project.build, workers=1)
    assert f'{kind} = "FILE.parquet"' in error.value.diagnostics[0].hints[0]


@pytest.mark.parametrize("kind", HELD_OUT)
def test_the_events_of_the_templates_are_not_held_out(files, tmp_path, kind):
    same = {"simulation": files["simulation"], kind: files["simulation"]}
    project, manifests = naming(tmp_path / "files", same)
    with pytest.raises(EcdslError, match="D316"):
        HELD_OUT[kind](project, manifests, project.build, workers=1)


def test_a_nuisance_that_the_file_lacks_is_named(files, tmp_path):
    nre = '[inference]\nprior = [165, 185]\nnuisances = { jes = "flat" }\n'
    root = tmp_path / "files"
    project, manifests = naming(root, files)
    settings = (root / "ecdsl.toml").read_text()
    start = settings.index("[inference]")
    (root / "ecdsl.toml").write_text(settings[:start] + nre)
    with pytest.raises(EcdslError, match="'jes' must be another"):
        analysis.run(find_project(root), manifests, project.build, workers=1)
