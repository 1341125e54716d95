"""From event files to the oracle's jets, and from its tuples to histograms."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import oracle

from ecdsl.artifacts.manifest import edges
from ecdsl.events.read_parquet import read_events


def jets_of(path: Path) -> list[oracle.Jet]:
    """Return the jets of a file as plain arrays."""
    jets = []
    for batch in read_events(path):
        nothing = np.zeros(len(batch.px))
        arrays = {
            "px": batch.px,
            "py": batch.py,
            "pz": batch.pz,
            "energy": batch.energy,
            "charge": nothing if batch.charge is None else batch.charge,
            "pdgid": nothing if batch.pdgid is None else batch.pdgid,
        }
        for k in range(batch.n_jets):
            own = slice(batch.offsets[k], batch.offsets[k + 1])
            columns = {name: float(values[k]) for name, values in batch.labels.items()}
            mine = {name: array[own] for name, array in arrays.items()}
            jets.append(oracle.make(**mine, Q=float(batch.scale[k]), columns=columns))
    return jets


def histogram(name: str, axes: tuple, jets: list[oracle.Jet]) -> np.ndarray:
    """Fill an observable from its oracle: all cells, under- and overflow first and last."""
    binning = [np.array([-np.inf, *edges(axis.bins), np.inf]) for axis in axes]
    cells = np.zeros([len(b) - 1 for b in binning])
    for jet in jets:
        values, weights = oracle.ORACLES[name](jet)
        table = np.stack([np.nan_to_num(value, nan=np.inf, posinf=np.inf) for value in values])
        cells += np.histogramdd(table.T, bins=binning, weights=weights)[0]
    return cells.ravel()
