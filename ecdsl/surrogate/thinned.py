"""Thinned tuples of a chunk of jets, kept on disk so that an interrupted collection goes on."""

from __future__ import annotations

import io
import zlib
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING
from zipfile import BadZipFile

import numpy as np

from ecdsl.files import write_atomic

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray


@dataclass(frozen=True)
class Thinned:
    """Tuples of one batch of jets, see `TupleSample`; totals are those of all its tuples."""

    sides: NDArray[np.float64]
    weights: NDArray[np.float64]
    events: NDArray[np.int64]
    labels: NDArray[np.float64]
    event_labels: NDArray[np.float64]
    event_totals: NDArray[np.float64]
    n_jets: int

    def save(self, path: Path) -> None:
        """Write them, whole or not at all."""
        content = io.BytesIO()
        np.savez(content, **{field.name: getattr(self, field.name) for field in fields(self)})
        write_atomic(path, content.getvalue())

    @classmethod
    def stored(cls, path: Path) -> Thinned | None:
        """Return what was written, None where that is nothing or damaged: it is made again."""
        try:
            with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
                found = {field.name: arrays[field.name] for field in fields(cls)}
        except (OSError, EOFError, ValueError, KeyError, TypeError, BadZipFile, zlib.error):
            return None
        return cls(**{**found, "n_jets": int(found["n_jets"])})
