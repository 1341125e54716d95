from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ecdsl.events.generate import Task, generate
from ecdsl.events.process import load_process
from ecdsl.events.schema import EventsMetadata
from ecdsl.events.simulate import simulate
from ecdsl.events.write_parquet import write_events
from ecdsl.ir import nodes as ir

if TYPE_CHECKING:
    from pathlib import Path

    from ecdsl.events.batch import JetBatch


@pytest.fixture(scope="session")
def particles() -> JetBatch:
    """The jets of 60 real events, made of particles with their charge."""
    task = Task(load_process("ee-ttbar"), {"mt": 173.0}, 60, 0, (7, 0), ir.Particles())
    return generate(task).jets


@pytest.fixture(scope="session")
def sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A simulated file: 60 jets at each of two masses, made of subjets."""
    path = tmp_path_factory.mktemp("events") / "sample.parquet"
    labels = {"mt": (170.0, 180.0)}
    simulate(path, process=load_process("ee-ttbar"), labels=labels, jets=60, seed=5)
    return path


@pytest.fixture
def particle_file(particles: JetBatch, tmp_path: Path) -> Path:
    """A file of the particles."""
    path = tmp_path / "particles.parquet"
    metadata = EventsMetadata(
        constituents=ir.Particles(),
        labels=("mt",),
        n_jets=particles.n_jets,
        n_events=particles.n_jets // 2,
    )
    write_events(path, [particles], metadata)
    return path
