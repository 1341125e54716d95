"""Commands about text start at once: the libraries of the run-time half are not imported."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from ecdsl import resources
from ecdsl.compiler import compile_paths

if TYPE_CHECKING:
    from pathlib import Path

HEAVY = {"torch", "numba", "matplotlib", "sympy", "awkward", "pyarrow", "pythia8mc", "fastjet"}
PROGRAM = """
import sys
from ecdsl.cli.main import app
try:
    app(sys.argv[1:])
except SystemExit as end:
    assert not end.code, end.code
print(*sys.modules, file=sys.stderr)
"""
SUPERFLUOUS = """\
correlator pair {
  order 2
  over subjets(algorithm = cambridge, R = 0.1)
  measure ee
  weight E1 * E2 / Q^2
}
observable mine = pair | {
  window z12 > 0.1
  window z12 > 0.05
  axis zeta = z12: 5 bins in [0, 1]
}
"""


def run(folder: Path, arguments: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", PROGRAM, *arguments],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    "arguments",
    [
        ["--help"],
        ["fmt", "mine.obs"],
        ["check", "mine.obs"],
        ["explain", "E301"],
        ["lock"],
        ["new", "wide"],
        ["library", "charge"],
        ["library", "jet_eec"],
    ],
    ids=" ".join,
)
def test_a_command_about_text_imports_nothing_heavy(tmp_path, arguments):
    (tmp_path / "mine.obs").write_text("shape a { axis zeta = z12 }\n")

    done = run(tmp_path, arguments)

    assert done.returncode == 0, done.stderr
    assert HEAVY.isdisjoint(done.stderr.splitlines()[-1].split())


def test_what_is_compiled_takes_no_compiler(tmp_path):
    file = tmp_path / "observables" / "mine.obs"
    file.parent.mkdir()
    file.write_text(SUPERFLUOUS)
    report = compile_paths([file], build=tmp_path / "build", project_root=tmp_path)

    done = run(tmp_path, ["compile"])

    assert done.stdout.split() == ["cached", "mine", "build/mine.json"]
    assert "W311" in {found.code for found in report.warnings}
    assert "W311" in done.stderr
    modules = set(done.stderr.splitlines()[-1].split())
    assert (HEAVY | {"lark", "numpy", "jinja2", "ecdsl.lang", "ecdsl.generate"}).isdisjoint(modules)


def test_a_histogram_is_filled_without_what_it_does_not_need(tmp_path):
    (tmp_path / "mine.obs").write_text(SUPERFLUOUS)
    compile_paths([tmp_path / "mine.obs"], build=tmp_path / "build", project_root=tmp_path)
    events = resources.library() / "samples" / "ee_top.parquet"

    done = run(tmp_path, ["fill", "mine.obs", "--events", str(events), "-o", "mine.json"])

    assert done.returncode == 0, done.stderr
    modules = set(done.stderr.splitlines()[-1].split())
    assert (HEAVY - {"numba", "pyarrow"} | {"vector", "lark"}).isdisjoint(modules)
