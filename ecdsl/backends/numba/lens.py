"""The code of a sum over longest pairs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ecdsl.backends.numba.context import LensCode, TermCode
from ecdsl.backends.numba.masks import all_conditions
from ecdsl.backends.numba.reads import level_reads
from ecdsl.backends.numba.spell import LETTERS, spelling
from ecdsl.ir.printer import print_condition, print_expr
from ecdsl.ir.text import column_names

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ecdsl.backends.numba.longest import LongestSide
    from ecdsl.ir.plan import Loop, Term


def lens_code(form: LongestSide, loop: Loop) -> LensCode:
    """Return the code that sums an observable of the longest side over pairs."""
    words = spelling((0,), column_names(form.shape))
    by_letters = {
        count: [term for term in loop.terms if len(set(term.word)) == count] for count in (1, 2, 3)
    }
    alone = by_letters[1]
    return LensCode(
        reads=level_reads(form.shape, (), 0),
        factor=print_expr(form.factor, words),
        common=print_expr(form.common, words),
        alone=_term(form, (0, 0), "z_aa = z[a, a]", alone) if alone else None,
        pair=_term(form, (0, 1), "z_ab = z[a, b]", (*by_letters[2], *by_letters[3])),
    )


def _term(form: LongestSide, word: tuple[int, ...], read: str, terms: Sequence[Term]) -> TermCode:
    words = spelling(word, column_names(form.shape))
    conditions = [print_condition(c, words) for c in all_conditions(form.shape)]
    return TermCode(
        multiplicity=" + ".join(_number(term) for term in terms),
        setup=(read,),
        guard=" and ".join(f"({c})" for c in conditions),
        values=tuple(print_expr(axis.expr, words) for axis in form.shape.axes),
        weight=f"common * ({' + '.join(_weight(term) for term in terms)})",
    )


def _weight(term: Term) -> str:
    """Return what all tuples of one kind add to their longest pair, without what jets share."""
    factors = [f"factor_{LETTERS[letter]}" for letter in term.word if letter < 2]
    return " * ".join([str(term.multiplicity), *factors, *_lens(term, "factor")])


def _number(term: Term) -> str:
    """Return how many tuples of one kind have a longest pair."""
    return " * ".join([str(term.multiplicity), *(f"int({n})" for n in _lens(term, "ones"))])


def _lens(term: Term, summed: str) -> list[str]:
    return [f"_lens(z[b], z[a], {summed}, b, a, n)"] if max(term.word) == 2 else []
