from __future__ import annotations

import numpy as np
import pytest

from ecdsl.events.batch import JetBatch
from ecdsl.events.read_parquet import describe, read_events
from ecdsl.ir.nodes import Particles
from ecdsl.library import entries, sample
from ecdsl.library.samples import ELECTRON, PROTON, RECIPES, SEED, with_bjorken_x


@pytest.mark.parametrize("name", RECIPES)
def test_records_how_it_was_made(name: str) -> None:
    info = describe(sample(name))
    recipe = RECIPES[name]

    assert info.metadata is not None
    assert info.metadata.simulation is not None
    assert info.metadata.simulation.process == recipe.process
    assert info.metadata.simulation.seed == SEED
    assert info.constituents == recipe.constituents
    assert info.n_jets == info.metadata.n_jets > 100
    assert sum(batch.n_jets for batch in read_events(sample(name))) == info.n_jets


def test_every_sample_is_used() -> None:
    assert {entry.sample for entry in entries()} == set(RECIPES)


def test_bjorken_x_of_elastic_scattering_is_one() -> None:
    """Off a massless proton at rest in the photon's frame, x = 1: p' = P + q has no mass."""
    angle, beams = 0.7, ELECTRON + PROTON
    # Two massless particles out: the electron at `angle` to the proton beam fixes its energy.
    energy = 2 * ELECTRON * PROTON / (beams - (PROTON - ELECTRON) * np.cos(angle))
    electron = energy * np.array([np.sin(angle), 0.0, np.cos(angle), 1.0])
    proton = np.array([0.0, 0.0, PROTON - ELECTRON, beams]) - electron
    px, py, pz, e = np.stack([electron, proton], axis=1)
    batch = JetBatch(
        offsets=np.array([0, 2]),
        px=px,
        py=py,
        pz=pz,
        energy=e,
        scale=np.ones(1),
        event=np.zeros(1, dtype=np.int64),
        constituents=Particles(),
        pdgid=np.array([11, 2212]),
    )

    np.testing.assert_allclose(with_bjorken_x(batch).labels["x_B"], [1.0])
