"""The main job on a small project: from declarations to posteriors, on real events."""

from __future__ import annotations

from contextlib import contextmanager

import numpy as np
import pytest

from ecdsl import analysis
from ecdsl.analysis.results import warnings
from ecdsl.analysis.run import _spread
from ecdsl.artifacts.store import load_derived, load_manifest
from ecdsl.compiler import compile_paths
from ecdsl.diagnostics import EcdslError
from ecdsl.events.process import ee_ttbar
from ecdsl.events.simulate import simulate
from ecdsl.inference.results import AnalysisResult
from ecdsl.inference.validation import ValidationResult
from ecdsl.project import find_project

SETTINGS = """
[simulation]
parameters = { mt = "165:185:4" }
jets = 400
[data]
parameters = { mt = 173.37 }
jets = 600
[inference]
prior = [165, 185]
observables = ["mean_side"]
[surrogate]
model = "histogram"
members = 2
[validation]
values = [169, 175, 181]
jets = 400
"""
SHAPE = """
from top.correlators import top_eeec
## The mean of the three sides.
observable mean_side = top_eeec | { axis zeta = mean(z1, z2, z3): 6 log bins in [0.01, 0.2] }
derive fractions = normalize(mean_side)
"""


class Stages:
    def __init__(self):
        self.titles = []

    @contextmanager
    def stage(self, title):
        self.titles.append(title)
        yield lambda done, total: None


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    root = tmp_path_factory.mktemp("project")
    (root / "observables").mkdir()
    (root / "observables" / "shape.obs").write_text(SHAPE)
    (root / "ecdsl.toml").write_text(SETTINGS)
    return root


@pytest.fixture(scope="module")
def first(folder):
    project = find_project(folder)
    compile_paths(project.sources, build=project.build, project_root=project.root)
    manifests = [load_manifest(project.build, "mean_side")]
    stages = Stages()
    derived = [load_derived(project.build, "fractions")]
    result = analysis.run(
        project, manifests, project.build, derived=derived, workers=2, progress=stages
    )
    return project, manifests, result, stages


def test_the_run_ends_in_posteriors_that_hold_the_truth(first):
    _, _, result, stages = first
    (observable,) = result.observables
    kinds = {posterior.likelihood: posterior for posterior in observable.posteriors}
    assert set(kinds) == {"binned", "nre", "surrogate"}
    for kind in ("binned", "nre"):
        posterior = kinds[kind]
        spread = np.array(posterior.grid)[np.array(posterior.density) > 1e-3]
        assert spread.min() <= 173.37 <= spread.max()
        assert 0.5 < posterior.half_width68 < 6
    # Two likelihoods of the same data agree within their errors.
    shift = abs(kinds["nre"].estimate - kinds["binned"].estimate)
    assert shift < kinds["binned"].half_width68
    assert not kinds["surrogate"].calibrated
    assert {c.likelihood for c in observable.coverage} == {"binned", "nre"}
    assert "train histogram surrogate" in stages.titles
    assert observable.doc.startswith("The mean of the three sides")
    assert result.truth == 173.37
    assert AnalysisResult.model_validate_json(result.model_dump_json()) == result


def test_derived_observables_are_shown_beside_what_they_are_made_of(first):
    _, _, result, _ = first
    (observable,), (derived,) = result.observables, result.derived
    contents = np.array(observable.data.contents)
    np.testing.assert_allclose(derived.data.values, contents / contents.sum(), rtol=1e-9)
    assert [t.parameter for t in derived.templates] == [t.parameter for t in observable.templates]
    for bins in (derived.data, *derived.templates):
        assert sum(bins.values) == pytest.approx(1.0)
        assert (np.array(bins.errors) > 0).all()


def test_a_second_run_on_the_same_data_trains_nothing_and_says_the_same(first):
    project, manifests, result, _ = first
    stages = Stages()
    data = next((project.build / "events").glob("data-*.parquet"))
    again = analysis.run(project, manifests, project.build, events=data, workers=1, progress=stages)
    assert "train histogram surrogate" not in stages.titles
    assert again.data_source == data.name
    assert (again.data_jets, again.truth) == (600, 173.37)
    for one, two in zip(result.observables, again.observables, strict=True):
        for a, b in zip(one.posteriors, two.posteriors, strict=True):
            assert a.density == b.density
        assert one.coverage == two.coverage


