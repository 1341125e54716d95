"""From the jets of a file to what a correlator sums over, and to what its kernel reads.

group (one jet, or the whole event) -> charged or clustered -> where -> hardest -> order of ties
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from ecdsl.diagnostics import data_error
from ecdsl.events.batch import precedence, take_constituents, take_in_order, whole_events
from ecdsl.events.quantities import constituent_values, has_pseudorapidity, jet_values, moves
from ecdsl.events.recluster import constituents_for
from ecdsl.ir.columns import jet_columns, particle_columns, uses_scale
from ecdsl.ir.evaluate import holds
from ecdsl.ir.nodes import Between, Jet, Member, Scale, Subjets
from ecdsl.ir.text import describe_constituents
from ecdsl.ir.walk import leaves, tuple_expressions

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ecdsl.events.batch import JetBatch
    from ecdsl.ir.nodes import Correlator, Observable


# What 2^M sets take: 42 MB a thread and 0.2 s a jet.
MOST_OF_SETS = 22


@dataclass(frozen=True)
class KernelColumns:
    """The columns that a generated kernel reads besides momenta.

    Attributes:
        particles: (n_particle_columns, n_constituents) as `ecdsl.ir.columns.particle_columns`.
        jets: (n_jet_columns, n_jets) as `ecdsl.ir.columns.jet_columns`.
    """

    particles: NDArray[np.float64]
    jets: NDArray[np.float64]


def select_constituents(batch: JetBatch, correlator: Correlator) -> JetBatch:
    """Return the constituents that a correlator sums over.

    Args:
        batch: Jets as a file holds them, those of an event together.
        correlator: What to sum over.

    Raises:
        EcdslError: D311 and D312 as `constituents_for`, D317 and D318 as `constituent_values`,
            D330 for more particles than `order nu` can sum sets of.
    """
    if correlator.group == "event":
        batch = _events_of(batch)
    batch = constituents_for(batch, correlator.constituents, correlator.measure)
    where = correlator.where
    if where is not None:
        mask = holds(where, lambda leaf: constituent_values(leaf, batch, correlator))
        batch = take_constituents(batch, np.broadcast_to(mask, batch.energy.shape))
    if correlator.hardest is not None:
        batch = _hardest(batch, correlator.hardest, correlator)
    if correlator.ranked or correlator.resolution is not None:
        # Kernels leave particles at equal distances in the order in which they are given them.
        batch = take_in_order(batch, precedence(batch))
    elif correlator.nu is not None:
        _require_few(batch)
    return batch


def _require_few(batch: JetBatch) -> None:
    """Refuse jets with more particles than their sets can be counted of."""
    sizes = np.diff(batch.offsets)
    if batch.n_jets and sizes.max() > MOST_OF_SETS:
        jet = int(np.argmax(sizes))
        raise data_error(
            "D330",
            f"{batch.origin}event {batch.event[jet]} has {sizes[jet]} particles to sum over, which"
            f" have 2^{sizes[jet]} sets; `order nu` takes up to {MOST_OF_SETS}",
            notes=(f"{int((sizes > MOST_OF_SETS).sum())} of {batch.n_jets} jets are affected",),
            hint=f"sum `over subjets(algorithm = cambridge, R = 0.1)` or larger ones, or `hardest"
            f" {MOST_OF_SETS}`",
        )


def kernel_columns(batch: JetBatch, observable: Observable) -> KernelColumns:
    """Return the columns that a kernel reads of the constituents that its correlator sums over.

    Raises:
        EcdslError: D315 as `require_directions`, D317 for a column that the events lack, D318 for
            a quantity of the event that differs between its jets.
    """
    require_directions(batch, observable)
    if uses_scale(observable):
        jet_values(Scale(), batch)
    correlator = observable.correlator
    of_particles = [constituent_values(c, batch, correlator) for c in particle_columns(observable)]
    of_jets = [jet_values(column, batch) for column in jet_columns(observable)]
    return KernelColumns(
        particles=np.array(of_particles).reshape(len(of_particles), len(batch.energy)),
        jets=np.array(of_jets).reshape(len(of_jets), batch.n_jets),
    )


def require_directions(batch: JetBatch, observable: Observable) -> None:
    """Refuse constituents and jets without the directions that the observable asks for.

    Args:
        batch: What the observable sums over.
        observable: What is computed of it.

    Raises:
        EcdslError: D315 for a constituent at rest, or along the beam where pseudorapidities count,
            and for a jet of such constituents that is so itself, where it is a leg.
    """
    hadron = _looks_at_pseudorapidity(observable)
    if _looks_at_jet_axis(observable):
        _require_jet_axes(batch, hadron=hadron)
    directed = has_pseudorapidity(batch) if hadron else moves(batch)
    if not directed.all():
        row = int(np.argmin(directed))
        jet = int(np.searchsorted(batch.offsets, row, side="right")) - 1
        what = "no transverse momentum" if hadron else "no momentum"
        raise data_error(
            "D315",
            f"{batch.origin}event {batch.event[jet]} has a constituent with {what},"
            " so its direction is undefined",
            notes=(f"{int((~directed).sum())} of {len(directed)} constituents are affected",),
            hint="drop such constituents when the file is written",
        )


def _require_jet_axes(batch: JetBatch, *, hadron: bool) -> None:
    px, py, pz, _ = batch.jet_momenta()
    moves = px**2 + py**2 + (0 if hadron else pz**2) > 0
    undirected = ~moves & (np.diff(batch.offsets) > 0)
    if undirected.any():
        what = "no transverse momentum" if hadron else "no momentum"
        raise data_error(
            "D315",
            f"{batch.origin}event {batch.event[int(np.argmax(undirected))]} has a jet with {what}"
            " in all, so its axis is undefined",
            notes=(f"{int(undirected.sum())} of {batch.n_jets} jets are affected",),
            hint="drop such jets when the file is written",
        )


def _looks_at_jet_axis(observable: Observable) -> bool:
    return any(
        (isinstance(leaf, Between) and leaf.j == "jet")
        or (isinstance(leaf, Jet) and leaf.quantity == "eta")
        for expr in tuple_expressions(observable)
        for leaf in leaves(expr)
    )


def _looks_at_pseudorapidity(observable: Observable) -> bool:
    correlator = observable.correlator
    expressions = [*tuple_expressions(observable)]
    if correlator.distance is not None:
        expressions.append(correlator.distance)
    used = {
        leaf.quantity
        for expr in expressions
        for leaf in leaves(expr)
        if isinstance(leaf, Between | Member)
    }
    return correlator.measure == "hadron" or bool(used & {"eta", "deta", "dphi"})


def _events_of(batch: JetBatch) -> JetBatch:
    merged = whole_events(batch)
    if isinstance(batch.constituents, Subjets) and merged.n_jets < batch.n_jets:
        raise data_error(
            "D311",
            f"{batch.origin}the events hold {describe_constituents(batch.constituents)} of several"
            " jets each, and the correlator draws its constituents from the whole event",
            hint="simulate again with particles, of which all others can be made",
        )
    return merged


def _hardest(batch: JetBatch, count: int, correlator: Correlator) -> JetBatch:
    """Keep the `count` constituents of each jet with the largest energy or pT, in their order.

    Of equally hard ones those that come first in `precedence`.
    """
    hardness = batch.energy if correlator.measure == "ee" else np.hypot(batch.px, batch.py)
    order = precedence(batch, hardness)
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order)) - batch.offsets[batch.jet_of()]
    return take_constituents(batch, rank < count)
