"""The packaged samples, and how to make them again: `python -m ecdsl.library.samples FOLDER`.

Each is a simulation of `ecdsl.events.simulate` with a recorded seed, stored in single precision to
be half as large.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from ecdsl.diagnostics import InternalError
from ecdsl.events.batch import JetBatch, concatenate, take_constituents, take_jets
from ecdsl.events.columns import to_table
from ecdsl.events.process import Jets, Process, ee_hadrons, ee_ttbar
from ecdsl.events.read_parquet import read_events, read_metadata
from ecdsl.events.schema import CHECKSUM_KEY, METADATA_KEY, metadata_checksum
from ecdsl.events.simulate import simulate
from ecdsl.ir.nodes import Constituents, Particles, Subjets

SEED = 2026
PARTICLES = Particles()
ELECTRON, PROTON = 18.0, 275.0
"""Beam energies of the sample of deep inelastic scattering, in GeV."""

_PROTONS = ("Beams:idA = 2212", "Beams:idB = 2212", "Beams:eCM = 13000.")
_HADRONIC_W = ("24:onMode = off", "24:onIfAny = 1 2 3 4 5")
_STABLE_CHARM = tuple(f"{code}:mayDecay = off" for code in (411, 421, 431, 4122))
_NARROW = Jets(measure="hadron", radius=0.4, hardest=2, minimum=500)


@dataclass(frozen=True)
class Recipe:
    """How a sample is made.

    Attributes:
        process: What is generated, and which jets are kept.
        jets: How many jets, or whole events.
        constituents: What the columns hold.
        finish: What is done to the simulated jets before they are stored.
    """

    process: Process
    jets: int
    constituents: Constituents = PARTICLES
    finish: Callable[[JetBatch], JetBatch] | None = None


def hard_jets(batch: JetBatch) -> JetBatch:
    """Keep the jets above 30 GeV of each event's."""
    return take_constituents(batch, np.hypot(batch.px, batch.py) > 30)


def with_bjorken_x(batch: JetBatch) -> JetBatch:
    """Add the column x_B = Q^2 / 2 P.q of the final electron with most transverse momentum.

    Events in which the electron is lost are left out.
    """
    if batch.pdgid is None:
        raise InternalError("simulated particles have a species")
    x_b = np.zeros(batch.n_jets)
    for event in range(batch.n_jets):
        own = slice(batch.offsets[event], batch.offsets[event + 1])
        momenta = np.stack([batch.energy[own], batch.px[own], batch.py[own], batch.pz[own]])
        electrons = momenta[:, batch.pdgid[own] == 11]
        if electrons.size:
            x_b[event] = _bjorken_x(electrons[:, np.argmax(np.hypot(*electrons[1:3]))])
    labelled = replace(batch, labels={**batch.labels, "x_B": x_b})
    return take_jets(labelled, x_b > 0)


def _bjorken_x(electron: np.ndarray[Any, np.dtype[np.float64]]) -> float:
    metric = np.array([1.0, -1.0, -1.0, -1.0])
    transfer = np.array([ELECTRON, 0.0, 0.0, -ELECTRON]) - electron
    proton = np.array([PROTON, 0.0, 0.0, PROTON])
    return float(-(metric * transfer) @ transfer / (2 * (metric * proton) @ transfer))


def _process(name: str, *commands: str, jets: Jets | None, scale: float | None = None) -> Process:
    return Process(name=name, commands=commands, jets=jets, scale=scale)


RECIPES: dict[str, Recipe] = {
    "ee_hadrons": Recipe(ee_hadrons(), jets=500),
    "ee_top": Recipe(ee_ttbar(), jets=800, constituents=Subjets(algorithm="cambridge", radius=0.1)),
    "pp_dijet": Recipe(
        _process(
            "pp_dijet", *_PROTONS, "HardQCD:all = on", "PhaseSpace:pTHatMin = 500.", jets=_NARROW
        ),
        jets=400,
    ),
    "pp_jets": Recipe(
        _process(
            "pp_jets",
            *_PROTONS,
            "HardQCD:all = on",
            "PhaseSpace:pTHatMin = 400.",
            jets=None,
            scale=13000.0,
        ),
        jets=4000,
        constituents=Subjets(algorithm="antikt", radius=0.4),
        finish=hard_jets,
    ),
    "pp_top": Recipe(
        _process(
            "pp_top",
            *_PROTONS,
            "Top:gg2ttbar = on",
            "Top:qqbar2ttbar = on",
            *_HADRONIC_W,
            "PhaseSpace:pTHatMin = 500.",
            jets=Jets(measure="hadron", radius=0.8, hardest=1, minimum=500),
        ),
        jets=240,
    ),
    "pp_charm": Recipe(
        _process(
            "pp_charm",
            *_PROTONS,
            "HardQCD:hardccbar = on",
            "PhaseSpace:pTHatMin = 120.",
            *_STABLE_CHARM,
            jets=Jets(measure="hadron", radius=0.4, hardest=1, minimum=100),
        ),
        jets=800,
    ),
    "ep_dis": Recipe(
        _process(
            "ep_dis",
            "Beams:frameType = 2",
            "Beams:idA = 2212",
            "Beams:idB = 11",
            f"Beams:eA = {PROTON}",
            f"Beams:eB = {ELECTRON}",
            "PDF:lepton = off",
            "WeakBosonExchange:ff2ff(t:gmZ) = on",
            "PhaseSpace:Q2Min = 25.",
            "SpaceShower:dipoleRecoil = on",
            jets=None,
            scale=float(2 * np.sqrt(ELECTRON * PROTON)),
        ),
        jets=700,
        finish=with_bjorken_x,
    ),
}


def make(name: str, folder: Path) -> Path:
    """Simulate the sample called `name` and return its file in `folder`."""
    recipe = RECIPES[name]
    with TemporaryDirectory() as temporary:
        simulated = Path(temporary) / f"{name}.parquet"
        simulate(
            simulated,
            process=recipe.process,
            labels={},
            jets=recipe.jets,
            seed=SEED,
            constituents=recipe.constituents,
        )
        batch = concatenate(list(read_events(simulated)))
        return _store(folder / simulated.name, simulated, (recipe.finish or replace)(batch))


def _store(path: Path, simulated: Path, batch: JetBatch) -> Path:
    """Write `batch` with the simulation's metadata, momenta in single precision."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    metadata = read_metadata(simulated)
    if metadata is None:
        raise InternalError("a simulation records what it did")
    counts = {"n_jets": batch.n_jets, "n_events": batch.event_index()[1]}
    text = metadata.model_copy(update={**counts, "labels": tuple(batch.labels)})
    encoded = text.model_dump_json().encode()
    table = to_table(batch)
    single = pa.schema(
        (field.name, pa.list_(pa.float32()) if pa.types.is_list(field.type) else field.type)
        for field in table.schema
    )
    keys = {METADATA_KEY: encoded, CHECKSUM_KEY: metadata_checksum(encoded)}
    table = table.cast(single).replace_schema_metadata(keys)
    pq.write_table(
        table,
        path,
        compression="zstd",
        compression_level=19,
        use_dictionary=["charge.list.element", "pdgid.list.element", "Q"],
        # The bytes of floating-point numbers compress better sorted by their significance.
        use_byte_stream_split=[f"{name}.list.element" for name in ("px", "py", "pz", "E")],
        write_page_checksum=True,
    )
    return path


if __name__ == "__main__":
    for sample in RECIPES:
        print(make(sample, Path(sys.argv[1])))
