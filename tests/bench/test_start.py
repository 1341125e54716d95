"""How long commands take to start, over the import of three libraries that they need anyway.

`pytest tests/bench/test_start.py -m bench -s`. What is compared is the processor time of whole
processes, the shortest of several interleaved runs: ratios hold on other and on busy machines.
"""

from __future__ import annotations

import resource
import shutil
import subprocess
import sys

import pytest

from ecdsl import resources

pytestmark = pytest.mark.bench

ROUNDS = 5
SOURCE = """
from top.correlators import top_eeec
from shapes.triangles import equilateral as equal_sides
observable equilateral = top_eeec | equal_sides(width = 0.01) {
  axis zeta: 30 log bins in [1e-3, 0.5]
}
"""
ECDSL = [sys.executable, "-c", "from ecdsl.cli.main import run; run()"]
EVENTS = resources.library() / "samples" / "ee_top.parquet"
BASE = "import numpy, pydantic, typer"
COMPILE = [*ECDSL, "compile"]
FILL = [*ECDSL, "fill", "equilateral", "--events", str(EVENTS), "-o", "equilateral.json"]
# Each with what is deleted before it, and the largest ratio.
COMMANDS = {
    f'python -c "{BASE}"': ([sys.executable, "-c", BASE], None, 1.0),
    "ecdsl compile, again": (COMPILE, None, 2.0),
    "ecdsl compile, anew": (COMPILE, "build/sources", 14.0),
    "ecdsl fill, again": (FILL, None, 11.0),
    "ecdsl fill, first": (FILL, "build/kernels", 40.0),
}


def seconds(command, folder):
    """Return the processor time of a process and of those that it starts."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run(command, cwd=folder, check=True, capture_output=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def test_commands_start_at_once(tmp_path):
    (tmp_path / "observables").mkdir()
    (tmp_path / "observables/one.obs").write_text(SOURCE)
    subprocess.run(FILL, cwd=tmp_path, check=True, capture_output=True)
    found: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for _ in range(ROUNDS):
        for name, (command, gone, _) in COMMANDS.items():
            if gone:
                shutil.rmtree(tmp_path / gone)
                # Deleting what was compiled is not what is to be measured.
                if command is FILL:
                    subprocess.run(COMPILE, cwd=tmp_path, check=True, capture_output=True)
            found[name].append(seconds(command, tmp_path))
    base = min(found[next(iter(COMMANDS))])
    print(f"\n| command | s | / {base:.2f} s |\n| --- | --- | --- |")
    for name, times in found.items():
        print(f"| `{name}` | {min(times):.2f} | {min(times) / base:.1f} |")
    slow = {name: min(times) / base for name, times in found.items()}
    assert all(slow[name] <= most for name, (_, _, most) in COMMANDS.items()), slow
