"""Rows that are kept between runs: damage costs time, never a wrong number or an error."""

from __future__ import annotations

import numpy as np
import pytest

from ecdsl.analysis.samples import observed_rows
from ecdsl.compiler import compile_paths
from ecdsl.events.process import ee_ttbar
from ecdsl.events.simulate import simulate

SHAPE = """
from top.correlators import top_eeec
observable side = top_eeec | { axis z = z1: 4 bins in [0, 0.3] }
"""


def flipped(content):
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 16]) + content[middle + 1 :]


@pytest.mark.parametrize("damage", [lambda c: c[:700], lambda c: b"", flipped])
def test_damaged_rows_are_filled_again(tmp_path, damage):
    source, build = tmp_path / "side.obs", tmp_path / "build"
    source.write_text(SHAPE)
    (compiled,) = compile_paths([source], build=build).observables
    events = tmp_path / "events.parquet"
    simulate(events, process=ee_ttbar(), labels={"mt": (173.0,)}, jets=40, seed=4)

    def rows():
        return observed_rows(
            compiled.manifest, build, events, workers=1, report=lambda done, total: None
        )

    before = rows()
    (kept,) = (build / "rows").iterdir()
    kept.write_bytes(damage(kept.read_bytes()))
    np.testing.assert_array_equal(rows(), before)
    np.testing.assert_array_equal(rows(), before)
