"""Loops: how the sum over tuples is run, and what each pass of the loop evaluates.

The sum over ordered tuples runs over one of each class of equal contributions, `a < b < c ...`, and
the size of the class is its multiplicity. Where too few contributions are equal to write them out,
every ordered tuple is visited; where particles are named by their distance from a special one, the
special particle runs over all, and the others over the list of all particles in that order.

Requires: canonical form.  Guarantees: the terms of a loop add up to the sum that is declared.
"""

from __future__ import annotations

from itertools import combinations, pairwise
from math import comb, factorial, prod
from typing import TYPE_CHECKING

from ecdsl.diagnostics import Diagnostic, EcdslError
from ecdsl.ir.plan import Loop, Term
from ecdsl.passes.symmetry import orbits

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ecdsl.ir.nodes import Correlator
    from ecdsl.ir.plan import Symmetry

# Each term is a few lines of generated code that must be compiled, at a third of a second.
_MAX_TERMS = 150

Word = tuple[int, ...]


def of_correlator(correlator: Correlator, symmetry: Symmetry) -> Loop:
    """Return the loop of a correlator whose integrand has a symmetry.

    Raises:
        EcdslError: E310 where `tuples sets` meets an integrand that depends on the labels.
    """
    order = correlator.order
    identity = tuple(range(order))
    if correlator.tuples == "sets":
        if correlator.ranked or not symmetry.is_full:
            raise _sets_with_labels(correlator)
        return Loop(kind="sets", terms=(Term(word=identity, multiplicity=1),))
    contact = correlator.tuples == "all"
    if correlator.nu is not None and not correlator.ranked:
        # Each set of particles has one longest side.
        sides = (Term(word=(0, 0), multiplicity=1), Term(word=identity, multiplicity=1))
        return Loop(kind="sets", terms=sides, contact=True)
    if correlator.ranked:
        return Loop(kind="ranked", terms=_ranked_terms(order, contact=contact), contact=contact)
    terms = _terms_of_sets(order, symmetry, contact=contact)
    if terms is None:
        once = (Term(word=identity, multiplicity=1),)
        return Loop(kind="ordered", terms=once, contact=contact)
    return Loop(kind="sets", terms=terms, contact=contact)


def _terms_of_sets(order: int, symmetry: Symmetry, *, contact: bool) -> tuple[Term, ...] | None:
    """Return the classes of equal contributions; None if there are too many."""
    numbers = range(1 if contact else order, order + 1)
    if symmetry.is_full:
        found = [entry for letters in numbers for entry in _sorted_words(order, letters)]
    else:
        if sum(_least_classes(symmetry, letters) for letters in numbers) > _MAX_TERMS:
            return None
        found = [
            entry
            for letters in numbers
            for entry in orbits(list(_words(order, letters)), symmetry.generators)
        ]
    if len(found) > _MAX_TERMS:
        return None
    return tuple(Term(word=word, multiplicity=size) for word, size in found)


def _ranked_terms(order: int, *, contact: bool) -> tuple[Term, ...]:
    """Return the terms behind a special particle, the letter 0: the others stand in their order.

    Each stands for all orders of the others, which are renamed to this one.
    """
    others = order - 1
    if others == 0:
        return (Term(word=(0,), multiplicity=1),)
    return tuple(
        Term(word=(0, *(letter + 1 for letter in word)), multiplicity=size)
        for letters in range(1 if contact else others, others + 1)
        for word, size in _sorted_words(others, letters)
    )


def _sorted_words(order: int, letters: int) -> list[tuple[Word, int]]:
    """Return the words whose letters do not fall, with the number of their rearrangements."""
    found = []
    for bars in combinations(range(1, order), letters - 1):
        lengths = [end - start for start, end in pairwise((0, *bars, order))]
        word = tuple(letter for letter, length in enumerate(lengths) for _ in range(length))
        found.append((word, factorial(order) // prod(factorial(length) for length in lengths)))
    return sorted(found)


def _least_classes(symmetry: Symmetry, letters: int) -> int:
    """Return how many classes the words have at least that use each of some letters.

    Within vertices that move into each other, at most each of their orders is the same; then a word
    is a choice of letters, with repetition, for each such group of vertices.
    """
    sizes = _moving_together(symmetry)
    return sum(
        (-1) ** k * comb(letters, k) * prod(comb(letters - k + size - 1, size) for size in sizes)
        for k in range(letters)
    )


def _moving_together(symmetry: Symmetry) -> list[int]:
    """Return how many vertices are in each group that some relabellings move into each other."""
    group = list(range(symmetry.order))
    for move in symmetry.generators:
        for vertex, image in enumerate(move):
            old, new = group[image], group[vertex]
            group = [new if of == old else of for of in group]
    return [group.count(of) for of in set(group)]


def _words(order: int, letters: int) -> Iterator[Word]:
    """Yield every word of length `order` that uses exactly the letters 0 .. letters - 1."""

    def extend(prefix: Word) -> Iterator[Word]:
        missing = letters - len(set(prefix))
        if missing > order - len(prefix):
            return
        if len(prefix) == order:
            yield prefix
            return
        for letter in range(letters):
            yield from extend((*prefix, letter))

    return extend(())


def _sets_with_labels(correlator: Correlator) -> EcdslError:
    message = "`tuples sets` needs an integrand that does not depend on the labels"
    if correlator.ranked:
        message += ", and `points` gives the particles labels"
    hints = ("write `tuples distinct` and divide by the number of labellings you mean",)
    return EcdslError([Diagnostic("E310", message, hints=hints)])
