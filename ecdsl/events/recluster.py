"""Turn what a file holds into what a correlator sums over."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from ecdsl.diagnostics import data_error
from ecdsl.events.batch import JetBatch
from ecdsl.events.clustering import subjets
from ecdsl.ir.nodes import Constituents, Measure, Particles, Subjets
from ecdsl.ir.text import describe_constituents

if TYPE_CHECKING:
    from numpy.typing import NDArray


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
            D312 for charged particles of a batch without charges.
    """
    if batch.constituents == wanted:
        return batch
    held = batch.constituents
    if isinstance(held, Subjets) or held.charged:
        raise data_error(
            "D311",
            f"the events hold {describe_constituents(held)}, and the correlator sums over "
            f"{describe_constituents(wanted)}",
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
            "the correlator sums over charged particles, and the events have no charges",
            hint="give the events a column `charge` in units of e",
        )
    keep: NDArray[np.bool_] = batch.charge != 0
    kept_before = np.concatenate(([0], np.cumsum(keep)))
    return replace(
        batch,
        offsets=kept_before[batch.offsets].astype(np.int64),
        px=batch.px[keep],
        py=batch.py[keep],
        pz=batch.pz[keep],
        energy=batch.energy[keep],
        charge=batch.charge[keep],
        constituents=Particles(charged=True),
    )
