from __future__ import annotations

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ecdsl import analysis
from ecdsl.analysis.feeding import require_file, require_simulation
from ecdsl.compiler import compile_paths
from ecdsl.diagnostics import EcdslError
from ecdsl.project import find_project

SETTINGS = """
[simulation]
parameters = { mt = "165:185:4" }
CONSTITUENTS
jets = 400
[data]
parameters = { mt = 173.37 }
jets = 400
[inference]
prior = [165, 185]
"""
OBSERVABLES = """
from top.correlators import top_eeec
column x_B
column mt
correlator pairs   { order 2; over particles; measure ee; weight E1 * E2 / Q^2 }
correlator tracks  { order 2; over charged;   measure ee; weight E1 * E2 / Q^2 }
correlator charges { order 2; over particles; measure ee; weight q1 * q2 * E1 * E2 / Q^2 }
correlator both    {
  order 2; per event; over subjets(algorithm = cambridge, R = 0.1); measure ee
  weight E1 * E2 / Q^2
}
observable own      = top_eeec | { axis z = z1:  3 bins in [0, 1] }
observable labelled = top_eeec | { axis x = mt:  3 bins in [100, 200] }
observable fraction = top_eeec | { axis x = x_B: 3 bins in [0, 1] }
observable pair     = pairs    | { axis z = z12: 3 bins in [0, 1] }
observable track    = tracks   | { axis z = z12: 3 bins in [0, 1] }
observable charge   = charges  | { axis z = z12: 3 bins in [0, 1] }
observable whole    = both     | { axis z = z12: 3 bins in [0, 1] }
"""


def made(root, constituents=""):
    (root / "observables").mkdir()
    (root / "observables" / "all.obs").write_text(OBSERVABLES)
    (root / "ecdsl.toml").write_text(SETTINGS.replace("CONSTITUENTS", constituents))
    project = find_project(root)
    report = compile_paths(project.sources, build=project.build, project_root=root)
    return project, [compiled.manifest for compiled in report.observables]


def refused(call, *arguments):
    with pytest.raises(EcdslError) as error:
        call(*arguments)
    (finding,) = error.value.diagnostics
    assert finding.code == "D511"
    return {note.split("`")[1]: note for note in finding.notes}


def test_what_subjets_cannot_feed_is_refused_before_anything_is_simulated(tmp_path):
    project, manifests = made(tmp_path)
    notes = refused(analysis.run, project, manifests, project.build)
    assert set(notes) == {"fraction", "pair", "track", "charge", "whole"}
    assert 'constituents = "particles"' in notes["pair"]
    assert "label_x_B" in notes["fraction"]
    assert "ecdsl fill" in notes["fraction"]
    assert not (project.build / "events").exists()
    for stage in (analysis.calibrate, analysis.scan):
        more = {"grid": {}} if stage is analysis.scan else {}
        with pytest.raises(EcdslError, match="D511"):
            stage(project, manifests, project.build, **more)
    usable = [manifest for manifest in manifests if manifest.name in {"own", "labelled"}]
    require_simulation(project, usable)


def test_particles_feed_all_but_columns(tmp_path):
    project, manifests = made(tmp_path, 'constituents = "particles"')
    assert set(refused(require_simulation, project, manifests)) == {"fraction"}


def test_a_file_is_asked_for_its_first_event(tmp_path):
    _, manifests = made(tmp_path)
    columns = {"px": [[3.0, 4.0]], "py": [[1.0, 1.0]], "pz": [[2.0, 1.0]], "E": [[5.0, 5.0]]}
    path = tmp_path / "mine.parquet"
    given = columns | {"Q": [20.0], "event": [1], "label_x_B": [0.2], "label_mt": [172.5]}
    pq.write_table(pa.table(given), path)
    assert set(refused(require_file, path, manifests)) == {"track", "charge"}
