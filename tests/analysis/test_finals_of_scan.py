"""Which shapes are let through to the ranking."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from ecdsl.analysis.finals import Finals, outcome
from ecdsl.analysis.shapes import Judge, Shape
from ecdsl.artifacts.store import load_manifest
from ecdsl.compiler import compile_paths
from ecdsl.inference.finals import Played
from ecdsl.inference.samples import LabelledRows
from ecdsl.inference.search import LeftOut
from ecdsl.progress import Silent
from ecdsl.project import find_project
from ecdsl.resources import library

VALUES = np.arange(170.0, 180.5, 0.5)


@pytest.fixture(scope="module")
def shape(tmp_path_factory):
    build = tmp_path_factory.mktemp("build")
    compile_paths([library() / "top" / "mass.obs"], build=build)
    return Shape(load_manifest(build, "zeta_max"), {})


@pytest.fixture
def finals(tmp_path):
    judge = Judge(Path(), Path("events.parquet"), "mt", 175.0, 1, Silent())
    return Finals(judge, find_project(tmp_path).inference, "event", 500)


def rows(bend: float, rng: np.random.Generator) -> list[LabelledRows]:
    """Four bins with a slope, and a mean that leaves the line at every other value."""
    slope = np.array([0.1, -0.05, 0.05, 0.0])
    return [
        LabelledRows(
            float(m),
            rng.normal(5 + slope * (m - 175 + bend * (-1) ** k), 1.0, size=(1500, 4)),
        )
        for k, m in enumerate(VALUES)
    ]


def test_a_shape_that_covers_is_ranked(shape, finals):
    found = outcome(shape, rows(0.0, np.random.default_rng(1)), finals)
    assert isinstance(found, Played)
    assert found.n_events == 500


def test_a_shape_that_does_not_cover_is_not_ranked_and_says_why(shape, finals):
    found = outcome(shape, rows(2.0, np.random.default_rng(1)), finals)
    assert isinstance(found, LeftOut)
    assert found.observable == "zeta_max"
    assert "hold the truth in" in found.reason
    assert "of 63 pseudo-experiments of 500 events" in found.reason


def test_a_shape_too_sparse_for_templates_is_not_ranked(shape, finals):
    sparse = [
        LabelledRows(r.value, r.rows * (np.arange(1500)[:, None] % 30 == 0))
        for r in rows(0.0, np.random.default_rng(1))
    ]
    found = outcome(shape, sparse, finals)
    assert isinstance(found, LeftOut)
    assert "effective events" in found.reason
