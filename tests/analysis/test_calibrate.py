"""Coverage on a project too small to learn from: that every piece meets every other."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest

from ecdsl import analysis
from ecdsl.analysis.tuples import count_tuples
from ecdsl.artifacts.store import load_manifest
from ecdsl.compiler import compile_paths
from ecdsl.events.process import ee_ttbar
from ecdsl.events.read_parquet import read_events
from ecdsl.events.simulate import simulate
from ecdsl.inference.results import CalibrationResult
from ecdsl.project import find_project

SETTINGS = """
[simulation]
parameters = { mt = "165:185:10" }
jets = 600
[inference]
prior = [165, 185]
likelihood = "tuples"
[calibration]
values = [171.5]
jets = [40, 100]
replicas = 1
experiments = 3
pool = 300
"""
SHAPE = """
from top.correlators import top_eeec
observable mean_side = top_eeec | { axis zeta = mean(z1, z2, z3): 4 log bins in [0.01, 0.2] }
observable narrow = top_eeec | {
  window z3 - z1 < 0.02
  axis zeta = z1: 4 log bins in [0.005, 0.05]
}
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    root = tmp_path_factory.mktemp("project")
    (root / "observables").mkdir()
    (root / "observables" / "shape.obs").write_text(SHAPE)
    (root / "ecdsl.toml").write_text(SETTINGS)
    found = find_project(root)
    compile_paths(found.sources, build=found.build, project_root=found.root)
    return found


@pytest.fixture(scope="module")
def result(project):
    manifest = load_manifest(project.build, "mean_side")
    return analysis.calibrate(project, [manifest], project.build, workers=1)


def test_each_size_has_all_its_experiments_on_events_of_their_own(project, result):
    found = [(r.n_events, r.likelihood) for r in result.ranks]
    kinds = ("binned", "tuples", "tuples_effective", "tuples_sandwich")
    assert found == [(n, kind) for n in (20, 50) for kind in kinds]
    for ranks in result.ranks:
        assert ranks.truths == (171.5,) * 3
        # The same events twice would give the same estimate twice.
        inside = [e for e in ranks.estimates if 165 < e < 185]
        assert len(set(inside)) == len(inside)
    widths = {(c.n_events, c.likelihood): c.half_width for c in result.coverage if c.level == 0.68}
    assert widths[50, "tuples"] < 0.5 * widths[50, "binned"]
    assert widths[50, "tuples"] < widths[50, "tuples_effective"]
    files = sorted(path.name.split("-")[0] for path in (project.build / "events").iterdir())
    assert files == ["calibration", "replica"]
    assert CalibrationResult.model_validate_json(result.model_dump_json()) == result


def test_a_normalized_correlator_lacks_what_its_total_says(project, result):
    inference = project.inference.model_copy(update={"datum": "normalized"})
    settings = project.model_copy(update={"inference": inference})
    manifest = load_manifest(project.build, "mean_side")
    normalized = analysis.calibrate(settings, [manifest], project.build, workers=1)

    def width(found):
        return next(c.half_width for c in found.coverage if (c.n_events, c.level) == (50, 0.68))

    assert width(normalized) > width(result)


@pytest.mark.parametrize("name", ["mean_side", "narrow"])
def test_tuples_are_counted_as_a_loop_over_triplets_counts_them(project, name):
    events = project.build / "some.parquet"
    if not events.is_file():
        simulate(events, process=ee_ttbar(), labels={"mt": (173.0,)}, jets=20, seed=4)
    found = count_tuples(load_manifest(project.build, name), project.build, events)
    (batch,) = read_events(events)
    weights = []
    for start, end in zip(batch.offsets[:-1], batch.offsets[1:], strict=True):
        momenta = np.stack([batch.px, batch.py, batch.pz], axis=1)[start:end]
        units = momenta / np.linalg.norm(momenta, axis=1, keepdims=True)
        for triplet in combinations(range(end - start), 3):
            pairs = [units[a] - units[b] for a, b in combinations(triplet, 2)]
            sides = np.sort([p @ p / 4 for p in pairs])
            if name == "mean_side":
                held = 0.01 <= sides.mean() < 0.2
            else:
                held = sides[2] - sides[0] < 0.02 and 0.005 <= sides[0] < 0.05
            if held:
                weights.append(np.prod(batch.energy[start:end][list(triplet)]))
    total, squares = np.sum(weights), np.sum(np.square(weights))
    assert found.tuples == pytest.approx(len(weights) / 10)
    assert found.effective == pytest.approx(total**2 / squares / 10)
