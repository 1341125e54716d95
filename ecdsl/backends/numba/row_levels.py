"""The loop nest of a sum along rows: the innermost level finds its bins as vectors, then fills."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecdsl.backends.numba.context import KeyCode, RowCode
from ecdsl.backends.numba.levels import nest, term_code
from ecdsl.backends.numba.masks import deep_term
from ecdsl.backends.numba.reads import MATRICES, pairs_used, sides_used
from ecdsl.backends.numba.spell import LETTERS, call, pair_name, sides, spelling
from ecdsl.diagnostics import InternalError
from ecdsl.ir.nodes import Coordinate, Side, pairs
from ecdsl.ir.printer import Spelling, print_expr
from ecdsl.ir.text import column_names

if TYPE_CHECKING:
    from ecdsl.backends.numba.context import LevelCode, TermCode
    from ecdsl.backends.numba.rows import RowForm, Tabled
    from ecdsl.ir.nodes import Expr, Observable
    from ecdsl.ir.plan import Loop, Term

# The array that holds the roots or inverse roots of distances.
TABLES = {"root": "roots", "over": "overs"}

# By the name of a quantity of pairs: the table that holds it, and the pairs that are looked at.
_Tables = dict[str, tuple[str, set[tuple[int, int]]]]


def row_nest(observable: Observable, loop: Loop, form: RowForm) -> tuple[LevelCode, ...]:
    """Return a loop nest whose innermost level finds the bins of all its tuples, then fills."""
    *outer, inner = nest(observable, loop)
    term = deep_term(loop, observable.correlator.order)
    if term is None:
        raise InternalError("a sum along rows has one term")
    deepest = term_code(observable, term)
    return (
        *(_untabled(observable, loop, depth, level) for depth, level in enumerate(outer)),
        inner.model_copy(
            update={
                "terms": (_whole(observable, term, deepest),),
                "row": _row_code(observable, term, form),
            }
        ),
    )


def _untabled(observable: Observable, loop: Loop, depth: int, level: LevelCode) -> LevelCode:
    terms = [term for term in loop.terms if max(term.word) == depth]
    each = zip(terms, level.terms, strict=True)
    whole = tuple(_whole(observable, term, code) for term, code in each)
    return level.model_copy(update={"terms": whole})


def _whole(observable: Observable, term: Term, code: TermCode) -> TermCode:
    """Return the evaluation of a tuple: so few need it that no table saves its dear functions."""
    words = spelling(term.word, column_names(observable))
    axes = (print_expr(axis.expr, words) for axis in observable.axes)
    each = zip(axes, code.values, code.functions, strict=True)
    values = tuple(axis if function else value for axis, value, function in each)
    return code.model_copy(update={"values": values, "functions": ()})


def pair_axes(form: RowForm) -> tuple[int, ...]:
    """Return the places of the axes whose bins are found per pair."""
    return tuple(k for k, axis in enumerate(form.axes) if axis.per_pair)


def _row_code(observable: Observable, term: Term, form: RowForm) -> RowCode:
    deepest = LETTERS[max(term.word)]
    outer: list[str] = []
    lanes: list[str] = []
    for quantity, (table, looked_at) in _tables(form, len(term.word)).items():
        for i, j in sorted(looked_at):
            low, high = sorted((LETTERS[term.word[i - 1]], LETTERS[term.word[j - 1]]))
            read = f"{pair_name(quantity, term.word, i, j)} = {table}[{low}, {high}]"
            (lanes if high == deepest else outer).append(read)
    cells = [_cell_name(form, k) for k in pair_axes(form)]
    return RowCode(
        tables=tuple(outer),
        lanes=tuple(lanes),
        setup=_networks(term, form),
        cells=" + ".join(cells) or "0",
        keys=_keys(observable, term, form),
        letter=deepest,
        stop=LETTERS[max(term.word) - 1],
    )


def _values(form: RowForm) -> list[Expr]:
    return [axis.value for axis in form.axes if not axis.per_pair]


def _tables(form: RowForm, order: int) -> _Tables:
    every = set(pairs(order))
    found = {q: (MATRICES[q], used) for q, used in pairs_used(_values(form), order).items()}
    for kind, distance in form.tabled:
        _, used = found.setdefault(kind, (TABLES[kind], set()))
        used |= every if isinstance(distance, Side) else {(distance.i, distance.j)}
    for k in pair_axes(form):
        found[f"cell{k}"] = (f"cells_{k}", every)
    return found


def _networks(term: Term, form: RowForm) -> tuple[str, ...]:
    order, word = len(term.word), term.word
    found = [*sides(order, word, sides_used(_values(form)))]
    for kind in TABLES:
        used = {
            _place(kind, distance, order)
            for of, distance in form.tabled
            if of == kind and isinstance(distance, Side)
        }
        found += sides(order, word, used, quantity=kind, name=kind)
    for k in pair_axes(form):
        value = form.axes[k].value
        if isinstance(value, Side):
            found += sides(order, word, {value.k}, quantity=f"cell{k}", name=f"cell{k}_")
    return tuple(found)


def _place(kind: str, side: Side, order: int) -> int:
    """Return the place of a side's entry among the sorted ones: inverses fall as sides rise."""
    return side.k if kind == "root" else len(pairs(order)) + 1 - side.k


def _cell_name(form: RowForm, k: int) -> str:
    value = form.axes[k].value
    if not isinstance(value, Side):
        raise InternalError("bins are found per pair of what rises with a side")
    return f"cell{k}_{value.k}"


def _keys(observable: Observable, term: Term, form: RowForm) -> tuple[KeyCode, ...]:
    words = spelling(term.word, column_names(observable))

    def leaf(expr: Expr) -> str:
        if isinstance(expr, Coordinate):
            return _table_name(form.tabled[expr.index], term)
        return words.leaf(expr)

    keyed = [k for k in range(len(form.axes)) if not form.axes[k].per_pair]
    return tuple(
        KeyCode(
            axis=k,
            value=print_expr(form.axes[k].value, Spelling(leaf=leaf, call=call)),
            # Above the first two stand the bins of pairs.
            word=(place + 2) // 4,
            shift=16 * (place if place < 2 else (place + 2) % 4),
        )
        for place, k in enumerate(keyed)
    )


def _table_name(tabled: Tabled, term: Term) -> str:
    kind, distance = tabled
    if isinstance(distance, Side):
        return f"{kind}{_place(kind, distance, len(term.word))}"
    return pair_name(kind, term.word, distance.i, distance.j)
