"""Instructions of generated kernels over those of C by hand, counted by valgrind: no noise.

`pytest tests/bench/test_instructions.py -m bench -s`. Both are compiled for the same processor,
linked into a program without Python, and run on the jets of the packaged sample. A count does not
depend on the machine or on what else runs there, so a ratio that rises by a tenth fails: then a
change of a template, of the planner or of a compiler made the loop longer. Where that is meant, and
when the versions of numba or gcc change, the printed ratios are the new budgets.
"""

from __future__ import annotations

import platform
import shutil
import subprocess
import sys
from itertools import pairwise
from math import comb
from pathlib import Path

import counted
import numpy as np
import pytest

from ecdsl import resources
from ecdsl.events.read_parquet import read_events

HERE = Path(__file__).parent
COMPILER, VALGRIND = shutil.which("gcc"), shutil.which("valgrind")

pytestmark = [
    pytest.mark.bench,
    pytest.mark.skipif(COMPILER is None, reason="there is no gcc"),
    pytest.mark.skipif(VALGRIND is None, reason="there is no valgrind"),
    pytest.mark.skipif(platform.machine() != "x86_64", reason="assembly of x86-64"),
]

FLAGS = [
    "-O3", f"-march={counted.PROCESSOR}", "-fno-math-errno", "-fno-trapping-math",
    "-fno-signed-zeros", "-fassociative-math",
    # What would report errors to Python is never called.
    "-no-pie", "-Wl,--unresolved-symbols=ignore-all",
]  # fmt: skip
SOURCE = """
from top.correlators import top_eeec
from shapes.triangles import equilateral as equal_sides, longest
correlator pair {
  order 2; over particles; measure ee; weight E1 * E2 / Q^2
}
observable two_point = pair | { axis zeta = z12: 30 log bins in [1e-3, 0.5] }
observable longest_side = top_eeec | longest { axis zeta: 30 log bins in [1e-3, 0.5] }
observable equilateral = top_eeec | equal_sides(width = 0.01) {
  axis zeta: 30 log bins in [1e-3, 0.5]
}
"""
BINS = np.geomspace(1e-3, 0.5, 31)
CALLS = {
    "two_point": "two_point(j, r)",
    "longest_side": "longest_side(j, r)",
    "equilateral": "equilateral(j, r, p[0])",
}
PARAMETERS = {"two_point": [], "longest_side": [], "equilateral": [0.01]}
POINTS = {"two_point": 2, "longest_side": 3, "equilateral": 3}
N_JETS = 400
# Of numba 0.68 (LLVM 22) and gcc 12.2.
BUDGETS = {"two_point": 0.96, "longest_side": 0.74, "equilateral": 0.53}
REGRESSION = 1.1


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("counted")
    (folder / "counted.obs").write_text(SOURCE)
    script = [sys.executable, HERE / "counted.py", folder / "counted.obs", folder]
    subprocess.run(script, check=True)
    print("\n| sum | instructions per tuple | in C | generated / in C |\n| --- | --- | --- | --- |")
    return folder


@pytest.fixture(scope="module")
def jets():
    """Return the first jets of the packaged sample of e+e- -> t tbar."""
    sample = resources.library() / "samples" / "ee_top.parquet"
    return next(iter(read_events(sample, chunk_jets=N_JETS)))


def written(jets, parameters, path):
    """Write the jets as counted.c reads them."""
    event, n_events = jets.event_index()
    longest = int(np.diff(jets.offsets).max())
    size = (longest + 15) // 16 * 16
    whole = [jets.n_jets, len(BINS), size, len(jets.px), n_events, len(parameters)]
    momenta = (jets.px, jets.py, jets.pz, jets.energy)
    with path.open("wb") as file:
        for array in (whole, jets.offsets, event):
            file.write(np.asarray(array, dtype=np.int64).tobytes())
        for array in (*momenta, jets.scale, BINS, parameters):
            file.write(np.asarray(array, dtype=np.float64).tobytes())
    return path


def instructions(program, which, jets, rows):
    """Return how many instructions a kernel takes, and write what it fills."""
    count = rows.with_suffix(".callgrind")
    options = ["--toggle-collect=measured", f"--callgrind-out-file={count}"]
    command = [VALGRIND, "--tool=callgrind", *options, program, which, jets, rows]
    subprocess.run(command, check=True, capture_output=True)
    lines = count.read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith("summary:"))


def tuples(jets, order):
    return sum(comb(int(last - first), order) for first, last in pairwise(jets.offsets))


@pytest.mark.parametrize("name", list(CALLS))
def test_a_kernel_takes_no_more_instructions_than_it_did(folder, jets, name):
    program = folder / name
    call = f"-DBY_HAND(j, r, p)={CALLS[name]}"
    source = [HERE / "counted.c", folder / f"{name}.s"]
    subprocess.run([COMPILER, *FLAGS, call, *source, "-o", program, "-lm"], check=True)
    events = written(jets, PARAMETERS[name], folder / f"{name}.jets")
    counts, rows = {}, {}
    for which in ("generated", "by_hand"):
        out = folder / f"{name}.{which}"
        counts[which] = instructions(program, which, events, out) / tuples(jets, POINTS[name])
        rows[which] = np.fromfile(out)
    np.testing.assert_allclose(rows["generated"], rows["by_hand"], rtol=1e-10, atol=1e-15)
    ratio = counts["generated"] / counts["by_hand"]
    print(f"| {name} | {counts['generated']:.2f} | {counts['by_hand']:.2f} | {ratio:.3f} |")
    assert ratio < REGRESSION * BUDGETS[name]
