from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from ecdsl.diagnostics import EcdslError
from ecdsl.events.generate import MAX_SEED, Task, generate
from ecdsl.events.process import DEFAULT_CONSTITUENTS, Jets, Process, load_process
from ecdsl.ir import nodes as ir

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ecdsl.events.batch import JetBatch

TTBAR = load_process("ee-ttbar")
TASK = Task(TTBAR, {"mt": 173.0}, 20, 100, (3, 1), DEFAULT_CONSTITUENTS)
Z = Process(
    name="z",
    commands=(
        "Beams:idA = 11",
        "Beams:idB = -11",
        "Beams:eCM = 91.2",
        "PDF:lepton = off",
        "WeakSingleBoson:ffbar2gmZ = on",
    ),
    jets=Jets(),
    scale=91.2,
)
DIJETS = Process(
    name="dijets",
    commands=("Beams:eCM = 13000", "HardQCD:all = on", "PhaseSpace:pTHatMin = 500"),
    jets=Jets(measure="hadron", radius=0.8),
)


def jet_sums(jets: JetBatch) -> NDArray[np.float64]:
    """(4, n_jets) E, px, py, pz."""
    columns = (jets.energy, jets.px, jets.py, jets.pz)
    return np.array([np.add.reduceat(column, jets.offsets[:-1]) for column in columns])


def masses(jets: JetBatch) -> NDArray[np.float64]:
    energy, px, py, pz = jet_sums(jets)
    mass: NDArray[np.float64] = np.sqrt(energy**2 - px**2 - py**2 - pz**2)
    return mass


