"""Whether events have what each observable asks for, told before anything is simulated or read.

One event of the right kind is put through the very steps that select and read constituents, so that
what is refused here is what would be refused there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ecdsl.analysis.samples import simulated_values
from ecdsl.diagnostics import EcdslError, data_error
from ecdsl.events.batch import JetBatch
from ecdsl.events.process import constituents_of, load_process
from ecdsl.events.read_parquet import read_events
from ecdsl.events.recluster import constituents_for
from ecdsl.events.selection import kernel_columns, select_constituents
from ecdsl.ir.nodes import Particles
from ecdsl.settings import check_nuisances

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from ecdsl.artifacts.manifest import Manifest
    from ecdsl.project import Project

_REMEDIES = {
    "D311": 'set `constituents = "particles"` under [simulation] in ecdsl.toml: all others are made'
    " of particles",
    "D317": "a simulation holds no columns but its parameters; fill this one from a file that has"
    " the column, by `ecdsl fill`",
}


def require_simulation(project: Project, manifests: Sequence[Manifest]) -> None:
    """Refuse observables that the project's simulation cannot feed.

    Raises:
        EcdslError: D511, with the reason and the remedy for each of them; D103 where a file is the
            simulation and lacks a nuisance.
    """
    if project.events.simulation:
        require_file(project.events.simulation, manifests)
        try:
            check_nuisances(simulated_values(project), project.inference)
        except ValueError as error:
            raise data_error("D103", f"{project.events.simulation}: {error}") from None
        return
    probe = _simulated(project)
    reasons = []
    for manifest in manifests:
        refusal = _refusal(manifest, probe)
        if refusal:
            finding = refusal.diagnostics[0]
            remedy = _REMEDIES.get(finding.code) or "; ".join(finding.hints)
            reasons.append(f"`{manifest.name}`: {finding.message}: {remedy}")
    if reasons:
        raise data_error(
            "D511",
            f"the simulation of {project.origin} cannot feed {len(reasons)} of"
            f" {len(manifests)} observables",
            notes=tuple(reasons),
            hint="or leave them out: name the others in the command",
        )


def require_file(events: Path, manifests: Sequence[Manifest]) -> None:
    """Refuse observables that a file of events cannot feed, by its first event.

    Raises:
        EcdslError: D511, with the reason for each of them, D30x for a file that cannot be read.
    """
    first = next(read_events(events, chunk_jets=1))
    refusals = [(m.name, refusal) for m in manifests if (refusal := _refusal(m, first))]
    if refusals:
        raise data_error(
            "D511",
            f"{events} cannot feed {len(refusals)} of {len(manifests)} observables",
            notes=tuple(f"`{name}`: {error.diagnostics[0].message}" for name, error in refusals),
            hint=refusals[0][1].diagnostics[0].hints[0],
        )


def _refusal(manifest: Manifest, batch: JetBatch) -> EcdslError | None:
    observable = manifest.observable
    try:
        kernel_columns(select_constituents(batch, observable.correlator), observable)
    except EcdslError as error:
        return error
    return None


def _simulated(project: Project) -> JetBatch:
    """Return an event such as the project simulates: of each jet one particle."""
    settings = project.simulation
    process = load_process(settings.process, scale=settings.scale)
    first = {name: values[0] for name, values in settings.parameters.items()}
    n_jets = process.rows_per_event
    one = np.ones(n_jets)
    particles = JetBatch(
        offsets=np.arange(n_jets + 1),
        px=3 * one,
        py=one,
        pz=2 * one,
        energy=5 * one,
        charge=one,
        pdgid=np.full(n_jets, 211),
        scale=10 * one,
        event=np.zeros(n_jets, dtype=np.int64),
        labels={name: value * one for name, value in process.complete(first).items()},
        constituents=Particles(),
    )
    held = constituents_of(settings.constituents, settings.process)
    return constituents_for(particles, held, process.measure)
