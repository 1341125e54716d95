"""The compiled library against plain numpy that was written from the papers, cell by cell."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from arrays import histogram, jets_of
from oracle import ORACLES

from ecdsl.library import entries, find

if TYPE_CHECKING:
    from collections.abc import Callable

# All N-tuples of a jet as arrays: high orders leave room for few jets.
JETS = {
    "jet_e4c": 1,
    "jet_e5c": 2,
    "jet_e6c": 1,
    "re4c": 4,
    # Rare, or few per event.
    "d_meson_pair": 300,
    "teec": 300,
    "teec_back_to_back": 300,
}
FEW = 8


def test_every_observable_has_an_oracle() -> None:
    assert {entry.name for entry in entries() if not entry.derived} == set(ORACLES)


@pytest.mark.parametrize("name", ORACLES)
def test_agrees_with_the_formula(name: str, spectrum: Callable, few: Callable) -> None:
    file = few(find(name).sample, JETS.get(name, FEW))

    filled = spectrum(name, file)

    expected = histogram(name, filled.manifest.observable.axes, jets_of(file))
    scale = np.abs(expected).max()
    assert scale > 0
    np.testing.assert_allclose(filled.sums, expected, rtol=1e-9, atol=1e-12 * scale)
