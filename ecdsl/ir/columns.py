"""What a kernel reads besides momenta: which columns, in which order.

The emitter of a kernel and the code that calls it both ask here, so that they cannot disagree.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecdsl.ir.nodes import (
    Axis,
    Between,
    Bins,
    Column,
    Jet,
    Member,
    Number,
    Observable,
    Scale,
    Side,
    pairs,
)
from ecdsl.ir.walk import condition_expressions, leaves, tuple_expressions

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecdsl.ir.nodes import Correlator, Expr, Node

ParticleColumn = Member | Between
JetColumn = Jet | Column


def particle_columns(observable: Observable) -> tuple[ParticleColumn, ...]:
    """Return what is read of each constituent, written for particle 1, in the kernel's order.

    It is a property of the constituent alone (`Member`), or what lies between it and a leg.
    """
    found = {
        of_one(leaf)
        for leaf in _tuple_leaves(observable)
        if isinstance(leaf, Member) or (isinstance(leaf, Between) and isinstance(leaf.j, str))
    }
    return tuple(sorted(found, key=_key))


def jet_columns(observable: Observable) -> tuple[JetColumn, ...]:
    """Return what is read of each jet besides Q, in the kernel's order."""
    found = {leaf for leaf in _tuple_leaves(observable) if isinstance(leaf, Jet | Column)}
    return tuple(sorted(found, key=_key))


def correlator_alone(correlator: Correlator) -> Observable:
    """Return the observable that looks at a correlator's tuples through their sorted sides.

    One particle has no sides; its tuples are counted.
    """
    count = len(pairs(correlator.order))
    read = tuple(Side(k=k) for k in range(1, count + 1)) or (Number(value=0.0),)
    bins = Bins(n=1, lower=0.0, upper=1.0)
    axes = tuple(Axis(name=f"side{k}", expr=expr, bins=bins) for k, expr in enumerate(read, 1))
    return Observable(name="tuples", correlator=correlator, axes=axes)


def of_one(leaf: Member | Between) -> ParticleColumn:
    """Return the same quantity of particle 1."""
    if isinstance(leaf, Member):
        return Member(quantity=leaf.quantity, i=1)
    return Between(quantity=leaf.quantity, i=1, j=leaf.j)


def uses_scale(observable: Observable) -> bool:
    """Tell whether the hard scale Q of the event matters."""
    where = observable.correlator.where
    cut = () if where is None else condition_expressions(where)
    of_cut = (leaf for expr in cut for leaf in leaves(expr))
    return any(isinstance(leaf, Scale) for leaf in (*_tuple_leaves(observable), *of_cut))


def _tuple_leaves(observable: Observable) -> Iterator[Expr]:
    for expr in tuple_expressions(observable):
        yield from leaves(expr)


def _key(leaf: Node) -> str:
    return leaf.model_dump_json()
