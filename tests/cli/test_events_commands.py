"""From events to a histogram on the command line, and through the Python door."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

import ecdsl as package

EEC = """
correlator pairs {
  order 2
  over subjets(algorithm = cambridge, R = 0.1)
  measure ee
  weight E1 * E2 / Q^2
  tuples all
}
shape above(least in [0, 1] = 0) {
  window z12 >= least
  axis z = z12
}
observable eec = pairs | above {
  axis z: 5 bins in [0, 1]
}
"""


@pytest.fixture
def jets(ecdsl, tmp_path):
    done = ecdsl("simulate", "-o", "jets.parquet", "--param", "mt=172:173:1", "--jets", 10)
    assert done.returncode == 0, done.stderr
    assert "20 jets of 10 events" in done.stderr
    return tmp_path / "jets.parquet"


def test_a_histogram_is_filled_and_another_parameter_changes_it(ecdsl, project, jets):
    path = project(observables=EEC)
    for extra in ([], ["--set", "least=0.5"]):
        done = ecdsl("fill", "eec", "--events", jets, "-o", f"{len(extra)}.json", *extra)
        assert done.returncode == 0, done.stderr
        assert done.stdout == ""
    full, cut = (json.loads((path / f"{n}.json").read_text())["spectrum"] for n in (0, 2))
    full, cut = (np.asarray(h["storage"]["values"]) for h in (full, cut))
    assert full.sum() > cut.sum() >= 0


def test_fill_refuses_what_the_shape_does_not_have(ecdsl, project, jets):
    project(observables=EEC)
    done = ecdsl("fill", "eec", "--events", jets, "-o", "h.json", "--set", "most=1")
    assert done.returncode == 1
    assert "most" in done.stderr


def test_fill_does_not_write_over_its_events(ecdsl, project, jets):
    project(observables=EEC)
    before = jets.read_bytes()
    done = ecdsl("fill", "eec", "--events", jets, "-o", jets)
    assert (done.returncode, "D324" in done.stderr) == (1, True)
    assert jets.read_bytes() == before


def test_fill_knows_before_it_starts_that_it_cannot_write(ecdsl, project):
    folder = project(observables=EEC)
    done = ecdsl("fill", "eec", "--events", "missing.parquet", "-o", "observables")
    assert done.returncode == 1
    assert "observables: Is a directory" in done.stderr
    assert not (folder / "build").exists()


@pytest.mark.parametrize(
    "command",
    [
        ("fill", "eec", "--events", "no.parquet", "-o", "h.json", "--set", "a=1", "--set", "a=2"),
        ("simulate", "-o", "s.parquet", "--param", "mt=172", "--param", "mt=173"),
    ],
)
def test_a_name_is_given_one_value(ecdsl, project, command):
    project(observables=EEC)
    done = ecdsl(*command)
    assert done.returncode == 1
    assert "is given twice" in done.stderr


def test_an_unknown_observable_is_missed_where_it_was_looked_for(ecdsl, project):
    project(observables=EEC)
    for name in ("eecc", ""):
        done = ecdsl("show", name)
        assert done.returncode == 1
        assert f"no observable `{name}` in " in done.stderr
        assert "mine.obs" in done.stderr


def test_the_python_door_fills_the_same(tmp_path, jets):
    (tmp_path / "eec.obs").write_text(EEC)
    observable = package.load(tmp_path / "eec.obs", build=tmp_path / "build")["eec"]
    spectrum = observable.fill(jets)
    assert spectrum.n_jets == sum(batch.n_jets for batch in package.read_events(jets)) == 20
    assert "Sigma" in observable.formula
    assert spectrum.to_hist().values().sum() > 0
    with pytest.raises(package.EcdslError):
        observable.fill(jets, least=2.0)


def test_an_interrupted_simulation_ends_with_130_and_keeps_its_parts(tmp_path):
    command = "from ecdsl.cli.main import run; run()"
    flags = ["simulate", "-o", "jets.parquet", "--param", "mt=172", "--jets", "200000"]
    process = subprocess.Popen(
        [sys.executable, "-c", command, *flags, "--workers", "1"],
        cwd=tmp_path,
        env={**os.environ, "COLUMNS": "100"},
        stderr=subprocess.PIPE,
        text=True,
    )
    parts = tmp_path / "jets.parquet.parts"
    deadline = time.monotonic() + 60
    while not list(parts.glob("[0-9]*.parquet")) and time.monotonic() < deadline:
        time.sleep(0.1)
    process.send_signal(signal.SIGINT)
    _, shown = process.communicate(timeout=60)
    assert process.returncode == 130, shown
    assert "the same command goes on from there" in shown
    assert list(parts.glob("[0-9]*.parquet"))
    assert not (tmp_path / "jets.parquet").exists()


@pytest.mark.parametrize(
    ("asked", "held"), [((), "particles"), (("--constituents", "charged"), "charged")]
)
def test_whole_events_are_simulated_with_the_constituents_that_are_asked_for(
    ecdsl, tmp_path, asked, held
):
    from ecdsl.events.read_parquet import describe, read_events
    from ecdsl.ir.text import describe_constituents

    done = ecdsl("simulate", "-o", "lep.parquet", "--process", "ee-hadrons", "--jets", 12, *asked)
    assert done.returncode == 0, done.stderr
    info = describe(tmp_path / "lep.parquet")
    assert (info.n_jets, info.n_events) == (12, 12)
    assert describe_constituents(info.constituents) == held
    (batch,) = read_events(tmp_path / "lep.parquet")
    assert batch.pdgid is not None
    assert (batch.charge == 0).any() == (held == "particles")
