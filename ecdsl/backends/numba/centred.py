"""Sums about a special particle that look at the farthest of the others alone.

Behind the farthest of a tuple, its other particles can be any that are nearer. For each special
particle, one pass over the others in falling distance finds what all tuples with the same farthest
particle weigh: M^2 log M steps for M particles at any order, whole or not (arXiv:2410.16368).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from ecdsl.backends.numba.chains import chains_of
from ecdsl.backends.numba.context import CentredCode, LevelCode, TermCode
from ecdsl.backends.numba.levels import axis_functions, nest
from ecdsl.backends.numba.longest import of_first, selecting
from ecdsl.backends.numba.masks import all_conditions
from ecdsl.backends.numba.products import ONE, factorised, vertices
from ecdsl.backends.numba.reads import level_reads
from ecdsl.backends.numba.spell import spelling
from ecdsl.ir.nodes import Side
from ecdsl.ir.plan import Loop, Term
from ecdsl.ir.printer import print_condition, print_expr
from ecdsl.ir.text import column_names
from ecdsl.ir.walk import bottom_up

if TYPE_CHECKING:
    from ecdsl.ir.nodes import Expr, Observable
    from ecdsl.ir.plan import Plan

_LEAST_ORDER = 3


@dataclass(frozen=True)
class Centred:
    """The weight of an observable about a special particle.

    Attributes:
        common: The part that all tuples of a jet share.
        special: What the special particle multiplies it with.
        other: What each of the others does, written for particle 1.
    """

    common: Expr
    special: Expr
    other: Expr


def about_one(plan: Plan) -> Centred | str:
    """Return the form of an observable as a sum over pairs, or why it has none."""
    observable = plan.observable
    order = observable.correlator.order
    nu = observable.correlator.nu
    if plan.loop.kind != "ranked" or (nu is None and order < _LEAST_ORDER):
        return "there is no special particle among three points or more"
    looked_at = [leaf for leaf in selecting(observable) if vertices(leaf)]
    if any(isinstance(leaf, Side) or not {1, 2}.issuperset(vertices(leaf)) for leaf in looked_at):
        return "the shape looks at more than the special particle and the farthest"
    if nu is not None:
        share = observable.correlator.weight
        return Centred(common=ONE, special=share, other=share)
    factors = factorised(observable.correlator.weight)
    if factors is None:
        return "the weight is no product of factors of one particle each"
    alike = {bottom_up(factors.get(i, ONE), of_first) for i in range(2, order + 1)}
    if len(alike) != 1:
        return "the weight tells the particles apart"
    return Centred(common=factors.get(0, ONE), special=factors.get(1, ONE), other=alike.pop())


def centred_nest(observable: Observable, loop: Loop, form: Centred) -> tuple[LevelCode, ...]:
    """Return the loops over the special particle and the farthest."""
    correlator = observable.correlator
    word = (0, *(1 for _ in range(correlator.order - 1)))
    first, second, *_ = nest(observable, loop)
    words = spelling(word, column_names(observable))
    term = TermCode(
        multiplicity="1" if correlator.nu else _number(correlator.order - 1, loop),
        setup=(),
        guard=" and ".join(f"({print_condition(c, words)})" for c in all_conditions(observable)),
        values=tuple(print_expr(chain.value, words) for chain in chains_of(observable)),
        functions=axis_functions(observable),
        weight=f"common * ({print_expr(form.special, words)}) * weights[place_b]",
    )
    terms = (Term(word=word, multiplicity=1),)
    return (
        first.model_copy(update={"terms": (), "reads": level_reads(observable, terms, 0)}),
        LevelCode(
            prologue=(*second.prologue, "_behind(factor, rank, weights)"),
            header=second.header,
            reads=level_reads(observable, terms, 1),
            terms=(term,),
        ),
    )


def centred_code(observable: Observable, loop: Loop, form: Centred) -> CentredCode:
    """Return what is computed before these loops."""
    words = spelling((0,), column_names(observable))
    correlator = observable.correlator
    others = (correlator.nu or correlator.order) - 1
    return CentredCode(
        reads=level_reads(observable, (), 0),
        factor=print_expr(form.other, words),
        common=print_expr(form.common, words),
        others=int(others) if others == int(others) else others,
        contact=loop.contact,
    )


def _number(others: int, loop: Loop) -> str:
    """Return how many tuples have the farthest particle at `place_b`."""
    if loop.contact:
        return f"((len(rank) - place_b)**{others} - (len(rank) - place_b - 1)**{others})"
    behind = (f"(len(rank) - place_b - {k})" for k in range(1, others))
    return " * ".join((str(others), *behind))
