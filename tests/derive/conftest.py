"""Hadronic Z decays, simulated once, and the ratios and differences made of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ecdsl.compiler import compile_paths
from ecdsl.events.process import load_process
from ecdsl.events.simulate import simulate
from ecdsl.ir.nodes import Particles

if TYPE_CHECKING:
    from pathlib import Path

SOURCE = """
correlator two {
  order   2
  over    particles
  measure ee
  weight  E1 * E2 / Q^2
  tuples  all
}

correlator three {
  order   3
  over    particles
  measure ee
  weight  E1 * E2 * E3 / Q^3
  tuples  all
}

correlator of_jets {
  order   2
  over    subjets(algorithm = kt, R = 0.4)
  measure ee
  weight  E1 * E2 / Q^2
  tuples  all
}

observable e2c = two | { axis zeta = z12: 20 log bins in [1e-3, 0.5] }
observable e3c = three | { axis zeta = max(z12, z23, z31): 20 log bins in [1e-3, 0.5] }
observable eec = two | { axis z = z12: 20 bins in [0, 1] }
observable eec_of_jets = of_jets | { axis z = z12: 20 bins in [0, 1] }
observable empty = two | { axis z = z12: 8 bins in [1e-13, 1e-12] }
observable half = two | { axis z = z12: 10 bins in [0, 0.5] }

shape open(width in [0, 1] = 0.5) {
  window z12 < width
  axis   z = z12
}
observable narrow = two | open { axis z: 10 bins in [0, 0.5] }

## The ratio whose slope is alpha_s.
derive e3c_over_e2c = e3c / e2c
derive aeec = reflect(eec) - eec
derive published = density(normalize(eec))
derive clustered = eec_of_jets / eec
derive opened = narrow / half
derive nowhere = empty / empty
derive chained = -2 * e3c_over_e2c + 1
"""


@pytest.fixture(scope="session")
def events(tmp_path_factory) -> Path:
    """2000 whole events, e+e- -> hadrons at the Z."""
    path = tmp_path_factory.mktemp("events") / "z.parquet"
    process = load_process("ee-hadrons")
    simulate(path, process=process, labels={}, jets=2000, seed=3, constituents=Particles())
    return path


@pytest.fixture(scope="session")
def source(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("source") / "ratios.obs"
    path.write_text(SOURCE, encoding="utf-8")
    return path


@pytest.fixture(scope="session")
def build(source, tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("build")
    compile_paths([source], build=folder)
    return folder
