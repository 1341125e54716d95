"""The loop nest of a sum along rows: what the innermost level computes as vectors, then fills."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecdsl.backends.numba.context import RowAxisCode, RowCode
from ecdsl.backends.numba.levels import nest, term_code
from ecdsl.backends.numba.masks import deep_term
from ecdsl.backends.numba.reads import MATRICES, pairs_used, sides_used
from ecdsl.backends.numba.spell import LETTERS, call, pair_name, print_chain, sides, spelling
from ecdsl.diagnostics import InternalError
from ecdsl.ir.nodes import Coordinate, Pair, Side, pairs
from ecdsl.ir.printer import Spelling, print_expr
from ecdsl.ir.text import column_names

if TYPE_CHECKING:
    from ecdsl.backends.numba.context import LevelCode
    from ecdsl.backends.numba.rows import RowForm
    from ecdsl.ir.nodes import Expr, Observable
    from ecdsl.ir.plan import Loop, Term

# By the name of a quantity of pairs: the table that holds it, and the pairs that are looked at.
_Tables = dict[str, tuple[str, set[tuple[int, int]]]]


def row_nest(observable: Observable, loop: Loop, form: RowForm) -> tuple[LevelCode, ...]:
    """Return a loop nest whose innermost level computes all its values, then fills."""
    *outer, inner = nest(observable, loop)
    term = deep_term(loop, observable.correlator.order)
    if term is None:
        raise InternalError("a sum along rows has one term")
    weighed = observable.model_copy(update={"axes": ()})
    update = {"terms": (term_code(weighed, term),), "row": _row_code(observable, term, form)}
    return (*outer, inner.model_copy(update=update))


def pair_axes(form: RowForm) -> tuple[int, ...]:
    """Return the places of the axes whose bins are found per pair."""
    return tuple(k for k, axis in enumerate(form.axes) if axis.per_pair)


def _row_code(observable: Observable, term: Term, form: RowForm) -> RowCode:
    tables = _tables(form, len(term.word))
    deepest = LETTERS[max(term.word)]
    outer, rows, lanes = [], {}, []
    for quantity, (table, looked_at) in tables.items():
        for i, j in sorted(looked_at):
            low, high = sorted((LETTERS[term.word[i - 1]], LETTERS[term.word[j - 1]]))
            name = pair_name(quantity, term.word, i, j)
            if high == deepest:
                rows[f"{table}_of_{low}"] = f"{table}[{low}]"
                lanes.append(f"{name} = {table}_of_{low}[{high}]")
            else:
                outer.append(f"{name} = {table}[{low}, {high}]")
    return RowCode(
        tables=(*outer, *(f"{name} = {row}" for name, row in rows.items())),
        lanes=tuple(lanes),
        setup=_networks(term, form),
        axes=tuple(_axis_code(observable, term, form, k) for k in range(len(form.axes))),
        letter=deepest,
        stop=LETTERS[max(term.word) - 1],
    )


def _values(form: RowForm) -> list[Expr]:
    return [axis.value for axis in form.axes if not axis.per_pair]


def _tables(form: RowForm, order: int) -> _Tables:
    every = set(pairs(order))
    found = {q: (MATRICES[q], used) for q, used in pairs_used(_values(form), order).items()}
    for root in form.roots:
        _, used = found.setdefault("root", ("roots", set()))
        used |= every if isinstance(root, Side) else {(root.i, root.j)}
    for k, axis in enumerate(form.axes):
        if axis.per_pair:
            found[f"cell{k}"] = (f"cells_{k}", every)
    return found


def _networks(term: Term, form: RowForm) -> tuple[str, ...]:
    order, word = len(term.word), term.word
    rooted = {root.k for root in form.roots if isinstance(root, Side)}
    found = [*sides(order, word, sides_used(_values(form)))]
    if rooted:
        found += sides(order, word, rooted, quantity="root", name="root")
    for k, axis in enumerate(form.axes):
        if axis.per_pair and isinstance(axis.value, Side):
            found += sides(order, word, {axis.value.k}, quantity=f"cell{k}", name=f"cell{k}_")
    return tuple(found)


def _axis_code(observable: Observable, term: Term, form: RowForm, k: int) -> RowAxisCode:
    axis = form.axes[k]
    if axis.per_pair and isinstance(axis.value, Side):
        return RowAxisCode(value=f"cell{k}_{axis.value.k}", per_pair=True)
    words = spelling(term.word, column_names(observable))

    def leaf(expr: Expr) -> str:
        if isinstance(expr, Coordinate):
            return _root_name(form.roots[expr.index], term)
        return words.leaf(expr)

    return RowAxisCode(
        value=print_expr(axis.value, Spelling(leaf=leaf, call=call)),
        per_pair=False,
        function=print_chain(axis),
    )


def _root_name(root: Pair | Side, term: Term) -> str:
    if isinstance(root, Side):
        return f"root{root.k}"
    return pair_name("root", term.word, root.i, root.j)
