"""Thinned tuples of a chunk of jets, kept on disk so that an interrupted collection goes on."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

from ecdsl.arrays import keep_arrays, kept_arrays

if TYPE_CHECKING:
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray


PER_TUPLE = ("sides", "weights", "events", "labels")


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
        keep_arrays(path, {field.name: getattr(self, field.name) for field in fields(self)})

    @classmethod
    def stored(cls, path: Path) -> Thinned | None:
        """Return what was written, None where that is nothing or damaged: it is made again."""
        found: dict[str, Any] | None = kept_arrays(path, [field.name for field in fields(cls)])
        return None if found is None else cls(**{**found, "n_jets": int(found["n_jets"])})
