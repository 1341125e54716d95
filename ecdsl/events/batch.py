"""Jets in memory: flat columns and offsets, validated once at the boundary."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from ecdsl.diagnostics import data_error

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from ecdsl.ir.nodes import Constituents, Measure

# Rounding of E^2 - p^2 that files of real jets show (FastJet: -1e-7 GeV^2), relative to E^2.
MASS_TOLERANCE = 1e-6
# In GeV, ten times the Planck mass: larger is no momentum, and its powers overflow.
MAX_MOMENTUM = 1e20


@dataclass(frozen=True)
class JetBatch:
    """Some jets and their constituents.

    Attributes:
        offsets: (n_jets + 1,) constituents of jet k are `offsets[k]:offsets[k + 1]`.
        px: (n_constituents,) in GeV; likewise `py`, `pz`, `energy`.
        charge: (n_constituents,) in units of e, or None where the source has none.
        pdgid: (n_constituents,) PDG number of the species, or None where the source has none.
        scale: (n_jets,) the event's hard scale Q in GeV.
        event: (n_jets,) event id; jets of one event share it and stand next to each other.
        labels: Per simulation parameter, (n_jets,) its value; empty for data.
        weights: Per variation of the generator (scales, PDFs, showers), (n_jets,) the weight of the
            event, 1 for that which was generated; jets of one event share it.
        origin: What messages start with, e.g. `a.parquet: `; empty for jets made in memory.
        constituents: What the columns hold: particles, or subjets already clustered.
        measure: The geometry in which subjets were clustered; None for particles, and where the
            source does not tell.
        jet: (4, n_jets) px, py, pz, E of each whole jet in GeV, where constituents were dropped
            since; None where a jet is the sum of its constituents.
    """

    offsets: NDArray[np.int64]
    px: NDArray[np.float64]
    py: NDArray[np.float64]
    pz: NDArray[np.float64]
    energy: NDArray[np.float64]
    scale: NDArray[np.float64]
    event: NDArray[np.int64]
    constituents: Constituents
    charge: NDArray[np.float64] | None = None
    pdgid: NDArray[np.int64] | None = None
    measure: Measure | None = None
    jet: NDArray[np.float64] | None = None
    labels: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)
    weights: Mapping[str, NDArray[np.float64]] = field(default_factory=dict)
    origin: str = ""

    @property
    def n_jets(self) -> int:
        """Number of jets."""
        return len(self.offsets) - 1

    def jet_of(self) -> NDArray[np.int64]:
        """Return (n_constituents,) the jet to which each constituent belongs."""
        return np.repeat(np.arange(self.n_jets), np.diff(self.offsets))

    def jet_momenta(self) -> NDArray[np.float64]:
        """Return (4, n_jets) px, py, pz, E of each whole jet, in GeV."""
        if self.jet is not None:
            return self.jet
        momenta = (self.px, self.py, self.pz, self.energy)
        return np.stack([self.sum_over_jets(component) for component in momenta])

    def sum_over_jets(self, values: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return (n_jets,) the sum of (n_constituents,) values of each jet."""
        return np.bincount(self.jet_of(), weights=values, minlength=self.n_jets).astype(np.float64)

    def event_index(self) -> tuple[NDArray[np.int64], int]:
        """Return (n_jets,) the position of each jet's event within the batch, and their number."""
        if self.n_jets == 0:
            return np.zeros(0, dtype=np.int64), 0
        new = np.concatenate(([0], (self.event[1:] != self.event[:-1]).astype(np.int64)))
        index = np.cumsum(new)
        return index, int(index[-1]) + 1


def validate(batch: JetBatch, origin: str) -> JetBatch:
    """Return `batch` if it is physical.

    Args:
        batch: Columns as read or generated.
        origin: What to call the source in a message, e.g. a file name.

    Raises:
        EcdslError: D301 for a component that is NaN, infinite or beyond `MAX_MOMENTUM`, and for a
            charge that is NaN or infinite, D302 for a negative energy or E < |p|, D303 for a scale
            that is not positive; each names the event and the constituent.
    """
    if not _clearly_physical(batch):
        _refuse_momenta(batch, origin)
    if batch.charge is not None:
        charged = np.isfinite(batch.charge)
        _refuse(batch, ~charged, origin, "D301", "a charge that is no finite number, and")
    bad_scale = ~((batch.scale > 0) & (batch.scale < MAX_MOMENTUM))
    if bad_scale.any():
        jet = int(np.argmax(bad_scale))
        raise data_error(
            "D303",
            f"{origin}: event {batch.event[jet]} has the scale Q = {batch.scale[jet]} GeV",
            hint="Q must be a positive energy in GeV; give the collision energy in column `Q`",
        )
    return batch


