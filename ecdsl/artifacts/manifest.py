"""The contract between the two halves: what one compiled observable is.

`build/<observable>.json` is a `Manifest`; it points to `build/kernels/<fingerprint>/`, which holds
only functions of the IR (generated, readable Python), so that re-indenting a `.obs` file rewrites
the manifest and nothing else. A derived observable has a manifest that holds those of its operands
(`ecdsl.artifacts.derived`).

Generated modules and their functions (all arrays float64, C order):

`fill.py` (numba), one pass over jets:
    fill(offsets, px, py, pz, energy, scale, particles, jets, event, edges, edge_offsets,
         parameters, rows) -> int
        offsets (n_jets + 1,) int64; px.. (n_constituents,); scale (n_jets,);
        particles (n_particle_columns, n_constituents) and jets (n_jet_columns, n_jets), the
        columns that `ecdsl.ir.columns` lists for the observable, in its order;
        event (n_jets,) int64 row of each jet; edges: all axes' edges concatenated;
        edge_offsets (n_axes + 1,) int64; parameters (n_parameters,);
        rows (n_events, n_cells) is added to, n_cells = prod(n_bins + 2) with underflow first.
        Returns how many tuples have NaN on an axis; they are in its overflow.

`grid.py` (numba), the same at all points of a grid of parameters at once:
    GRID   the places of the parameters that run over it
    fill_grid(..., parameters, grid, grid_offsets, rows, n_undefined) -> None
        As `fill`, but: grid, the rising values of these parameters, concatenated; grid_offsets
        (n_grid + 1,) int64; rows (n_points, n_events, n_cells) and n_undefined (n_points,), with
        the last of these parameters running fastest. A content is right to 1e-12 of the largest of
        its cell and row on the grid; what is smaller is 0.

`resolve.py` (numba), for a correlator with a resolution: what is summed instead of its jets
    resolve(offsets, px, py, pz, energy, resolution) -> (momenta, jet, added, ends, members)
        Sets of subjets, whose sums by `fill` are added or taken away: momenta (n, 4) px, py, pz, E;
        jet (n_sets,) int64 of each set; added (n_sets,) bool; ends (n_sets + 1,) int64, where sets
        start and end in members, the places of their momenta.

`region.py` (torch), for a density in the sorted sides; P = N (N - 1) / 2:
    ASSIGNMENTS, SHARES   lists: per region, which side each pair is, and its share of tuples
    CUBE_DIMENSION        dimension of the unit cube; None without a map (then no regions)
    inside(pairs, energies, scale, parameters) -> (n,) bool; pairs (n, P), energies (n, N, 2) E, pT
    values(pairs, energies, scale, parameters) -> (n, n_axes)
    from_cube(region, cube, axis_lower, axis_upper, parameters, floor, ceil)
        -> (sides (..., P), jacobian (...)); cube (..., CUBE_DIMENSION); axis_lower/axis_upper
        (n_axes, ...) the bins, of shapes that broadcast with the points

`tuples.py` (numba), of a correlator alone: thinned training tuples
    thin(offsets, px, py, pz, energy, scale, particles, jets, threshold, seed, sides, weights,
         origin, totals) -> int
        Writes sorted sides (capacity, P), weights and jet numbers (origin) of the sets that
        survive (weight >= threshold, else with probability weight/threshold and weight
        `threshold`), and each jet's whole weight to totals (n_jets,); returns how many, -1 if
        there was no room. Its columns are those of the correlator's weight and windows.
"""

from __future__ import annotations

from typing import Final, Literal

import numpy as np
from pydantic import BaseModel, ConfigDict

from ecdsl.ir.nodes import Bins, Observable

SCHEMA: Final = "ecdsl/observable/1"


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class KernelFile(_Frozen):
    """A generated module: its path relative to the build folder and the hash of its bytes."""

    path: str
    sha256: str


class Capability(_Frozen):
    """Whether something can be done with an observable, and if not, why."""

    available: bool
    reason: str = ""


class Provenance(_Frozen):
    """Where an observable was declared; not part of any fingerprint."""

    file: str
    line: int
    text: str
    doc: str = ""


class Manifest(_Frozen):
    """One compiled observable.

    Attributes:
        fingerprint: Of everything that determines a histogram: expressions, bins, parameter values.
        kernel_fingerprint: Of the generated code: the same without bins and parameter values.
        correlator_fingerprint: Of the correlator alone: the key of its shared surrogate.
        observable: The IR after the passes.
        formula: LaTeX of the defining formula.
        kernels: `numba` (fill.py), `grid` (grid.py, where one pass can fill many values of
            parameters), `resolve` (resolve.py, with a resolution), `torch` (region.py), `tuples`
            (tuples.py, where a surrogate makes sense).
        histogram: Whether events can be histogrammed (an exact delta has no histogram).
        surrogate: Whether a surrogate can be learned and marginalised.
        nre: Whether a likelihood ratio can be learned from histograms.
    """

    schema_version: Literal["ecdsl/observable/1"] = SCHEMA
    name: str
    fingerprint: str
    kernel_fingerprint: str
    correlator_fingerprint: str
    observable: Observable
    formula: str
    kernels: dict[Literal["numba", "grid", "resolve", "torch", "tuples"], KernelFile]
    histogram: Capability
    surrogate: Capability
    nre: Capability
    provenance: Provenance
    versions: dict[str, str]


def edges(bins: Bins) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Return the (n + 1,) bin edges; the ends are exactly the declared ones."""
    match bins.spacing:
        case "edges":
            return np.array(bins.edges)
        case "linear":
            inner = np.linspace(bins.lower, bins.upper, bins.n + 1)
        case "log":
            inner = np.geomspace(bins.lower, bins.upper, bins.n + 1)
        case "symlog":
            threshold = bins.threshold or 1.0
            low, high = (np.arcsinh(end / threshold) for end in (bins.lower, bins.upper))
            inner = threshold * np.sinh(np.linspace(low, high, bins.n + 1))
            if bins.lower == -bins.upper:
                # Rounding must not move 0, nor make the two sides differ.
                inner = (inner - inner[::-1]) / 2
        case "logit":
            low, high = (np.log(end) - np.log1p(-end) for end in (bins.lower, bins.upper))
            inner = 1 / (1 + np.exp(-np.linspace(low, high, bins.n + 1)))
    inner[0], inner[-1] = bins.lower, bins.upper
    return inner
