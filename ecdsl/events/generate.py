"""Generate one shard of events with Pythia: the one file that knows Pythia."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ecdsl.diagnostics import data_error
from ecdsl.events.batch import JetBatch, concatenate, validate
from ecdsl.events.clustering import hardest_jets
from ecdsl.events.process import JES, Jets, Process
from ecdsl.events.recluster import constituents_for
from ecdsl.ir.nodes import Constituents, Particles

if TYPE_CHECKING:
    from numpy.typing import NDArray

BATCH = 500
# Attempts per accepted event after which a process is judged hopeless.
MAX_ATTEMPTS = 200
MAX_SEED = 900_000_000
NEUTRINOS = (12, 14, 16)
# Without the raised maximum, photon radiation off the beams gives weights above 1.
ALWAYS = ("Print:quiet = on", "PhaseSpace:increaseMaximum = on", "Random:setSeed = on")


@dataclass(frozen=True)
class Task:
    """One shard: everything that its events depend on.

    Attributes:
        process: What to generate.
        labels: The value of each parameter.
        n_events: Number of events.
        first_event: Id of the first event.
        entropy: Seed of the sample and, behind it, what tells this shard from every other.
        constituents: What the jets' columns hold.
    """

    process: Process
    labels: dict[str, float]
    n_events: int
    first_event: int
    entropy: tuple[int, ...]
    constituents: Constituents

    @property
    def pythia_seed(self) -> int:
        """Pythia's `Random:seed`, from 1 to 900000000."""
        state = np.random.SeedSequence(self.entropy).generate_state(1, np.uint64)
        return 1 + int(state[0]) % MAX_SEED


@dataclass(frozen=True)
class Shard:
    """The jets of a task and how many events were rejected for having too few jets."""

    jets: JetBatch
    n_rejected: int


def check_process(process: Process, labels: dict[str, float]) -> None:
    """Let Pythia read the process's settings, without generating anything.

    Raises:
        EcdslError: D321 for a setting that Pythia does not know or whose value it refuses.
    """
    _configured(process, labels, seed=1)


def generate(task: Task) -> Shard:
    """Generate the events of a task, find their jets (or keep them whole) and cluster these.

    Neutrinos are dropped; everything else in the final state enters the jets, with its momentum
    multiplied by the label `jes` where there is one. The hard scale Q of leptons stays as it is.
    Weights of variations (Pythia's `UncertaintyBands`) are kept under their names.

    Raises:
        EcdslError: D321 for refused settings, D323 if Pythia cannot be initialised or too few
            events have enough jets, D326 for weighted events.
    """
    process = task.process
    pythia = _configured(process, task.labels, task.pythia_seed)
    if not pythia.init():
        raise data_error(
            "D323",
            f"Pythia cannot be initialised for {process.name} with {task.labels}",
            hint="look at its messages; a process must be switched on and allowed by the "
            "beams and the energy",
        )
    parts: list[JetBatch] = []
    accepted = rejected = 0
    while accepted < task.n_events:
        events = _next_events(pythia, task, min(BATCH, task.n_events - accepted))
        jets, enough = _kept(events, process.jets)
        numbers = task.first_event + accepted + np.arange(enough.sum(), dtype=np.int64)
        parts.append(replace(jets, event=np.repeat(numbers, process.rows_per_event)))
        accepted += int(enough.sum())
        rejected += int((~enough).sum())
        if process.jets is not None and rejected > MAX_ATTEMPTS * (accepted + 1):
            raise data_error(
                "D323",
                f"{rejected} of {rejected + accepted} events of {process.name} have fewer than "
                f"{process.jets.hardest} jets above {process.jets.minimum} GeV",
                hint="lower the minimum, or restrict the hard process (`PhaseSpace:pTHatMin`)",
            )
    jets = constituents_for(concatenate(parts), task.constituents, process.measure)
    return Shard(validate(jets, process.name), rejected)


def _kept(events: JetBatch, jets: Jets | None) -> tuple[JetBatch, NDArray[np.bool_]]:
    """Return the jets that are kept, or the events as they are, and which events have them."""
    if jets is None:
        return events, np.ones(events.n_jets, dtype=np.bool_)
    return hardest_jets(events, jets)


def _configured(process: Process, labels: dict[str, float], seed: int) -> Any:
    import pythia8mc

    pythia = pythia8mc.Pythia("", False)
    ours = (*ALWAYS, f"Random:seed = {seed}")
    for command in (*process.commands_for(labels), *ours):
        if not pythia.readString(command, False):
            raise data_error(
                "D321",
                f"Pythia refuses the setting `{command}` of {process.name}",
                hint="check its spelling and range at https://pythia.org/latest-manual/",
            )
    return pythia


def _next_events(pythia: Any, task: Task, n_events: int) -> JetBatch:
    """Return a batch whose every "jet" is a whole event; event ids are those of the batch."""
    import awkward as ak

    events = pythia.nextBatch(n_events)
    if len(events) == 0:
        raise data_error(
            "D323",
            f"Pythia fails to generate events of {task.process.name} with {task.labels}",
            hint="look at its messages; the energy may not suffice for the hard process",
        )
    nominal, *varied = ak.to_numpy(ak.to_regular(events.info.weights)).T
    if (nominal != 1).any():
        raise data_error(
            "D326",
            f"{task.process.name} gives weighted events, which jets here cannot carry",
            hint="switch off biased phase space and enhanced emissions",
        )
    particles = events.prt[events.prt.status > 0]
    for neutrino in NEUTRINOS:
        particles = particles[abs(particles.id) != neutrino]
    flat = ak.flatten(particles)
    n_found = len(events)
    scale = np.nan if task.process.scale is None else task.process.scale
    jes = task.labels.get(JES, 1.0)
    return JetBatch(
        offsets=np.concatenate(([0], np.cumsum(ak.to_numpy(ak.num(particles))))),
        px=jes * ak.to_numpy(flat.p.px),
        py=jes * ak.to_numpy(flat.p.py),
        pz=jes * ak.to_numpy(flat.p.pz),
        energy=jes * ak.to_numpy(flat.p.e),
        charge=_charges(pythia, ak.to_numpy(flat.id)),
        pdgid=ak.to_numpy(flat.id).astype(np.int64),
        scale=np.full(n_found, scale),
        event=np.arange(n_found),
        labels={name: np.full(n_found, value) for name, value in task.labels.items()},
        weights=dict(zip(pythia.infoPython().weightNameVector()[1:], varied, strict=True)),
        constituents=Particles(),
    )


def _charges(pythia: Any, ids: NDArray[np.int32]) -> NDArray[np.float64]:
    """Return the charge in units of e of each particle code."""
    species, index = np.unique(ids, return_inverse=True)
    table = np.array([pythia.particleData.charge(int(code)) for code in species], dtype=np.float64)
    return table[index]
