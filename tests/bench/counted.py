"""Generated kernels as assembly that C can call: `python counted.py OBSERVABLES.obs FOLDER`.

numba is told the kind of processor before it is imported, so that the code is the same on all.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

PROCESSOR = "x86-64-v3"


def main(source: Path, folder: Path) -> None:
    os.environ |= {"NUMBA_CPU_NAME": PROCESSOR, "NUMBA_CPU_FEATURES": ""}

    from ecdsl import resources
    from ecdsl.artifacts.load import load_kernel
    from ecdsl.compiler import compile_paths

    report = compile_paths([source], build=folder, project_root=resources.root())
    for compiled in report.observables:
        kernel = load_kernel(folder, compiled.manifest.kernels["numba"])
        (folder / f"{compiled.name}.s").write_text(assembly(kernel.fill))


def assembly(fill):
    """Return the code of `generated`, which counted.c declares."""
    from numba import carray, cfunc, types

    n, whole, real = types.int64, types.CPointer(types.int64), types.CPointer(types.float64)
    momenta = [real] * 4

    @cfunc(types.void(n, n, n, n, n, whole, *momenta, real, whole, real, whole, real, real))
    def generated(  # noqa: PLR0917
        n_jets, n_particles, n_events, n_edges, n_parameters, offsets, px, py, pz, energy, scale,
        event, edges, edge_offsets, parameters, rows,
    ):  # fmt: skip
        none = carray(scale, (0, n_jets))
        fill(
            carray(offsets, (n_jets + 1,)),
            carray(px, (n_particles,)),
            carray(py, (n_particles,)),
            carray(pz, (n_particles,)),
            carray(energy, (n_particles,)),
            carray(scale, (n_jets,)),
            none,
            none,
            carray(event, (n_jets,)),
            carray(edges, (n_edges,)),
            carray(edge_offsets, (2,)),
            carray(parameters, (n_parameters,)),
            carray(rows, (n_events, n_edges + 1)),
        )

    name = generated.native_name
    return f'{generated._library.get_asm_str()}\n.globl generated\n.set generated, "{name}"\n'


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
