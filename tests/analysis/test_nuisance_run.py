"""A mass and an energy scale from small samples of real events, from settings to the report."""

from __future__ import annotations

import numpy as np
import pytest

from ecdsl import analysis
from ecdsl.analysis import samples
from ecdsl.artifacts.store import load_manifest
from ecdsl.compiler import compile_paths
from ecdsl.diagnostics import EcdslError
from ecdsl.inference.results import AnalysisResult
from ecdsl.project import find_project
from ecdsl.report.page import render_page
from ecdsl.report.posteriors import posterior_figure
from ecdsl.report.tables import posterior_json, print_budget, print_nuisances

SETTINGS = """
[simulation]
parameters = { mt = "165:185:10", jes = "0.98:1.02:0.02" }
jets = 320
[data]
parameters = { mt = 173.37, jes = 1.0 }
jets = 400
[inference]
prior = [165, 185]
nuisances = { jes = [1.0, 0.01] }
"""
SHAPE = """
from top.correlators import top_eeec
observable mean_side = top_eeec | { axis zeta = mean(z1, z2, z3): 4 log bins in [0.01, 0.2] }
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
    manifests = [load_manifest(project.build, "mean_side")]
    return analysis.run(project, manifests, project.build, workers=1)


def test_both_marginals_hold_the_truth(result):
    (observable,) = result.observables
    assert [p.likelihood for p in observable.posteriors] == ["binned", "nre"]
    assert [(p.likelihood, p.parameter) for p in observable.nuisances] == [
        ("binned", "jes"),
        ("nre", "jes"),
    ]
    for found, truth in ((observable.posteriors, 173.37), (observable.nuisances, 1.0)):
        for posterior in found:
            spread = np.array(posterior.grid)[np.array(posterior.density) > 1e-3]
            assert spread.min() <= truth <= spread.max()
    # The correlator is no better an energy scale than the measurement that stands beside it.
    assert observable.nuisances[0].half_width68 < 0.0105
    assert observable.posteriors[0].budget.nuisances is not None
    assert not observable.surrogate
    assert "integrated over jes" in observable.notes[0]
    assert result.simulation_values == (165.0, 175.0, 185.0)
    assert len(observable.templates) in (2, 3)
    assert AnalysisResult.model_validate_json(result.model_dump_json()) == result


def test_the_report_shows_nuisances_in_table_json_page_and_figure(result, capsys):
    print_budget(result)
    print_nuisances(result)
    shown = capsys.readouterr().out
    jes = result.observables[0].nuisances[0]
    assert "from nuisances" in shown
    assert f"{jes.estimate:.4f}" in shown
    assert {row["parameter"] for row in posterior_json(result)} == {"mt", "jes"}
    assert "from nuisances" in render_page(result)
    labels = {axes.get_xlabel() for axes in posterior_figure(result).axes}
    assert len(labels - {""}) == 2


def test_a_nuisance_that_is_not_declared_is_refused(project, result):
    simulation = next((project.build / "events").glob("simulation-*.parquet"))
    with pytest.raises(EcdslError, match="vary jes too"):
        samples.require_grid(simulation, "mt")
    with pytest.raises(EcdslError, match="no label `alpha`"):
        samples.require_grid(simulation, "mt", "jes", "alpha")


def test_a_likelihood_without_nuisances_is_refused(project):
    with pytest.raises(EcdslError, match="knows no nuisances"):
        project.with_likelihood("tuples")