def _clearly_physical(batch: JetBatch) -> bool:
    """Tell whether no momentum can be refused, in fewer passes than it takes to name one."""
    energy = batch.energy
    # Below half the largest energy no component that is not above it can be too large.
    if not (energy.min(initial=0) >= 0 and energy.max(initial=0) < MAX_MOMENTUM / 2):
        return False
    with np.errstate(over="ignore", invalid="ignore"):
        p2 = batch.px**2 + batch.py**2 + batch.pz**2
        return bool((p2 <= (1 + MASS_TOLERANCE) * energy**2).all())


def _refuse_momenta(batch: JetBatch, origin: str) -> None:
    columns = (batch.px, batch.py, batch.pz, batch.energy)
    finite = np.logical_and.reduce([np.abs(c) < MAX_MOMENTUM for c in columns])
    _refuse(batch, ~finite, origin, "D301", "a momentum that is no finite number of GeV")
    mass2 = batch.energy**2 - batch.px**2 - batch.py**2 - batch.pz**2
    unphysical = (batch.energy < 0) | (mass2 < -MASS_TOLERANCE * batch.energy**2)
    _refuse(batch, unphysical, origin, "D302", "an energy below the momentum")


def _refuse(batch: JetBatch, bad: NDArray[np.bool_], origin: str, code: str, what: str) -> None:
    if not bad.any():
        return
    row = int(np.argmax(bad))
    jet = int(np.searchsorted(batch.offsets, row, side="right")) - 1
    place = f"event {batch.event[jet]}, constituent {row - int(batch.offsets[jet])}"
    raise data_error(
        code,
        f"{origin}: {place} has {what}"
        f" (px, py, pz, E) = ({batch.px[row]}, {batch.py[row]}, {batch.pz[row]},"
        f" {batch.energy[row]}) GeV",
        notes=(f"{int(bad.sum())} of {len(bad)} constituents are affected",),
        hint="remove or correct these jets before filling",
    )


def take_jets(batch: JetBatch, jets: NDArray[np.bool_]) -> JetBatch:
    """Return the jets for which the (n_jets,) mask `jets` is set."""
    counts = np.diff(batch.offsets)
    return replace(
        batch,
        **_rows(batch, np.repeat(jets, counts)),
        offsets=np.concatenate(([0], np.cumsum(counts[jets]))),
        scale=batch.scale[jets],
        event=batch.event[jets],
        jet=None if batch.jet is None else batch.jet[:, jets],
        labels={name: values[jets] for name, values in batch.labels.items()},
        weights={name: values[jets] for name, values in batch.weights.items()},
    )


def take_constituents(batch: JetBatch, rows: NDArray[np.bool_]) -> JetBatch:
    """Return the same jets with the constituents for which the mask `rows` is set."""
    kept_before = np.concatenate(([0], np.cumsum(rows)))
    return replace(
        batch,
        **_rows(batch, rows),
        offsets=kept_before[batch.offsets].astype(np.int64),
        jet=batch.jet_momenta(),
    )


def precedence(batch: JetBatch, hardness: NDArray[np.float64] | None = None) -> NDArray[np.int64]:
    """Return (n_constituents,) the rows of each jet in an order that the file does not decide.

    They stand in falling hardness, energy, px, py, pz, charge and PDG number: where this leaves a
    choice, it is between particles that are alike.

    Args:
        batch: The jets.
        hardness: (n_constituents,) what decides first; None for the energy.
    """
    first = batch.energy if hardness is None else hardness
    jet = batch.jet_of()
    order = np.argsort(-first)
    # Short integers are sorted by counting, many times faster than by several keys.
    order = order[np.argsort(jet[order].astype(np.min_scalar_type(batch.n_jets)), kind="stable")]
    same = (np.diff(first[order]) == 0) & (np.diff(jet) == 0)
    tied = np.zeros(len(order), dtype=np.bool_)
    tied[1:] |= same
    tied[:-1] |= same
    rows = np.sort(order[tied])
    known = [c for c in (batch.pdgid, batch.charge) if c is not None]
    keys = (*known, batch.pz, batch.py, batch.px, batch.energy, first)
    order[tied] = rows[np.lexsort((*(-key[rows] for key in keys), jet[rows]))]
    return order


