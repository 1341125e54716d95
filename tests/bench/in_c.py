"""The kernels of by_hand.c and by_hand_avx512.c, compiled on the spot."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
from pathlib import Path

import backends_under_test as backends
import numpy as np
from llvmlite.binding import get_host_cpu_features

COMPILER = shutil.which("cc")
FLAGS = [
    "-O3", "-march=native", "-fno-math-errno", "-fno-trapping-math", "-fno-signed-zeros",
    "-fassociative-math", "-shared", "-fPIC",
]  # fmt: skip
AVX512 = get_host_cpu_features().get("avx512f", False)
_WHOLE = ("n_jets", "n_edges", "size", "hadron")
_ARRAYS = ("offsets", "event", "px", "py", "pz", "energy", "scale", "edges")


class _Jets(ctypes.Structure):
    _fields_ = (
        *((name, ctypes.c_int64) for name in _WHOLE),
        *((name, ctypes.c_void_p) for name in _ARRAYS),
    )


def compiled(folder):
    """Return the library, with kernels of wide vectors where this processor has them."""
    library = folder / "by_hand.so"
    # The second includes the first.
    source = Path(__file__).with_name("by_hand_avx512.c" if AVX512 else "by_hand.c")
    subprocess.run([COMPILER, *FLAGS, "-o", library, source, "-lm"], check=True)
    return ctypes.CDLL(str(library))


def run(kernel, observable, jets, edges, rows):
    """Add the weights of an observable to (n_events, n_edges + 1) rows."""
    event, _ = jets.event_index()
    size = (int(np.diff(jets.offsets).max()) + 15) // 16 * 16
    arrays = {
        "offsets": np.ascontiguousarray(jets.offsets, dtype=np.int64),
        "event": np.ascontiguousarray(event, dtype=np.int64),
        "edges": edges,
        **{name: np.ascontiguousarray(getattr(jets, name)) for name in _ARRAYS[2:-1]},
    }
    whole = (jets.n_jets, len(edges), size, observable.correlator.measure == "hadron")
    given = _Jets(*whole, *(arrays[name].ctypes.data for name in _ARRAYS))
    values = [ctypes.c_double(value) for value in backends.values_of(observable)]
    kernel(ctypes.byref(given), ctypes.c_void_p(rows.ctypes.data), *values)
