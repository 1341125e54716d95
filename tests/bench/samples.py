"""The jets that benchmarks run on: simulated on the spot, of one seed."""

from __future__ import annotations

from math import comb

import numpy as np

from ecdsl.events.batch import take_jets
from ecdsl.events.generate import Task, generate
from ecdsl.events.process import Jets, ee_ttbar, pp_dijet
from ecdsl.ir.nodes import Particles, Subjets

PROCESSES = {
    "particles": ee_ttbar(),
    "subjets": ee_ttbar(),
    "pp": pp_dijet(),
    "pp, R = 0.8": pp_dijet().model_copy(
        update={
            "commands": ("Beams:eCM = 13000", "HardQCD:all = on", "PhaseSpace:pTHatMin = 500"),
            "jets": Jets(measure="hadron", radius=0.8, minimum=500),
        }
    ),
}


def jets_of(name, n_events):
    process = PROCESSES[name]
    task = Task(
        process=process,
        labels={"mt": 173.0} if process.measure == "ee" else {},
        first_event=0,
        n_events=n_events,
        entropy=(1,),
        constituents=(
            Subjets(algorithm="cambridge", radius=0.1) if name == "subjets" else Particles()
        ),
    )
    return generate(task).jets


def tuples_of(jets, order):
    """Return (n_jets,) the number of tuples of each jet."""
    return np.array([comb(n, order) for n in np.diff(jets.offsets).tolist()])


def first_of(jets, order, n_tuples):
    """Return the first of the jets, of which all but the last have fewer tuples than so many."""
    before = np.cumsum(tuples_of(jets, order)[:-1])
    return take_jets(jets, np.arange(jets.n_jets) < 1 + np.searchsorted(before, n_tuples))
