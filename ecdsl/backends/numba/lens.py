"""The code of a sum over longest pairs."""

from __future__ import annotations

from math import comb
from typing import TYPE_CHECKING

from ecdsl.backends.numba.chains import chains_of
from ecdsl.backends.numba.context import LensCode, LensLetterCode, TermCode
from ecdsl.backends.numba.levels import axis_functions
from ecdsl.backends.numba.masks import all_conditions
from ecdsl.backends.numba.reads import level_reads
from ecdsl.backends.numba.spell import LETTERS, spelling
from ecdsl.ir.printer import print_condition, print_expr
from ecdsl.ir.text import column_names

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ecdsl.backends.numba.longest import LongestSide
    from ecdsl.ir.plan import Loop, Term

# Of three points, and more by loops of their own.
_LEAST_ORDER = 3


def lens_code(form: LongestSide, loop: Loop) -> LensCode:
    """Return the code that sums an observable of the longest side over pairs."""
    words = spelling((0,), column_names(form.shape))
    order, nu = form.shape.correlator.order, form.shape.correlator.nu
    if nu is not None:
        return LensCode(
            reads=level_reads(form.shape, (), 0),
            factor=print_expr(form.factor, words),
            common=print_expr(form.common, words),
            alone=_term(form, (0, 0), "z_aa = z[a, a]", multiplicity="1", weight="weights[a, a]"),
            pair=_term(form, (0, 1), "z_ab = z[a, b]", multiplicity="1", weight="weights[a, b]"),
            nu=nu,
        )
    by_letters = {
        count: [term for term in loop.terms if len(set(term.word)) == count]
        for count in range(1, order + 1)
    }
    (whole,) = by_letters[order]
    rest = _product(whole, order - 1)
    more = "" if order == _LEAST_ORDER else ", lower, ranks, kept, found, places, unused"
    return LensCode(
        reads=level_reads(form.shape, (), 0),
        factor=print_expr(form.factor, words),
        common=print_expr(form.common, words),
        alone=_alone(form, by_letters[1]),
        pair=_term(
            form,
            (0, 1),
            "z_ab = z[a, b]",
            multiplicity=f"int(_of_pair(z, ones, b, a, n{more}))",
            # Those of all pairs are found before any is filled.
            weight="weights[a, b]",
        ),
        weights=_weights(by_letters[2]),
        rest=rest if order == _LEAST_ORDER else "",
        sums=_sums(order, whole.multiplicity, contact=bool(by_letters[1])),
        letters=tuple(
            LensLetterCode(
                letter=LETTERS[place],
                weights=_weights(by_letters[place + 1]),
                rest=rest if place == order - 2 else "",
            )
            for place in range(2, order - 1)
        ),
    )


def _sums(order: int, multiplicity: int, *, contact: bool) -> dict[str, str]:
    """Return what each particle adds, of its `share`, to the sum over all tuples and what it needs.

    Where the same particle may stand twice, tuples of one particle alone are not among them.
    """
    if contact:
        terms = (f"{comb(order, k)} * before**{k} * share**{order - k}" for k in range(1, order))
        return {"every": " + ".join(terms), "before": "share"}
    fewer = {f"of_{k}": f"of_{k - 1} * share" for k in range(order - 1, 1, -1)}
    return {"every": f"{multiplicity} * of_{order - 1} * share", **fewer, "of_1": "share"}


def _alone(form: LongestSide, terms: Sequence[Term]) -> TermCode | None:
    if not terms:
        return None
    return _term(form, (0, 0), "z_aa = z[a, a]", multiplicity="1", weight=_weights(terms))


def _term(
    form: LongestSide, word: tuple[int, ...], read: str, *, multiplicity: str, weight: str
) -> TermCode:
    words = spelling(word, column_names(form.shape))
    conditions = [print_condition(c, words) for c in all_conditions(form.shape)]
    return TermCode(
        multiplicity=multiplicity,
        setup=(read,),
        guard=" and ".join(f"({c})" for c in conditions),
        values=tuple(print_expr(chain.value, words) for chain in chains_of(form.shape)),
        functions=axis_functions(form.shape),
        weight=f"common * ({weight})",
    )


def _weights(terms: Sequence[Term]) -> str:
    return " + ".join(_product(term, len(term.word)) for term in terms)


def _product(term: Term, letters: int) -> str:
    """Return what a kind of tuples adds, over what they share, but for letters from `letters`."""
    factors = [f"factor_{LETTERS[letter]}" for letter in term.word if letter < letters]
    return " * ".join([str(term.multiplicity), *factors])
