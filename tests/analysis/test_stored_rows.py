"""Rows that are kept between runs: damage costs time, never a wrong number or an error."""

from __future__ import annotations

import numpy as np
import pytest

from ecdsl.analysis import samples
from ecdsl.compiler import compile_paths
from ecdsl.events.process import ee_ttbar
from ecdsl.events.simulate import simulate
from ecdsl.ir.nodes import Particles

SHAPES = """
from top.correlators import top_eeec
observable side = top_eeec | { axis z = z1: 4 bins in [0, 0.3] }
correlator per_event { order 2; over charged; per event; measure ee; weight E1 * E2 / Q^2 }
observable pair = per_event | { axis z = z12: 4 bins in [0, 1] }
"""
LABELS = {"mt": (171.0, 175.0)}


@pytest.fixture(scope="module")
def build(tmp_path_factory):
    return tmp_path_factory.mktemp("build")


@pytest.fixture(scope="module")
def manifests(build):
    source = build / "side.obs"
    source.write_text(SHAPES)
    return [compiled.manifest for compiled in compile_paths([source], build=build).observables]


@pytest.fixture(scope="module")
def events(build):
    path = build / "events.parquet"
    simulate(path, process=ee_ttbar(), labels=LABELS, jets=20, seed=4, constituents=Particles())
    return path


def quiet(done, total):
    pass


def flipped(content):
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 16]) + content[middle + 1 :]


@pytest.mark.parametrize("damage", [lambda c: c[:700], lambda c: b"", flipped])
def test_damaged_rows_are_filled_again(build, manifests, events, damage):
    def rows():
        return samples.observed_rows(manifests[0], build, events, workers=1, report=quiet)

    forget(build)
    before = rows()
    (kept,) = (build / "rows").iterdir()
    kept.write_bytes(damage(kept.read_bytes()))
    np.testing.assert_array_equal(rows(), before)
    np.testing.assert_array_equal(rows(), before)


def forget(build):
    for kept in (build / "rows").glob("*"):
        kept.unlink()


def test_observables_filled_together_are_those_filled_apart(build, manifests, events, monkeypatch):
    """Also where they sum over other constituents: to the last bit, in one pass over the events."""

    def rows():
        return [
            samples.labelled_rows(m, build, events, parameter="mt", workers=1, report=quiet)
            for m in manifests
        ]

    def keep():
        samples.keep_rows(manifests, build, events, ("mt",), workers=2, report=quiet)

    forget(build)
    apart = rows()
    forget(build)
    keep()
    # What is kept is not filled again.
    monkeypatch.setattr(samples, "iterate_together", None)
    keep()
    for one, other in zip(apart, rows(), strict=True):
        assert tuple(label.value for label in one) == LABELS["mt"]
        for left, right in zip(one, other, strict=True):
            assert left.rows.sum() > 0
            np.testing.assert_array_equal(left.rows, right.rows)
