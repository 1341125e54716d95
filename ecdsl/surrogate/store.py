"""Surrogates on disk: safetensors with the weights, JSON with everything else.

`build/surrogates/<correlator fingerprint>/<model>-<preset>.{safetensors,json}`, so that all shapes
of one correlator share it.
"""

from __future__ import annotations

import hashlib
from dataclasses import asdict, dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from ecdsl.diagnostics import data_error
from ecdsl.files import write_atomic
from ecdsl.ir.nodes import Measure
from ecdsl.surrogate.config import TrainConfig
from ecdsl.surrogate.coordinates import Chart
from ecdsl.surrogate.networks import build_network
from ecdsl.surrogate.surrogate import Surrogate
from ecdsl.surrogate.tensors import read_tensors, to_bytes
from ecdsl.surrogate.total_weight import TotalWeight

if TYPE_CHECKING:
    from pathlib import Path

SCHEMA = "ecdsl/surrogate/2"
LIBRARIES = ("ecdsl", "torch", "nflows", "zuko", "torchquad", "safetensors", "numpy")


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True)


class StoredChart(_Frozen):
    """The fields of a `Chart`."""

    order: Literal[2, 3]
    measure: Measure
    floor: float
    ceil: float


class StoredTotalWeight(_Frozen):
    """The fields of a `TotalWeight`; `lower`, `upper` are the training range of the context."""

    lower: tuple[float, ...]
    upper: tuple[float, ...]
    degree: int
    coefficients: tuple[float, ...]


class SurrogateManifest(_Frozen):
    """What a surrogate's JSON says; minor additions by later versions are ignored.

    Attributes:
        correlator_fingerprint: Of the correlator it was trained on.
        weights_sha256: Of the safetensors file.
        data_fingerprint: Of the training tuples.
        config: How it was trained, seed included.
        history: (training loss, validation loss) of each epoch.
        versions: Of the libraries it was trained with.
    """

    schema_version: str = SCHEMA
    correlator_fingerprint: str
    weights_sha256: str
    data_fingerprint: str
    chart: StoredChart
    labels: tuple[str, ...]
    total_weight: StoredTotalWeight
    config: TrainConfig
    history: tuple[tuple[float, float], ...]
    versions: dict[str, str]


@dataclass(frozen=True)
class Training:
    """Where a surrogate comes from."""

    config: TrainConfig
    data_fingerprint: str
    history: tuple[tuple[float, float], ...]


def surrogate_path(build: Path, correlator_fingerprint: str, config: TrainConfig) -> Path:
    """Return the JSON file of a surrogate; its weights lie beside it."""
    return build / "surrogates" / correlator_fingerprint / f"{config.stem}.json"


def checkpoint_path(build: Path, correlator_fingerprint: str, config: TrainConfig) -> Path:
    """Return where an unfinished training of this surrogate keeps its state."""
    path = surrogate_path(build, correlator_fingerprint, config)
    return path.with_suffix(".checkpoint.safetensors")


def save_surrogate(build: Path, surrogate: Surrogate, training: Training) -> Path:
    """Write a surrogate and return the path of its JSON."""
    content = to_bytes(surrogate.network.state_dict())
    manifest = SurrogateManifest(
        correlator_fingerprint=surrogate.correlator_fingerprint,
        weights_sha256=hashlib.sha256(content).hexdigest(),
        data_fingerprint=training.data_fingerprint,
        chart=StoredChart(**asdict(surrogate.chart)),
        labels=surrogate.labels,
        total_weight=StoredTotalWeight(**asdict(surrogate.total_weight)),
        config=training.config,
        history=training.history,
        versions={name: version(name) for name in LIBRARIES},
    )
    path = surrogate_path(build, surrogate.correlator_fingerprint, training.config)
    write_atomic(path.with_suffix(".safetensors"), content)
    return write_atomic(path, manifest.model_dump_json(indent=2) + "\n")


def read_manifest(path: Path) -> SurrogateManifest:
    """Read a surrogate's JSON.

    Raises:
        EcdslError: D405 for a file that is missing or damaged, D406 for a pickle, D409 for a schema
            of another major version.
    """
    if path.suffix != ".json":
        raise data_error(
            "D406",
            f"{path} is no surrogate of ecdsl: pickled models can run code and are never loaded",
            hint="train it with `ecdsl train`, which writes safetensors and JSON",
        )
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise data_error(
            "D405", f"no surrogate at {path}", hint="train it with `ecdsl train`"
        ) from error
    except (OSError, UnicodeDecodeError) as error:
        raise data_error("D405", f"{path} cannot be read: {error}") from error
    try:
        header = _Header.model_validate_json(text)
        if header.schema_version.rpartition("/")[0] != SCHEMA.rpartition("/")[0]:
            raise data_error("D405", f"{path} has the schema {header.schema_version}, not {SCHEMA}")
        if header.schema_version != SCHEMA:
            raise data_error(
                "D409",
                f"{path} has the schema {header.schema_version}; this version reads {SCHEMA}",
                hint="train it again with this version of ecdsl",
            )
        return SurrogateManifest.model_validate_json(text)
    except ValidationError as error:
        detail = error.errors()[0]
        place = ".".join(map(str, detail["loc"])) or "the file"
        raise data_error(
            "D405",
            f"{path} is damaged: {place}: {detail['msg']}",
            hint="remove it and run `ecdsl train` again",
        ) from error


class _Header(_Frozen):
    schema_version: str


def load_surrogate(path: Path, correlator_fingerprint: str) -> Surrogate:
    """Load a surrogate, in float64 and ready to evaluate.

    Args:
        path: Its JSON file.
        correlator_fingerprint: Of the correlator that it is to describe.

    Raises:
        EcdslError: D405 for damaged files, D406 for a pickle, D407 for a surrogate of another
            correlator, D409 for a schema of another major version.
    """
    manifest = read_manifest(path)
    if manifest.correlator_fingerprint != correlator_fingerprint:
        raise data_error(
            "D407",
            f"{path} describes another correlator",
            notes=(
                f"its correlator: {manifest.correlator_fingerprint}",
                f"asked for:      {correlator_fingerprint}",
            ),
            hint="train a surrogate of this correlator with `ecdsl train`",
        )
    weights = path.with_suffix(".safetensors")
    if not weights.exists():
        raise data_error("D405", f"{weights} is missing", hint="run `ecdsl train` again")
    if hashlib.sha256(weights.read_bytes()).hexdigest() != manifest.weights_sha256:
        raise data_error(
            "D405",
            f"{weights} does not hold the weights that {path.name} was written with",
            hint="restore both files, or run `ecdsl train` again",
        )
    tensors, _ = read_tensors(weights)
    chart = Chart(**manifest.chart.model_dump())
    total_weight = TotalWeight(**manifest.total_weight.model_dump())
    network = build_network(
        manifest.config.network, chart, total_weight.lower, total_weight.upper, seed=0
    ).double()
    try:
        network.load_state_dict(tensors)
    except RuntimeError as error:
        raise data_error("D405", f"{weights} does not fit the network of {path.name}") from error
    return Surrogate(
        correlator_fingerprint=manifest.correlator_fingerprint,
        chart=chart,
        labels=manifest.labels,
        network=network.eval(),
        total_weight=total_weight,
    )
