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


def test_radiation_off_the_beams_gives_unit_weights_and_less_energy() -> None:
    radiated = replace(TASK, process=load_process("ee-ttbar-isr"), n_events=100)
    without = replace(TASK, n_events=100)
    energies = [jet_sums(generate(task).jets)[0].mean() for task in (radiated, without)]
    assert energies[0] < energies[1]
