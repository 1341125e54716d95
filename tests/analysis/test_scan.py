"""A scan on real events: the same information as independent templates say, every shape alike."""

from __future__ import annotations

import numpy as np
import pytest

from ecdsl import analysis
from ecdsl.analysis import samples
from ecdsl.artifacts.store import load_manifest
from ecdsl.compiler import compile_paths
from ecdsl.diagnostics import EcdslError
from ecdsl.inference.search import ScanResult
from ecdsl.inference.templates import fit_templates
from ecdsl.project import find_project
from ecdsl.report.scan import bound_text

SETTINGS = """
[simulation]
parameters = { mt = "165:185:4" }
jets = 1000
[data]
parameters = { mt = 173.37 }
jets = 600
[inference]
prior = [165, 185]
observables = ["mean_side", "cut"]
[surrogate]
model = "histogram"
members = 2
"""
SHAPES = """
from top.correlators import top_eeec
shape below(cut in [0, 1] = 1, floor in [0, 1] = 0.1) {
  window z3 < cut
  window z1 >= floor
  axis zeta = mean(z1, z2, z3)
}
observable mean_side = top_eeec | { axis zeta = mean(z1, z2, z3): 4 log bins in [0.01, 0.2] }
observable cut = top_eeec | below { axis zeta: 4 log bins in [0.01, 0.2] }
"""
GRID = {"cut": (0.0, 0.05, 1.0), "floor": (0.0,)}


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    root = tmp_path_factory.mktemp("scan")
    (root / "observables").mkdir()
    (root / "observables" / "shapes.obs").write_text(SHAPES)
    (root / "ecdsl.toml").write_text(SETTINGS)
    return find_project(root)


@pytest.fixture(scope="module")
def manifests(project):
    compile_paths(project.sources, build=project.build, project_root=project.root)
    return [load_manifest(project.build, name) for name in ("mean_side", "cut")]


@pytest.fixture(scope="module")
def result(project, manifests):
    return analysis.scan(project, manifests, project.build, grid=GRID, workers=2)


def test_a_window_that_cuts_nothing_changes_nothing(result):
    whole = {s.observable: s for s in result.shapes if s.parameters.get("cut", 1.0) == 1.0}
    assert whole["cut"].width == pytest.approx(whole["mean_side"].width, rel=1e-9)
    assert whole["cut"].beaten == pytest.approx(whole["mean_side"].beaten, abs=0.01)


def test_a_shape_without_events_is_named_and_not_ranked(result):
    (out,) = result.left_out
    assert out.parameters == {"cut": 0.0, "floor": 0.0}
    assert "effective events" in out.reason
    assert len(result.shapes) == 3


def test_whatever_may_be_the_best_has_been_played_and_covers(result):
    assert not result.not_covering
    played = [shape.played for shape in result.shapes if shape.candidate]
    assert all(one.experiments == 60 and one.n_events == 50 for one in played)
    # 60 experiments of a 68% interval: from 31 to 50 in 99% of cases.
    assert all(31 <= one.covered68 <= 50 for one in played)
    assert result.shapes[-1].played is None


def test_the_ranking_is_by_width_and_the_worst_is_surely_beaten(result):
    widths = [shape.width for shape in result.shapes]
    assert widths == sorted(widths)
    worst = result.shapes[-1]
    assert worst.parameters == {"cut": 0.05, "floor": 0.0}
    assert worst.beaten > 0.95
    assert not worst.candidate


def test_the_width_is_that_of_the_templates(project, manifests, result):
    """Templates fitted to rows: another code path to the same information."""
    events = next((project.build / "events").glob("simulation-*.parquet"))
    rows = samples.labelled_rows(
        manifests[0], project.build, events, parameter="mt", workers=1, report=lambda *_: None
    )
    templates = fit_templates(rows)
    step = 0.5
    low, high = (templates.mean_coordinates(result.at + s) for s in (-step, step))
    slope = (high - low) / (2 * step)
    information = (slope**2 / templates.event_variances(result.at)).sum()
    width = 1 / np.sqrt(information * result.n_jets / 2)
    found = next(s for s in result.shapes if s.observable == "mean_side")
    assert width == pytest.approx(found.width, abs=3 * found.width_error)


def test_numbers_do_not_depend_on_threads_and_survive_the_file(project, manifests, result):
    again = analysis.scan(project, manifests, project.build, grid=GRID, workers=1)
    assert again.shapes == result.shapes
    assert ScanResult.model_validate_json(result.model_dump_json()) == result


def test_points_between_those_of_the_grid_are_tried_where_it_is_best(project, manifests, result):
    more = analysis.scan(project, manifests, project.build, grid=GRID, trials=3, workers=2)
    assert len(more.shapes) + len(more.left_out) == len(result.shapes) + len(result.left_out) + 3
    tried = [s for s in more.shapes if s.parameters.get("cut", 1.0) not in GRID["cut"]]
    assert all(0 < s.parameters["cut"] < 1 for s in tried)
    # What the grid gives one value stays there, whatever the observable declares.
    assert all(s.parameters["floor"] == 0.0 for s in tried)
    # On the same events a shape of the grid is worth what it was worth without them.
    widths = {str(s.parameters): s.width for s in more.shapes}
    assert all(widths[str(s.parameters)] == s.width for s in result.shapes)


def test_the_full_correlator_says_no_less_than_a_shape(project, manifests, result):
    """And networks of all constituents say when events are too few for them."""
    found = analysis.scan(project, manifests[:1], project.build, grid={}, bound=True)
    correlator, learned, *networks = found.bounds
    (shape,) = found.shapes
    assert 0.4 * shape.width < correlator.width < shape.width + correlator.width_error
    assert 0.4 * shape.width < learned.width < 1.2 * shape.width
    assert 0 < learned.width_error < 0.3 * learned.width
    assert [network.n_events for network in networks] == [found.n_events // 2] * 4
    assert all(network.at_least for network in networks)
    assert all("simulate more jets" in bound_text(n) for n in networks if n.width is None)


def test_shapes_without_a_range_cannot_be_refined(project, manifests):
    with pytest.raises(EcdslError, match="parameter to vary") as error:
        analysis.scan(project, manifests[:1], project.build, grid={}, trials=3)
    assert error.value.diagnostics[0].code == "D510"


@pytest.mark.parametrize(
    ("code", "options"),
    [("D206", {"grid": {"n1": (1.0,)}}), ("D506", {"grid": {}, "at": 200.0})],
)
def test_what_cannot_be_scanned_is_refused(project, manifests, code, options):
    with pytest.raises(EcdslError) as error:
        analysis.scan(project, manifests, project.build, **options)
    assert error.value.diagnostics[0].code == code
