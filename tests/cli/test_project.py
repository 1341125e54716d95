from __future__ import annotations

import pytest

from ecdsl import resources
from ecdsl.diagnostics import EcdslError
from ecdsl.project import find_project

NAMES = ("equilateral", "right_isosceles", "zeta_max", "zeta_mean")


def test_without_a_project_the_packaged_top_observables_run_here(tmp_path):
    found = find_project(tmp_path)
    assert found.build == tmp_path / "build"
    assert found.sources == (resources.library() / "top" / "mass.obs",)
    assert found.inference.observables == NAMES


def test_a_checkout_of_the_package_is_not_a_project():
    found = find_project(resources.library().parent)
    assert found.inference.observables == NAMES


def test_a_folder_with_observables_is_a_project_with_all_of_its_own(tmp_path, project):
    project(observables="# nothing yet\n")
    below = tmp_path / "notes" / "deep"
    below.mkdir(parents=True)
    found = find_project(below)
    assert found.root == tmp_path
    assert found.build == tmp_path / "build"
    assert found.sources == (tmp_path / "observables" / "mine.obs",)
    assert found.inference.observables == ()


def test_settings_alone_run_the_packaged_observables(tmp_path, project):
    project(settings="[simulation]\njets = 12\n")
    found = find_project(tmp_path)
    assert found.simulation.jets == 12
    assert found.inference.observables == NAMES
    assert found.origin == "ecdsl.toml"


def test_a_command_file_is_looked_for_beside_the_settings(tmp_path, project):
    project(settings="[simulation]\nprocess = 'mine.cmnd'\n")
    (tmp_path / "deep").mkdir()
    found = find_project(tmp_path / "deep")
    assert found.simulation.process == str(tmp_path / "mine.cmnd")


def test_a_folder_without_obs_files_is_an_error(tmp_path):
    (tmp_path / "observables").mkdir()
    with pytest.raises(EcdslError, match="D105"):
        find_project(tmp_path)


def test_a_link_out_of_the_project_is_not_followed(tmp_path, project):
    outside = tmp_path / "secret.obs"
    outside.write_text("secret words\n")
    project(observables="# nothing yet\n")
    (tmp_path / "observables" / "linked.obs").symlink_to(outside)
    with pytest.raises(EcdslError, match=r"^E403: .*linked\.obs leads out of "):
        find_project(tmp_path)


def test_settings_that_are_no_text_are_an_error(tmp_path):
    (tmp_path / "ecdsl.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(EcdslError, match="D109"):
        find_project(tmp_path)


def test_another_model_is_taken_and_an_unknown_one_refused(tmp_path):
    found = find_project(tmp_path)
    assert found.with_surrogate(model="flow", preset=None).surrogate.model == "flow"
    with pytest.raises(EcdslError, match="D103"):
        found.with_surrogate(model="deep", preset=None)
