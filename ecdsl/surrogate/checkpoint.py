"""The state of a training after an epoch, from which it goes on as if never interrupted."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch

from ecdsl.files import write_atomic
from ecdsl.surrogate.tensors import (
    prefixed,
    read_tensors,
    to_bytes,
    unprefixed,
)

if TYPE_CHECKING:
    from pathlib import Path

    from torch import Tensor


@dataclass(frozen=True)
class Checkpoint:
    """A training after some epochs.

    Attributes:
        run: Identifies config, data and correlator; a checkpoint of another run is not resumed.
        network: Weights now; `best` where the validation loss was lowest; `average` (SWA) or empty.
        optimizer: The optimizer's `state_dict`.
        schedule: The learning rate schedule's `state_dict`.
        history: (training loss, validation loss) of each epoch.
        averaged: Number of epochs in `average`.
    """

    run: str
    network: dict[str, Tensor]
    best: dict[str, Tensor]
    average: dict[str, Tensor]
    optimizer: dict[str, Any]
    schedule: dict[str, Any]
    history: tuple[tuple[float, float], ...]
    averaged: int


def save_checkpoint(path: Path, checkpoint: Checkpoint) -> None:
    """Write a checkpoint in place of the one before."""
    moments = {
        f"{index}.{name}": torch.as_tensor(value)
        for index, state in checkpoint.optimizer["state"].items()
        for name, value in state.items()
    }
    tensors = {
        **prefixed("network", checkpoint.network),
        **prefixed("best", checkpoint.best),
        **prefixed("average", checkpoint.average),
        **prefixed("optimizer", moments),
    }
    state = {
        "run": checkpoint.run,
        "groups": checkpoint.optimizer["param_groups"],
        "schedule": checkpoint.schedule,
        "history": checkpoint.history,
        "averaged": checkpoint.averaged,
    }
    write_atomic(path, to_bytes(tensors, {"state": json.dumps(state)}))


def load_checkpoint(path: Path, run: str) -> Checkpoint | None:
    """Return the checkpoint of this run, or None where there is none.

    Raises:
        EcdslError: D405 for a damaged file.
    """
    if not path.exists():
        return None
    tensors, metadata = read_tensors(path)
    state = json.loads(metadata.get("state", "{}"))
    if state.get("run") != run:
        return None
    moments: dict[int, dict[str, Tensor]] = {}
    for name, tensor in unprefixed("optimizer", tensors).items():
        index, _, key = name.partition(".")
        moments.setdefault(int(index), {})[key] = tensor
    return Checkpoint(
        run=run,
        network=unprefixed("network", tensors),
        best=unprefixed("best", tensors),
        average=unprefixed("average", tensors),
        optimizer={"state": moments, "param_groups": state["groups"]},
        schedule=state["schedule"],
        history=tuple((a, b) for a, b in state["history"]),
        averaged=state["averaged"],
    )
