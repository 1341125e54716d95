"""Turn what a file holds into what a correlator sums over."""

from __future__ import annotations

from dataclasses import replace

from ecdsl.diagnostics import data_error
from ecdsl.events.batch import JetBatch, take_constituents
from ecdsl.events.clustering import subjets
from ecdsl.ir.nodes import Constituents, Measure, Particles, Subjets
from ecdsl.ir.text import describe_constituents


def constituents_for(batch: JetBatch, wanted: Constituents, measure: Measure) -> JetBatch:
    """Return `batch` with the constituents that a correlator sums over.

    Particles can be restricted to the charged ones or reclustered into subjets (most energetic
    first); what has been clustered cannot be undone.

    Args:
        batch: Jets made of particles, or of the wanted subjets already.
        wanted: What the correlator sums over.
        measure: Its measure, which decides how subjets are clustered.

    Raises:
        EcdslError: D311 if the batch holds other constituents than the wanted ones can be made of,
            or subjets that were clustered in another geometry, D312 for charged particles of a
            batch without charges.
    """
    held = batch.constituents
    if held == wanted:
        _same_geometry(batch, measure)
        return batch
    if isinstance(held, Subjets) or held.charged:
        raise data_error(
            "D311",
            f"{batch.origin}the events hold {describe_constituents(held)}, and the correlator sums"
            f" over {describe_constituents(wanted)}",
            hint="simulate again with the constituents that the correlator declares, or with "
            "particles, of which all others can be made",
        )
    if isinstance(wanted, Subjets):
        return subjets(batch, wanted, measure)
    return _charged(batch)


def _charged(batch: JetBatch) -> JetBatch:
    if batch.charge is None:
        raise data_error(
            "D312",
            f"{batch.origin}the correlator sums over charged particles, and the events have no"
            " charges",
            hint="give the events a column `charge` in units of e",
        )
    kept = take_constituents(batch, batch.charge != 0)
    return replace(kept, constituents=Particles(charged=True))


def _same_geometry(batch: JetBatch, measure: Measure) -> None:
    if batch.measure not in {None, measure} and isinstance(batch.constituents, Subjets):
        raise data_error(
            "D311",
            f"{batch.origin}the events hold {describe_constituents(batch.constituents)} clustered"
            f" in the geometry `{batch.measure}`, and the correlator's is `{measure}`",
            hint="simulate again with particles, of which all others can be made",
        )
