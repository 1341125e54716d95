"""Jet clustering with FastJet, batched: the one file that knows FastJet and awkward."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ecdsl.events.batch import JetBatch
    from ecdsl.events.process import Jets
    from ecdsl.ir.nodes import Measure, Subjets

Algorithm = Literal["cambridge", "kt", "antikt"]

# The power p of the generalised kt distance min(E_i^2p, E_j^2p) theta_ij^2 / R^2.
_POWER: dict[Algorithm, float] = {"kt": 1.0, "cambridge": 0.0, "antikt": -1.0}


def hardest_jets(events: JetBatch, jets: Jets) -> tuple[JetBatch, NDArray[np.bool_]]:
    """Find the hardest jets of each event.

    Args:
        events: A batch whose every "jet" is a whole event, so with one row per event.
        jets: Which jets are kept.

    Returns:
        The jets of the events that have enough of them, `jets.hardest` per event from the hardest
        on, and (n_events,) which events those are. The scale is the jets' transverse momentum where
        that of the event is NaN.
    """
    import awkward as ak

    sequence = _cluster(events, "antikt", jets.radius, jets.measure)
    found = sequence.inclusive_jets()
    pt = np.hypot(found.px, found.py)
    hardness = found.E if jets.measure == "ee" else pt
    order = ak.argsort(hardness, axis=1, ascending=False, stable=True)[:, : jets.hardest]
    enough = ak.to_numpy(ak.sum(hardness[order] >= jets.minimum, axis=1) == jets.hardest)
    chosen = sequence.constituents()[order][enough]
    rows = ak.flatten(chosen, axis=1)
    scale = np.repeat(events.scale[enough], jets.hardest)
    jet_pt = ak.to_numpy(ak.flatten(pt[order][enough], axis=1))
    return (
        replace(
            events,
            **_columns(rows, events),
            scale=np.where(np.isnan(scale), jet_pt, scale),
            event=np.repeat(events.event[enough], jets.hardest),
            labels={k: np.repeat(v[enough], jets.hardest) for k, v in events.labels.items()},
            weights={k: np.repeat(v[enough], jets.hardest) for k, v in events.weights.items()},
        ),
        enough,
    )


def subjets(batch: JetBatch, wanted: Subjets, measure: Measure) -> JetBatch:
    """Recluster each jet's particles into inclusive subjets, the most energetic first.

    With the measure `ee` this is FastJet's `ee_genkt` with p = 1, 0, -1 for `kt`, `cambridge` and
    `antikt` and a radius in radians; with `hadron` the algorithms of these names in (y, phi).

    Args:
        batch: Jets made of particles.
        wanted: Algorithm and radius.
        measure: Which distances the algorithm uses.
    """
    import awkward as ak

    sequence = _cluster(batch, wanted.algorithm, wanted.radius, measure)
    found = sequence.inclusive_jets()
    order = ak.argsort(found.E, axis=1, ascending=False, stable=True)
    return replace(
        batch,
        **_columns(found[order], None),
        constituents=wanted,
        measure=measure,
        jet=batch.jet_momenta(),
    )


def _cluster(batch: JetBatch, algorithm: Algorithm, radius: float, measure: Measure) -> Any:
    import awkward as ak

    fastjet = _fastjet()
    if measure == "ee":
        power = _POWER[algorithm]
        definition = fastjet.JetDefinition(fastjet.ee_genkt_algorithm, radius, power)
    else:
        definition = fastjet.JetDefinition(getattr(fastjet, f"{algorithm}_algorithm"), radius)
    columns = {"px": batch.px, "py": batch.py, "pz": batch.pz, "E": batch.energy}
    columns |= {name: values for name, values in _extra(batch).items() if values is not None}
    particles = ak.zip(columns, with_name="Momentum4D")
    return fastjet.ClusterSequence(ak.unflatten(particles, np.diff(batch.offsets)), definition)


@cache
def _fastjet() -> Any:
    import fastjet

    # The banner would be printed on standard output, amid the result of a command; the
    # documentation names the references that it asks to cite.
    fastjet._swig.ClusterSequence.set_fastjet_banner_stream(None)
    return fastjet


def _extra(batch: JetBatch) -> dict[str, NDArray[Any] | None]:
    """Return the columns that constituents keep through clustering, besides their momenta."""
    return {"charge": batch.charge, "pdgid": batch.pdgid}


def _columns(rows: Any, source: JetBatch | None) -> dict[str, Any]:
    """Return the fields of a batch that describe jagged constituents.

    Args:
        rows: Four-momenta, with the extra columns of `source`.
        source: Where the constituents come from; None where they are new.
    """
    import awkward as ak

    flat = ak.flatten(rows, axis=1)
    columns = {"px": "px", "py": "py", "pz": "pz", "energy": "E"}
    arrays: dict[str, Any] = {
        ours: np.ascontiguousarray(ak.to_numpy(flat[theirs]), dtype=np.float64)
        for ours, theirs in columns.items()
    }
    held = {} if source is None else _extra(source)
    for name in ("charge", "pdgid"):
        values = held.get(name)
        arrays[name] = None if values is None else ak.to_numpy(flat[name]).astype(values.dtype)
    arrays["offsets"] = np.concatenate(([0], np.cumsum(ak.to_numpy(ak.num(rows, axis=1)))))
    return arrays
