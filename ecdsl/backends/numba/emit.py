"""Emit numba modules: the histogrammer of an observable, the tuple sampler of a correlator."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecdsl.backends.numba.context import FillContext, LevelCode, TermCode, TuplesContext
from ecdsl.backends.numba.reads import (
    geometry,
    jet_reads,
    level_reads,
    needs_pt,
    sides_used,
)
from ecdsl.backends.numba.spell import LETTERS, sides, spelling
from ecdsl.backends.source import SourceFile, render
from ecdsl.ir.columns import correlator_alone
from ecdsl.ir.fingerprint import correlator_fingerprint, kernel_fingerprint
from ecdsl.ir.nodes import Apply, Number
from ecdsl.ir.plan import Loop, Term
from ecdsl.ir.printer import print_condition, print_expr
from ecdsl.ir.text import column_names, print_anonymous
from ecdsl.ir.walk import fold_constants, map_observable

if TYPE_CHECKING:
    from ecdsl.ir.nodes import Correlator, Expr, Observable
    from ecdsl.ir.plan import Plan


def emit_fill(plan: Plan) -> SourceFile:
    """Return `fill.py`: one pass over jets that adds every tuple's weight to its event's row."""
    observable = map_observable(plan.observable, fold_constants)
    context = FillContext(
        header=(
            *print_anonymous(plan.observable).splitlines(),
            f"kernel {kernel_fingerprint(plan)}",
        ),
        geometry=geometry(observable),
        needs_pt=needs_pt(observable),
        parameters=tuple(f"p{k}" for k in range(len(observable.parameters))),
        jet_reads=jet_reads(observable),
        levels=_levels(observable, plan.loop),
    )
    return SourceFile("fill.py", render("numba/templates/fill.py.j2", context))


def emit_tuples(correlator: Correlator) -> SourceFile:
    """Return `tuples.py`: thinned sets of different particles, described by their sorted sides.

    Requires a weight and windows that do not depend on the labels. A weight stands for all ordered
    tuples of the set, N! of them (or one where the correlator counts sets).
    """
    # Every side, as the axes of an observable, is what a sampler writes out.
    observable = correlator_alone(correlator)
    multiplicity = 1
    for factor in range(2, correlator.order + 1 if correlator.tuples != "sets" else 2):
        multiplicity *= factor
    word = tuple(range(correlator.order))
    context = TuplesContext(
        header=(
            *print_anonymous(observable).splitlines()[: -len(observable.axes)],
            f"correlator {correlator_fingerprint(correlator)}",
        ),
        geometry=geometry(observable),
        needs_pt=needs_pt(observable),
        jet_reads=jet_reads(observable),
        multiplicity=multiplicity,
        levels=_levels(observable, Loop(terms=(Term(word=word, multiplicity=1),))),
    )
    return SourceFile("tuples.py", render("numba/templates/tuples.py.j2", context))


def _levels(observable: Observable, loop: Loop) -> tuple[LevelCode, ...]:
    return tuple(
        LevelCode(
            prologue=_prologue(loop, depth),
            header=_header(loop, depth),
            reads=level_reads(observable, loop.terms, depth),
            terms=tuple(_term(observable, term) for term in loop.terms if max(term.word) == depth),
        )
        for depth in range(observable.correlator.order)
    )


def _prologue(loop: Loop, depth: int) -> tuple[str, ...]:
    if loop.kind != "ranked" or depth != 1:
        return ()
    # A stable sort: at equal distances particles stand in the order in which they are given.
    lines = ['rank = np.argsort(-z[a, :n], kind="mergesort")']
    return tuple(lines if loop.contact else [*lines, "rank = rank[rank != a]"])


def _header(loop: Loop, depth: int) -> tuple[str, ...]:
    letter = LETTERS[depth]
    outer = LETTERS[depth - 1] if depth else ""
    if loop.kind == "ordered":
        same = " or ".join(f"{letter} == {other}" for other in LETTERS[:depth])
        skip = [f"    if {same}:", "        continue"] if same and not loop.contact else []
        return (f"for {letter} in range(n):", *skip)
    if loop.kind == "ranked" and depth:
        start = f"place_{outer} + 1, " if depth > 1 else ""
        place = f"place_{letter}"
        return (f"for {place} in range({start}len(rank)):", f"    {letter} = rank[{place}]")
    return (f"for {letter} in range({f'{outer} + 1, ' if outer else ''}n):",)


def _term(observable: Observable, term: Term) -> TermCode:
    correlator = observable.correlator
    words = spelling(term.word, column_names(observable))
    windows = (*correlator.windows, *observable.windows)
    conditions = [print_condition(window, words) for window in windows]
    setup = list(sides(correlator.order, term.word, sides_used(observable)))
    for k, delta in enumerate(observable.deltas):
        if delta.lower is None or delta.upper is None:
            continue
        setup.append(f"delta{k} = {print_expr(delta.expr, words)}")
        low, high = (print_expr(end, words) for end in (delta.lower, delta.upper))
        conditions.append(f"{low} <= delta{k} <= {high}")
    weight: Expr = correlator.weight
    if term.multiplicity != 1:
        weight = Apply(fn="mul", args=(Number(value=float(term.multiplicity)), weight))
    return TermCode(
        setup=tuple(setup),
        guard=" and ".join(f"({c})" if " or " in c or "not " in c else c for c in conditions),
        values=tuple(print_expr(axis.expr, words) for axis in observable.axes),
        weight=print_expr(weight, words),
    )
