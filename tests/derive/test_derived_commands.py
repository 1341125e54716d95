"""Derived observables on the command line."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from ecdsl.cli.main import app


@pytest.fixture
def ecdsl(source, tmp_path, monkeypatch):
    """Return a function that runs a command in a project with the observables of `source`."""
    (tmp_path / "observables").mkdir()
    (tmp_path / "observables" / "ratios.obs").write_text(source.read_text())
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        return CliRunner().invoke(app, [str(argument) for argument in arguments])

    return run


def test_compile_lists_them_with_the_observables(ecdsl):
    done = ecdsl("compile")
    assert done.exit_code == 0, done.stderr
    rows = {line.split()[1]: line.split()[0] for line in done.stdout.splitlines()}
    assert rows["eec"] == rows["e3c_over_e2c"] == "new"
    assert "cached  aeec" in ecdsl("compile").stdout


def test_fill_writes_the_histogram_its_covariance_and_a_plot(ecdsl, events, tmp_path):
    done = ecdsl("fill", "aeec", "--events", events, "-o", "aeec.json", "--plot", "aeec.svg")
    assert done.exit_code == 0, done.stderr
    assert "wrote aeec.json" in done.stderr
    written = json.loads((tmp_path / "aeec.json").read_text())
    assert len(written["spectrum"]["storage"]["values"]) == 20
    assert len(written["covariance"]["storage"]["values"]) == 20
    metadata = written["spectrum"]["metadata"]["metadata"]
    assert (metadata["observable"], metadata["n_events"]) == ("aeec", 2000)
    assert (tmp_path / "aeec.svg").read_bytes().startswith(b"<?xml")


def test_fill_says_where_the_ratio_has_no_value(ecdsl, events):
    done = ecdsl("fill", "nowhere", "--events", events, "-o", "nowhere.json")
    assert done.exit_code == 0, done.stderr
    assert "8 of 8 bins are undefined" in done.stderr


@pytest.mark.parametrize("command", ["infer", "train", "calibrate"])
def test_nothing_is_learned_or_inferred_from_them(ecdsl, command):
    done = ecdsl(command, "e3c_over_e2c")
    assert done.exit_code == 1
    assert "error[D212]" in done.stderr
    assert "e3c e2c" in done.stderr
    assert "ecdsl fill e3c_over_e2c" in done.stderr


def test_show_prints_them(ecdsl):
    done = ecdsl("show", "aeec")
    assert done.stdout.startswith("derive aeec = reflect(eec) - eec\n")
    assert "error[D214]" in ecdsl("show", "aeec", "--stage", "numba").stderr


def test_a_misspelled_name_is_looked_for_among_both_kinds(ecdsl):
    done = ecdsl("show", "e3c_over_e2k")
    assert done.exit_code == 1
    assert "did you mean `e3c_over_e2c`?" in done.stderr


def test_a_plot_of_no_known_kind_is_refused_before_anything_is_filled(ecdsl, events, tmp_path):
    done = ecdsl("fill", "aeec", "--events", events, "-o", "aeec.json", "--plot", "aeec.doc")
    assert done.exit_code == 1
    assert "error[D215]" in done.stderr
    assert "aeec.png" in done.stderr
    assert not (tmp_path / "aeec.json").exists()


def test_a_plot_does_not_replace_the_events(ecdsl, events):
    before = events.read_bytes()
    done = ecdsl("fill", "aeec", "--events", events, "-o", "aeec.json", "--plot", events)
    assert done.exit_code == 1
    assert "error[D324]" in done.stderr
    assert events.read_bytes() == before
