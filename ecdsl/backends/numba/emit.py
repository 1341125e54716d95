"""Emit numba modules: the histogrammer of an observable, the tuple sampler of a correlator."""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

from ecdsl.backends.numba.context import FillContext, LevelCode, TermCode, TuplesContext
from ecdsl.backends.numba.spell import LETTERS, sort_sides, spelling
from ecdsl.backends.source import SourceFile, render
from ecdsl.ir.fingerprint import correlator_fingerprint, kernel_fingerprint
from ecdsl.ir.nodes import Apply, Axis, Bins, Number, Observable, Pair, Pt, Side
from ecdsl.ir.plan import Term
from ecdsl.ir.printer import print_condition, print_expr
from ecdsl.ir.text import print_anonymous
from ecdsl.ir.walk import fold_constants, leaves, map_observable, shape_expressions

if TYPE_CHECKING:
    from collections.abc import Iterable

    from ecdsl.backends.numba.spell import Word
    from ecdsl.ir.nodes import Correlator, Expr
    from ecdsl.ir.plan import Plan


def emit_fill(plan: Plan) -> SourceFile:
    """Return `fill.py`: one pass over jets that adds every tuple's weight to its event's row."""
    observable = map_observable(plan.observable, fold_constants)
    context = FillContext(
        header=(
            *print_anonymous(plan.observable).splitlines(),
            f"kernel {kernel_fingerprint(plan)}",
        ),
        measure=observable.correlator.measure,
        needs_pt=_needs_pt(observable),
        parameters=tuple(f"p{k}" for k in range(len(observable.parameters))),
        levels=_levels(observable, plan.terms, _pairs_used(observable)),
    )
    return SourceFile("fill.py", render("numba/templates/fill.py.j2", context))


def emit_tuples(correlator: Correlator) -> SourceFile:
    """Return `tuples.py`: thinned sets of different particles, described by their sorted sides.

    Requires a weight that does not depend on the labels. A weight stands for all ordered tuples
    of the set, N! of them (or one where the correlator counts sets).
    """
    count = correlator.order * (correlator.order - 1) // 2
    # Every side, as the axes of an observable, is what a sampler writes out.
    bins = Bins(n=1, lower=0.0, upper=1.0)
    axes = tuple(Axis(name=f"side{k}", expr=Side(k=k), bins=bins) for k in range(1, count + 1))
    observable = Observable(name="tuples", correlator=correlator, axes=axes)
    multiplicity = 1
    for factor in range(2, correlator.order + 1 if correlator.tuples != "sets" else 2):
        multiplicity *= factor
    word = tuple(range(correlator.order))
    context = TuplesContext(
        header=(
            *print_anonymous(observable).splitlines()[:2],
            f"correlator {correlator_fingerprint(correlator)}",
        ),
        measure=correlator.measure,
        needs_pt=_needs_pt(observable),
        multiplicity=multiplicity,
        levels=_levels(observable, (Term(word=word, multiplicity=1),), _pairs_used(observable)),
    )
    return SourceFile("tuples.py", render("numba/templates/tuples.py.j2", context))


def _levels(
    observable: Observable, terms: Iterable[Term], used: set[tuple[int, int]]
) -> tuple[LevelCode, ...]:
    terms = tuple(terms)
    order = observable.correlator.order
    needed = {
        tuple(sorted((term.word[i - 1], term.word[j - 1]))) for term in terms for i, j in used
    }
    levels = []
    for depth in range(order):
        letter = LETTERS[depth]
        reads = [f"E_{letter} = energy[first + {letter}]"]
        if _needs_pt(observable):
            reads.append(f"pt_{letter} = pt[first + {letter}]")
        reads += [
            f"z_{LETTERS[low]}{letter} = z[{LETTERS[low]}, {letter}]"
            for low, high in combinations(range(depth + 1), 2)
            if high == depth and (low, high) in needed
        ]
        here = (term for term in terms if max(term.word) == depth)
        levels.append(
            LevelCode(
                letter=letter,
                outer=LETTERS[depth - 1] if depth else "",
                reads=tuple(reads),
                terms=tuple(_term(observable, term) for term in here),
            )
        )
    return tuple(levels)


def _term(observable: Observable, term: Term) -> TermCode:
    words = spelling(term.word)
    conditions = [print_condition(window, words) for window in observable.windows]
    setup = list(_sorted_sides(observable, term.word))
    for k, delta in enumerate(observable.deltas):
        if delta.lower is None or delta.upper is None:
            continue
        setup.append(f"delta{k} = {print_expr(delta.expr, words)}")
        low, high = (print_expr(end, words) for end in (delta.lower, delta.upper))
        conditions.append(f"{low} <= delta{k} <= {high}")
    weight: Expr = observable.correlator.weight
    if term.multiplicity != 1:
        weight = Apply(fn="mul", args=(Number(value=float(term.multiplicity)), weight))
    return TermCode(
        setup=tuple(setup),
        guard=" and ".join(f"({c})" if " or " in c or "not " in c else c for c in conditions),
        values=tuple(print_expr(axis.expr, words) for axis in observable.axes),
        weight=print_expr(weight, words),
    )


def _sorted_sides(observable: Observable, word: Word) -> tuple[str, ...]:
    if any(isinstance(leaf, Side) for leaf in _shape_leaves(observable)):
        return sort_sides(observable.correlator.order, word)
    return ()


def _pairs_used(observable: Observable) -> set[tuple[int, int]]:
    order = observable.correlator.order
    found = set()
    for leaf in [*_shape_leaves(observable), *leaves(observable.correlator.weight)]:
        if isinstance(leaf, Side):
            return set(combinations(range(1, order + 1), 2))
        if isinstance(leaf, Pair):
            found.add((leaf.i, leaf.j))
    return found


def _shape_leaves(observable: Observable) -> list[Expr]:
    return [leaf for expr in shape_expressions(observable) for leaf in leaves(expr)]


def _needs_pt(observable: Observable) -> bool:
    everything = [*_shape_leaves(observable), *leaves(observable.correlator.weight)]
    return any(isinstance(leaf, Pt) for leaf in everything)
