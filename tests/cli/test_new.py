"""What `ecdsl new` writes works as it stands, and nothing is overwritten."""

from __future__ import annotations

import tomllib

import pytest

from ecdsl.diagnostics import EcdslError
from ecdsl.project import default_source, find_project
from ecdsl.scaffold import new_observable, new_project


def test_a_new_project_passes_check_fmt_and_compile(ecdsl, tmp_path):
    done = ecdsl("new", "top-mass")

    assert done.returncode == 0
    assert done.stdout.splitlines() == [
        "top-mass/ecdsl.toml",
        "top-mass/observables/top_mass.obs",
        "top-mass/.gitignore",
    ]
    assert done.stderr == "next: cd top-mass && ecdsl check && ecdsl compile\n"
    folder = tmp_path / "top-mass"
    checked = ecdsl("check", "top-mass/observables")
    assert (checked.returncode, checked.stderr) == (
        0,
        "checked 1 file(s): 0 error(s), 0 warning(s)\n",
    )
    assert ecdsl("fmt", "--check", "top-mass").returncode == 0
    compiled = ecdsl("compile", "top-mass/observables", "-o", "top-mass/build")
    assert compiled.returncode == 0
    assert (folder / "build" / "top_mass.json").is_file()
    assert (folder / ".gitignore").read_text() == "build/\n"


def test_the_settings_are_the_default_ones_to_uncomment(tmp_path):
    new_project(tmp_path / "mine")

    project = find_project(tmp_path / "mine")
    assert project.origin == "ecdsl.toml"
    assert project.inference.observables == ()
    lines = (tmp_path / "mine" / "ecdsl.toml").read_text().split("\n\n", 1)[1].splitlines()
    text = "\n".join(line.removeprefix("# ") for line in lines)
    expected = tomllib.loads(default_source().text)
    del expected["inference"]["observables"]
    assert tomllib.loads(text) == expected


def test_an_observable_is_added_to_the_project(ecdsl, project):
    project(settings="")

    done = ecdsl("new", "wide", "--observable", "-q")

    assert (done.returncode, done.stdout, done.stderr) == (0, "observables/wide.obs\n", "")
    assert ecdsl("check").returncode == 0
    again = ecdsl("new", "wide", "--observable")
    assert again.returncode == 1
    assert "D133" in again.stderr


def test_nothing_is_written_where_a_file_is_there(ecdsl, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / ".gitignore").write_text("mine\n")

    done = ecdsl("new", "mine")

    assert done.returncode == 1
    assert "mine/.gitignore" in done.stderr
    assert [path.name for path in (tmp_path / "mine").iterdir()] == [".gitignore"]
    assert (tmp_path / "mine" / ".gitignore").read_text() == "mine\n"


@pytest.mark.parametrize("name", ["2jets", "weight", "zeta", "triples", "a b", "a/b", "../x", "é"])
def test_what_is_no_name_is_refused(tmp_path, name):
    with pytest.raises(EcdslError, match="D132"):
        new_observable(tmp_path, name)
    assert list(tmp_path.iterdir()) == []
