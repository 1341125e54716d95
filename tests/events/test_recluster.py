from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from ecdsl.diagnostics import EcdslError
from ecdsl.events.batch import JetBatch, take_jets
from ecdsl.events.recluster import constituents_for
from ecdsl.ir import nodes as ir
from ecdsl.ir.text import describe_constituents

if TYPE_CHECKING:
    from numpy.typing import NDArray

CAMBRIDGE = ir.Subjets(algorithm="cambridge", radius=0.1)


def jet_sum(values: NDArray[np.float64], batch: JetBatch) -> NDArray[np.float64]:
    padded = np.append(values, 0.0)
    sums = np.add.reduceat(padded, batch.offsets[:-1])
    return np.where(np.diff(batch.offsets) > 0, sums, 0.0)


def directions(batch: JetBatch, jet: int) -> NDArray[np.float64]:
    rows = slice(batch.offsets[jet], batch.offsets[jet + 1])
    vectors = np.stack([batch.px[rows], batch.py[rows], batch.pz[rows]], axis=1)
    unit: NDArray[np.float64] = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return unit


def naive_cambridge(batch: JetBatch, jet: int, radius: float) -> NDArray[np.float64]:
    """Merge the two closest pseudojets in angle until all are further apart than the radius."""
    rows = slice(batch.offsets[jet], batch.offsets[jet + 1])
    momenta = [
        np.array(p)
        for p in zip(
            batch.energy[rows], batch.px[rows], batch.py[rows], batch.pz[rows], strict=True
        )
    ]
    while len(momenta) > 1:
        unit = np.array([p[1:] / np.linalg.norm(p[1:]) for p in momenta])
        chord = np.linalg.norm(unit[:, None] - unit[None], axis=2)
        np.fill_diagonal(chord, np.inf)
        i, j = sorted(np.unravel_index(np.argmin(chord), chord.shape))
        if 2 * np.arcsin(chord[i, j] / 2) >= radius:
            break
        momenta[i] = momenta[i] + momenta.pop(j)
    return np.array(sorted(momenta, key=lambda p: -p[0]))


def test_what_is_held_already_passes_through(particles: JetBatch) -> None:
    assert constituents_for(particles, ir.Particles(), "ee") is particles


@pytest.mark.parametrize("measure", ["ee", "hadron"])
@pytest.mark.parametrize("algorithm", ["cambridge", "kt", "antikt"])
def test_subjets_carry_the_momentum_of_the_jet(
    particles: JetBatch, algorithm: str, measure: ir.Measure
) -> None:
    wanted = ir.Subjets.model_validate({"algorithm": algorithm, "radius": 0.1})
    clustered = constituents_for(particles, wanted, measure)
    assert clustered.constituents == wanted
    assert clustered.charge is None
    assert clustered.n_jets == particles.n_jets
    for column in ("px", "py", "pz", "energy"):
        np.testing.assert_allclose(
            jet_sum(getattr(clustered, column), clustered),
            jet_sum(getattr(particles, column), particles),
            rtol=1e-10,
            atol=1e-9,
        )


def test_subjets_are_further_apart_than_the_radius(particles: JetBatch) -> None:
    clustered = constituents_for(particles, CAMBRIDGE, "ee")
    for jet in range(clustered.n_jets):
        unit = directions(clustered, jet)
        cosine = unit @ unit.T
        np.fill_diagonal(cosine, -1.0)
        assert cosine.max() <= np.cos(0.1) + 1e-12


def test_subjets_agree_with_a_naive_clustering(particles: JetBatch) -> None:
    clustered = constituents_for(particles, CAMBRIDGE, "ee")
    for jet in range(5):
        rows = slice(clustered.offsets[jet], clustered.offsets[jet + 1])
        expected = naive_cambridge(particles, jet, 0.1)
        np.testing.assert_allclose(clustered.energy[rows], expected[:, 0], rtol=1e-9)
        np.testing.assert_allclose(clustered.pz[rows], expected[:, 3], rtol=1e-9, atol=1e-9)


def test_the_most_energetic_subjet_comes_first(particles: JetBatch) -> None:
    clustered = constituents_for(particles, CAMBRIDGE, "ee")
    for jet in range(clustered.n_jets):
        energy = clustered.energy[clustered.offsets[jet] : clustered.offsets[jet + 1]]
        assert (np.diff(energy) <= 0).all()


def test_only_charged_particles_are_kept(particles: JetBatch) -> None:
    charged = constituents_for(particles, ir.Particles(charged=True), "ee")
    assert particles.charge is not None
    keep = particles.charge != 0
    np.testing.assert_array_equal(charged.px, particles.px[keep])
    expected = jet_sum(keep.astype(float), particles)
    np.testing.assert_array_equal(np.diff(charged.offsets), expected)


def test_a_jet_without_constituents_stays_empty(particles: JetBatch) -> None:
    two = take_jets(particles, np.arange(particles.n_jets) < 2)
    assert two.charge is not None
    neutral = two.charge.copy()
    neutral[two.offsets[1] :] = 0.0
    charged = constituents_for(replace(two, charge=neutral), ir.Particles(charged=True), "ee")
    assert np.diff(charged.offsets)[1] == 0
    as_particles = replace(charged, constituents=ir.Particles())
    clustered = constituents_for(as_particles, CAMBRIDGE, "ee")
    assert clustered.n_jets == 2
    assert np.diff(clustered.offsets)[1] == 0


@pytest.mark.parametrize(
    ("held", "wanted"),
    [
        (CAMBRIDGE, ir.Subjets(algorithm="cambridge", radius=0.2)),
        (CAMBRIDGE, ir.Subjets(algorithm="kt", radius=0.1)),
        (CAMBRIDGE, ir.Particles()),
        (ir.Particles(charged=True), ir.Particles()),
        (ir.Particles(charged=True), CAMBRIDGE),
    ],
)
def test_what_has_been_clustered_cannot_be_undone(
    particles: JetBatch, held: ir.Constituents, wanted: ir.Constituents
) -> None:
    with pytest.raises(EcdslError, match="D311") as caught:
        constituents_for(replace(particles, constituents=held), wanted, "ee")
    message = caught.value.diagnostics[0].message
    assert describe_constituents(held) in message
    assert describe_constituents(wanted) in message


def test_charged_particles_need_charges(particles: JetBatch) -> None:
    with pytest.raises(EcdslError, match="D312"):
        constituents_for(replace(particles, charge=None), ir.Particles(charged=True), "ee")
