"""Emit numba modules: the histogrammer of an observable, the tuple sampler of a correlator."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ecdsl.backends.numba.centred import about_one, centred_code, centred_nest
from ecdsl.backends.numba.chains import chains_of
from ecdsl.backends.numba.context import (
    FillContext,
    GridContext,
    ResolveContext,
    TuplesContext,
)
from ecdsl.backends.numba.grid_levels import boxes, grid_nest, narrow_ends
from ecdsl.backends.numba.grids import gridded
from ecdsl.backends.numba.lens import lens_code
from ecdsl.backends.numba.levels import masked_nest, narrow_tests, nest
from ecdsl.backends.numba.longest import longest_side
from ecdsl.backends.numba.narrow import slacks
from ecdsl.backends.numba.planner import choose, folded
from ecdsl.backends.numba.reads import geometry, jet_reads, needs_pt
from ecdsl.backends.numba.row_levels import TABLES, pair_axes, row_nest
from ecdsl.backends.numba.rows import row_form
from ecdsl.backends.numba.spell import print_chain
from ecdsl.backends.source import SourceFile, render, runtime_version
from ecdsl.diagnostics import InternalError
from ecdsl.ir.columns import correlator_alone
from ecdsl.ir.fingerprint import correlator_fingerprint, kernel_fingerprint
from ecdsl.ir.plan import Loop, Term
from ecdsl.ir.text import print_anonymous

if TYPE_CHECKING:
    from ecdsl.backends.numba.planner import Strategy
    from ecdsl.ir.nodes import Correlator, Observable
    from ecdsl.ir.plan import Plan


def emit_fill(plan: Plan, strategy: Strategy | None = None) -> SourceFile:
    """Return `fill.py`: one pass over jets that adds every tuple's weight to its event's row.

    Args:
        plan: The observable and its loop.
        strategy: How the sum is run; the planner's choice where it is None.
    """
    simple = folded(plan)
    observable, chosen = simple.observable, strategy or choose(plan)
    # In a lens, particles stand on both sides of either end.
    lower = plan.loop.kind == "sets" and chosen != "longest"
    context = FillContext(**_shared(plan, observable, lower=lower), **_body(simple, chosen))
    return SourceFile("fill.py", render("numba/templates/fill.py.j2", context))


def emit_grid(plan: Plan) -> SourceFile | None:
    """Return `grid.py`: the same over a grid of parameters; None where no one pass can do it."""
    simple = folded(plan)
    observable, over = simple.observable, gridded(simple)
    if not over:
        return None
    context = GridContext(
        **_shared(plan, observable, lower=plan.loop.kind == "sets"),
        levels=grid_nest(observable, plan.loop, over),
        masked=True,
        slacks=slacks(narrow_ends(observable, plan.loop, over)),
        **boxes(observable, over),
    )
    return SourceFile("grid.py", render("numba/templates/grid.py.j2", context))


def emit_resolve(correlator: Correlator) -> SourceFile:
    """Return `resolve.py`: the dynamic subjets of jets that are reclustered in a measure."""
    context = ResolveContext(measure=correlator.measure)
    return SourceFile("resolve.py", render("numba/templates/resolve.py.j2", context))


def _shared(plan: Plan, observable: Observable, *, lower: bool) -> dict[str, Any]:
    return {
        "header": (
            *print_anonymous(plan.observable).splitlines(),
            f"kernel {kernel_fingerprint(plan)}",
            f"runtime {runtime_version()}",
        ),
        "geometry": geometry(observable, lower=lower),
        "needs_pt": needs_pt(observable),
        "parameters": tuple(f"p{k}" for k in range(len(observable.parameters))),
        "jet_reads": jet_reads(observable),
        "axes": len(observable.axes),
    }


def _body(plan: Plan, strategy: Strategy) -> dict[str, Any]:
    observable, loop = plan.observable, plan.loop
    match strategy:
        case "nest":
            return {"levels": nest(observable, loop), **_chains(observable)}
        case "masked":
            return {
                "levels": masked_nest(observable, loop),
                "masked": True,
                "slacks": slacks(narrow_tests(observable, loop)),
                **_chains(observable),
            }
        case "rows":
            row = row_form(plan)
            if isinstance(row, str):
                raise InternalError(f"no sum along rows: {row}")
            levels = row_nest(observable, loop, row)
            return {
                "levels": levels,
                "row": levels[-1].row,
                "pair_axes": pair_axes(row),
                "tables": tuple(sorted({TABLES[kind] for kind, _ in row.tabled})),
                **_chains(observable),
            }
        case "centred":
            about = about_one(plan)
            if isinstance(about, str):
                raise InternalError(f"no sum about a special particle: {about}")
            return {
                "levels": centred_nest(observable, loop, about),
                "centred": centred_code(observable, loop, about),
                **_chains(observable),
            }
        case "longest":
            form = longest_side(plan)
            if isinstance(form, str):
                raise InternalError(f"no sum over longest pairs: {form}")
            return {"lens": lens_code(form, loop), **_chains(form.shape)}


def _chains(observable: Observable) -> dict[str, Any]:
    chains = chains_of(observable)
    return {
        "functions": tuple(map(print_chain, chains)),
        "pulled": tuple(print_chain(chain, pulled=True) for chain in chains),
    }


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
            f"runtime {runtime_version()}",
        ),
        geometry=geometry(observable, lower=True),
        needs_pt=needs_pt(observable),
        jet_reads=jet_reads(observable),
        multiplicity=multiplicity,
        levels=nest(observable, Loop(terms=(Term(word=word, multiplicity=1),))),
    )
    return SourceFile("tuples.py", render("numba/templates/tuples.py.j2", context))