def take_in_order(batch: JetBatch, order: NDArray[np.int64]) -> JetBatch:
    """Return the same jets with the constituents of each in the order `order`, (n,) rows."""
    return replace(batch, **_rows(batch, order))


def _rows(batch: JetBatch, rows: NDArray[np.bool_] | NDArray[np.int64]) -> dict[str, Any]:
    """Return the columns of constituents, some rows of them."""
    return {
        "px": batch.px[rows],
        "py": batch.py[rows],
        "pz": batch.pz[rows],
        "energy": batch.energy[rows],
        "charge": None if batch.charge is None else batch.charge[rows],
        "pdgid": None if batch.pdgid is None else batch.pdgid[rows],
    }


def whole_events(batch: JetBatch) -> JetBatch:
    """Return one jet per event, which holds the constituents of all of the event's jets.

    Q and labels are those of the event's jets where these agree, and NaN where they do not.
    """
    index, n_events = batch.event_index()
    first = np.searchsorted(index, np.arange(n_events))

    def shared(values: NDArray[np.float64]) -> NDArray[np.float64]:
        differs = np.bincount(index, weights=values != values[first][index], minlength=n_events)
        return np.where(differs > 0, np.nan, values[first])

    return replace(
        batch,
        offsets=batch.offsets[np.append(first, batch.n_jets)],
        scale=shared(batch.scale),
        event=batch.event[first],
        jet=np.stack(
            [np.bincount(index, weights=c, minlength=n_events) for c in batch.jet_momenta()]
        ),
        labels={name: shared(values) for name, values in batch.labels.items()},
        weights={name: values[first] for name, values in batch.weights.items()},
    )


def select(batch: JetBatch, labels: Mapping[str, float]) -> JetBatch:
    """Return the jets at one value of some simulation parameters, e.g. `{"mt": 172.5}`.

    Raises:
        EcdslError: D313 for a parameter that the batch does not carry.
    """
    keep = np.ones(batch.n_jets, dtype=np.bool_)
    for name, value in labels.items():
        if name not in batch.labels:
            known = ", ".join(sorted(batch.labels)) or "none"
            raise data_error("D313", f"the events carry no parameter `{name}`; theirs are: {known}")
        keep &= batch.labels[name] == value
    return take_jets(batch, keep)


def concatenate(batches: Sequence[JetBatch]) -> JetBatch:
    """Return the jets of several batches of one kind, one batch after the other."""
    first = batches[0]
    charges = [batch.charge for batch in batches if batch.charge is not None]
    species = [batch.pdgid for batch in batches if batch.pdgid is not None]
    counts = np.concatenate([np.diff(batch.offsets) for batch in batches])
    cut = any(batch.jet is not None for batch in batches)
    return replace(
        first,
        offsets=np.concatenate(([0], np.cumsum(counts))),
        px=np.concatenate([batch.px for batch in batches]),
        py=np.concatenate([batch.py for batch in batches]),
        pz=np.concatenate([batch.pz for batch in batches]),
        energy=np.concatenate([batch.energy for batch in batches]),
        charge=np.concatenate(charges) if len(charges) == len(batches) else None,
        pdgid=np.concatenate(species) if len(species) == len(batches) else None,
        scale=np.concatenate([batch.scale for batch in batches]),
        event=np.concatenate([batch.event for batch in batches]),
        jet=np.concatenate([batch.jet_momenta() for batch in batches], axis=1) if cut else None,
        labels={k: np.concatenate([batch.labels[k] for batch in batches]) for k in first.labels},
        weights={k: np.concatenate([batch.weights[k] for batch in batches]) for k in first.weights},
        origin=first.origin if len({batch.origin for batch in batches}) == 1 else "",
    )
