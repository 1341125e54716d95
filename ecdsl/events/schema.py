"""What an event file says about itself: the JSON under the key `ecdsl` of a parquet file."""

from __future__ import annotations

import hashlib
from importlib.metadata import version
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from ecdsl.events.process import Process
from ecdsl.ir.nodes import Constituents, Measure, Subjets

SCHEMA = "ecdsl/events/1"
METADATA_KEY = b"ecdsl"
CHECKSUM_KEY = b"ecdsl.sha256"
LABEL_PREFIX = "label_"
WEIGHT_PREFIX = "weight_"


class _Stored(BaseModel):
    # A later minor version may add fields; they are ignored.
    model_config = ConfigDict(frozen=True, extra="ignore", allow_inf_nan=False)


class SimulationSettings(_Stored):
    """Everything that the bytes of a simulated sample depend on.

    Attributes:
        process: What is generated.
        labels: The values of each parameter; the sample is their grid.
        jets: Jets per point of the grid.
        seed: Seed of the sample.
        constituents: What the jets' columns hold.
        versions: Of the programs that decide the result.
    """

    process: Process
    labels: dict[str, tuple[float, ...]]
    jets: Annotated[int, Field(ge=1)]
    seed: Annotated[int, Field(ge=0)]
    constituents: Constituents
    versions: dict[str, str]


class EventsMetadata(_Stored):
    """The metadata of an event file.

    Attributes:
        schema_version: `ecdsl/events/1`; another number after the last slash is another format.
        constituents: What the jets' columns hold.
        labels: Names of the simulation parameters that the file has a column for.
        weights: Names of the variations of the generator that it has a column of weights for.
        n_jets: Number of jets.
        n_events: Number of events.
        n_rejected: Events that were generated and had too few jets.
        simulation: How the file was simulated; None for converted files.
        measure: The geometry in which subjets were clustered, where the simulation does not tell.
    """

    model_config = ConfigDict(
        frozen=True,
        extra="ignore",
        allow_inf_nan=False,
        validate_by_name=True,
        serialize_by_alias=True,
    )

    schema_version: str = Field(default=SCHEMA, alias="schema")
    constituents: Constituents
    labels: tuple[str, ...] = ()
    weights: tuple[str, ...] = ()
    n_jets: int
    n_events: int
    n_rejected: int = 0
    simulation: SimulationSettings | None = None
    measure: Measure | None = None

    @property
    def clustered_in(self) -> Measure | None:
        """The geometry in which subjets were clustered, None for particles or where not known."""
        if not isinstance(self.constituents, Subjets):
            return None
        if self.measure is None and self.simulation is not None:
            return self.simulation.process.measure
        return self.measure


def generator_versions() -> dict[str, str]:
    """Return the versions of the programs that decide what a seed generates."""
    return {name: version(name) for name in ("ecdsl", "pythia8mc", "fastjet", "numpy")}


def metadata_checksum(text: bytes) -> bytes:
    """Return the hash that stands beside the metadata; parquet checks only its pages."""
    return hashlib.sha256(text).hexdigest().encode()