def test_two_jets_of_an_event_share_its_id_and_stand_together() -> None:
    jets = generate(TASK).jets
    assert jets.event.tolist() == [100 + k // 2 for k in range(40)]
    assert (jets.labels["mt"] == 173.0).all()
    assert (jets.scale == 2000.0).all()


def test_the_energy_scale_multiplies_every_momentum_and_not_the_hard_scale() -> None:
    jets = generate(TASK).jets
    scaled = generate(replace(TASK, labels={"mt": 173.0, "jes": 1.02})).jets
    assert (scaled.labels["jes"] == 1.02).all()
    np.testing.assert_array_equal(scaled.scale, jets.scale)
    np.testing.assert_allclose(jet_sums(scaled), 1.02 * jet_sums(jets), rtol=1e-12)


def test_the_same_task_gives_the_same_jets_and_another_seed_others() -> None:
    first, second = generate(TASK).jets, generate(TASK).jets
    assert first.px.tobytes() == second.px.tobytes()
    other = generate(replace(TASK, entropy=(3, 2))).jets
    assert other.px[0] != first.px[0]


def test_seeds_are_in_pythias_range() -> None:
    seeds = {replace(TASK, entropy=(seed, 1)).pythia_seed for seed in range(500)}
    assert len(seeds) == 500
    assert all(1 <= seed <= MAX_SEED for seed in seeds)


def test_jets_carry_the_energy_of_the_collision_and_the_top_mass(particles: JetBatch) -> None:
    energy = jet_sums(particles)[0]
    assert 850 < energy.mean() < 1000
    # Soft radiation moves the jet mass above the top's; the peak itself is sharp.
    assert 170 < np.median(masses(particles)) < 200
    assert np.mean(np.abs(masses(particles) - 178) < 15) > 0.4


def test_jet_masses_follow_the_top_mass() -> None:
    medians = []
    for mass in (150.0, 200.0):
        task = replace(TASK, labels={"mt": mass}, n_events=100)
        medians.append(np.median(masses(generate(task).jets)))
    assert 35 < medians[1] - medians[0] < 65


def test_hadronic_final_states_have_charges_and_no_neutrinos(particles: JetBatch) -> None:
    assert particles.charge is not None
    assert set(np.unique(particles.charge)) == {-1.0, 0.0, 1.0}
    assert 0.4 < np.mean(particles.charge != 0) < 0.6


def test_the_z_is_seen_whole() -> None:
    everything = replace(TASK, process=Z, labels={}, constituents=ir.Particles(), n_events=50)
    energy = jet_sums(generate(everything).jets)[0].reshape(-1, 2).sum(axis=1)
    assert (energy < 91.2 * (1 + 1e-6)).all()
    assert np.median(energy) > 75


def test_the_scale_of_hadron_jets_is_their_transverse_momentum() -> None:
    task = replace(TASK, process=DIJETS, labels={}, constituents=ir.Particles())
    jets = generate(task).jets
    _, px, py, _ = jet_sums(jets)
    np.testing.assert_allclose(jets.scale, np.hypot(px, py), rtol=1e-9)
    assert (jets.scale.reshape(-1, 2)[:, 0] >= jets.scale.reshape(-1, 2)[:, 1]).all()


def test_events_with_too_few_jets_are_counted() -> None:
    strict = Z.model_copy(update={"jets": Jets(minimum=40.0)})
    shard = generate(replace(TASK, process=strict, labels={}, constituents=ir.Particles()))
    assert shard.n_rejected > 0
    assert shard.jets.n_jets == 40
    assert jet_sums(shard.jets)[0].min() >= 40.0


def test_a_hopeless_process_ends_with_an_error() -> None:
    hopeless = Z.model_copy(update={"jets": Jets(minimum=500.0)})
    with pytest.raises(EcdslError, match="D323"):
        generate(replace(TASK, process=hopeless, labels={}))


def test_a_process_that_pythia_cannot_start_is_refused() -> None:
    nothing = Z.model_copy(update={"commands": Z.commands[:4]})
    with pytest.raises(EcdslError, match="D323"):
        generate(replace(TASK, process=nothing, labels={}))


def test_weighted_events_are_refused() -> None:
    biased = DIJETS.model_copy(
        update={"commands": (*DIJETS.commands, "PhaseSpace:bias2Selection = on")}
    )
    with pytest.raises(EcdslError, match="D326"):
        generate(replace(TASK, process=biased, labels={}))


def test_weights_of_shower_variations_are_kept_with_their_events() -> None:
    bands = (
        "UncertaintyBands:doVariations = on",
        "UncertaintyBands:List = {hi fsr:muRfac=0.5, lo fsr:muRfac=2.0}",
    )
    varied = Z.model_copy(update={"commands": (*Z.commands, *bands)})
    task = replace(TASK, process=varied, labels={}, constituents=ir.Particles(), n_events=20)
    jets = generate(task).jets
    assert list(jets.weights) == ["fsr.murfac=0.5", "fsr.murfac=2.0", "hi", "lo"]
    np.testing.assert_array_equal(jets.weights["hi"], jets.weights["fsr.murfac=0.5"])
    first, second = jets.weights["hi"].reshape(-1, 2).T
    np.testing.assert_array_equal(first, second)
    assert len(np.unique(first)) > 10


def test_radiation_off_the_beams_gives_unit_weights_and_less_energy() -> None:
    radiated = replace(TASK, process=load_process("ee-ttbar-isr"), n_events=100)
    without = replace(TASK, n_events=100)
    energies = [jet_sums(generate(task).jets)[0].mean() for task in (radiated, without)]
    assert energies[0] < energies[1]


def test_whole_events_hold_all_of_the_collision() -> None:
    task = Task(load_process("ee-hadrons"), {}, 30, 5, (3, 0), ir.Particles())
    shard = generate(task)
    events = shard.jets
    assert (events.n_jets, shard.n_rejected) == (30, 0)
    assert events.event.tolist() == list(range(5, 35))
    px, py, pz, energy = events.jet_momenta()
    # Up to neutrinos nothing is lost.
    assert np.median(energy) == pytest.approx(91.2, abs=1e-6)
    assert np.median(np.abs(px) + np.abs(py) + np.abs(pz)) < 1e-9
    assert (energy < 91.2 + 1e-6).all()


def test_species_and_charge_belong_together(particles: JetBatch) -> None:
    assert particles.pdgid is not None
    assert particles.charge is not None
    for number, charge in {211: 1.0, -211: -1.0, 22: 0.0, 2212: 1.0, 11: -1.0}.items():
        found = particles.charge[particles.pdgid == number]
        assert len(found) > 0 or number == 11
        assert (found == charge).all()


def test_dijets_are_hard_and_central_in_their_events() -> None:
    task = Task(load_process("pp-dijet"), {}, 8, 0, (4, 0), ir.Particles())
    jets = generate(task).jets
    assert jets.n_jets == 16
    px, py, _, _ = jets.jet_momenta()
    np.testing.assert_allclose(np.hypot(px, py), jets.scale, rtol=1e-6)
    assert (jets.scale >= 100).all()
