"""Published C++ for energy correlators, compiled on the spot from source that lies elsewhere.

ECDSL_EEC_SOURCE is the folder of a checkout of github.com/pkomiske/EnergyEnergyCorrelators,
ECDSL_FASTEEC_SOURCE that of github.com/abudhraj/FastEEC, ECDSL_RENC_SOURCE that of
github.com/samcaf/ResolvedEnergyCorrelators. FastJet's headers and library are those of its Python
package; EnergyEnergyCorrelators needs the headers of Boost.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import tempfile
import threading
from concurrent.futures import ThreadPoolExecutor
from functools import cache, wraps
from pathlib import Path

import fastjet
import numpy as np
from in_c import FLAGS

COMPILER = shutil.which("c++")
SOURCES = {
    "eec": ("ECDSL_EEC_SOURCE", "eec/include"),
    "fasteec": ("ECDSL_FASTEEC_SOURCE", "."),
    "fasteec_nu": ("ECDSL_FASTEEC_SOURCE", "."),
    "angles": ("ECDSL_FASTEEC_SOURCE", "."),
    "renc": ("ECDSL_RENC_SOURCE", "write/include"),
}
# FastEEC keeps 320 kB on the stack for every step down the tree of a jet.
_STACK = 1 << 28


def missing(name):
    """Return why a driver cannot be built; empty where it can."""
    variable, _ = SOURCES[name]
    if COMPILER is None:
        return "there is no C++ compiler"
    return "" if variable in os.environ else f"{variable} is not set"


@cache
def compiled(name):
    """Return the library of a driver."""
    folder = Path(tempfile.mkdtemp(prefix="ecdsl-bench-"))
    variable, below = SOURCES[name]
    package = Path(fastjet.__file__).parent
    (library,) = package.glob("lib*/libfastjet.so")
    built = folder / f"{name}.so"
    headers = [Path(os.environ[variable]) / below, package / "include"]
    subprocess.run(
        [
            COMPILER, "-std=c++17", "-w", *FLAGS, *(f"-I{path}" for path in headers),
            Path(__file__).with_name(f"{name}.cc"), library, f"-Wl,-rpath,{library.parent}",
            "-o", built,
        ],
        check=True,
    )  # fmt: skip
    return ctypes.CDLL(str(built))


def give(library, jets):
    """Make a library's own particles of jets."""
    columns = (np.ascontiguousarray(getattr(jets, name)) for name in ("px", "py", "pz", "energy"))
    offsets = np.ascontiguousarray(jets.offsets, dtype=np.int64)
    library.take(ctypes.c_int64(jets.n_jets), *map(_pointer, (offsets, *columns)))


def longest(library, order, n_bins, low, high, *, hadron):
    """Return the (n_bins,) sums of EnergyEnergyCorrelators by the longest side."""
    found = np.zeros(n_bins + 2)
    library.longest(
        ctypes.c_uint(order), ctypes.c_bool(hadron), ctypes.c_uint(n_bins), ctypes.c_double(low),
        ctypes.c_double(high), _pointer(found),
    )  # fmt: skip
    return found[1:-1]


def resolved(library, n_bins, ranges, *, hadron):
    """Return its sums in R_L, xi and phi."""
    found = np.zeros([n + 2 for n in n_bins][::-1])
    sizes, ends = np.array(n_bins, dtype=np.uint32), np.array(ranges, dtype=float)
    library.resolved(ctypes.c_bool(hadron), _pointer(sizes), _pointer(ends), _pointer(found))
    return found.T[1:-1, 1:-1, 1:-1]


def longest_in_tree(library, order, n_bins, resolution):
    """Return the sums of FastEEC by the longest side, from 1e-3 to 1."""
    found = np.zeros(n_bins)
    given = (ctypes.c_uint(order), ctypes.c_double(resolution), ctypes.c_uint(n_bins))
    library.longest(*given, ctypes.c_double(-3.0), _pointer(found))
    return found


def longest_of_sets(library, order, n_bins):
    """Return the sums of FastEEC at any order by the longest side, from 1e-3 to 1."""
    found = np.zeros(n_bins)
    given = (ctypes.c_double(order), ctypes.c_uint(n_bins), ctypes.c_double(-3.0))
    library.longest(*given, _pointer(found))
    return found


def about_one(library, order, n_bins):
    """Return FastEEC's sums by the largest distance from a special particle, from 1e-3 to 1."""
    found = np.zeros(n_bins)
    given = (ctypes.c_uint(order), ctypes.c_uint(n_bins), ctypes.c_double(-3.0))
    library.about_one(*given, _pointer(found))
    return found


def resolved_about_one(library, order, n_bins):
    """Return the same sums of ResolvedEnergyCorrelators, with under- and overflow."""
    found = np.zeros(n_bins + 2)
    given = (ctypes.c_double(order - 1), ctypes.c_uint(n_bins), ctypes.c_double(-3.0))
    library.about_one(*given, _pointer(found))
    return found


def on_large_stack(test):
    """Run a test on a thread of its own, with room for FastEEC's recursion.

    All of it: what a thread has used that ends within a timed call is counted too late.
    """

    @wraps(test)
    def run(*args, **kwargs):
        before = threading.stack_size(_STACK)
        try:
            with ThreadPoolExecutor(1) as pool:
                return pool.submit(test, *args, **kwargs).result()
        finally:
            threading.stack_size(before)

    return run


def _pointer(array):
    return ctypes.c_void_p(array.ctypes.data)
