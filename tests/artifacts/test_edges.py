from __future__ import annotations

import numpy as np
import pytest

from ecdsl.artifacts.manifest import edges
from ecdsl.ir.nodes import Bins


def test_symmetric_log_edges_are_linear_inside_and_logarithmic_outside() -> None:
    found = edges(Bins(n=40, lower=-1.0, upper=1.0, spacing="symlog", threshold=1e-3))
    np.testing.assert_allclose(found, -found[::-1], atol=1e-18)
    assert (np.diff(found) > 0).all()
    assert found[20] == pytest.approx(0, abs=1e-18)
    # asinh(x / t) -> ln(2 x / t) far outside: equal ratios there.
    ratios = found[-5:] / found[-6:-1]
    np.testing.assert_allclose(ratios, ratios[0], rtol=1e-3)
    assert (found[0], found[-1]) == (-1.0, 1.0)


def test_logit_edges_are_logarithmic_at_both_ends() -> None:
    found = edges(Bins(n=40, lower=1e-6, upper=1 - 1e-6, spacing="logit"))
    np.testing.assert_allclose(found, 1 - found[::-1], rtol=1e-9)
    np.testing.assert_allclose(np.diff(np.log(found / (1 - found))), 27.631 / 40, rtol=1e-4)
    assert (found[0], found[-1]) == (1e-6, 1 - 1e-6)


def test_logit_edges_need_not_be_symmetric() -> None:
    found = edges(Bins(n=7, lower=1e-4, upper=0.9, spacing="logit"))
    assert (np.diff(found) > 0).all()
    assert (found[0], found[-1]) == (1e-4, 0.9)


def test_listed_edges_are_the_listed_ones() -> None:
    listed = (0.0, 0.1, 0.3, 1.0)
    found = edges(Bins(n=3, lower=0.0, upper=1.0, spacing="edges", edges=listed))
    assert found.tolist() == list(listed)
