"""Commands about text start at once: the libraries of the run-time half are not imported."""

from __future__ import annotations

import subprocess
import sys

import pytest

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

    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *arguments],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )

    assert done.returncode == 0, done.stderr
    assert HEAVY.isdisjoint(done.stderr.splitlines()[-1].split())
