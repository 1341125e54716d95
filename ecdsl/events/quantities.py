"""What an expression can ask of a constituent, or of a jet, many at a time.

The meaning of each quantity is in `ecdsl.ir.nodes`; energies and masses are in GeV, angles in
radians.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from ecdsl.diagnostics import InternalError, data_error
from ecdsl.ir.evaluate import evaluate
from ecdsl.ir.nodes import Between, Column, Energy, Jet, Member, Pt, Scale

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ecdsl.events.batch import JetBatch
    from ecdsl.ir.nodes import Correlator, Expr

    Array = NDArray[np.float64]


def constituent_values(leaf: Expr, batch: JetBatch, correlator: Correlator) -> Array:
    """Return (n_constituents,) what a leaf is for each constituent, written for particle 1.

    Args:
        leaf: A property of particle 1, what lies between it and a leg, or a property of its jet.
        batch: The constituents.
        correlator: Its measure says what a distance is.

    Raises:
        EcdslError: D317 for a column that the events lack, D318 for a quantity of the event that
            differs between its jets.
    """
    match leaf:
        case Energy():
            return batch.energy
        case Pt():
            return np.hypot(batch.px, batch.py)
        case Member(quantity=quantity):
            return _member(quantity, batch)
        case Between():
            return _to_leg(leaf, batch, correlator)
        case _:
            return jet_values(leaf, batch)[batch.jet_of()]


def jet_values(leaf: Expr, batch: JetBatch) -> Array:
    """Return (n_jets,) what a leaf is for each jet.

    Raises:
        EcdslError: As `constituent_values`.
    """
    match leaf:
        case Scale():
            return _of_the_event(batch.scale, "Q", batch)
        case Column(name=name):
            if name not in batch.labels:
                known = ", ".join(sorted(batch.labels)) or "none"
                raise data_error(
                    "D317",
                    f"{batch.origin}the observable uses the column `{name}`, and the events have no"
                    f" `label_{name}`",
                    notes=(f"columns of this kind that they have: {known}",),
                    hint=f"write `label_{name}`, one number per jet, into the file",
                )
            return _of_the_event(batch.labels[name], f"label_{name}", batch)
        case Jet(quantity=quantity):
            return _of_jet(quantity, batch)
        case _:
            raise InternalError(f"{leaf!r} is no quantity of a jet")


def has_pseudorapidity(batch: JetBatch) -> NDArray[np.bool_]:
    """Return which constituents do not lie along the beam."""
    return _lengthy(batch.px, batch.py)


def moves(batch: JetBatch) -> NDArray[np.bool_]:
    """Return which constituents are not at rest."""
    return _lengthy(batch.px, batch.py, batch.pz)


def _lengthy(*components: Array) -> NDArray[np.bool_]:
    """Return which vectors have a square that is not 0; mostly the first component tells."""
    square = components[0] ** 2
    for component in components[1:]:
        if (square > 0).all():
            break
        square = square + component**2
    return np.asarray(square > 0)


def _of_the_event(values: Array, name: str, batch: JetBatch) -> Array:
    mixed = np.isnan(values)
    if mixed.any():
        raise data_error(
            "D318",
            f"{batch.origin}the jets of event {batch.event[int(np.argmax(mixed))]} differ in"
            f" `{name}`, and the observable takes it from the whole event",
            hint="give all jets of an event the same value, or draw the tuples `per jet`",
        )
    return values


def _member(quantity: str, batch: JetBatch) -> Array:
    pt2 = batch.px**2 + batch.py**2
    match quantity:
        case "et":
            return np.asarray(batch.energy * np.sqrt(pt2 / (pt2 + batch.pz**2)))
        case "eta":
            return _eta(batch.px, batch.py, batch.pz)
        case "mass":
            return _mass(np.stack([batch.px, batch.py, batch.pz, batch.energy]))
        case "charge":
            return _given(batch, batch.charge, "charge", "in units of e")
        case "pdgid":
            return _given(batch, batch.pdgid, "pdgid", "the PDG number").astype(np.float64)
        case _:
            raise InternalError(f"a constituent has no {quantity}")


def _given(
    batch: JetBatch,
    values: NDArray[np.float64] | NDArray[np.int64] | None,
    name: str,
    what: str,
) -> Array:
    if values is None:
        raise data_error(
            "D317",
            f"{batch.origin}the observable uses `{name}`, and what it sums over has none",
            notes=("subjets have neither charge nor species",),
            hint=f"sum over particles, and give the events a list column `{name}`, {what}",
        )
    return np.asarray(values, dtype=np.float64)


def _of_jet(quantity: str, batch: JetBatch) -> Array:
    px, py, pz, energy = batch.jet_momenta()
    match quantity:
        case "energy":
            return np.asarray(energy)
        case "pt":
            return np.asarray(np.hypot(px, py))
        case "eta":
            return _eta(px, py, pz)
        case "mass":
            return _mass(batch.jet_momenta())
        case "energy_sum":
            return batch.sum_over_jets(batch.energy)
        case "pt_sum":
            return batch.sum_over_jets(np.hypot(batch.px, batch.py))
        case "et_sum":
            return batch.sum_over_jets(_member("et", batch))
        case _:
            raise InternalError(f"a jet has no {quantity}")


def _to_leg(leaf: Between, batch: JetBatch, correlator: Correlator) -> Array:
    """Return (n_constituents,) what lies between each constituent and a leg."""
    own = np.stack([batch.px, batch.py, batch.pz, batch.energy])
    if leaf.j == "beam":
        leg = np.broadcast_to(np.array([[0.0], [0.0], [1.0], [1.0]]), own.shape)
    else:
        leg = batch.jet_momenta()[:, batch.jet_of()]
    if leaf.quantity != "z":
        return _between(leaf.quantity, own, leg)
    if correlator.distance is not None:
        return np.asarray(evaluate(correlator.distance, lambda part: _part(part, own, leg)))
    if correlator.measure == "ee":
        return _between("angle", own, leg)
    return np.asarray(_between("deta", own, leg) ** 2 + _between("dphi", own, leg) ** 2)


def _part(leaf: Expr, p: Array, q: Array) -> Array:
    if not isinstance(leaf, Between):
        raise InternalError(f"{leaf!r} is no distance of two points")
    return _between(leaf.quantity, p, q)


def _between(quantity: str, p: Array, q: Array) -> Array:
    """Return (n,) what lies between momenta (4, n)."""
    match quantity:
        case "angle":
            units = (momentum[:3] / np.sqrt((momentum[:3] ** 2).sum(axis=0)) for momentum in (p, q))
            u, v = units
            return np.asarray(((u - v) ** 2).sum(axis=0) / 4)
        case "deta":
            return np.abs(_eta(*p[:3]) - _eta(*q[:3]))
        case "dphi":
            difference = np.abs(np.arctan2(p[1], p[0]) - np.arctan2(q[1], q[0]))
            return np.asarray(np.minimum(difference, 2 * np.pi - difference))
        case "mass":
            return _mass(p + q)
        case _:
            raise InternalError(f"no {quantity} lies between a constituent and a leg")


def _eta(px: Array, py: Array, pz: Array) -> Array:
    """Return pseudorapidities, infinite along the beam."""
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.arcsinh(pz / np.hypot(px, py)))


def _mass(momenta: Array) -> Array:
    """Return the masses of (4, n) momenta, 0 where rounding leaves E < |p|."""
    px, py, pz, energy = momenta
    p = np.sqrt(px**2 + py**2 + pz**2)
    return np.asarray(np.sqrt(np.maximum((energy - p) * (energy + p), 0.0)))