def test_the_surrogate_is_judged_on_events_it_never_saw(first):
    project, manifests, _, _ = first
    stages = Stages()
    result = analysis.validate(project, manifests, project.build, workers=2, progress=stages)
    assert "train histogram surrogate" not in stages.titles
    (shape,) = result.shapes
    assert [row.label for row in shape.rows] == [169, 175, 181]
    for row, events, learned in zip(shape.rows, shape.events, shape.surrogate, strict=True):
        assert row.n_events == 200
        # A surrogate of 2,400 jets is crude; what it learned is still a top peak near the truth.
        assert abs(row.shift) < 5 * row.shift_error
        # A forgotten multiplicity or total weight would be a factor of six or more.
        assert sum(learned.contents) == pytest.approx(sum(events.contents), rel=0.5)
    (separation,) = result.separations
    assert 0.4 < separation.auc < 0.7
    assert 0 < separation.auc_error < 0.1
    assert ValidationResult.model_validate_json(result.model_dump_json()) == result


def test_the_training_events_are_no_data(first):
    project, manifests, _, _ = first
    templates = next((project.build / "events").glob("simulation-*.parquet"))
    with pytest.raises(EcdslError) as error:
        analysis.run(project, manifests, project.build, events=templates)
    assert error.value.diagnostics[0].code == "D316"
    several = project.build / "several.parquet"
    simulate(several, process=ee_ttbar(), labels={"mt": (170.0, 175.0)}, jets=20, seed=9)
    with pytest.raises(EcdslError) as error:
        analysis.run(project, manifests, project.build, events=several)
    assert error.value.diagnostics[0].code == "D509"


def test_data_that_nothing_describes_are_warned_of(first):
    project, _, result, _ = first
    (observable,) = result.observables
    settings = project.inference
    assert warnings([observable], settings, 173.37) == ()
    (binned,) = (p for p in observable.posteriors if p.likelihood == "binned")
    lost = observable.model_copy(
        update={"posteriors": (binned.model_copy(update={"goodness_of_fit": 1e-6}),)}
    )
    edge = observable.model_copy(
        update={"posteriors": (binned.model_copy(update={"at_boundary": True}),)}
    )
    found = warnings([lost, edge], settings, 190.0)
    assert len(found) == 3
    assert "outside the prior" in found[0]


@pytest.mark.parametrize(
    ("changes", "words"),
    [({"likelihood": "tuples"}, "not calibrated"), ({"loss": "balanced"}, "wide")],
)
def test_a_method_that_is_not_calibrated_or_wide_on_purpose_is_warned_of(folder, changes, words):
    settings = find_project(folder).inference.model_copy(update=changes)
    (found,) = warnings([], settings, 173.37)
    assert words in found


def test_tuples_are_multiplied_where_that_is_asked_for(first):
    project, manifests, _, _ = first
    asked = project.with_likelihood("tuples")
    again = analysis.run(asked, manifests, project.build, workers=1)
    (observable,) = again.observables
    found = {p.likelihood: p for p in observable.posteriors}
    assert list(found) == [
        "binned",
        "tuples",
        "tuples_effective",
        "tuples_sandwich",
        "surrogate",
        "tuples_surrogate",
    ]
    assert not found["tuples"].calibrated
    # Hundreds of triplets of each event are taken for independent.
    assert found["tuples"].half_width68 < 0.3 * found["binned"].half_width68
    assert found["tuples_surrogate"].half_width68 < 0.3 * found["binned"].half_width68
    assert found["tuples_sandwich"].half_width68 > found["tuples"].half_width68
    assert "not calibrated" in again.warnings[0]


def test_an_observable_without_a_histogram_is_refused_before_any_work(folder):
    project = find_project(folder)
    source = folder / "pinned.obs"
    source.write_text(
        "from top.correlators import top_eeec\n"
        "observable pinned = top_eeec | { delta z2 - z1 exact\n axis z = z1: 3 bins in [0, 1] }\n"
    )
    compile_paths([source], build=project.build, project_root=project.root)
    with pytest.raises(EcdslError) as error:
        analysis.run(project, [load_manifest(project.build, "pinned")], project.build)
    assert error.value.diagnostics[0].code == "D208"


def test_marginals_are_spread_over_the_range():
    assert _spread([1.0, 2.0, 3.0]) == (1.0, 2.0, 3.0)
    values = [float(k) for k in range(21)]
    assert _spread(values) == (0.0, 5.0, 10.0, 15.0, 20.0)
